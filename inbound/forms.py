"""Forms as bodies: `name=Ann&address[city]=Ghent&items[0][sku]=A1` is the record that these keys spell.

Every value is a text. A field named twice is refused, unless it ends with `[]`, which makes a list.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qsl

from inbound.errors import ApiError, ErrorCode
from mapping.paths import ABSENT, Path

MAX_FIELDS: Final = 5000
MAX_PARTS: Final = 16
MAX_INDEX: Final = 999
_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART: Final = re.compile(r"\[([^\[\]]*)\]")


def parse_form(body: bytes) -> dict[str, Any]:
    """The record that the form means. Raises ApiError 400 naming the field."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS, encoding="utf-8"
        )
    except UnicodeDecodeError:
        raise _bad("The form is not UTF-8, written with % where it is not ASCII.") from None
    except ValueError:
        raise _bad(f"The form has more than {MAX_FIELDS} fields.") from None
    record: dict[str, Any] = {}
    for name, value in pairs:
        if "\x00" in name or "\x00" in value:
            raise _bad("The form has the character \\u0000, which cannot be stored. Remove it.")
        _put(record, name, value)
    if not record:
        raise _bad("The form is empty. Send the record as a form, or better as a JSON object.")
    return record


def _put(record: dict[str, Any], name: str, value: str) -> None:
    match = _NAME.fullmatch(name)
    parts = _PART.findall(match[2]) if match else []
    if match is None or len(parts) > MAX_PARTS:
        raise _bad(f"The field {name[:100]!r} cannot be understood. Write it as a, a[b] or a[0][b].")
    is_list = bool(parts) and parts[-1] == ""
    if "" in parts[:-1] or any(_is_index(part) and (len(part) > 3 or int(part) > MAX_INDEX) for part in parts):
        raise _bad(f"The field {name[:100]!r}: write positions as [0] to [{MAX_INDEX}]; only the last may be [].")
    segments: list[Any] = [match[1], *(int(part) if _is_index(part) else part for part in parts if part != "")]
    path = Path(segments)
    known: Any = path.read(record)
    try:
        if is_list:
            path.write(record, [*([] if known is ABSENT else known), value])
        elif known is not ABSENT and known is not None:
            raise _bad(f"The field {name[:100]!r} stands twice in the form. Send it once, or as {name[:100]}[].")
        else:
            path.write(record, value)
    except (ValueError, TypeError):
        raise _bad(f"The field {name[:100]!r} is an object or list and a text at the same time.") from None


def _bad(message: str) -> ApiError:
    return ApiError(400, ErrorCode.VALIDATION_ERROR, message)


def _is_index(part: str) -> bool:
    # ² is a digit too, but no number.
    return part.isascii() and part.isdigit()
