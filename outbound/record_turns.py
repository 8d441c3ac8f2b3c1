"""One writer of an Odoo record at a time, among all processes of the hub.

Of two writes to one record at the same time Odoo rolls the later one back and tries it again, after a pause of up to
2 s, then 4, 8 and 16. A shop that tells of an order's creation, payment and change in one second would wait for that,
and fifty changes of one record keep Odoo's workers asleep for a quarter of a minute. In turn they take as long as they
take.

It is a courtesy and no lock: Odoo's own users write as well, a write that has waited for long goes ahead, and a list
does not wait, though others wait for it. What must not happen at the same time is `record_claims`' to prevent.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from outbound import record_claims
from outbound.record_claims import Claim, claim_key

WAIT_S: Final = 5.0
HELD_S: Final = 30.0
"""At most, where the process of a writer was killed."""
POLL_S: Final = 0.03
GIVE_WAY_S: Final = 2 * POLL_S
GIVE_WAY_SHARE: Final = 0.25

_changed = threading.Condition()
_here: set[str] = set()
"""The keys of records that threads of this process are writing to."""
_waiting: dict[int, float] = {}
"""Thread -> since when it waits for its turn, by `time.monotonic`."""


@contextmanager
def turn_at(*, place: str, model: str, ids: Sequence[int]) -> Iterator[None]:
    """Write to the records of these ids within the block. `place` names the Odoo database."""
    keys = {claim_key(place=place, model=model, match_field="turn", value=each) for each in ids}
    began = time.monotonic()
    until = began + (WAIT_S if len(keys) == 1 else 0)
    me = threading.get_ident()
    _waiting[me] = began
    try:
        with _turn_here(keys, until) as is_contended:
            if is_contended and random.random() < GIVE_WAY_SHARE:  # noqa: S311 - no secret
                # Now and then, so that a burst in one process does not keep the writers of another one from theirs.
                time.sleep(GIVE_WAY_S)
            claims = _turn_everywhere(keys, until)
            _waiting.pop(me, None)
            try:
                yield
            finally:
                record_claims.release(claims, is_courtesy=True)
    finally:
        _waiting.pop(me, None)


def turn_waited_since(thread: int) -> float | None:
    """Since when the thread has been waiting for other writers of its record; None where it is not."""
    return _waiting.get(thread)


@contextmanager
def _turn_here(keys: set[str], until: float) -> Iterator[bool]:
    """Among the threads of this process, without a query. True where somebody was in the way."""
    with _changed:
        is_contended = not _here.isdisjoint(keys)
        while not _here.isdisjoint(keys) and (left_s := until - time.monotonic()) > 0:
            _changed.wait(left_s)
        mine = keys - _here
        _here.update(mine)
    try:
        yield is_contended
    finally:
        with _changed:
            _here.difference_update(mine)
            _changed.notify_all()


def _turn_everywhere(keys: set[str], until: float) -> list[Claim]:
    while True:
        claims = list(record_claims.take(keys, ttl_s=HELD_S, is_courtesy=True).values())
        if claims or time.monotonic() + POLL_S > until:
            return claims
        time.sleep(POLL_S)
