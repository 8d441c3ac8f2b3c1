"""Slows down whoever guesses credentials: after some failures in a minute, an address is not even heard.

Failures are counted in the database, for all processes. A process asks it about an address only when it has seen that
address fail itself within the last minute, so that right credentials cost nothing.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from inbound.errors import ApiError, ErrorCode
from inbound.limits import MINUTE_S, Limit, count_call
from inbound.models import RateCounter

FAILURES_PER_MINUTE: Final = 20
MAX_REMEMBERED: Final = 10_000

_failed: dict[str, float] = {}
_lock = threading.Lock()


def check_address(address: str) -> None:
    """Raises ApiError 429 for an address that failed too often in this minute."""
    with _lock:
        failed_at = _failed.get(address)
    if failed_at is None:
        return
    now_s = time.time()
    if now_s - failed_at > MINUTE_S:
        with _lock:
            _failed.pop(address, None)
        return
    row = RateCounter.objects.filter(
        key=_key(address), minute=int(now_s) // MINUTE_S, minute_count__gte=FAILURES_PER_MINUTE
    )
    if row.exists():
        raise refused()


def note_failure(address: str) -> None:
    """Count the failure; raises as `check_address` once there were too many."""
    with _lock:
        if len(_failed) >= MAX_REMEMBERED:
            _failed.clear()
        _failed[address] = time.time()
    allowance = count_call([Limit(_key(address), FAILURES_PER_MINUTE, 0)])
    if allowance is not None and allowance.is_exceeded:
        raise refused()


def refused() -> ApiError:
    wait_s = MINUTE_S - int(time.time()) % MINUTE_S
    return ApiError(
        429,
        ErrorCode.RATE_LIMIT_EXCEEDED,
        f"Too many calls with wrong credentials came from your address. The next one is looked at in {wait_s} s.",
        headers={"Retry-After": str(wait_s)},
    )


def _key(address: str) -> str:
    return f"failed:{address[:80]}"
