"""When a failed attempt is made again, and when no more. Pure: the clock and the dice come in as arguments.

The default schedule is that of ARCHITECTURE: 5 s, 30 s, 2 min, 10 min, 30 min, 2 h, 5 h, 10 h, 24 h, each +-20 %.
A config may have its own. `Retry-After` replaces the schedule's delay, within limits, and is the least of it after a
few attempts: a host that says a second every time would use up within a minute what is meant to last for days. What is
permanent or refused by ourselves is dead at once: the same request would fail again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clients.errors import Kind, RemoteError

SCHEDULE_S: Final = (5.0, 30.0, 120.0, 600.0, 1800.0, 7200.0, 18000.0, 36000.0, 86400.0)
JITTER: Final = 0.2
RETRY_AFTER_MIN_S: Final = 0.0
RETRY_AFTER_MAX_S: Final = 86400.0
TRUSTED_ATTEMPTS: Final = 3
"""So often a host's own time is taken although the schedule's would be longer."""

Random = Callable[[], float]
"""A number from 0 up to, but without, 1, like `random.random`."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`retry_at` None: dead, for the reason given in one sentence."""

    retry_at: datetime | None
    reason: str

    @property
    def is_dead(self) -> bool:
        return self.retry_at is None


def schedule_of(text: str) -> tuple[float, ...]:
    """The delays of a config's `retry_schedule` (seconds, separated by commas); the default one where it is empty.

    Raises ValueError where it holds anything else.
    """
    return tuple(float(part) for part in text.split(",")) if text.strip() else SCHEDULE_S


def decision(
    error: RemoteError, *, attempts: int, schedule_s: Sequence[float], now: datetime, random: Random
) -> Decision:
    """What follows from `error` after `attempts` attempts, the failed one included."""
    if error.kind in (Kind.PERMANENT, Kind.BLOCKED):
        return Decision(None, error.message)
    if attempts > len(schedule_s):
        return Decision(None, f"{error.message} Given up after {attempts} attempts.")
    doubt = error.kind is Kind.AMBIGUOUS
    reason = f"{error.message} It is sent again with the same Idempotency-Key." if doubt else error.message
    delay_s = _delay_s(error, schedule_s[attempts - 1], random, is_trusted=attempts <= TRUSTED_ATTEMPTS)
    return Decision(now + timedelta(seconds=delay_s), reason)


def _delay_s(error: RemoteError, scheduled_s: float, random: Random, *, is_trusted: bool) -> float:
    if error.retry_after_s is None:
        return scheduled_s * (1 + JITTER * (2 * random() - 1))
    asked_s = min(max(error.retry_after_s, RETRY_AFTER_MIN_S), RETRY_AFTER_MAX_S)
    # Never before the time that was asked for; spread afterwards, so that not all who were told it come at once.
    return (asked_s if is_trusted else max(asked_s, scheduled_s)) * (1 + JITTER * random())
