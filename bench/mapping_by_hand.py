"""The job as a careful programmer writes it for this one purpose: a function with small functions per kind of value,
all errors of a record gathered, and the countries of a page looked up at once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bench.mapping_job import COUNTRIES, KINDS, STATES, TZ

ZONE = ZoneInfo(TZ)
STATE_KEYS = {key for key, _label in STATES}
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
GROUPED = re.compile(r"([+-]?)(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d*))?", re.ASCII)


def to_text(value: Any) -> Any:
    if value is None:
        return False
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"a text is needed, not {value!r}")
    return str(value)


def to_boolean(value: Any) -> Any:
    if value is None:
        return False
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    if isinstance(value, str):
        word = value.strip().lower()
        if word in ("true", "1", "yes"):
            return True
        if word in ("false", "0", "no"):
            return False
    raise ValueError(f"{value!r} is neither true nor false")


def to_integer(value: Any) -> Any:
    if value is None:
        return False
    if isinstance(value, bool):
        raise ValueError("a whole number is needed")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d+(\.0*)?", value.strip()):
        value = int(value.strip().partition(".")[0])
    if not isinstance(value, int) or not -(2**31) <= value < 2**31:
        raise ValueError(f"{value!r} is no whole number of 32 bits")
    return value


def to_float(value: Any) -> Any:
    if value is None:
        return False
    if isinstance(value, bool):
        raise ValueError("a number is needed")
    if isinstance(value, str):
        text = value.strip()
        if not NUMBER.fullmatch(text):
            raise ValueError(f"{value!r} is no number")
        value = float(text)
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def to_amount(value: Any) -> Any:
    if isinstance(value, str):
        found = GROUPED.fullmatch(value.strip())
        if found is None:
            raise ValueError(f"{value!r} is not written like 1.234,5")
        sign, whole, rest = found.groups()
        value = f"{sign}{whole.replace('.', '')}{'.' + rest if rest else ''}"
    return to_float(value)


def to_date(value: Any) -> Any:
    if value is None:
        return False
    if not isinstance(value, str):
        raise ValueError(f"a date is needed, not {value!r}")
    moment = datetime.fromisoformat(value.strip())
    return (moment if moment.tzinfo is None else moment.astimezone(ZONE)).date().isoformat()


def to_deadline(value: Any) -> Any:
    if value is None or value == "":
        return False
    if not isinstance(value, str):
        raise ValueError(f"a date is needed, not {value!r}")
    found: date = datetime.strptime(value.strip(), "%d/%m/%Y").date()
    return found.isoformat()


def to_datetime(value: Any) -> Any:
    if value is None:
        return False
    if not isinstance(value, str):
        raise ValueError(f"a date and time is needed, not {value!r}")
    moment = datetime.fromisoformat(value.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZONE)
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def to_state(value: Any) -> Any:
    if value is None:
        return False
    if not isinstance(value, str) or value not in STATE_KEYS:
        raise ValueError(f"{value!r} is no state")
    return value


def to_kind(value: Any) -> Any:
    if value is None or value == "":
        return False
    if not isinstance(value, str) or value not in KINDS:
        raise ValueError(f"{value!r} is no kind")
    return KINDS[value]


def to_id(value: Any) -> Any:
    if value is None:
        return False
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError(f"{value!r} is no id")
    return value


def _part(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (str, int, float)):
        raise ValueError("a single value is needed")
    return str(value)


# Key, field, conversion, whether a value must be there.
TOP: list[tuple[str, str, Callable[[Any], Any], bool]] = [
    ("id", "ref", to_text, True),
    ("name", "name", to_text, True),
    ("company", "parent_id", to_id, False),
    ("active", "active", to_boolean, False),
    ("colour", "color", to_integer, False),
    ("credit", "credit", to_float, False),
    ("discount", "discount", to_float, False),
    ("amount", "amount", to_amount, False),
    ("birthday", "birthday", to_date, False),
    ("deadline", "deadline", to_deadline, False),
    ("seen_at", "seen_at", to_datetime, False),
    ("state", "state", to_state, False),
    ("kind", "kind", to_kind, False),
]
INNER: list[tuple[str, str, str]] = [
    ("contact", "email", "email"),
    ("contact", "phone", "phone"),
    ("address", "street", "street"),
    ("address", "city", "city"),
    ("address", "zip", "zip"),
]


def map_by_hand(page: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | None]:
    """The values for Odoo, or None for a record with errors."""
    codes = {code for record in page if isinstance(code := record.get("address", {}).get("country"), str)}
    countries = {code: COUNTRIES[code] for code in codes if code in COUNTRIES}
    return [_one(record, countries) for record in page]


def _one(record: Mapping[str, Any], countries: Mapping[str, int]) -> dict[str, Any] | None:
    values: dict[str, Any] = {}
    errors: list[tuple[str, str]] = []
    for key, field, convert, needed in TOP:
        if key not in record:
            if needed:
                errors.append((key, "is missing"))
            continue
        value = record[key]
        if needed and (value is None or value == ""):
            errors.append((key, "is empty"))
            continue
        try:
            values[field] = convert(value)
        except (ValueError, TypeError) as error:
            errors.append((key, str(error)))
    for outer, key, field in INNER:
        holder = record.get(outer)
        if isinstance(holder, dict) and key in holder:
            try:
                values[field] = to_text(holder[key])
            except (ValueError, TypeError) as error:
                errors.append((f"{outer}.{key}", str(error)))
    address = record.get("address")
    if isinstance(address, dict):
        if "country" in address:
            code = address["country"]
            if code is None or code == "":
                values["country_id"] = False
            elif code in countries:
                values["country_id"] = countries[code]
            else:
                errors.append(("address.country", f"no country {code!r}"))
    else:
        address = {}
    try:
        values["display"] = f"{_part(record.get('name'))} ({_part(address.get('city'))})".strip()
    except ValueError as error:
        errors.append(("display", str(error)))
    return None if errors else values
