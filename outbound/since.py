"""The highest value that was seen of a field such as `updated_at`, and what to ask for the next time. Pure.

Values are compared as what they are: numbers, ISO dates and times (whatever their offsets), or else texts. They are
kept and sent as the other system writes them.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

_NUMBER: Final = re.compile(r"-?\d{1,18}(\.\d{1,9})?")
_MILLISECONDS_FROM: Final = 100_000_000_000
"""A Unix time of so many seconds would be in the year 5138."""
MAX_LENGTH: Final = 100


def highest(one: str, other: object) -> str:
    """The higher of a kept value ("" for none) and one just read; what is no text or number is left out."""
    if isinstance(other, bool) or not isinstance(other, str | int | float):
        return one
    text = str(other).strip()
    if not text or len(text) > MAX_LENGTH:
        return one
    return text if not one or _is_higher(text, one) else one


def with_overlap(value: str, seconds: int) -> str:
    """The value so many seconds earlier, written as it is; one that is no time stays."""
    if not seconds or not value:
        return value
    if _NUMBER.fullmatch(value):
        number = float(value)
        step = seconds * 1000 if number >= _MILLISECONDS_FROM else seconds
        if number < 1_000_000_000:
            return value  # a counter, not a time
        earlier = number - step
        return str(int(earlier)) if "." not in value else repr(earlier)
    moment = _moment(value)
    if moment is None or len(value) <= len("2024-01-01"):
        return value
    try:
        earlier_moment = moment - timedelta(seconds=seconds)
    except OverflowError:
        return value  # 0001-01-01, which some systems write for never
    text = earlier_moment.isoformat(sep="T" if "T" in value else " ", timespec=_precision(value))
    return text.replace("+00:00", "Z") if value.endswith(("Z", "z")) else text


def _is_higher(one: str, other: str) -> bool:
    if _NUMBER.fullmatch(one) and _NUMBER.fullmatch(other):
        return float(one) > float(other)
    moments = _moment(one), _moment(other)
    if moments[0] is not None and moments[1] is not None:
        return _aware(moments[0]) > _aware(moments[1])
    return one > other


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _precision(text: str) -> str:
    fraction = re.search(r"\.(\d+)", text)
    if fraction is None:
        return "seconds"
    return "milliseconds" if len(fraction[1]) <= 3 else "microseconds"
