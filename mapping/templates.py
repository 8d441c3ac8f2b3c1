"""The calculation `template`: a text with values of the other side in it, such as `{first_name} {last_name}`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from mapping.calculations import Calculation, Compiling, register
from mapping.inward import Convert, Level, Mode, Run, Scope, Step, Wanted
from mapping.lines import CONVERSION_ERRORS, Line, Placed, bind_in
from mapping.paths import ABSENT, SPREAD, PathError, Segment, parse_path
from mapping.results import Rule
from mapping.shapes import Source
from mapping.spec import X2MANY_TYPES
from mapping.value_maps import as_key

MAX_LENGTH = 2000

# A quoted key may hold braces.
_PART: Final = re.compile(r'\{\{|\}\}|\{((?:[^{}"]|"(?:[^"\\]|\\.)*")*)\}|[{}]', re.DOTALL)


@register("template")
class Template(Calculation):
    """The option `template`: text with external paths in braces, `{{` and `}}` for braces themselves. A path reads as
    a key does: one that begins with the list the line stands in reads the element at hand, any other the record.

    What is null or empty leaves its place empty, and spaces at the ends fall away; the line is absent where all its
    paths are. The key is not needed. A template cannot be reversed, so the line is for the way in.
    """

    options = frozenset({"template"})
    needs_key_in = False

    def __init__(self, line: Line, compiling: Compiling) -> None:
        super().__init__(line, compiling)
        self.texts: list[str] = [""]
        self.places: list[Placed] = []
        text = self.option("template")
        if not isinstance(text, str) or len(text) > MAX_LENGTH:
            compiling.report(f"the template is missing: text of at most {MAX_LENGTH} characters with {{keys}} in it")
            return
        try:
            self._parse(text)
        except PathError as error:
            compiling.report(f"the template cannot be used: {error}")
            return
        if not self.places:
            compiling.report("the template names no key; write one in braces, or make the line a constant")
        elif not line.path.segments:
            # So that an error names a key, with the indexes of the list it is in.
            line.path = self.places[0].path
            line.place(((),))

    def _parse(self, text: str) -> None:
        position = 0
        for found in _PART.finditer(text):
            self.texts[-1] += text[position : found.start()]
            position = found.end()
            if found[0] in ("{{", "}}"):
                self.texts[-1] += found[0][0]
            elif found[1] is None:
                message = f"a brace without its other; write {found[0] * 2} for a brace itself"
                raise PathError(message, text=text, position=found.start())
            else:
                self.places.append(Placed(parse_path(found[1])))
                self.texts.append("")
        self.texts[-1] += text[position:]

    def why_not_out(self) -> str | None:
        return "a template cannot be taken apart again; add a line for out to each of its keys"

    @property
    def other_keys(self) -> Sequence[str]:
        return [str(place.path) for place in self.places]

    def place(self, bases: Sequence[tuple[Segment, ...]]) -> None:
        super().place(bases)
        for place in self.places:
            place.place(bases)
            if SPREAD in place.relative:
                self.compiling.report(f"the template's {{{place.path}}} gives a list; write [0] for one element")

    def check(self, *, is_in: bool, is_out: bool) -> None:
        field = self.line.field
        if field is not None and field.type in X2MANY_TYPES:
            self.compiling.report(f"a template gives a text, and {field.name} is a {field.type}")

    def step_in(self, children: Level | None) -> Step:
        assert self.line.field is not None  # noqa: S101 - needs_field is checked before a step is made
        return TemplateStep(self.line, self.texts, self.places, bind_in(self.line.field, self.compiling.tz))

    def source_out(self) -> Source | None:
        return None


class TemplateStep:
    """Fills a template in. The first text stands before all places, every other after its place."""

    gathers = False

    def __init__(self, line: Line, texts: Sequence[str], places: Sequence[Placed], convert: Convert) -> None:
        self.line = line
        self.first = texts[0]
        self.parts = tuple(
            (place.read, place.depth, place, text) for place, text in zip(places, texts[1:], strict=True)
        )
        self.convert = convert

    def gather(self, scope: Scope, wanted: Wanted) -> None:
        """Nothing: a text needs no lookup."""

    def apply(self, scope: Scope, values: dict[str, object], mode: Mode, run: Run) -> None:
        line = self.line
        written = [self.first]
        is_there = is_filled = False
        for read, depth, place, after in self.parts:
            value = read(scope[depth])
            if value is not ABSENT:
                is_there = True
                if type(value) is not str:
                    try:
                        value = as_key(value)
                    except ValueError:
                        self._refuse(place, value, run)
                        return
                if value:
                    is_filled = True
                    written.append(value)
            written.append(after)
        found: object = "".join(written).strip() if is_filled else None
        if not is_there:
            found = line.when_absent(mode, run)
            if found is ABSENT:
                return
        elif not is_filled and line.strict:
            line.refuse_blank(run, None)
            return
        try:
            values[line.name] = self.convert(found)
        except CONVERSION_ERRORS as error:
            line.refuse_value(run, found, error)

    def _refuse(self, place: Placed, value: object, run: Run) -> None:
        key = place.rendered(run)
        message = "text, a number, or true or false is expected here, to stand in a template"
        run.errors.append((self.line.position, self.line.error(Rule.TYPE, message, value, key)))
