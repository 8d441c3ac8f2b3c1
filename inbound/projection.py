"""Which keys of a record the caller wants to see: `fields=` of a list, `return_fields=` of a write."""

from __future__ import annotations

from typing import Any

from inbound.errors import ApiError, ErrorCode
from mapping.paths import ABSENT, Path, parse_path
from mapping.plan import Plan
from mapping.spec import Direction


def readable_keys(plan: Plan) -> list[str]:
    """What may be asked for: each mapped key up to its first list, and the objects around it."""
    found: dict[str, None] = {"id": None}
    for line in plan.lines:
        if line.direction == Direction.IN or not line.key:
            continue
        names = []
        for segment in parse_path(line.key).segments:
            if not isinstance(segment, str):
                break
            names.append(segment)
            found[str(Path(names))] = None
    return list(found)


def chosen_keys(plan: Plan, text: str, parameter: str) -> tuple[str, ...]:
    """The keys in a list with commas. Raises ApiError 400 naming one that there is not."""
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    known = readable_keys(plan)
    for key in wanted:
        if key not in known:
            raise ApiError(
                400,
                ErrorCode.VALIDATION_ERROR,
                f"{parameter}: there is no key {key[:100]!r}. Known are: {', '.join(known)}.",
                parameter=parameter,
            )
    if not wanted:
        raise ApiError(
            400, ErrorCode.VALIDATION_ERROR, f"{parameter} is empty. Leave it out, or name keys.", parameter=parameter
        )
    return tuple(dict.fromkeys(wanted))


def has_all(record: dict[str, Any], keys: tuple[str, ...]) -> bool:
    return all(parse_path(key).read(record) is not ABSENT for key in keys)


def picked(record: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """The record with these keys alone; one that it does not hold is left out."""
    found: dict[str, Any] = {}
    for key in keys:
        path = parse_path(key)
        value = path.read(record)
        # An object chosen as a whole may stand before or after one of its own keys.
        if value is not ABSENT and path.read(found) is ABSENT:
            path.write(found, value)
    return found
