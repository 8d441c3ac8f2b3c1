"""In which order a list comes, and where its next page begins."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from inbound.errors import ApiError, ErrorCode
from mapping.plan import Plan

MAX_KEYS: Final = 5
_SORTED: Final = frozenset(
    {"char", "text", "integer", "float", "monetary", "date", "datetime", "boolean", "selection", "many2one"}
)
_NO_MORE: Final = 2**31


def order_of(plan: Plan, text: str) -> str:
    """Odoo's order for `name,-price`; the id comes last, so that pages neither repeat nor leave out. Raises ApiError
    400 naming what cannot be sorted by."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or len(parts) > MAX_KEYS:
        raise _bad(f"sort takes one to {MAX_KEYS} keys, such as name,-price.")
    columns: list[str] = []
    names: list[str] = []
    for part in parts:
        key = part.removeprefix("-")
        named = ("id", None) if key == "id" and "id" not in plan.field_by_key else plan.field_by_key.get(key)
        if named is None:
            raise _bad(f"There is no key {key[:100]!r} to sort by. Known are: {', '.join(['id', *plan.field_by_key])}.")
        field, kind = named
        if "." in field or (kind is not None and kind.type not in _SORTED):
            raise _bad(f"Odoo cannot sort by {key!r}; it is read from another record, or has no order.")
        if kind is not None and not getattr(kind, "store", True):
            raise _bad(f"Odoo cannot sort by {key!r}, since it is computed and not stored.")
        if field not in names:
            names.append(field)
            columns.append(f"{field} desc" if part.startswith("-") else field)
    if "id" not in names:
        columns.append("id")
    return ", ".join(columns)


def cursor_of(last_id: int, order: str) -> str:
    """An opaque text that stands for the place behind this record."""
    return base64.urlsafe_b64encode(f"{order}:{last_id}".encode()).decode().rstrip("=")


def read_cursor(text: str, order: str) -> int | None:
    """The id behind which the page begins; None for the empty cursor, the beginning. Raises ApiError 400."""
    if not text:
        return None
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        plain = ""
    made_for, _colon, number = plain.rpartition(":")
    if made_for != order or not (number.isascii() and number.isdigit() and len(number) < 20 and int(number) < _NO_MORE):
        raise _bad("The cursor is not one of this list. Take it from pagination.next_cursor as it is.", "cursor")
    return int(number)


def _bad(message: str, parameter: str = "sort") -> ApiError:
    return ApiError(400, ErrorCode.VALIDATION_ERROR, message, parameter=parameter)
