"""A config compiled once into an immutable Plan: what the hot path reads instead of the database.

Staff's lines are flat, with dotted fields; compiling groups them under the relations they go through. A plan that
compiles cannot fail for a reason that lies in its lines: every such reason is a Problem of the PlanError.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mapping.around import Around, compile_around
from mapping.calculations import Plain
from mapping.caseless import caseless
from mapping.checks import check_matched, check_out, check_rows, check_scripts
from mapping.compiling import Matched, compile_in, compile_matched, compile_out
from mapping.inward import Level
from mapping.outward import Outward
from mapping.paths import SPREAD, Path, parse_path
from mapping.scripts import Scripted
from mapping.spec import (
    Absent,
    Direction,
    FieldType,
    LineSpec,
    PlanError,
    PlanSpec,
    Problem,
    Schema,
)
from mapping.tree import Entry, Tree

__all__ = [
    "Absent",
    "Direction",
    "FieldType",
    "Identifier",
    "LineSpec",
    "Plan",
    "PlanError",
    "PlanSpec",
    "Problem",
    "Schema",
    "compile_plan",
]


class Identifier(NamedTuple):
    """The line that tells records apart: its Odoo field and its external key."""

    field: str
    key: str


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Plan:
    """What `map_in` and `map_out` run. Immutable; may be shared between threads."""

    config_id: int | None
    version: int | str | None
    model: str
    lines: tuple[LineSpec, ...]
    identifier: Identifier
    ignores_case: bool
    """Whether the identifier is the same in upper and lower case."""
    notes: tuple[Problem, ...]
    """What staff should know: lines that serve one way although they are for both, and why."""
    read_fields: tuple[str, ...]
    """The fields to `search_read` for the way out. Odoo adds the id by itself."""
    writable_in: tuple[str, ...]
    """The fields of the model itself that the way in may write."""
    field_by_key: Mapping[str, tuple[str, FieldType]]
    """External key -> (dotted field, type of its last part): what a filter may use. Without secret lines and lists.
    The type converts as the line does: to that of a value map, `paid` is `sale`."""
    keys_by_field: Mapping[str, str]
    """Odoo field, as the line names it -> external key."""
    secret_fields: frozenset[str]
    secret_keys: frozenset[str]
    identifier_path: Path
    matched: Matched
    """What `map_in` reads of the records that are in Odoo already; nothing unless lists are matched."""
    inward: Level
    outward: Outward
    scripts_in: tuple[Scripted, ...]
    before: Around | None
    after: Around | None
    tz: str

    def identity(self, value: object) -> object:
        """The identifier's value as that by which records are told apart."""
        return caseless(value) if self.ignores_case else value

    def __repr__(self) -> str:
        return f"<Plan of {self.model}, config {self.config_id} version {self.version}, {len(self.lines)} lines>"


def compile_plan(spec: PlanSpec, schema: Schema) -> Plan:
    """The plan of these lines. Raises PlanError with every problem: the line, the field, and the cure."""
    if spec.direction not in list(Direction):
        raise PlanError([Problem(None, "", f"direction is {spec.direction!r}; write one of {', '.join(Direction)}")])
    try:
        ZoneInfo(spec.tz)
    except (KeyError, ValueError, OSError):
        message = f"there is no timezone {spec.tz!r}; write one such as Europe/Brussels"
        raise PlanError([Problem(None, "", message)]) from None
    tree = Tree(spec, schema)
    _check_identifier(tree)
    if not tree.problems:
        check_rows(tree)
        check_matched(tree)
        check_out(tree)
        check_scripts(tree)
    before, after = compile_around(tree)
    if tree.problems:
        raise PlanError([problem for _, problem in sorted(tree.problems, key=lambda found: found[0])])
    identifier = next(line for line in spec.lines if line.is_identifier)
    outward, read_fields = compile_out(tree)
    matched = compile_matched(tree)
    inward, scripts_in = compile_in(tree)
    return Plan(
        config_id=spec.config_id,
        version=spec.version,
        model=spec.model,
        lines=spec.lines,
        identifier=Identifier(identifier.field, identifier.key),
        ignores_case=any(
            isinstance(each.calculation, Plain) and each.calculation.ignores_case for each in tree.entries
        ),
        notes=tuple(note for _, note in sorted(tree.notes, key=lambda found: found[0])),
        read_fields=tuple(
            dict.fromkeys((*read_fields, *(before.reads if before else ()), *(after.reads if after else ())))
        ),
        writable_in=tuple(name for name, node in tree.roots.items() if node.writer is not None and name != "id"),
        field_by_key=MappingProxyType(_fields_by_key(tree)),
        keys_by_field=MappingProxyType(_keys_by_field(tree)),
        secret_fields=frozenset(line.field for line in spec.lines if line.secret and line.field),
        secret_keys=frozenset(_secret_keys(tree)),
        identifier_path=parse_path(identifier.key),
        matched=matched,
        inward=inward,
        outward=outward,
        scripts_in=scripts_in,
        before=before,
        after=after,
        tz=spec.tz,
    )


def _check_identifier(tree: Tree) -> None:
    marked = [(position, line) for position, line in enumerate(tree.spec.lines) if line.is_identifier]
    if not marked:
        message = "no line is the record identifier; mark the one whose value tells records apart"
        tree.problems.append((len(tree.spec.lines), Problem(None, "", message)))
    for position, _ in marked[1:]:
        tree.report(position, "is a second record identifier; exactly one line may be it")
    for entry in tree.entries:
        if not entry.spec.is_identifier:
            continue
        if entry.node is None or entry.node.parent is not None:
            tree.report(entry.line.position, f"the record identifier must be a field of {tree.spec.model} itself")
        elif entry.node.is_many:
            tree.report(entry.line.position, "a list cannot be the record identifier")
        elif not entry.calculation.can_identify:
            tree.report(entry.line.position, f"{entry.spec.calculation} cannot be the record identifier")
        elif SPREAD in entry.line.path.segments:
            tree.report(entry.line.position, "the key of the record identifier is one value, without []")
        serves_every_way = entry.spec.direction in (Direction.BOTH, tree.spec.direction)
        if not serves_every_way:
            tree.report(entry.line.position, "the record identifier must serve both directions")


def _secret_keys(tree: Tree) -> Iterator[str]:
    for entry in tree.entries:
        if entry.spec.secret:
            yield from filter(None, (entry.spec.key, *entry.calculation.other_keys))


def _fields_by_key(tree: Tree) -> dict[str, tuple[str, FieldType]]:
    found: dict[str, tuple[str, FieldType]] = {}
    for entry in tree.entries:
        named = _filter_field(tree, entry)
        if named is not None:
            found.setdefault(str(entry.line.path), named)
    return found


def _filter_field(tree: Tree, entry: Entry) -> tuple[str, FieldType] | None:
    """The dotted field a filter on the line's key compares, where a plain comparison can mean the same."""
    node, source = entry.node, entry.calculation.source_out()
    if node is None or source is None or source.field is None or entry.spec.secret:
        return None
    if SPREAD in entry.line.path.segments or any(part.is_many for part in node.chain()):
        return None
    dotted, leaf = node.dotted, node.field
    if source.then is not None:
        further = tree.schema.field(node.field.relation or "", source.then)
        if further is None:
            return None
        dotted, leaf = f"{node.dotted}.{source.then}", further
    seen = entry.calculation.filter_type(leaf)
    return None if seen is None else (dotted, seen)


def _keys_by_field(tree: Tree) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in tree.entries:
        if entry.spec.field and entry.spec.key:
            found.setdefault(entry.spec.field, entry.spec.key)
    return found
