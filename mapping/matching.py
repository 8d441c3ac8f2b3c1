"""What relations do on the way into Odoo: find the record that has a value.

Lookups are asked in bulk: a page is first gone through for the values it will need (`gather`), one call per
(model, field) answers them all, then the records are mapped.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from mapping.caseless import caseless
from mapping.inward import CREATE, UPDATE, Convert, Level, Mode, Run, Scope, Wanted
from mapping.lines import CONVERSION_ERRORS, Line, is_blank
from mapping.paths import ABSENT, Path
from mapping.results import RelatedRecord, Rule, presentable
from mapping.rows import ListMode

_REFUSED: Final = object()


class OnMissing(StrEnum):
    ERROR = "error"
    EMPTY = "empty"
    CREATE = "create"


class OnMatch(StrEnum):
    KEEP = "keep"
    UPDATE = "update"


class Matcher:
    """Finds the related record that has a value, and says what stands in the values for it."""

    def __init__(
        self,
        line: Line,
        *,
        model: str,
        field: str,
        convert: Convert,
        on_missing: OnMissing,
        on_match: OnMatch,
        children: Level | None,
        ignores_case: bool = False,
    ) -> None:
        self.line = line
        self.model = model
        self.field = field
        self.by_id = field == "id"
        self.convert = convert
        self.ignores_case = ignores_case
        self.on_missing = on_missing
        self.on_match = on_match
        self.children = children
        self.place = (model, field, ignores_case)

    def gather(self, raw: object, wanted: Wanted) -> None:
        """Note the value for the lookup. What cannot be converted is left for `resolve` to refuse."""
        if self.by_id or is_blank(raw):
            return
        if type(raw) is str:
            seen = wanted.seen.get(self)
            if seen is None:
                seen = wanted.seen[self] = set()
            if raw in seen:
                return
            seen.add(raw)
        try:
            value = self.convert(raw)
            if value is not False and not is_blank(value):
                wanted.values.setdefault(self.place, {})[self._sought(value)] = None
        except CONVERSION_ERRORS:
            return

    def resolve(self, raw: object, scope: Scope, run: Run, extra: tuple[int, ...] = ()) -> object:
        """An id, a RelatedRecord, False for an empty or missing one, or _REFUSED after an error was added."""
        if is_blank(raw):
            return False
        try:
            value = self.convert(raw)
            hash(value)
        except CONVERSION_ERRORS as error:
            self.line.refuse_value(run, raw, error, extra)
            return _REFUSED
        if is_blank(value) or value is False:
            return False
        if self.by_id:
            ids: Sequence[int] = (value,)  # type: ignore[assignment]
        else:
            ids = run.found.get(self.place, {}).get(self._sought(value), ())
        if len(ids) > 1:
            shown = self._shown(raw)
            listed = ", ".join(map(str, ids[:20])) + (", ..." if len(ids) > 20 else "")
            message = f"{len(ids)} records of {self.model} have {shown}: ids {listed}"
            self.line.refuse(run, Rule.MANY_MATCHES, message, raw, extra)
            return _REFUSED
        if ids:
            if self.on_match is OnMatch.UPDATE:
                return self._related(value, ids[0], scope, run, extra)
            if type(raw) is str:
                run.known.setdefault(self, {})[raw] = ids[0]
            return ids[0]
        if self.on_missing is OnMissing.CREATE:
            return self._related(value, None, scope, run, extra)
        if self.on_missing is OnMissing.EMPTY:
            return False
        shown = self._shown(raw)
        self.line.refuse(run, Rule.NO_MATCH, f"no record of {self.model} has {shown}", raw, extra)
        return _REFUSED

    def _sought(self, value: object) -> object:
        """The value by which records are told apart."""
        return caseless(value) if self.ignores_case else value

    def _shown(self, raw: object) -> str:
        """The field and the value, as a sentence about a record goes on: `code 'XX'`."""
        return f"this {self.field}" if self.line.spec.secret else f"{self.field} {presentable(raw, secret=False)!r}"

    def _related(self, value: object, record_id: int | None, scope: Scope, run: Run, extra: tuple[int, ...]) -> object:
        sought = self._sought(value)
        place = (self.model, self.field, sought)
        known = run.related.get(place)
        if known is not None:
            return known
        errors = len(run.errors)
        values: dict[str, object] = {}
        if self.children is not None:
            indexes, owner, in_related = run.indexes, run.owner, run.in_related
            run.indexes, run.owner, run.in_related = indexes + extra, None, True
            values = self.children.fill(scope, CREATE if record_id is None else UPDATE, run)
            run.indexes, run.owner, run.in_related = indexes, owner, in_related
        if len(run.errors) > errors:
            # Not remembered: another record of the page may describe it fully.
            return _REFUSED
        if record_id is None:
            values.setdefault(self.field, value)
        elif not values:
            return record_id
        path = self.line.rendered(run, extra)
        made = RelatedRecord(self.model, self.field, sought, values, self.line.spec.line_id, path, record_id)
        run.related[place] = made
        return made


class ToOne:
    """A many2one by a value of the other model."""

    gathers = True

    def __init__(self, line: Line, matcher: Matcher) -> None:
        self.line = line
        self.matcher = matcher

    def gather(self, scope: Scope, wanted: Wanted) -> None:
        line = self.line
        raw = line.read(scope[line.depth])
        if type(raw) is not str or raw not in wanted.seen.get(self.matcher, ()):
            self.matcher.gather(line.expected(scope), wanted)
        if self.matcher.children is not None:
            self.matcher.children.gather(scope, wanted)

    def apply(self, scope: Scope, values: dict[str, object], mode: Mode, run: Run) -> None:
        line = self.line
        raw = line.read(scope[line.depth])
        if type(raw) is str:
            known = run.known.get(self.matcher)
            if known is not None and raw in known:
                values[line.name] = known[raw]
                return
        raw = line.take(scope, mode, run)
        if raw is ABSENT:
            return
        reference = self.matcher.resolve(raw, scope, run)
        if reference is False and self.line.needed:
            message = f"no record was found, and {self.line.spec.field} must have a value"
            self.line.refuse(run, Rule.REQUIRED, message, raw)
        elif reference is not _REFUSED:
            values[self.line.name] = reference


class ToMany:
    """A many2many whose elements are matched one by one by a value of the other model."""

    gathers = True

    def __init__(self, line: Line, matcher: Matcher, mode: ListMode) -> None:
        self.line = line
        self.matcher = matcher
        self.list_mode = mode
        self.item = Path(line.split_at_spread()[1])
        self.has_item_path = bool(self.item.segments)

    def gather(self, scope: Scope, wanted: Wanted) -> None:
        items = self.line.expected(scope)
        if not isinstance(items, (list, tuple)):
            return
        for item in items:
            self.matcher.gather(self._match_value(item), wanted)
            if self.matcher.children is not None:
                self.matcher.children.gather((*scope, item), wanted)

    def apply(self, scope: Scope, values: dict[str, object], mode: Mode, run: Run) -> None:
        line = self.line
        items = line.take(scope, mode, run)
        if items is ABSENT:
            return
        if items is None or items == "":
            items = []
        if not isinstance(items, (list, tuple)):
            line.refuse(run, Rule.TYPE, "a list is expected here", items)
            return
        references: list[object] = []
        for index, item in enumerate(items):
            reference = self.matcher.resolve(self._match_value(item), (*scope, item), run, (index,))
            if reference is not False and reference is not _REFUSED and reference not in references:
                references.append(reference)
        if line.strict and not references:
            line.refuse_blank(run, items)
        if self.list_mode is ListMode.ADD:
            values[line.name] = [[4, reference, 0] for reference in references]
        else:
            values[line.name] = [[6, 0, references]]

    def _match_value(self, item: object) -> object:
        if not self.has_item_path:
            return item
        value = self.item.read(item)
        return None if value is ABSENT else value
