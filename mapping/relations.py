"""The relational calculation: a relation by a field of the other model, or a list of records by sub-lines.

It checks the line and its key, and chooses the step (`mapping.matching`, `mapping.rows`) for the way in. On the way
out the related record's match field is read, so that the same line serves both ways, or what `out_as` says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mapping.calculations import Calculation, Compiling, register
from mapping.caseless import TEXT_TYPES, Case
from mapping.inward import Convert, Level, Step
from mapping.lines import Line, bind_in
from mapping.matching import Matcher, OnMatch, OnMissing, ToMany, ToOne
from mapping.paths import SPREAD, Path, Segment
from mapping.rows import ListMode, MatchedRows, Rows, Unmatched
from mapping.shapes import OutAs, Source, relation_source
from mapping.spec import DISPLAY_NAME, PSEUDO_FIELDS, X2MANY_TYPES, XML_ID, FieldType

UNMATCHABLE_TYPES = X2MANY_TYPES | {"binary", "html", "json", "properties", "properties_definition", "reference"}
_XML_ID: Final = re.compile(r"\w+\.[\w.-]+")


@dataclass(frozen=True, slots=True)
class PseudoField:
    """A field that a lookup answers although the model need not have it (`mapping.spec.PSEUDO_FIELDS`)."""

    name: str
    type: str = "char"
    relation: str | None = None
    required: bool = False
    has_default: bool = False
    readonly: bool = True

    def to_odoo(self, value: object, *, tz: str = "UTC") -> object:
        if value is None or value == "":
            return False
        if not isinstance(value, str):
            raise ValueError(f"{self.name} is a text")
        if self.name == XML_ID and not _XML_ID.fullmatch(value):
            raise ValueError("a complete XML id is expected, such as base.be")
        return value

    def from_odoo(self, value: object, *, tz: str = "UTC") -> object:
        return None if value is False else value


@register("relational")
class Relational(Calculation):
    """A relation by a field of the other model (`match_field`; also its XML id, `xml_id`, or its display name), or an
    x2many by sub-lines.

    `on_missing` and `on_match` say what becomes of a value without a record and of the record that was found. `mode`
    says what becomes of the records that are in the list already: `replace` and `add`, and for lists by sub-lines
    `match`, which compares them with the incoming ones by the sub-line of `match_key`, updates, creates, and removes
    the rest unless `unmatched` is `keep`. `case: ignore` finds records whatever the case of the match field's letters.
    `out_as` is the shape on the way out.
    """

    options = frozenset({"match_field", "on_missing", "on_match", "mode", "match_key", "unmatched", "out_as", "case"})
    can_identify = True

    def __init__(self, line: Line, compiling: Compiling) -> None:
        super().__init__(line, compiling)
        self.match_field = str(self.option("match_field") or "")
        self.on_missing = self.choice(OnMissing, "on_missing") or OnMissing.ERROR
        self.on_match = self.choice(OnMatch, "on_match") or OnMatch.KEEP
        self.mode = self.choice(ListMode, "mode") or ListMode.REPLACE
        self.unmatched = self.choice(Unmatched, "unmatched") or Unmatched.REMOVE
        self.out_as = self.choice(OutAs, "out_as")
        self.ignores_case = self.choice(Case, "case") is Case.IGNORE
        self.match_type: FieldType | None = None
        if self.match_field in PSEUDO_FIELDS:
            self.match_type = PseudoField(self.match_field)
        elif line.field is not None and line.field.relation and self.match_field:
            self.match_type = compiling.schema.field(line.field.relation, self.match_field)
        self.is_made_by_sub_lines = False
        """Whether the object that goes out is written by sub-lines, so that this line itself writes nothing."""
        self.slots: tuple[int | None, int] | None = None
        """Where the records that hold the list and those in it are among what was read; None where it is new."""

    @property
    def is_rows(self) -> bool:
        """Whether the line is a list of records that its sub-lines make."""
        return self.line.is_x2many and not self.match_field

    @property
    def match_key(self) -> str:
        """The sub-line's field by which the records of the list are matched; empty unless they are."""
        return str(self.option("match_key") or "") if self.is_rows and self.mode is ListMode.MATCH else ""

    @property
    def takes_sub_lines(self) -> bool:
        return self.is_rows or self.on_missing is OnMissing.CREATE or self.on_match is OnMatch.UPDATE

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
        if self.match_field in ("id", XML_ID, DISPLAY_NAME) and self.on_missing is OnMissing.CREATE:
            report(f"a record cannot be created with a given {self.match_field}; match by another field")
        if self.mode is ListMode.MATCH and not self.is_rows:
            report("mode match is for lists made from sub-lines; choose replace or add")
        elif self.mode is ListMode.MATCH and not self.match_key:
            report("match_key is missing: name the field of a sub-line that tells the records of the list apart")
        if line.spec.is_identifier and (line.is_x2many or self.on_missing is OnMissing.CREATE):
            report("the record identifier must be a value that is known: no list, and on_missing not create")
        if self.ignores_case and self.match_type is not None and self.match_type.type not in TEXT_TYPES:
            report(f"case is for texts, and {self.match_field} is a {self.match_type.type}; leave it empty")
        elif self.ignores_case and (self.match_field in PSEUDO_FIELDS or not self.match_field):
            report("case is for a match field that holds text, such as email; leave it empty")
        self._check_key()

    def _check_match_field(self, model: str) -> None:
        if self.match_type is None:
            self.compiling.report(f"{model} has no field {self.match_field!r}; mend match_field")
        elif self.match_type.type in UNMATCHABLE_TYPES:
            self.compiling.report(f"records cannot be matched by {self.match_field}, a {self.match_type.type}")

    def _check_key(self) -> None:
        line, report = self.line, self.compiling.report
        after = line.split_at_spread()[1]
        if SPREAD in line.relative and not line.is_x2many:
            report(f"the key {line.path} gives a list, but {line.name} holds one record; write [0] for one element")
        elif SPREAD in after:
            report(f"the key {line.path} gives lists within a list; a relation takes one list")
        elif self.is_rows and (after or SPREAD not in line.relative):
            report(f"the key of a list made from sub-lines ends in []: {Path(line.path.segments)}[] or the like")

    def step_in(self, children: Level | None) -> Step:
        line = self.line
        if self.is_rows:
            assert children is not None  # noqa: S101 - a list without sub-lines is a problem of the plan
            self._read_list()
            if not self.match_key:
                return Rows(line, children, self.mode)
            return MatchedRows(line, children, key=self.match_key, unmatched=self.unmatched, slots=self.slots)
        field = line.field
        assert field is not None and field.relation is not None  # noqa: S101, PT018
        convert: Convert = as_id
        if self.match_type is not None and self.match_field != "id":
            convert = bind_in(self.match_type, self.compiling.tz)
        matcher = Matcher(
            line,
            model=field.relation,
            field=self.match_field,
            convert=convert,
            on_missing=self.on_missing,
            on_match=self.on_match,
            ignores_case=self.ignores_case,
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
        if self.is_made_by_sub_lines or (self.is_rows and self.out_as is None):
            return None
        match = None if self.match_field == "id" else self.match_type
        return relation_source(field, self.out_as, match, self.compiling.tz)


def as_id(value: object) -> object:
    """The value as an id of Odoo: a whole number from 1, or its digits. Raises ValueError."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31:
        return value
    raise ValueError("an id of Odoo is expected, a whole number from 1")
