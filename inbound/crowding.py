"""Keeps threads free while an Odoo is slow.

Each web process lets so many requests wait for one connection's Odoo. One more waits for its turn as long as the Odoo
answers; once any of the others has been waiting for long, it is told to come back, so that endpoints of other
connections, and the admin, still find a thread.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings

from inbound.errors import ApiError, ErrorCode

SLOW_AFTER_S: Final = 3.0
RETRY_AFTER_S: Final = 5

_turn = threading.Condition()
_since: dict[int, dict[int, float]] = {}
"""connection id -> when each thread at work for it began."""


@contextmanager
def room_at(connection_id: int) -> Iterator[None]:
    """Hold a place for the time of the block. Raises ApiError 503 where there is none and Odoo is slow."""
    me = threading.get_ident()
    with _turn:
        mine = _since.setdefault(connection_id, {})
        while len(mine) >= _places():
            wait_s = min(mine.values()) + SLOW_AFTER_S - time.monotonic()
            if wait_s <= 0:
                raise ApiError(
                    503,
                    ErrorCode.ODOO_UNAVAILABLE,
                    "Odoo is answering slowly, and many requests are waiting for it. Send this one again later.",
                    headers={"Retry-After": str(RETRY_AFTER_S)},
                )
            _turn.wait(wait_s)
        mine[me] = time.monotonic()
    try:
        yield
    finally:
        with _turn:
            mine.pop(me, None)
            _turn.notify_all()


def _places() -> int:
    own: int = settings.SYNC_ODOO_CONCURRENCY
    return own or max(1, int(os.environ.get("SYNC_WEB_THREADS", "8")) * 3 // 4)
