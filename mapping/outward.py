"""The way out of Odoo, compiled: what a plan does with one record as `search_read` gives it.

A line reads a field, possibly through relations, and writes what it found to its key. Related records are fetched
for a whole page at once, one call per relation, before any line reads through them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from mapping.inward import Convert
from mapping.lines import CONVERSION_ERRORS, Line, is_blank
from mapping.paths import ABSENT, Writer
from mapping.results import FieldError, Rule
from mapping.scripts import Scripted
from mapping.shapes import many2one_id

Record = Mapping[str, object]
Related = Callable[[str, Sequence[int], Sequence[str]], Mapping[int, Record]]
"""related(model, ids, fields) gives the records that could be read, by id. Besides the model's fields it answers the
pseudo field `xml_id` (see `mapping.spec`)."""


class Hop(NamedTuple):
    """A relation that lines read through: `name` on the records of the hop before (`parent`, None for the page's
    own records), leading to `model`. `slot` is its place in the list of what was fetched."""

    slot: int
    parent: int | None
    name: str
    is_many: bool
    model: str
    fields: tuple[str, ...]


class Reading:
    """What is known while one record is read: the related records by hop, and the errors so far."""

    __slots__ = ("enforce_required", "errors", "fetched")

    def __init__(self, fetched: Sequence[Mapping[int, Record]], *, enforce_required: bool) -> None:
        self.fetched = fetched
        self.enforce_required = enforce_required
        self.errors: list[tuple[int, FieldError]] = []


Read = Callable[[Record, Reading, tuple[int, ...]], object]


class OutSimple(NamedTuple):
    """A field of the record itself under a key of the outermost object: the common case."""

    field: str
    key: str
    convert: Convert
    strict: bool
    line: Line


class OutStep(NamedTuple):
    """A line that reads through relations, or writes deeper than the outermost object."""

    read: Read
    write: Writer


class OutScript(NamedTuple):
    """A script line: what it reads as lists within lists of the given depth, and where what it gives is written.
    Without `write` the script works on the payload as a whole."""

    calculation: Scripted
    read: Read
    write: Writer | None
    depth: int


class Outward:
    """Everything the way out does, in the order of the lines; scripts last, which run for a whole page at once."""

    def __init__(
        self,
        hops: Sequence[Hop],
        simple: Sequence[OutSimple],
        steps: Sequence[OutStep],
        scripts: Sequence[OutScript] = (),
    ) -> None:
        self.hops = tuple(hops)
        self.scripts = tuple(scripts)
        # Plain tuples: a loop unpacks those without an iterator.
        self.simple: tuple[tuple[str, str, Convert, bool, Line], ...] = tuple(
            (each.field, each.key, each.convert, each.strict, each.line) for each in simple
        )
        self.steps: tuple[tuple[Read, Writer], ...] = tuple((step.read, step.write) for step in steps)

    def fetch(self, records: Sequence[Record], related: Related) -> list[Mapping[int, Record]]:
        """The related records of a page, by hop."""
        return fetch(self.hops, records, related)

    def fill(self, record: Record, reading: Reading) -> dict[str, object]:
        """The payload of one record. What could not be mapped is left out and added to `reading.errors`."""
        payload: dict[str, object] = {}
        enforce = reading.enforce_required
        for field, key, convert, strict, line in self.simple:
            value = record.get(field, ABSENT)
            if value is ABSENT:
                refuse(line, reading, Rule.ABSENT, _not_read(field), ABSENT, ())
                continue
            try:
                value = convert(value)
            except CONVERSION_ERRORS as error:
                refuse(line, reading, Rule.TYPE, line.reason(value, error), value, ())
                continue
            if strict and enforce and is_blank(value):
                refuse_blank(line, reading, value, ())
            payload[key] = value
        for read, write in self.steps:
            value = read(record, reading, ())
            if value is not ABSENT:
                write(payload, value)
        return payload


def fetch(hops: Sequence[Hop], records: Iterable[Record], related: Related) -> list[Mapping[int, Record]]:
    """What these hops lead to from the records, by hop. One call per hop, none where no record leads anywhere."""
    fetched: list[Mapping[int, Record]] = []
    for hop in hops:
        holders: Iterable[Record] = records if hop.parent is None else fetched[hop.parent].values()
        ids: dict[int, None] = {}
        for holder in holders:
            for record_id in _ids(holder.get(hop.name), hop.is_many):
                ids[record_id] = None
        fetched.append(related(hop.model, list(ids), hop.fields) if ids else {})
    return fetched


def leaf_reader(
    line: Line, field: str | None, convert: Convert, *, whole: bool = False, strict: bool | None = None
) -> Read:
    """Reads a field of the record at hand, all of it with `whole`, or makes the value without one. `strict` says
    whether an empty value is refused, unless the line is to say so."""
    strict = line.spec.required or line.spec.is_identifier if strict is None else strict

    def read(record: Record, reading: Reading, at: tuple[int, ...]) -> object:
        value: object = None
        if field is not None:
            value = record.get(field, ABSENT)
            if value is ABSENT:
                refuse(line, reading, Rule.ABSENT, _not_read(field), ABSENT, at)
                return ABSENT
        try:
            value = convert(record if whole else value)
        except CONVERSION_ERRORS as error:
            refuse(line, reading, Rule.TYPE, line.reason(value, error), value, at)
            return ABSENT
        if strict and reading.enforce_required and is_blank(value):
            refuse_blank(line, reading, value, at)
        return value

    return read


def one_reader(line: Line, name: str, slot: int | None, inner: Read, *, empty: Callable[[], object]) -> Read:
    """Reads through a many2one; `empty` makes what an unset one gives. Without a slot only the id is wanted."""
    strict = line.spec.required

    def read(record: Record, reading: Reading, at: tuple[int, ...]) -> object:
        value = record.get(name, ABSENT)
        if value is ABSENT:
            refuse(line, reading, Rule.ABSENT, _not_read(name), ABSENT, at)
            return ABSENT
        record_id = many2one_id(value)
        if record_id is None:
            if strict and reading.enforce_required:
                refuse_blank(line, reading, None, at)
            return empty()
        return _through(line, reading, slot, record_id, inner, at)

    return read


def many_reader(line: Line, name: str, slot: int | None, inner: Read) -> Read:
    """Reads through an x2many: a list with what each of its records gives, in Odoo's order."""
    strict = line.spec.required

    def read(record: Record, reading: Reading, at: tuple[int, ...]) -> object:
        value = record.get(name, ABSENT)
        if value is ABSENT:
            refuse(line, reading, Rule.ABSENT, _not_read(name), ABSENT, at)
            return ABSENT
        ids = _ids(value, True)
        if strict and reading.enforce_required and not ids:
            refuse_blank(line, reading, value, at)
        found = [_through(line, reading, slot, each, inner, (*at, index)) for index, each in enumerate(ids)]
        return [None if value is ABSENT else value for value in found]

    return read


