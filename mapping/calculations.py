"""The kinds of calculation, and the registry they are found in.

A calculation is made once per line when a plan is compiled. It checks the line, and gives a step for the way in and
a source for the way out; None where it cannot serve that way. A new kind is a class with `@register("its name")`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeVar

from mapping.caseless import TEXT_TYPES, Case
from mapping.inward import ConstantStep, Convert, Level, Nested, PlainStep, Simple, Step
from mapping.lines import CONVERSION_ERRORS, Line, bind_in
from mapping.paths import SPREAD, Segment
from mapping.shapes import OutAs, Source, identity_out, relation_source
from mapping.spec import RELATION_TYPES, Absent, Direction, FieldType, Schema, ScriptLimits

T = TypeVar("T", bound=StrEnum)

CALCULATIONS: dict[str, type[Calculation]] = {}


def register(kind: str) -> Callable[[type[Calculation]], type[Calculation]]:
    """Make the class the calculation that lines call `kind`."""

    def add(calculation: type[Calculation]) -> type[Calculation]:
        CALCULATIONS[kind] = calculation
        return calculation

    return add


def known_options() -> frozenset[str]:
    """The names of the options of all kinds; a line may carry those of other kinds, which are then unused."""
    return frozenset().union(*(calculation.options for calculation in CALCULATIONS.values()))


@dataclass(frozen=True)
class Compiling:
    """What a calculation may use while a plan is compiled. `report` adds a problem of the line at hand."""

    schema: Schema
    tz: str
    direction: Direction
    limits: ScriptLimits
    report: Callable[[str], None]


class Calculation:
    """One line's calculation. A subclass overrides `step_in` and `source_out`, and whatever else differs."""

    options: ClassVar[frozenset[str]] = frozenset()
    needs_field: ClassVar[bool] = True
    needs_key_in: ClassVar[bool] = True
    can_identify: ClassVar[bool] = False

    def __init__(self, line: Line, compiling: Compiling) -> None:
        self.line = line
        self.compiling = compiling

    def check(self, *, is_in: bool, is_out: bool) -> None:
        """Report what is wrong with the line for the ways it is used."""

    @property
    def needs_field_in(self) -> bool:
        """Whether the line must have an Odoo field to serve the way in."""
        return True

    @property
    def needs_key_out(self) -> bool:
        """Whether the line must have a key to serve the way out."""
        return True

    def why_not_in(self) -> str | None:
        """Why the calculation gives nothing to Odoo, as the end of a sentence; None when it does."""
        return None

    def why_not_out(self) -> str | None:
        """Why the calculation cannot be reversed, as the end of a sentence; None when it can."""
        return None

    @property
    def takes_sub_lines(self) -> bool:
        """Whether sub-lines of this line are written on the way in."""
        return False

    @property
    def other_keys(self) -> Sequence[str]:
        """What the line reads of the other side besides its key."""
        return ()

    def place(self, bases: Sequence[tuple[Segment, ...]]) -> None:
        """Learn in which list elements the line stands (see `Placed`)."""
        self.line.place(bases)

    def item_base(self, bases: Sequence[tuple[Segment, ...]]) -> tuple[Segment, ...] | None:
        """Where the sub-lines of each element of a list start; None when they read where this line reads."""
        return None

    def simple_in(self, depth: int) -> Simple | Nested | None:
        """The line as an entry of a fast table of a level at this depth, where it is simple enough."""
        return None

    def step_in(self, children: Level | None) -> Step:
        """The work on the way in."""
        raise NotImplementedError

    def source_out(self) -> Source | None:
        """What the way out reads; None when this line itself gives nothing out."""
        raise NotImplementedError

    def filter_type(self, field: FieldType) -> FieldType | None:
        """The field as a filter on the key sees it, with the conversions of the line; None where there can be none."""
        return field

    def option(self, name: str) -> object:
        """The option's value; None where it is not given or empty."""
        value = self.line.spec.options.get(name)
        return None if value == "" else value

    def choice(self, choices: type[T], name: str) -> T | None:
        """The option as one of the choices; None where it is not given. What is none of them is reported."""
        value = self.option(name)
        if value is None:
            return None
        try:
            return choices(str(value))
        except ValueError:
            self.compiling.report(f"{name} is {value!r}; write one of {', '.join(choices)}")
            return None


