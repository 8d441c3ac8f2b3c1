"""The way into Odoo, compiled: what a plan does with one incoming object.

A `Level` makes the values of one Odoo record; sub-lines of a relation are a level of their own. Every level reads
from a `scope`: the record, then the element of each list that was entered to get here, the innermost last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from mapping.lines import CONVERSION_ERRORS, Line, is_blank
from mapping.paths import ABSENT, is_object
from mapping.results import FieldError, RelatedRecord

Scope = tuple[object, ...]
Place = tuple[str, str, bool]
"""Where a value is looked for: the model, its field, and whether in any case."""
Convert = Callable[[object], object]


class Wanted:
    """What to look up: `values` by place, in the order in which they were met; `seen` by whoever looks, the texts that
    need no second thought."""

    __slots__ = ("seen", "values")

    def __init__(self) -> None:
        self.values: dict[Place, dict[object, None]] = {}
        self.seen: dict[object, set[str]] = {}


class Mode(NamedTuple):
    """What is being written. `partial`: the input holds only what changes, so what is absent is left alone.
    `existing`: the record is in Odoo already, so lists that are replaced are emptied first."""

    partial: bool
    existing: bool


CREATE = Mode(partial=False, existing=False)
UPDATE = Mode(partial=True, existing=True)


class Run:
    """What is known while a page is mapped: the answers of the lookups, the related records so far, and the
    errors and list indexes of the record at hand."""

    __slots__ = (
        "at",
        "current",
        "errors",
        "found",
        "holders",
        "in_related",
        "indexes",
        "jobs",
        "known",
        "owner",
        "related",
    )

    def __init__(self, found: Mapping[Place, Mapping[object, Sequence[int]]]) -> None:
        self.found = found
        self.known: dict[object, dict[str, int]] = {}
        """By whoever looked it up, the ids that texts stand for without further ado."""
        self.owner: int | None = None
        """The id of the record that is being filled; None for a new one."""
        self.holders: Mapping[int, Mapping[str, object]] = {}
        """The page's own records as they are in Odoo, as far as lists are matched with them, by id."""
        self.current: Sequence[Mapping[int, Mapping[str, object]]] = ()
        """The records of those lists, by slot and id."""
        self.related: dict[tuple[str, str, object], RelatedRecord] = {}
        self.errors: list[tuple[int, FieldError]] = []
        self.indexes: tuple[int, ...] = ()
        self.at = 0
        """The place of the record at hand in the page."""
        self.in_related = False
        """Whether a related record is being filled, which other records of the page may share."""
        self.jobs: list[Job] = []
        """What is left for scripts, which run when the whole page has been filled."""


class Job(NamedTuple):
    """A script line's work on one record or element: the values it is to complete, and what the script may see."""

    step: ScriptStep
    at: int
    indexes: tuple[int, ...]
    scope: Scope
    value: object
    values: dict[str, object]
    in_related: bool
    mode: Mode


class Step(Protocol):
    """One line's work that is more than converting the value of a key. `gathers` says whether it looks records up."""

    line: Line
    gathers: bool

    def gather(self, scope: Scope, wanted: Wanted) -> None: ...
    def apply(self, scope: Scope, values: dict[str, object], mode: Mode, run: Run) -> None: ...


class Simple(NamedTuple):
    """A line that converts the value of a key of the innermost object: the common case, done without a call."""

    name: str
    key: str
    convert: Convert
    strict: bool
    line: Line


class Nested(NamedTuple):
    """A line that converts the value of a key within an object within the innermost one."""

    name: str
    outer: str
    key: str
    convert: Convert
    strict: bool
    line: Line


class PlainStep:
    """A line that converts the value at any path."""

    gathers = False

    def __init__(self, line: Line, convert: Convert) -> None:
        self.line = line
        self.convert = convert

    def gather(self, scope: Scope, wanted: Wanted) -> None:
        """Nothing: a plain value needs no lookup."""

    def apply(self, scope: Scope, values: dict[str, object], mode: Mode, run: Run) -> None:
        line = self.line
        value = line.take(scope, mode, run)
        if value is ABSENT:
            return
        try:
            values[line.name] = self.convert(value)
        except CONVERSION_ERRORS as error:
            line.refuse_value(run, value, error)


