"""When a config may run by itself, as staff write it: `Mon-Fri 22:00-06:00, Sat-Sun 00:00-24:00`. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART: Final = re.compile(
    r"\s*(?:(?P<first>[a-z]{3})(?:\s*-\s*(?P<last>[a-z]{3}))?\s+)?"
    r"(?P<begin>\d\d?:\d\d)\s*-\s*(?P<end>\d\d?:\d\d)\s*",
    re.IGNORECASE,
)
DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of the day on some weekdays (Monday is 0); one that ends before it begins reaches into the next day."""

    days: frozenset[int]
    begin: int
    end: int

    def holds(self, at: datetime) -> bool:
        minute = at.hour * 60 + at.minute
        if self.begin < self.end:
            return at.weekday() in self.days and self.begin <= minute < self.end
        yesterday = (at.weekday() - 1) % 7
        return (at.weekday() in self.days and minute >= self.begin) or (yesterday in self.days and minute < self.end)


def parse_windows(text: str) -> tuple[Window, ...]:
    """Empty where nothing is written. Raises ValueError, for a human."""
    return tuple(_window(part) for part in text.split(",")) if text.strip() else ()


def is_open(windows: Sequence[Window], at: datetime) -> bool:
    """Whether `at`, in the time zone that the windows mean, is in one of them; without any it always is."""
    return not windows or any(window.holds(at) for window in windows)


def _window(part: str) -> Window:
    match = _PART.fullmatch(part)
    try:
        if match is None:
            raise ValueError
        begin, end = _minutes(match["begin"]), _minutes(match["end"])
        days = _days(match["first"], match["last"])
    except ValueError:
        raise ValueError(
            _("Write days and times separated by commas, e.g. Mon-Fri 22:00-06:00, Sun 08:00-12:00.")
        ) from None
    return Window(days, begin, end)


def _minutes(text: str) -> int:
    hours, _colon, minutes = text.partition(":")
    found = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or found > DAY_MINUTES:
        raise ValueError
    return found


def _days(first: str | None, last: str | None) -> frozenset[int]:
    if first is None:
        return frozenset(range(7))
    begin = _DAYS.index(first.lower())
    end = _DAYS.index(last.lower()) if last else begin
    return frozenset((begin + step) % 7 for step in range((end - begin) % 7 + 1))
