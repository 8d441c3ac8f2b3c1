"""The lines as a tree: dotted fields under the relations they go through, and which ways each line serves.

A line that is for both ways but can serve only one is kept for that one, with a note; a line that can serve none of
the ways it is meant for is a problem.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import mapping.formats
import mapping.templates
import mapping.value_maps  # noqa: F401 - importing a module registers its calculations
from mapping.calculations import CALCULATIONS, Calculation, Compiling, known_options
from mapping.lines import Line
from mapping.paths import Path, PathError, Segment, parse_path
from mapping.relations import Relational
from mapping.scripts import Scripted
from mapping.spec import RELATION_TYPES, X2MANY_TYPES, Absent, Direction, FieldType, LineSpec, PlanSpec, Problem, Schema

MAX_DEPTH = 8
"""How many relations a dotted field may go through."""


@dataclass(eq=False, slots=True)
class Node:
    """A field of Odoo that lines name or go through."""

    name: str
    dotted: str
    field: FieldType
    parent: Node | None
    children: dict[str, Node] = dataclasses.field(default_factory=dict)
    writer: Entry | None = None
    """The line that writes the field on the way in."""

    @property
    def is_many(self) -> bool:
        return self.field.type in X2MANY_TYPES

    def chain(self) -> Iterator[Node]:
        """The relations on the way to this field, the outermost first, and the field itself last."""
        if self.parent is not None:
            yield from self.parent.chain()
        yield self


@dataclass(eq=False, slots=True)
class Entry:
    """A line with its calculation and the ways it serves. `node` is None for a line without an Odoo field."""

    line: Line
    calculation: Calculation
    node: Node | None
    is_in: bool
    is_out: bool

    @property
    def spec(self) -> LineSpec:
        return self.line.spec


class Tree:
    """Reads a plan's lines; what is wrong with them is in `problems`, and what staff should know in `notes`."""

    def __init__(self, spec: PlanSpec, schema: Schema) -> None:
        self.spec = spec
        self.schema = schema
        self.direction = Direction(spec.direction)
        self.problems: list[tuple[int, Problem]] = []
        self.notes: list[tuple[int, Problem]] = []
        self.roots: dict[str, Node] = {}
        read = (self._entry(position, line) for position, line in enumerate(spec.lines))
        self.entries = [entry for entry in read if entry is not None]
        # A relation before what is under it, whatever the order of the lines: the one decides about the other.
        for entry in sorted(self.entries, key=lambda entry: entry.spec.field.count(".")):
            self._decide_out(entry)
            self._decide_in(entry)
        self._place(self.roots, ((),))
        for entry in self.entries:
            if entry.is_in or entry.is_out:
                entry.calculation.check(is_in=entry.is_in, is_out=entry.is_out)

    def report(self, position: int, message: str) -> None:
        line = self.spec.lines[position]
        self.problems.append((position, Problem(line.line_id, line.field, message)))

    def note(self, position: int, message: str) -> None:
        line = self.spec.lines[position]
        self.notes.append((position, Problem(line.line_id, line.field, message)))

    def _entry(self, position: int, spec: LineSpec) -> Entry | None:
        known = len(self.problems)
        kind = CALCULATIONS.get(spec.calculation)
        if kind is None:
            kinds = ", ".join(sorted(CALCULATIONS))
            self.report(position, f"there is no calculation {spec.calculation!r}; choose one of {kinds}")
        for name, choices, value in (("direction", Direction, spec.direction), ("absent", Absent, spec.absent)):
            if value not in list(choices):
                self.report(position, f"{name} is {value!r}; write one of {', '.join(choices)}")
        unknown = sorted(set(spec.options) - known_options())
        if unknown:
            self.report(
                position, f"unknown option {', '.join(unknown)}; there are {', '.join(sorted(known_options()))}"
            )
        path = self._path(position, spec, kind)
        node = self._node(position, spec, kind)
        if kind is None or len(self.problems) > known:
            return None
        line = Line(spec, position, node.field if node else None, path)
        compiling = Compiling(
            self.schema, self.spec.tz, self.direction, self.spec.limits, lambda message: self.report(position, message)
        )
        calculation = kind(line, compiling)
        direction = Direction(spec.direction)
        is_in = direction.is_in and self.direction.is_in
        if node is None and calculation.needs_field_in:
            if is_in and (direction is Direction.IN or isinstance(calculation, Scripted)):
                self.report(position, "the Odoo field is missing")
            is_in = False
        is_out = direction.is_out and self.direction.is_out
        is_out = is_out and (bool(path.segments) or not calculation.needs_key_out)
        self._check_absent(position, line, is_in=is_in)
        return Entry(line, calculation, node, is_in, is_out)

    def _path(self, position: int, spec: LineSpec, kind: type[Calculation] | None) -> Path:
        if not spec.key and kind is not None and not kind.needs_key_in:
            return Path(())
        try:
            return parse_path(spec.key)
        except PathError as error:
            self.report(position, f"the key is no path: {error}")
            return Path(())

    def _node(self, position: int, spec: LineSpec, kind: type[Calculation] | None) -> Node | None:
        if not spec.field:
            if kind is None or kind.needs_field:
                self.report(position, "the Odoo field is missing")
            return None
        names = spec.field.split(".")
        if len(names) > MAX_DEPTH:
            self.report(position, f"a field goes through at most {MAX_DEPTH - 1} relations")
            return None
        model, siblings = self.spec.model, self.roots
        node: Node | None = None
        for name in names:
            node = siblings.get(name) or self._new_node(position, model, name, node)
            if node is None:
                return None
            siblings[name] = node
            siblings = node.children
            if name is not names[-1] and (node.field.type not in RELATION_TYPES or not node.field.relation):
                self.report(position, f"{node.dotted} is a {node.field.type}, no relation to go through")
                return None
            model = node.field.relation or ""
        return node

    def _new_node(self, position: int, model: str, name: str, parent: Node | None) -> Node | None:
        found = self.schema.field(model, name)
        if found is None:
            self.report(position, f"{model} has no field {name!r}; mend the name or remove the line")
            return None
        return Node(name, f"{parent.dotted}.{name}" if parent else name, found, parent)

    def _check_absent(self, position: int, line: Line, *, is_in: bool) -> None:
        if not is_in:
            return
        if line.absent is Absent.DEFAULT and line.spec.default is None:
            self.report(position, "an absent key takes the default, but there is none; write one, or choose clear")
        if line.absent is Absent.CLEAR and line.needed:
            self.report(position, "an absent key would clear a field that must have a value; choose another way")

    def _decide_in(self, entry: Entry) -> None:
        if not entry.is_in or entry.node is None:
            return
        node, position = entry.node, entry.line.position
        reason = self._not_in(entry, node)
        if reason is None:
            if node.writer is not None:
                self.report(position, "another line writes this field too; let one of them be for out only")
            else:
                node.writer = entry
            return
        entry.is_in = False
        if entry.is_out:
            self.note(position, f"is used on the way out only: {reason}")
        else:
            self.report(position, f"cannot be used on the way in: {reason}")

    def _decide_out(self, entry: Entry) -> None:
        reason = entry.calculation.why_not_out() if entry.is_out else None
        if reason is None:
            return
        entry.is_out = False
        if entry.is_in:
            self.note(entry.line.position, f"is used on the way in only: {reason}")
        else:
            self.report(entry.line.position, f"cannot be used on the way out: {reason}")

    def _not_in(self, entry: Entry, node: Node) -> str | None:
        """Why the line cannot write into Odoo, with the cure; None when it can."""
        reason = entry.calculation.why_not_in()
        if reason is not None:
            return reason
        tells_apart = entry.spec.is_identifier if node.parent is None else node.name == _match_key(node.parent)
        if node.name == "id" and not tells_apart:
            return "Odoo gives its ids itself"
        if node.field.readonly and not tells_apart and entry.spec.direction != Direction.IN:
            return "Odoo calls the field read-only; set the line's direction to in to write it all the same"
        parent = node.parent
        if parent is None:
            return None
        if parent.writer is None:
            return f"no line writes {parent.dotted}; add a relational line for it"
        if not parent.writer.calculation.takes_sub_lines:
            if parent.is_many:
                return f"set the calculation of {parent.dotted} to relational"
            return f"{parent.dotted} neither creates nor updates records; set its on_missing or on_match"
        return None

    def _place(self, nodes: dict[str, Node], bases: tuple[tuple[Segment, ...], ...]) -> None:
        """Tell every line that writes where it reads, from the outermost relation inwards."""
        for node in nodes.values():
            writer = node.writer
            if writer is None:
                continue
            writer.calculation.place(bases)
            base = writer.calculation.item_base(bases)
            self._place(node.children, bases if base is None else (*bases, base))


def _match_key(node: Node) -> str:
    """The field by which the records of this list are matched with those in Odoo; empty unless they are."""
    calculation = node.writer.calculation if node.writer else None
    return calculation.match_key if isinstance(calculation, Relational) else ""
