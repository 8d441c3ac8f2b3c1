"""The answer to a write, made from what was written: nothing is read back.

What is known of the plan is settled once for all records of a request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inbound.reading import with_id
from inbound.work import Work
from mapping.paths import ABSENT, Reader, Writer, parse_path
from mapping.plan import Plan
from mapping.results import MappingResult
from mapping.spec import X2MANY_TYPES, Direction
from outbound.targets.odoo import Action

NUMBERS = frozenset({"integer", "float", "monetary"})
_SHOWN = frozenset({Action.CREATED, Action.UPDATED, Action.UNCHANGED})


class Answers:
    """Shows records under the caller's keys, as a GET would. Values that became ids in Odoo are shown as they came;
    an existing record that was left alone is only named, and of a related one that was only found nothing is shown but
    what found it."""

    def __init__(self, work: Work) -> None:
        tz = work.config.connection.timezone
        self._lines = [
            _line(work.plan, line.field, line.key, tz)
            for line in work.plan.lines
            if line.direction != Direction.IN and line.key and not _is_rows(line.key, work.plan)
        ]

    def of(self, body: Mapping[str, Any], result: MappingResult, odoo_id: int, *, action: Action) -> dict[str, Any]:
        data: dict[str, Any] = {}
        if action in _SHOWN:
            values = result.values or {}
            for field, convert, read, write in self._lines:
                if not _is_written(field, values):
                    continue
                value = convert(values[field]) if convert is not None and field in values else read(body)
                if value is not ABSENT:
                    write(data, value)
        return with_id(data, odoo_id)


def _is_written(field: str, values: Mapping[str, Any]) -> bool:
    """Whether what a sub-line maps was written: not where its record was only found (an id), or not even looked for."""
    root, is_deeper, _rest = field.partition(".")
    return not is_deeper or not isinstance(values.get(root), int | None)


_Line = tuple[str, Callable[[Any], Any] | None, Reader, Writer]


def _line(plan: Plan, field: str, key: str, tz: str) -> _Line:
    """`convert` makes what was written into what is shown; None where the body tells it."""
    path = parse_path(key)
    named = plan.field_by_key.get(key)
    convert: Callable[[Any], Any] | None = None
    if named is not None and named[0] == field and named[1].type not in X2MANY_TYPES:
        make = getattr(named[1], "converter_out", None)
        kind = named[1]
        convert = make(tz) if make is not None else lambda value: kind.from_odoo(value, tz=tz)
        if kind.type in NUMBERS:
            convert = _unset_as_zero(convert)
    return field, convert, path.read, path.write


def _unset_as_zero(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Odoo has no empty numbers: what was unset reads as 0."""
    return lambda value: convert(0 if value is False else value)


def _is_rows(key: str, plan: Plan) -> bool:
    """Whether the key is a list that other lines describe the elements of."""
    return key.endswith("[]") and any(line.key.startswith(key) and line.key != key for line in plan.lines)