class ConstantStep:
    """A constant that is a list: every record gets one of its own."""

    gathers = False

    def __init__(self, line: Line, make: Callable[[], object]) -> None:
        self.line = line
        self.make = make

    def gather(self, scope: Scope, wanted: Wanted) -> None:
        """Nothing: a constant needs no lookup."""

    def apply(self, scope: Scope, values: dict[str, object], mode: Mode, run: Run) -> None:
        values[self.line.name] = self.make()


class ScriptStep:
    """A line whose script runs later, for the whole page at once."""

    gathers = False

    def __init__(self, line: Line, *, has_key: bool) -> None:
        self.line = line
        self.has_key = has_key

    def gather(self, scope: Scope, wanted: Wanted) -> None:
        """Nothing: a script asks for itself."""

    def apply(self, scope: Scope, values: dict[str, object], mode: Mode, run: Run) -> None:
        line = self.line
        value: object = None
        if self.has_key:
            value = line.take(scope, mode, run)
            if value is ABSENT:
                return
        run.jobs.append(Job(self, run.at, run.indexes, scope, value, values, run.in_related, mode))


class Level:
    """The lines that make the values of one record of one model."""

    __slots__ = ("constants", "gatherers", "nested", "simple", "steps", "whole_items")

    def __init__(
        self,
        *,
        constants: Mapping[str, object],
        simple: Sequence[Simple],
        steps: Sequence[Step],
        nested: Sequence[Nested] = (),
        whole_items: bool = False,
    ) -> None:
        self.constants = dict(constants)
        # Plain tuples: a loop unpacks those without an iterator.
        self.simple: tuple[tuple[str, str, Convert, bool, Line], ...] = tuple(
            (each.name, each.key, each.convert, each.strict, each.line) for each in simple
        )
        self.nested: tuple[tuple[str, str, str, Convert, bool, Line], ...] = tuple(
            (each.name, each.outer, each.key, each.convert, each.strict, each.line) for each in nested
        )
        self.steps = tuple(steps)
        self.gatherers = tuple(step.gather for step in steps if step.gathers)
        self.whole_items = whole_items
        """Whether a line takes an element of the list as it is, so that it need not be an object."""

    def only(self, name: str) -> Level:
        """The level with nothing but the line that writes this field."""
        return Level(
            constants={key: value for key, value in self.constants.items() if key == name},
            simple=[Simple(*each) for each in self.simple if each[0] == name],
            steps=[step for step in self.steps if step.line.name == name],
            nested=[Nested(*each) for each in self.nested if each[0] == name],
            whole_items=self.whole_items,
        )

    def gather(self, scope: Scope, wanted: Wanted) -> None:
        """Add every value that `fill` will want looked up."""
        for gather in self.gatherers:
            gather(scope, wanted)

    def fill(self, scope: Scope, mode: Mode, run: Run) -> dict[str, object]:
        """The values for Odoo. What could not be mapped is left out and added to `run.errors`."""
        values = self.constants.copy()
        item = scope[-1]
        get = item.get if is_object(item) else _nothing  # type: ignore[attr-defined]
        for name, key, convert, strict, line in self.simple:
            value = get(key, ABSENT)
            if value is ABSENT:
                value = line.when_absent(mode, run)
                if value is ABSENT:
                    continue
            elif strict and (value is None or value == ""):
                line.refuse_blank(run, value)
                continue
            try:
                values[name] = convert(value)
            except CONVERSION_ERRORS as error:
                line.refuse_value(run, value, error)
        for name, outer, key, convert, strict, line in self.nested:
            try:
                value = item[outer][key]  # type: ignore[index]
            except (KeyError, TypeError):  # TypeError: text, number, null or list, none of which has keys
                value = line.when_absent(mode, run)
                if value is ABSENT:
                    continue
            else:
                if strict and is_blank(value):
                    line.refuse_blank(run, value)
                    continue
            try:
                values[name] = convert(value)
            except CONVERSION_ERRORS as error:
                line.refuse_value(run, value, error)
        for step in self.steps:
            step.apply(scope, values, mode, run)
        return values


def _nothing(key: object, default: object) -> object:
    return default
