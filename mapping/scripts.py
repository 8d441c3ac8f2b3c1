"""The calculation `script`: a line whose value, or whose whole record, is the work of staff's Python.

What a script sees is said in `mapping.prelude`; docs/mapping.md says it to staff.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from mapping.calculations import Calculation, Compiling, register
from mapping.inward import Convert, Level, ScriptStep, Step
from mapping.lines import Line, bind_in
from mapping.paths import SPREAD, Path, Segment
from mapping.script_runs import Script, ScriptError
from mapping.shapes import Source, identity_out
from mapping.spec import Direction, FieldType, ScriptLimits

RESULT = "result"
VALUES = "values"


class ScriptMode(StrEnum):
    EVALUATE = "evaluate"
    """The script sets `result`, which becomes the value of the field or key."""

    EXECUTE = "execute"
    """The script may change `values`, what the lines before it have made of the record."""


@register("script")
class Scripted(Calculation):
    """The option `script`, and `reverse` for the way out of a line that is for both. Scripts run after all other lines
    of the record, in the order of the lines. `script_mode` is evaluate or execute; in execute the line has no field,
    and `writes` names what it may write besides the fields of lines. `reads` names fields of Odoo that it wants in
    `record` on the way out. `limits` are ScriptLimits of the line's own, for both of its scripts."""

    options = frozenset({"script", "reverse", "script_mode", "writes", "reads", "limits"})
    needs_field = False
    needs_key_in = False

    def __init__(self, line: Line, compiling: Compiling) -> None:
        super().__init__(line, compiling)
        self.mode = self.choice(ScriptMode, "script_mode") or ScriptMode.EVALUATE
        self.has_key = bool(line.path.segments)
        self.executes = self.mode is ScriptMode.EXECUTE
        self.in_step: ScriptStep | None = None
        self.writable: Mapping[str, FieldType] = {}
        """The fields that an executing script may write."""
        limits = self.option("limits")
        self.limits = limits if isinstance(limits, ScriptLimits) else compiling.limits
        directions = {Direction(line.spec.direction), compiling.direction}
        self.is_in = Direction.OUT not in directions
        self.is_out = Direction.IN not in directions
        source, reverse = self.option("script"), self.option("reverse")
        self.script = self._compiled(source) if self.is_in else None
        if self.is_out and not self.is_in:
            reverse = reverse or source
        self.reverse = self._compiled(reverse) if self.is_out and (reverse or not self.is_in) else None

    def _compiled(self, source: object) -> Script | None:
        if not isinstance(source, str):
            self.compiling.report("the script is missing")
            return None
        try:
            script = Script(source, returns=VALUES if self.executes else RESULT)
        except ScriptError as error:
            self.compiling.report(str(error))
            return None
        if not self.executes and RESULT not in script.names:
            self.compiling.report("the script never sets result; in mode evaluate that is the value")
        return script

    @property
    def needs_field_in(self) -> bool:
        return not self.executes

    @property
    def needs_key_out(self) -> bool:
        return not self.executes

    def names(self, option: str) -> Sequence[str]:
        """An option that is a list of names, or a text of them between commas."""
        given = self.option(option)
        parts = given.split(",") if isinstance(given, str) else given or ()
        if not isinstance(parts, (list, tuple)) or not all(isinstance(part, str) for part in parts):
            self.compiling.report(f"{option} is a list of names of fields")
            return ()
        return [part.strip() for part in parts if part.strip()]

    def why_not_out(self) -> str | None:
        return None if self.reverse or not self.is_in else "a script is not reversed by itself; write its reverse"

    def check(self, *, is_in: bool, is_out: bool) -> None:
        line, report = self.line, self.compiling.report
        if self.executes and line.spec.field:
            report("a script in mode execute works on the whole record; leave the Odoo field empty")
        if is_in and self.script is not None and SPREAD in line.relative and not line.is_x2many:
            report(f"the key {line.path} gives a list, and the script runs once; write [0], or leave the key empty")

    def simple_convert(self) -> Convert:
        """The conversion of what the script gives, to Odoo."""
        assert self.line.field is not None  # noqa: S101 - checked by the tree for lines that are for the way in
        return bind_in(self.line.field, self.compiling.tz)

    def place(self, bases: Sequence[tuple[Segment, ...]]) -> None:
        if self.has_key:
            super().place(bases)
        else:
            # Without a key the line stands in the innermost list that its field is in; an error names its element.
            self.line.path = Path(bases[-1])
            self.line.depth = len(bases) - 1

    def step_in(self, children: Level | None) -> Step:
        self.in_step = ScriptStep(self.line, has_key=self.has_key)
        return self.in_step

    def source_out(self) -> Source | None:
        field = self.line.field
        if self.executes or self.reverse is None:
            return None
        if field is None:
            return Source(None, lambda _: None)
        return Source(field.name, identity_out(field, self.compiling.tz))

    def filter_type(self, field: FieldType) -> FieldType | None:
        return None