def _through(
    line: Line, reading: Reading, slot: int | None, record_id: object, inner: Read, at: tuple[int, ...]
) -> object:
    if slot is None:
        return inner({"id": record_id}, reading, at)
    record = reading.fetched[slot].get(record_id)  # type: ignore[call-overload]
    if record is None:
        message = f"the related record {record_id} could not be read: deleted, archived, or not allowed"
        refuse(line, reading, Rule.NO_MATCH, message, record_id, at)
        return ABSENT
    return inner(record, reading, at)


def refuse(line: Line, reading: Reading, rule: Rule, message: str, value: object, at: tuple[int, ...]) -> None:
    reading.errors.append((line.position, line.error(rule, message, value, line.path.render(at))))


def refuse_blank(line: Line, reading: Reading, value: object, at: tuple[int, ...]) -> None:
    refuse(line, reading, Rule.REQUIRED, f"{line.spec.field} is empty in Odoo, and must have a value", value, at)


def _ids(value: object, is_many: bool) -> Sequence[int]:
    if is_many:
        return value if isinstance(value, (list, tuple)) else ()
    one = many2one_id(value)
    return () if one is None else (one,)  # type: ignore[return-value]


def _not_read(field: str) -> str:
    return f"Odoo's record came without {field}; read it with the plan's read_fields"
