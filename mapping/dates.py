"""Dates and moments in a format of staff's own, read and written by the codes of strftime, or counted since 1970."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

MAX_FORMAT_LENGTH = 100
MAX_TEXT_LENGTH = 200

_CODES: Final = frozenset("aAbBcdfGHIjmMpSuUVwWxXyYzZ%")
_HOURS: Final = frozenset("HIcXp")
_CODE: Final = re.compile(r"%(.?)", re.DOTALL)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PER_SECOND: Final = {"epoch_s": 1, "epoch_ms": 1000}
# An afternoon late in a year: no two numbers of it are the same, and no day can pass for a month.
_PROBE: Final = datetime(2026, 11, 23, 13, 45, 56)  # noqa: DTZ001 - gets the format's zone


# The codes whose numbers a pattern can take apart as strptime would, at a fraction of its cost.
_NUMBERS: Final = {
    "Y": r"(?P<year>\d{4})",
    "m": r"(?P<month>\d{1,2})",
    "d": r"(?P<day>\d{1,2})",
    "H": r"(?P<hour>\d{1,2})",
    "M": r"(?P<minute>\d{1,2})",
    "S": r"(?P<second>\d{1,2})",
}


def _pattern(text: str) -> re.Pattern[str] | None:
    """A pattern for formats of numbers only, with something between them; None for others."""
    codes = _CODE.findall(text)
    between = _CODE.split(text)[2:-2:2]
    if not set(codes) <= set(_NUMBERS) or len(set(codes)) < len(codes) or "Y" not in codes or not all(between):
        return None
    if any(part[0].isdigit() or part.isspace() for part in between):
        return None
    parts = [_NUMBERS[part] if at % 2 else re.escape(part) for at, part in enumerate(_CODE.split(text))]
    return re.compile("".join(parts), re.ASCII)


class DateFormat:
    """`read` gives what Odoo stores, `write` takes it. The format is of a date, or with `has_time` of a moment."""

    def __init__(self, text: str, *, tz: str, has_time: bool) -> None:
        """Raises ValueError, with the cure, for a format or timezone that there is not."""
        self.text = text
        self.has_time = has_time
        self.per_second = _PER_SECOND.get(text, 0)
        try:
            self.zone = ZoneInfo(tz)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"there is no timezone {tz!r}; write one such as Europe/Brussels") from None
        if not self.per_second:
            self._check_codes()
        found = _pattern(text) if not self.per_second else None
        self._match = found.fullmatch if found is not None else None
        is_of_days = found is not None and set(found.groupindex) == {"year", "month", "day"}
        self._groups = ("year", "month", "day") if is_of_days and not has_time else ()
        self.can_read = bool(self.per_second) or self._tells_the_moment()
        """Whether a date that was written can be read again."""

    def _check_codes(self) -> None:
        found = _CODE.findall(self.text)
        if not found or len(self.text) > MAX_FORMAT_LENGTH:
            raise ValueError("the format is missing: write codes such as %d/%m/%Y, or epoch_s, or epoch_ms")
        unknown = [f"%{code}" for code in found if code not in _CODES or not code]
        if unknown:
            raise ValueError(f"the format has an unknown code {unknown[0]}; there are %Y %m %d %H %M %S and others")

    def _tells_the_moment(self) -> bool:
        probe = _PROBE.replace(tzinfo=self.zone)
        try:
            back = datetime.strptime(probe.strftime(self.text), self.text)  # noqa: DTZ007 - only compared
        except (ValueError, re.error):
            return False
        has_hours = self.has_time and not _HOURS.isdisjoint(_CODE.findall(self.text))
        return back.date() == probe.date() and (not has_hours or back.hour == probe.hour)

    def read(self, value: object) -> str:
        """Odoo's text of the date, or of the moment in UTC. Raises ValueError saying what is expected."""
        try:
            if self._groups and type(value) is str and self._match is not None:
                found = self._match(value)
                if found is not None:
                    year, month, day = found.group(*self._groups)
                    return date(int(year), int(month), int(day)).isoformat()
            if self.per_second:
                moment = self._counted(value)
            else:
                if not isinstance(value, str) or len(value) > MAX_TEXT_LENGTH:
                    raise ValueError
                moment = self._parsed(value)
            if not self.has_time:
                if moment.tzinfo is not None:
                    moment = moment.astimezone(self.zone)
                return moment.date().isoformat()
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=self.zone)
            return moment.astimezone(UTC).isoformat(" ", "seconds")[:19]
        except (ValueError, OverflowError):
            raise ValueError(f"{repr(value)[:60]} is not written as {self._described()}") from None

    def _parsed(self, text: str) -> datetime:
        found = self._match(text) if self._match is not None else None
        if found is not None:
            numbers = {name: int(digits) for name, digits in found.groupdict().items()}
            if numbers.get("second", 0) < 60:
                return datetime(**{"month": 1, "day": 1, **numbers})  # type: ignore[arg-type]  # noqa: DTZ001
        return datetime.strptime(text.strip(), self.text)  # noqa: DTZ007 - the zone is added by the caller

    def _counted(self, value: object) -> datetime:
        if isinstance(value, str):
            if len(value) > 20:
                raise ValueError
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError
        return _EPOCH + timedelta(seconds=value / self.per_second)

    def _described(self) -> str:
        if self.per_second:
            return f"{'milliseconds' if self.per_second > 1 else 'seconds'} since 1970"
        return f"{self.text} (such as {_PROBE.replace(tzinfo=self.zone).strftime(self.text)})"

    def write(self, value: object) -> object:
        """The date or moment that Odoo reads, in the format. Raises ValueError where Odoo's text is none."""
        text = str(value)
        moment: date
        if self.has_time:
            moment = datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).astimezone(self.zone)
        else:
            moment = date.fromisoformat(text[:10])
        if self.per_second:
            if not isinstance(moment, datetime):
                moment = datetime(moment.year, moment.month, moment.day, tzinfo=self.zone)
            return round((moment - _EPOCH).total_seconds() * self.per_second)
        if moment.year >= 1000:
            return moment.strftime(self.text)
        # The C library writes the year 999 with three digits, which nobody reads again.
        return moment.strftime(_CODE.sub(lambda code: f"{moment.year:04d}" if code[1] == "Y" else code[0], self.text))
