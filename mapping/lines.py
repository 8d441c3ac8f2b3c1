"""A line bound to its Odoo field and its place in the input: how it reads, what it does when nothing is there, and
how it says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from mapping.paths import ABSENT, SPREAD, Path, Reader, Segment
from mapping.results import FieldError, Rule, presentable
from mapping.spec import X2MANY_TYPES, Absent, FieldType, LineSpec

if TYPE_CHECKING:
    from mapping.inward import Mode, Run, Scope

# What a conversion may raise. ValueError is the promise; the others are how Python refuses a list, an endless
# number or an impossible date, and must not stop the other records of the page.
CONVERSION_ERRORS = (ValueError, TypeError, ArithmeticError)


class Unusable(ValueError):
    """A refusal whose reason says more than that a list or an object came."""


class Placed:
    """A path with the place it is read from: the record, or the element of a list that a relation goes through."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.depth = 0
        self.relative: tuple[Segment, ...] = path.segments
        self.read: Reader = path.read

    def place(self, bases: Sequence[tuple[Segment, ...]]) -> None:
        """Find the innermost list element the path starts in. `bases` are the paths of the elements from the record
        (empty) inwards; a path that starts with none of them is read from the record."""
        for depth in range(len(bases) - 1, -1, -1):
            base = bases[depth]
            if self.path.segments[: len(base)] == base:
                self.depth = depth
                self.relative = self.path.segments[len(base) :]
                self.read = Path(self.relative).read if self.relative else _itself
                return

    def rendered(self, run: Run, extra: tuple[int, ...] = ()) -> str:
        """The path with the indexes of the element at hand; `extra` are indexes beyond it."""
        return self.path.render(run.indexes[: self.depth] + extra)


class Line(Placed):
    """One line of the plan. `field` is None only for a line that has no Odoo field (a constant on the way out)."""

    def __init__(self, spec: LineSpec, position: int, field: FieldType | None, path: Path) -> None:
        super().__init__(path)
        self.spec = spec
        self.position = position
        self.field = field
        self.name = spec.field.rpartition(".")[2]
        self.absent = Absent(spec.absent)
        # A new record has no id of Odoo's yet, even where that is what identifies records.
        is_own_id = self.name == "id"
        self.needed = spec.required or (not is_own_id and (spec.is_identifier or bool(field and field.required)))
        # What Odoo fills by itself may be left out, but not emptied.
        is_filled = field is not None and field.has_default and not (spec.required or spec.is_identifier)
        self.must_come = self.needed and not is_filled
        # Odoo takes False for a boolean, so an empty one is no missing value.
        self.strict = self.needed and (spec.required or field is None or field.type != "boolean")

    @property
    def is_x2many(self) -> bool:
        return self.field is not None and self.field.type in X2MANY_TYPES

    def split_at_spread(self) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
        """The key within its element, before and after its first `[]`; without one, all of it is before."""
        if SPREAD not in self.relative:
            return self.relative, ()
        at = self.relative.index(SPREAD)
        return self.relative[:at], self.relative[at + 1 :]

    def take(self, scope: Scope, mode: Mode, run: Run) -> object:
        """The raw value to use, or ABSENT when there is nothing to write (the reason is then an error or policy)."""
        value = self.read(scope[self.depth])
        if value is ABSENT:
            return self.when_absent(mode, run)
        if self.strict and is_blank(value):
            self.refuse_blank(run, value)
            return ABSENT
        return value

    def expected(self, scope: Scope) -> object:
        """The raw value that `take` may come to, without errors: what to ask a lookup for."""
        value = self.read(scope[self.depth])
        if value is ABSENT and self.absent is Absent.DEFAULT:
            return self.spec.default
        return value

    def when_absent(self, mode: Mode, run: Run) -> object:
        """The value to use for an absent key, or ABSENT to leave the field alone."""
        if self.absent is Absent.CLEAR:
            return None
        if mode.partial:
            return ABSENT
        if self.absent is Absent.DEFAULT:
            return self.spec.default
        if self.absent is Absent.ERROR:
            self.refuse(run, Rule.ABSENT, "is missing, and its line says that this is an error", ABSENT)
        elif self.must_come:
            why = "is required" if self.spec.required else "is the record identifier"
            if not (self.spec.required or self.spec.is_identifier):
                why = "is required by Odoo (send it, or give the line a default for when it is absent)"
            self.refuse(run, Rule.REQUIRED, f"is missing; {self.spec.field} {why}", ABSENT)
        return ABSENT

    def refuse_blank(self, run: Run, value: object) -> None:
        self.refuse(run, Rule.REQUIRED, f"is empty; {self.spec.field} must have a value", value)

    def refuse_value(self, run: Run, value: object, error: Exception, extra: tuple[int, ...] = ()) -> None:
        """The value cannot be converted; the reason is the conversion's unless it might give a secret away."""
        self.refuse(run, Rule.TYPE, self.reason(value, error), value, extra)

    def reason(self, value: object, error: Exception) -> str:
        kind = self.field.type if self.field else "value"
        if self.spec.secret:
            return f"cannot be used as {kind} (the value is hidden because the line is secret)"
        if isinstance(error, Unusable):
            return str(error)
        if isinstance(value, Mapping):
            return f"an object came where {kind} is expected"
        if isinstance(value, (list, tuple)) and not self.is_x2many:
            return f"a list came where {kind} is expected"
        if isinstance(error, ValueError) and str(error):
            return str(error)
        return f"cannot be used as {kind}"

    def refuse(self, run: Run, rule: Rule, message: str, value: object, extra: tuple[int, ...] = ()) -> None:
        """Add an error to the record; `extra` are indexes beyond the element the line reads from."""
        run.errors.append((self.position, self.error(rule, message, value, self.rendered(run, extra))))

    def error(self, rule: Rule, message: str, value: object, key: str) -> FieldError:
        shown = presentable(value, secret=self.spec.secret)
        return FieldError(self.spec.line_id, self.spec.field, key, rule, message, shown)


def is_blank(value: object) -> bool:
    """Null, empty text, or an empty list."""
    return value is None or value == "" or value == []


def bind_in(field: FieldType, tz: str) -> Callable[[object], object]:
    """The conversion to Odoo for this timezone; a converter made for it where the field offers one."""
    return _bound(field, "converter_in", field.to_odoo, tz)


def bind_out(field: FieldType, tz: str) -> Callable[[object], object]:
    """The conversion from Odoo for this timezone; a converter made for it where the field offers one."""
    return _bound(field, "converter_out", field.from_odoo, tz)


def _bound(field: FieldType, maker: str, convert: Callable[..., object], tz: str) -> Callable[[object], object]:
    make: Callable[[str], Callable[[object], object]] | None = getattr(field, maker, None)
    if make is not None:
        return make(tz)
    return partial(convert, tz=tz) if tz != "UTC" and field.type in ("date", "datetime") else convert


def _itself(item: object) -> object:
    return item
