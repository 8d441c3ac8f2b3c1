"""The kinds of calculation, and the registry they are found in.

A calculation is made once per line when a plan is compiled. It checks the line, and gives a step for the way in and
a source for the way out; None where it cannot serve that way. A new kind is a class with `@register("its name")`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from mapping.inward import ConstantStep, Convert, Level, PlainStep, Simple, Step
from mapping.lines import CONVERSION_ERRORS, Line, bind_in, bind_out
from mapping.paths import SPREAD, Segment
from mapping.spec import X2MANY_TYPES, Absent, FieldType, Schema

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
    report: Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """What a line reads on the way out: `field` of the record that the line's dotted field leads to (None: no field,
    the value is made by `convert` alone), through `then` one relation further where it is given."""

    field: str | None
    convert: Convert
    then: str | None = None


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
    def takes_sub_lines(self) -> bool:
        """Whether sub-lines of this line are written on the way in."""
        return False

    def item_base(self, bases: Sequence[tuple[Segment, ...]]) -> tuple[Segment, ...] | None:
        """Where the sub-lines of each element of a list start; None when they read where this line reads."""
        return None

    def simple_in(self, depth: int) -> Simple | None:
        """The line as an entry of the fast table of a level at this depth, where it is simple enough."""
        return None

    def step_in(self, children: Level | None) -> Step:
        """The work on the way in."""
        raise NotImplementedError

    def source_out(self) -> Source | None:
        """What the way out reads; None when this line itself gives nothing out."""
        raise NotImplementedError


def identity_out(field: FieldType, tz: str) -> Convert:
    """How a value read from Odoo goes out: a many2one as its id, an x2many as its ids, the rest converted."""
    if field.type == "many2one":
        return many2one_id
    if field.type in X2MANY_TYPES:
        return x2many_ids
    return bind_out(field, tz)


def many2one_id(value: object) -> object:
    """The id of a many2one as Odoo reads it (`[id, name]`, an id, or False); None when unset."""
    if isinstance(value, (list, tuple)):
        return value[0] if value else None
    return value or None


def x2many_ids(value: object) -> object:
    return list(value) if isinstance(value, (list, tuple)) else []


@register("plain")
class Plain(Calculation):
    """The value of the key, converted to the field's type; a relation is taken and given as id or list of ids."""

    can_identify = True

    def check(self, *, is_in: bool, is_out: bool) -> None:
        line = self.line
        field = line.field
        if not is_in or field is None:
            return
        if SPREAD in line.relative and not line.is_x2many:
            self.compiling.report(
                f"the key {line.path} gives a list, but {field.name} is a {field.type}; write [0] for one element"
            )
        elif line.relative.count(SPREAD) > 1:
            self.compiling.report(f"the key {line.path} gives lists within a list; a field takes one list")
        elif line.absent is Absent.DEFAULT:
            try:
                field.to_odoo(line.spec.default, tz=self.compiling.tz)
            except CONVERSION_ERRORS as error:
                self.compiling.report(f"the default cannot be used: {line.reason(line.spec.default, error)}")

    def simple_in(self, depth: int) -> Simple | None:
        line = self.line
        if line.depth != depth or len(line.relative) != 1 or not isinstance(line.relative[0], str):
            return None
        return Simple(line.name, line.relative[0], self._to_odoo(), line.strict, line)

    def step_in(self, children: Level | None) -> Step:
        return PlainStep(self.line, self._to_odoo())

    def _to_odoo(self) -> Convert:
        assert self.line.field is not None  # noqa: S101 - needs_field is checked before a step is made
        return bind_in(self.line.field, self.compiling.tz)

    def source_out(self) -> Source | None:
        field = self.line.field
        assert field is not None  # noqa: S101
        return Source(field.name, identity_out(field, self.compiling.tz))


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
