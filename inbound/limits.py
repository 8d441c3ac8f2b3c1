"""How many calls a minute and an hour: counted in the database for all processes, in one statement a call.

The minute and the hour are the clock's own. A refused call counts too, so that who does not listen is not let in.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from inbound.errors import ApiError, ErrorCode
from inbound.models import RateCounter

MINUTE_S: Final = 60
HOUR_S: Final = 3600

_TABLE: Final = RateCounter._meta.db_table
_COUNT: Final = (
    f"INSERT INTO {_TABLE} (key, minute, minute_count, hour, hour_count) VALUES {{rows}} "  # noqa: S608 - our own name
    "ON CONFLICT (key) DO UPDATE SET "
    f"minute_count = CASE WHEN {_TABLE}.minute = excluded.minute THEN {_TABLE}.minute_count + 1 ELSE 1 END, "
    f"hour_count = CASE WHEN {_TABLE}.hour = excluded.hour THEN {_TABLE}.hour_count + 1 ELSE 1 END, "
    "minute = excluded.minute, hour = excluded.hour RETURNING key, minute_count, hour_count"
)


@dataclass(frozen=True, slots=True)
class Limit:
    """Calls counted under one key; 0 is no limit."""

    key: str
    per_minute: int
    per_hour: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of the tightest limit; `reset_s` is when its minute or hour ends, in seconds since the epoch."""

    limit: int
    remaining: int
    reset_s: int
    is_exceeded: bool

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_s),
        }


def count_call(limits: Sequence[Limit], *, now_s: float | None = None) -> Allowance | None:
    """Count this call; None where nothing limits it."""
    wanted = sorted((each for each in limits if each.per_minute or each.per_hour), key=lambda each: each.key)
    if not wanted:
        return None
    now = int(time.time() if now_s is None else now_s)
    minute, hour = now // MINUTE_S, now // HOUR_S
    params: list[Any] = [value for each in wanted for value in (each.key, minute, hour)]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(rows=", ".join(["(%s, %s, 1, %s, 1)"] * len(wanted))), params)
        counts = {key: (in_minute, in_hour) for key, in_minute, in_hour in cursor.fetchall()}
    found: list[Allowance] = []
    for each in wanted:
        in_minute, in_hour = counts[each.key]
        if each.per_minute:
            found.append(_allowance(each.per_minute, in_minute, (minute + 1) * MINUTE_S))
        if each.per_hour:
            found.append(_allowance(each.per_hour, in_hour, (hour + 1) * HOUR_S))
    # Of several that are used up, the one that lasts longest.
    return min(found, key=lambda each: (not each.is_exceeded, -each.reset_s if each.is_exceeded else each.remaining))


def _allowance(limit: int, count: int, reset_s: int) -> Allowance:
    return Allowance(limit, max(0, limit - count), reset_s, count > limit)


def too_many(allowance: Allowance) -> ApiError:
    wait_s = max(1, allowance.reset_s - int(time.time()))
    return ApiError(
        429,
        ErrorCode.RATE_LIMIT_EXCEEDED,
        f"More than {allowance.limit} calls. The next ones are taken in {wait_s} s; lists of records need fewer calls.",
        headers={"Retry-After": str(wait_s), **allowance.headers()},
    )
