"""Relations on the way into Odoo: the record that has a value, or the records that the elements of a list describe.

Lookups are asked in bulk: a page is first gone through for the values it will need (`gather`), one call per
(model, field) answers them all, then the records are mapped.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, TypeVar

from mapping.calculations import Calculation, Compiling, Source, identity_out, register
from mapping.inward import CREATE, UPDATE, Convert, Level, Mode, Run, Scope, Step, Wanted
from mapping.lines import CONVERSION_ERRORS, Line, bind, is_blank
from mapping.paths import ABSENT, SPREAD, Path, Segment, is_object
from mapping.results import RelatedRecord, Rule, presentable
from mapping.spec import X2MANY_TYPES, FieldType

_UNMATCHABLE_TYPES = X2MANY_TYPES | {"binary", "html", "json", "properties", "properties_definition", "reference"}
_REFUSED: Final = object()

T = TypeVar("T", bound=StrEnum)


class OnMissing(StrEnum):
    ERROR = "error"
    EMPTY = "empty"
    CREATE = "create"


class OnMatch(StrEnum):
    KEEP = "keep"
    UPDATE = "update"


class ListMode(StrEnum):
    REPLACE = "replace"
    ADD = "add"


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
    ) -> None:
        self.line = line
        self.model = model
        self.field = field
        self.by_id = field == "id"
        self.convert = convert
        self.on_missing = on_missing
        self.on_match = on_match
        self.children = children
        self.place = (model, field)

    def gather(self, raw: object, wanted: Wanted) -> None:
        """Note the value for the lookup. What cannot be converted is left for `resolve` to refuse."""
        if self.by_id or is_blank(raw):
            return
        try:
            value = self.convert(raw)
            if value is not False and not is_blank(value):
                wanted.setdefault(self.place, {})[value] = None
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
            ids = run.found.get(self.place, {}).get(value, ())
        if len(ids) > 1:
            shown = self._shown(raw)
            listed = ", ".join(map(str, ids[:20])) + (", ..." if len(ids) > 20 else "")
            message = f"{len(ids)} records of {self.model} have {self.field} {shown}: ids {listed}"
            self.line.refuse(run, Rule.MANY_MATCHES, message, raw, extra)
            return _REFUSED
        if ids:
            if self.on_match is OnMatch.UPDATE:
                return self._related(value, ids[0], scope, run, extra)
            return ids[0]
        if self.on_missing is OnMissing.CREATE:
            return self._related(value, None, scope, run, extra)
        if self.on_missing is OnMissing.EMPTY:
            return False
        shown = self._shown(raw)
        self.line.refuse(run, Rule.NO_MATCH, f"no record of {self.model} has {self.field} {shown}", raw, extra)
        return _REFUSED

    def _shown(self, raw: object) -> str:
        return "this value" if self.line.spec.secret else repr(presentable(raw, secret=False))

    def _related(self, value: object, record_id: int | None, scope: Scope, run: Run, extra: tuple[int, ...]) -> object:
        place = (self.model, self.field, value)
        known = run.related.get(place)
        if known is not None:
            return known
        errors = len(run.errors)
        values: dict[str, object] = {}
        if self.children is not None:
            indexes = run.indexes
            run.indexes = indexes + extra
            values = self.children.fill(scope, CREATE if record_id is None else UPDATE, run)
            run.indexes = indexes
        if len(run.errors) > errors:
            # Not remembered: another record of the page may describe it fully.
            return _REFUSED
        if record_id is None:
            values.setdefault(self.field, value)
        elif not values:
            return record_id
        path = self.line.path.render(run.indexes[: self.line.depth] + extra)
        made = RelatedRecord(self.model, self.field, value, values, self.line.spec.line_id, path, record_id)
        run.related[place] = made
        return made


class ToOne:
    """A many2one by a value of the other model."""

    gathers = True

    def __init__(self, line: Line, matcher: Matcher) -> None:
        self.line = line
        self.matcher = matcher

    def gather(self, scope: Scope, wanted: Wanted) -> None:
        self.matcher.gather(self.line.expected(scope), wanted)
        if self.matcher.children is not None:
            self.matcher.children.gather(scope, wanted)

    def apply(self, scope: Scope, values: dict[str, object], mode: Mode, run: Run) -> None:
        raw = self.line.take(scope, mode, run)
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
        if self.list_mode is ListMode.ADD:
            values[line.name] = [[4, reference, 0] for reference in references]
        else:
            values[line.name] = [[6, 0, references]]

    def _match_value(self, item: object) -> object:
        if not self.has_item_path:
            return item
        value = self.item.read(item)
        return None if value is ABSENT else value


class Rows:
    """An x2many whose elements become records of their own, by the line's sub-lines."""

    def __init__(self, line: Line, children: Level, mode: ListMode) -> None:
        self.line = line
        self.children = children
        self.list_mode = mode
        self.gathers = bool(children.gatherers)

    def gather(self, scope: Scope, wanted: Wanted) -> None:
        items = self.line.expected(scope)
        if isinstance(items, (list, tuple)):
            for item in items:
                self.children.gather((*scope, item), wanted)

    def apply(self, scope: Scope, values: dict[str, object], mode: Mode, run: Run) -> None:
        line = self.line
        items = line.take(scope, mode, run)
        if items is ABSENT:
            return
        if items is None or items == "":
            items = []
        if not isinstance(items, (list, tuple)):
            line.refuse(run, Rule.TYPE, "a list of objects is expected here", items)
            return
        commands: list[object] = []
        if mode.existing and self.list_mode is ListMode.REPLACE:
            commands.append([5, 0, 0])
        indexes = run.indexes
        for index, item in enumerate(items):
            if not is_object(item) and not self.children.whole_items:
                line.refuse(run, Rule.TYPE, "an object is expected here", item, (index,))
                continue
            run.indexes = (*indexes, index)
            commands.append([0, 0, self.children.fill((*scope, item), CREATE, run)])
        run.indexes = indexes
        values[line.name] = commands


