"""The calculations `date_format` and `number_format`: how the other side writes dates and numbers, both ways."""

from __future__ import annotations

from mapping.calculations import Compiling, Converted, register
from mapping.dates import DateFormat
from mapping.inward import Convert
from mapping.lines import Line
from mapping.numbers import NumberFormat
from mapping.spec import FieldType
from mapping.written import Written


@register("date_format")
class DateFormatted(Converted):
    """A date or datetime in the option `format`: strftime's codes (`%d/%m/%Y %H:%M`), or `epoch_s` or `epoch_ms` for
    the seconds or milliseconds since 1970. `timezone` is the IANA name of the zone it is written in, the plan's
    unless given; a format with an offset (`%z`) tells its own."""

    options = frozenset({"format", "timezone"})

    def __init__(self, line: Line, compiling: Compiling) -> None:
        super().__init__(line, compiling)
        self.format: DateFormat | None = None
        if self.field.type not in ("date", "datetime"):
            compiling.report(f"date_format is for dates and datetimes, and {self.field.name} is a {self.field.type}")
            return
        tz = str(self.option("timezone") or compiling.tz)
        try:
            self.format = DateFormat(str(self.option("format") or ""), tz=tz, has_time=self.field.type == "datetime")
        except ValueError as error:
            compiling.report(str(error))

    def check(self, *, is_in: bool, is_out: bool) -> None:
        if self.format is not None:
            super().check(is_in=is_in, is_out=is_out)

    def why_not_in(self) -> str | None:
        if self.format is None or self.format.can_read:
            return None
        return f"the format {self.format.text!r} does not tell the day"

    def convert_in(self) -> Convert:
        assert self.format is not None  # noqa: S101 - otherwise a problem of the plan
        return _unless_blank(self.format.read)

    def convert_out(self) -> Convert:
        assert self.format is not None  # noqa: S101
        return _unless_unset(self.format.write)

    def filter_type(self, field: FieldType) -> FieldType | None:
        return Written(field, self.convert_in(), self.convert_out())


@register("number_format")
class NumberFormatted(Converted):
    """A number as a text with a `decimal_separator` (a point unless given) and a `thousands_separator` (none unless
    given), such as `1.234,50`. Out it is rounded half up to `decimals` digits, where given."""

    options = frozenset({"decimal_separator", "thousands_separator", "decimals"})

    def __init__(self, line: Line, compiling: Compiling) -> None:
        super().__init__(line, compiling)
        self.format: NumberFormat | None = None
        if self.field.type not in ("integer", "float", "monetary"):
            compiling.report(f"number_format is for numbers, and {self.field.name} is a {self.field.type}")
            return
        decimals = self.option("decimals")
        try:
            self.format = NumberFormat(
                decimal=str(self.option("decimal_separator") or "."),
                thousands=str(self.option("thousands_separator") or ""),
                decimals=None if decimals is None else _whole(decimals),
            )
        except ValueError as error:
            compiling.report(str(error))

    def check(self, *, is_in: bool, is_out: bool) -> None:
        if self.format is not None:
            super().check(is_in=is_in, is_out=is_out)

    def convert_in(self) -> Convert:
        assert self.format is not None  # noqa: S101
        read, convert = self.format.read, super().convert_in()
        return lambda value: convert(read(value) if isinstance(value, str) else value)

    def convert_out(self) -> Convert:
        assert self.format is not None  # noqa: S101
        return _unless_unset(self.format.write)

    def filter_type(self, field: FieldType) -> FieldType | None:
        return Written(field, self.convert_in(), self.convert_out())


def _unless_blank(read: Convert) -> Convert:
    """What is null or empty clears the field."""
    return lambda value: False if value is None or value == "" else read(value)


def _unless_unset(write: Convert) -> Convert:
    return lambda value: None if value is False or value is None or value == "" else write(value)


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 4:
        return int(value)
    raise ValueError(f"decimals is {value!r}; write a whole number")
