"""Keeps threads free while an Odoo is slow, or several are.

Each web process lets so many requests wait for one connection's Odoo, and for all of them together one less than it has
threads. One more waits for its turn as long as the Odoo answers; once any of the others has been waiting for long, it
is told to come back, so that endpoints of other connections, Odoo's own posts and the admin still find a thread.
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
        while in_the_way := _in_the_way(mine):
            wait_s = min(in_the_way) + SLOW_AFTER_S - time.monotonic()
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


def _in_the_way(mine: dict[int, float]) -> list[float]:
    """Since when those work that one more has to wait for; empty where there is room."""
    threads = int(os.environ.get("SYNC_WEB_THREADS", "8"))
    places: int = settings.SYNC_ODOO_CONCURRENCY or max(1, threads * 3 // 4)
    if len(mine) >= places:
        return list(mine.values())
    everywhere = [since for each in _since.values() for since in each.values()]
    return everywhere if len(everywhere) >= max(places, threads - 1) else []
