"""The conversions of `values`, closed over one field and one timezone, for those who convert by the hundred thousand.

A closure gives for every value exactly what `Field.to_odoo` or `Field.from_odoo` gives, and refuses what it refuses:
the shapes that nearly every value has are answered at once, everything else is handed to the full conversion.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from clients.odoo.values import LARGEST_FLOAT, SelectionItems

Convert = Callable[[Any], Any]
Make = Callable[[Convert, str, SelectionItems | None], Convert]

_INT4: Final = 2**31


def _text(full: Convert, tz: str, selection: SelectionItems | None) -> Convert:
    def convert(value: Any) -> Any:
        return value if type(value) is str else full(value)

    return convert


def _boolean(full: Convert, tz: str, selection: SelectionItems | None) -> Convert:
    def convert(value: Any) -> Any:
        return value if value is True or value is False else full(value)

    return convert


def _integer(full: Convert, tz: str, selection: SelectionItems | None) -> Convert:
    def convert(value: Any) -> Any:
        return value if type(value) is int and -_INT4 <= value < _INT4 else full(value)

    return convert


def _float(full: Convert, tz: str, selection: SelectionItems | None) -> Convert:
    def convert(value: Any) -> Any:
        kind = type(value)
        if kind is float and -LARGEST_FLOAT < value < LARGEST_FLOAT:
            return value
        if kind is int and -_INT4 <= value < _INT4:
            return float(value)
        if kind is str and value.isascii():
            # The commonest text of a price, `12.50`. float() alone takes too much: 1_000, nan, inf.
            whole, _, rest = value.partition(".")
            if whole.isdigit() and (not rest or rest.isdigit()) and len(value) <= 40:
                return float(value)
        return full(value)

    return convert


def _date(full: Convert, tz: str, selection: SelectionItems | None) -> Convert:
    def convert(value: Any) -> Any:
        if type(value) is str and len(value) == 10:
            try:
                day = date.fromisoformat(value)
                # Weeks and days (2026-W03-4) have ten characters as well.
                return value if value[4] == value[7] == "-" else day.isoformat()
            except ValueError:
                pass
        return full(value)

    return convert


def _datetime(full: Convert, tz: str, selection: SelectionItems | None) -> Convert:
    zone = ZoneInfo(tz)

    def convert(value: Any) -> Any:
        if type(value) is str:
            try:
                moment = datetime.fromisoformat(value)
                if moment.tzinfo is None:
                    moment = moment.replace(tzinfo=zone)
                return str(moment.astimezone(UTC))[:19]
            except (ValueError, OverflowError):
                pass
        return full(value)

    return convert


def _selection(full: Convert, tz: str, selection: SelectionItems | None) -> Convert:
    if selection is None:
        return _text(full, tz, selection)
    keys = frozenset(key for key, _label in selection)

    def convert(value: Any) -> Any:
        return value if type(value) is str and value in keys else full(value)

    return convert


def _many2one(full: Convert, tz: str, selection: SelectionItems | None) -> Convert:
    def convert(value: Any) -> Any:
        return value if type(value) is int and value > 0 else full(value)

    return convert


def _from_unset(full: Convert, tz: str, selection: SelectionItems | None) -> Convert:
    def convert(value: Any) -> Any:
        return None if value is False else value

    return convert


def _from_plain(full: Convert, tz: str, selection: SelectionItems | None) -> Convert:
    def convert(value: Any) -> Any:
        return value

    return convert


def _from_datetime(full: Convert, tz: str, selection: SelectionItems | None) -> Convert:
    zone = ZoneInfo(tz)

    def convert_utc(value: Any) -> Any:
        if type(value) is str and len(value) == 19:
            return f"{value[:10]}T{value[11:]}Z"
        return full(value)

    def convert(value: Any) -> Any:
        if type(value) is str and len(value) == 19:
            return datetime.fromisoformat(value).replace(tzinfo=UTC).astimezone(zone).isoformat()
        return full(value)

    return convert_utc if tz == "UTC" else convert


# By field type; what is not here has no shape that is worth a shortcut.
TO_ODOO: Final[dict[str, Make]] = {
    "char": _text,
    "text": _text,
    "html": _text,
    "boolean": _boolean,
    "integer": _integer,
    "float": _float,
    "monetary": _float,
    "date": _date,
    "datetime": _datetime,
    "selection": _selection,
    "many2one": _many2one,
}
FROM_ODOO: Final[dict[str, Make]] = {
    **dict.fromkeys(("char", "text", "html", "selection", "binary", "image", "reference"), _from_unset),
    **dict.fromkeys(("json", "properties", "properties_definition"), _from_unset),
    **dict.fromkeys(("boolean", "integer", "float", "monetary"), _from_plain),
    "datetime": _from_datetime,
}
