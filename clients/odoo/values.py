"""Values between a record of another system and Odoo, by the field's type.

To Odoo: what Odoo would swallow silently is refused. A many2one takes an int and clears itself at anything else, the
text `false` becomes a True, an offset in a datetime faults (measured on 18 and 19). From Odoo: plain JSON, where an
unset value is None instead of False.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

SelectionItems = tuple[tuple[str, str], ...]


class ValueRefused(ValueError):
    """The value cannot go into the field; the message is for people and says what would."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a conversion must know of the field and of the record's side."""

    selection: SelectionItems | None = None
    tz: str = "UTC"


_TRUE: Final = frozenset({"true", "1", "yes"})
_FALSE: Final = frozenset({"false", "0", "no"})
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_WHOLE: Final = re.compile(r"[+-]?\d+(\.0*)?")
_REFERENCE: Final = re.compile(r"[a-z_][\w.]*,\d+")
_INT4: Final = 2**31  # PostgreSQL's integer, in which Odoo keeps whole numbers
LARGEST_FLOAT: Final = 1e290
"""Odoo shifts the point of a number by up to 16 digits to round it, and fails where that leads beyond 1.8e308."""


def shown(value: Any) -> str:
    """`value`, short enough for a message."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def to_text(value: Any, target: Target) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise ValueRefused(f"{value} is no text. Map it to the text you want, such as 'yes'.")
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise ValueRefused(f"a text is needed, not {_kind(value)}: {shown(value)}")


def to_boolean(value: Any, target: Target) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
    raise ValueRefused(f"{shown(value)} is neither true nor false")


def to_integer(value: Any, target: Target) -> int:
    number = _whole(value)
    if not -_INT4 <= number < _INT4:
        raise ValueRefused(f"{shown(value)} does not fit into an integer field (32 bits)")
    return number


def _whole(value: Any) -> int:
    if isinstance(value, bool):
        raise ValueRefused(f"a whole number is needed, not {value}")
    if isinstance(value, int):
        return value
    if isinstance(value, float | Decimal) and math.isfinite(value) and value == int(value):
        return int(value)
    if isinstance(value, str):
        text = value.strip()
        if "," in text:
            raise ValueRefused(f"{shown(value)} has a comma; write whole numbers with digits only")
        if len(text) <= 40 and _WHOLE.fullmatch(text):
            return int(text.partition(".")[0])
    raise ValueRefused(f"{shown(value)} is no whole number")


def to_float(value: Any, target: Target) -> float:
    if isinstance(value, bool):
        raise ValueRefused(f"a number is needed, not {value}")
    if isinstance(value, str):
        text = value.strip()
        if "," in text:
            raise ValueRefused(f"{shown(value)} has a comma; write decimals with a point, such as 12.50")
        if not _NUMBER.fullmatch(text):
            raise ValueRefused(f"{shown(value)} is no number")
        value = float(text)
    if isinstance(value, int | float | Decimal):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if abs(number) < LARGEST_FLOAT:
            return number
        if math.isfinite(number):
            raise ValueRefused(f"{shown(value)} is too large; Odoo takes numbers below {LARGEST_FLOAT:.0e}")
    raise ValueRefused(f"{shown(value)} is no number that Odoo can store")


def _moment(value: str, needed: str) -> datetime:
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        raise ValueRefused(f"{shown(value)} is no {needed} in ISO 8601 form") from None


def to_datetime(value: Any, target: Target) -> str:
    """UTC, `YYYY-MM-DD HH:MM:SS`; a value without an offset is taken in the target's timezone."""
    if isinstance(value, str):
        value = _moment(value, "date and time (such as 2026-01-15T10:30:00Z)")
    if isinstance(value, datetime):
        moment = value if value.tzinfo is not None else value.replace(tzinfo=ZoneInfo(target.tz))
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day, tzinfo=ZoneInfo(target.tz))
    else:
        raise ValueRefused(f"a date and time is needed, not {_kind(value)}: {shown(value)}")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueRefused(f"{shown(value)} is outside the years 1 to 9999") from None
    return f"{moment.year:04d}{moment.strftime('-%m-%d %H:%M:%S')}"


def to_date(value: Any, target: Target) -> str:
    """`YYYY-MM-DD`; of a moment with an offset, the day it is in the target's timezone."""
    if isinstance(value, str):
        value = _moment(value, "date (such as 2026-01-15)")
    if isinstance(value, datetime):
        try:
            value = (value if value.tzinfo is None else value.astimezone(ZoneInfo(target.tz))).date()
        except OverflowError:
            raise ValueRefused(f"{shown(value)} is outside the years 1 to 9999") from None
    if isinstance(value, date):
        return value.isoformat()
    raise ValueRefused(f"a date is needed, not {_kind(value)}: {shown(value)}")


def to_selection(value: Any, target: Target) -> str:
    key = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(key, str):
        raise ValueRefused(f"one of the selection's keys is needed, not {_kind(value)}: {shown(value)}")
    if target.selection is not None:
        keys = [known for known, _label in target.selection]
        if key not in keys:
            some = ", ".join(keys[:30]) + (", ..." if len(keys) > 30 else "")
            raise ValueRefused(f"{shown(value)} is not in the selection; possible are: {some}")
    return key


def to_binary(value: Any, target: Target) -> str:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    if not isinstance(value, str):
        raise ValueRefused(f"base64 text is needed, not {_kind(value)}: {shown(value)}")
    text = "".join(value.split())
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueRefused(f"{shown(value)} is no base64 text") from None
    return text


def to_many2one(value: Any, target: Target) -> int:
    """An id, or what our own answers hold: `{"id": 7, ...}`, `[7, "Name"]`."""
    found = value
    if isinstance(found, Mapping):
        found = found.get("id")
    elif isinstance(found, list | tuple) and len(found) == 2 and isinstance(found[1], str):
        found = found[0]
    if is_id(found):
        return int(found)
    hint = " Look records up by name or code with a relational line." if isinstance(found, str) else ""
    raise ValueRefused(f"the id of a record (a whole number above 0) is needed, not {shown(value)}.{hint}")


def to_many2one_reference(value: Any, target: Target) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueRefused(f"the id of a record is needed, not {shown(value)}")


def to_reference(value: Any, target: Target) -> str:
    if isinstance(value, str) and _REFERENCE.fullmatch(value):
        return value
    raise ValueRefused(f"{shown(value)} is no reference; write the model and the id as res.partner,7")


def to_json(value: Any, target: Target) -> Any:
    return value


def from_unset(value: Any, target: Target) -> Any:
    """Text, selection, binary, reference: False is unset."""
    return None if value is False else value


def from_plain(value: Any, target: Target) -> Any:
    return value


def from_date(value: Any, target: Target) -> str | None:
    return str(value)[:10] if value else None


def from_datetime(value: Any, target: Target) -> str | None:
    """ISO 8601 with the target timezone's offset, `Z` for UTC."""
    if not value:
        return None
    text = str(value)
    if target.tz == "UTC":
        return f"{text[:10]}T{text[11:19] or '00:00:00'}Z"
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).astimezone(ZoneInfo(target.tz)).isoformat()


def from_many2one(value: Any, target: Target) -> int | None:
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    return int(value) if value else None


def from_x2many(value: Any, target: Target) -> list[Any]:
    return list(value) if value else []


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    return "a text" if isinstance(value, str) else f"a {type(value).__name__}"


Conversion = Callable[[Any, Target], Any]
