"""One writer of an Odoo record at a time, among all processes of the hub.

Of two writes to one record at the same time Odoo rolls the later one back and tries it again, after a pause of up to
2 s, then 4, 8 and 16. A shop that tells of an order's creation, payment and change in one second would wait for that,
and fifty changes of one record keep Odoo's workers asleep for a quarter of a minute. In turn they take as long as they
take.

It is a courtesy and no lock: Odoo's own users write as well, a write that has waited for long goes ahead, and a list
does not wait, though others wait for it. What must not happen at the same time is `record_claims`' to prevent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from outbound import record_claims
from outbound.record_claims import Claim, ClaimBusy, claim_key

WAIT_S: Final = 5.0
HELD_S: Final = 30.0
"""At most, where the process of a writer was killed."""

_changed = threading.Condition()
_here: set[str] = set()
"""The keys of records that threads of this process are writing to."""


@contextmanager
def turn_at(*, place: str, model: str, ids: Sequence[int]) -> Iterator[None]:
    """Write to the records of these ids within the block. `place` names the Odoo database."""
    keys = {claim_key(place=place, model=model, match_field="turn", value=each) for each in ids}
    until = time.monotonic() + (WAIT_S if len(keys) == 1 else 0)
    with _turn_here(keys, until):
        claims = _turn_everywhere(keys, until)
        try:
            yield
        finally:
            record_claims.release(claims, is_courtesy=True)


@contextmanager
def _turn_here(keys: set[str], until: float) -> Iterator[None]:
    """Among the threads of this process, without a query."""
    with _changed:
        while not _here.isdisjoint(keys) and (left_s := until - time.monotonic()) > 0:
            _changed.wait(left_s)
        mine = keys - _here
        _here.update(mine)
    try:
        yield
    finally:
        with _changed:
            _here.difference_update(mine)
            _changed.notify_all()


def _turn_everywhere(keys: set[str], until: float) -> list[Claim]:
    claims = list(record_claims.take(keys, ttl_s=HELD_S, is_courtesy=True).values())
    left_s = until - time.monotonic()
    if claims or left_s <= 0:
        return claims
    try:
        (key,) = keys
        return [record_claims.wait(key, ttl_s=HELD_S, timeout_s=left_s, is_courtesy=True)]
    except ClaimBusy:
        return []