class Converted(Calculation):
    """The value of the key, converted one by one. A subclass may override the conversion of either way."""

    def convert_in(self) -> Convert:
        return bind_in(self.field, self.compiling.tz)

    def convert_out(self) -> Convert:
        return identity_out(self.field, self.compiling.tz)

    @property
    def field(self) -> FieldType:
        assert self.line.field is not None  # noqa: S101 - needs_field is checked before a calculation is made
        return self.line.field

    def check(self, *, is_in: bool, is_out: bool) -> None:
        line, field = self.line, self.field
        if not is_in:
            return
        if SPREAD in line.relative and not line.is_x2many:
            self.compiling.report(
                f"the key {line.path} gives a list, but {field.name} is a {field.type}; write [0] for one element"
            )
        elif line.relative.count(SPREAD) > 1:
            self.compiling.report(f"the key {line.path} gives lists within a list; a field takes one list")
        elif line.absent is Absent.DEFAULT:
            try:
                self.convert_in()(line.spec.default)
            except CONVERSION_ERRORS as error:
                self.compiling.report(f"the default cannot be used: {line.reason(line.spec.default, error)}")

    def simple_in(self, depth: int) -> Simple | Nested | None:
        line = self.line
        keys = [segment for segment in line.relative if isinstance(segment, str)]
        if line.depth != depth or len(keys) != len(line.relative):
            return None
        if len(keys) == 1:
            return Simple(line.name, keys[0], self.convert_in(), line.strict, line)
        if len(keys) == 2:
            return Nested(line.name, keys[0], keys[1], self.convert_in(), line.strict, line)
        return None

    def step_in(self, children: Level | None) -> Step:
        return PlainStep(self.line, self.convert_in())

    def source_out(self) -> Source | None:
        return Source(self.field.name, self.convert_out())


@register("plain")
class Plain(Converted):
    """The value of the key, converted to the field's type; a relation is taken as id or list of ids, and given so
    unless `out_as` says otherwise. Of the record identifier, `case` says whether upper and lower case are the same."""

    options = frozenset({"out_as", "case"})
    can_identify = True

    def __init__(self, line: Line, compiling: Compiling) -> None:
        super().__init__(line, compiling)
        self.out_as = self.choice(OutAs, "out_as")
        self.ignores_case = line.spec.is_identifier and self.choice(Case, "case") is Case.IGNORE

    def check(self, *, is_in: bool, is_out: bool) -> None:
        if self.out_as is not None and self.field.type not in RELATION_TYPES:
            self.compiling.report(f"out_as is for relations, and {self.field.name} is a {self.field.type}")
        if self.ignores_case and self.field.type not in TEXT_TYPES:
            self.compiling.report(f"case is for texts, and {self.field.name} is a {self.field.type}; leave it empty")
        super().check(is_in=is_in, is_out=is_out)

    def source_out(self) -> Source | None:
        if self.field.type in RELATION_TYPES:
            return relation_source(self.field, self.out_as, None, self.compiling.tz)
        return super().source_out()


@register("constant")
class Constant(Calculation):
    """Always the same value: the option `value`, or the line's default where the option is not given.

    Into Odoo it is converted once, when the plan is compiled; out it is given as it stands.
    """

    options = frozenset({"value"})
    needs_field = False
    needs_key_in = False

    def __init__(self, line: Line, compiling: Compiling) -> None:
        super().__init__(line, compiling)
        self.value = line.spec.options.get("value", line.spec.default)
        self.in_odoo: object = None

    def check(self, *, is_in: bool, is_out: bool) -> None:
        field = self.line.field
        if self.value is None:
            self.compiling.report("a constant needs a value: write it as the default")
        elif is_in and field is not None:
            try:
                self.in_odoo = field.to_odoo(self.value, tz=self.compiling.tz)
            except CONVERSION_ERRORS as error:
                self.compiling.report(f"the constant cannot be used: {self.line.reason(self.value, error)}")

    @property
    def shared_in(self) -> bool:
        """Whether one value may stand in every record: it cannot be changed."""
        return not isinstance(self.in_odoo, (list, dict))

    def step_in(self, children: Level | None) -> Step:
        return ConstantStep(self.line, lambda: copy.deepcopy(self.in_odoo))

    def source_out(self) -> Source | None:
        value = self.value
        if isinstance(value, (list, dict)):
            return Source(None, lambda _: copy.deepcopy(value))
        return Source(None, lambda _: value)