@register("relational")
class Relational(Calculation):
    """A relation by a field of the other model (`match_field`), or an x2many by sub-lines."""

    options = frozenset({"match_field", "on_missing", "on_match", "mode"})
    can_identify = True

    def __init__(self, line: Line, compiling: Compiling) -> None:
        super().__init__(line, compiling)
        given = {name: value for name, value in line.spec.options.items() if value not in (None, "")}
        self.match_field = str(given.get("match_field", ""))
        self.on_missing = self._choice(OnMissing, given.get("on_missing", OnMissing.ERROR), "on_missing")
        self.on_match = self._choice(OnMatch, given.get("on_match", OnMatch.KEEP), "on_match")
        self.mode = self._choice(ListMode, given.get("mode", ListMode.REPLACE), "mode")
        self.match_type: FieldType | None = None
        if line.field is not None and line.field.relation and self.match_field:
            self.match_type = compiling.schema.field(line.field.relation, self.match_field)

    def _choice(self, choices: type[T], value: object, name: str) -> T:
        try:
            return choices(str(value))
        except ValueError:
            self.compiling.report(f"{name} is {value!r}; write one of {', '.join(choices)}")
            return next(iter(choices))

    @property
    def _is_rows(self) -> bool:
        return self.line.is_x2many and not self.match_field

    @property
    def takes_sub_lines(self) -> bool:
        return self._is_rows or self.on_missing is OnMissing.CREATE or self.on_match is OnMatch.UPDATE

    def item_base(self, bases: Sequence[tuple[Segment, ...]]) -> tuple[Segment, ...] | None:
        if not self.line.is_x2many:
            return None
        return (*bases[self.line.depth], *self.line.split_at_spread()[0], SPREAD)

    def check(self, *, is_in: bool, is_out: bool) -> None:
        line, report = self.line, self.compiling.report
        field = line.field
        if field is None or not field.relation:
            report(f"relational needs a relation, and {line.name} is a {field.type if field else 'constant'}")
            return
        if self.match_field and self.match_field != "id":
            self._check_match_field(field.relation)
        if not is_in:
            return
        if field.type == "many2one" and not self.match_field:
            report(f"match_field is missing: name the field of {field.relation} that {line.path} holds, or id")
        if field.type == "one2many" and self.match_field:
            report("a one2many is made from sub-lines; leave match_field empty")
        if self.match_field == "id" and self.on_missing is OnMissing.CREATE:
            report("a record cannot be created with a given id; match by another field")
        if line.spec.is_identifier and (line.is_x2many or self.on_missing is OnMissing.CREATE):
            report("the record identifier must be a value that is known: no list, and on_missing not create")
        self._check_key()

    def _check_match_field(self, model: str) -> None:
        if self.match_type is None:
            self.compiling.report(f"{model} has no field {self.match_field!r}; mend match_field")
        elif self.match_type.type in _UNMATCHABLE_TYPES:
            self.compiling.report(f"records cannot be matched by {self.match_field}, a {self.match_type.type}")

    def _check_key(self) -> None:
        line, report = self.line, self.compiling.report
        after = line.split_at_spread()[1]
        if SPREAD in line.relative and not line.is_x2many:
            report(f"the key {line.path} gives a list, but {line.name} holds one record; write [0] for one element")
        elif SPREAD in after:
            report(f"the key {line.path} gives lists within a list; a relation takes one list")
        elif self._is_rows and (after or SPREAD not in line.relative):
            report(f"the key of a list made from sub-lines ends in []: {Path(line.path.segments)}[] or the like")

    def step_in(self, children: Level | None) -> Step:
        line = self.line
        if self._is_rows:
            assert children is not None  # noqa: S101 - a list without sub-lines is a problem of the plan
            self._read_list()
            return Rows(line, children, self.mode)
        field = line.field
        assert field is not None and field.relation is not None  # noqa: S101, PT018
        convert: Convert = as_id
        if self.match_type is not None and self.match_field != "id":
            convert = bind(self.match_type.to_odoo, self.match_type, self.compiling.tz)
        matcher = Matcher(
            line,
            model=field.relation,
            field=self.match_field,
            convert=convert,
            on_missing=self.on_missing,
            on_match=self.on_match,
            children=children,
        )
        if not line.is_x2many:
            return ToOne(line, matcher)
        self._read_list()
        return ToMany(line, matcher, self.mode)

    def _read_list(self) -> None:
        """A list is read as a whole; what its elements hold is read element by element."""
        before = self.line.split_at_spread()[0]
        if before:
            self.line.read = Path(before).read

    def source_out(self) -> Source | None:
        field = self.line.field
        assert field is not None  # noqa: S101
        if self._is_rows:
            return None
        if self.match_type is not None and self.match_field != "id":
            return Source(field.name, identity_out(self.match_type, self.compiling.tz), then=self.match_field)
        return Source(field.name, identity_out(field, self.compiling.tz))


def as_id(value: object) -> object:
    """The value as an id of Odoo: a whole number from 1, or its digits. Raises ValueError."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31:
        return value
    raise ValueError("an id of Odoo is expected, a whole number from 1")
