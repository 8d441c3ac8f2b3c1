"""Line by line how a record was mapped: the key, what came under it, the field, what was made of it, and what failed.

For people who ask where a value went. It maps anew, so it tells of the lines as they are now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mapping.engine import Traced
from mapping.paths import ABSENT, parse_path
from mapping.plan import Plan
from mapping.results import REDACTED, FieldError, RelatedRecord
from mapping.spec import Direction, LineSpec

KEPT = "kept"
"""In place of a value of a related record, or of an element of a list: it is there already, and is left as it is."""

_CREATE, _UPDATE = 0, 1
"""Odoo's commands of a list that carry values."""


@dataclass(frozen=True, slots=True)
class Way:
    """One line. `came` is what it read and `made` what it wrote; ABSENT where there was nothing. Values of secret
    lines are `***`."""

    line: LineSpec
    came: object = field(repr=False)
    made: object = field(repr=False)
    errors: tuple[FieldError, ...] = ()


def ways_in(plan: Plan, traced: Traced) -> list[Way]:
    """The lines that serve the way into Odoo, in their order."""
    return list(_ways(plan, traced, Direction.IN))


def ways_out(plan: Plan, traced: Traced) -> list[Way]:
    """The lines that serve the way out of Odoo, in their order. What a line reads through a relation is shown as the
    relation itself: that is what the record holds."""
    return list(_ways(plan, traced, Direction.OUT))


def other_errors(plan: Plan, traced: Traced) -> tuple[FieldError, ...]:
    """Those that belong to no line, such as of the config's own scripts."""
    known = {line.line_id for line in plan.lines}
    return tuple(error for error in traced.errors if error.line_id is None or error.line_id not in known)


def _ways(plan: Plan, traced: Traced, direction: Direction) -> Iterator[Way]:
    for line in plan.lines:
        if line.direction not in (Direction.BOTH, direction):
            continue
        came, made = _read_in(line, traced) if direction is Direction.IN else _read_out(line, traced)
        errors = tuple(error for error in traced.errors if error.line_id is not None and error.line_id == line.line_id)
        yield Way(line, _shown(came, line), _shown(made, line), errors)


def _shown(value: object, line: LineSpec) -> object:
    return REDACTED if line.secret and value is not ABSENT and value not in (None, False) else value


def _read_in(line: LineSpec, traced: Traced) -> tuple[object, object]:
    came = parse_path(line.key).read(traced.record) if line.key else ABSENT
    return came, field_at(traced.values, line.field.split(".")) if line.field else ABSENT


def _read_out(line: LineSpec, traced: Traced) -> tuple[object, object]:
    record = traced.record if isinstance(traced.record, Mapping) else {}
    came = record.get(line.field.split(".")[0], ABSENT) if line.field else ABSENT
    return came, parse_path(line.key).read(traced.values) if line.key else ABSENT


def field_at(values: object, names: Sequence[str]) -> object:
    """The value at a dotted field of values for Odoo: through related records, and through the commands of lists,
    where it is a list with the value of each element."""
    if not names:
        return values
    if isinstance(values, RelatedRecord):
        return field_at(values.values, names)
    if isinstance(values, Mapping):
        found = values.get(names[0], ABSENT)
        return found if found is ABSENT else field_at(found, names[1:])
    if isinstance(values, list):
        inner = [_in_element(command, names) for command in values if _is_written(command)]
        return (KEPT if all(each == KEPT for each in inner) else inner) if inner else ABSENT
    return KEPT if isinstance(values, int) and not isinstance(values, bool) else ABSENT


def _in_element(command: Sequence[object], names: Sequence[str]) -> object:
    """The value in a new element, or in one that is there, which keeps what is not written anew."""
    found = field_at(command[2], names)
    if found is not ABSENT:
        return found
    return KEPT if command[0] == _UPDATE else None


def _is_written(command: object) -> bool:
    return isinstance(command, (list, tuple)) and len(command) == 3 and command[0] in (_CREATE, _UPDATE)
