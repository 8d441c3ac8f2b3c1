"""What a line reads on the way out, and the shapes in which a relation may go out: id, name, object or list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mapping.lines import bind_out
from mapping.spec import DISPLAY_NAME, X2MANY_TYPES, FieldType

Convert = Callable[[object], object]


class OutAs(StrEnum):
    """The option `out_as` of a line with a relation. Without it the related record's match field goes out, or the id;
    of an x2many the list of those."""

    ID = "id"
    """The id; of an x2many the ids."""

    NAME = "name"
    """The display name; of an x2many the names."""

    OBJECT = "object"
    """`{"id": 7, "name": "Ann"}`, or what sub-lines with keys within the line's key make; of an x2many a list of it."""

    LIST = "list"
    """A list, also of a many2one: empty where that is unset, otherwise with its one value."""


@dataclass(frozen=True)
class Source:
    """What a line reads on the way out: `field` of the record that the line's dotted field leads to (None: no field,
    the value is made by `convert` alone), through `then` one relation further where it is given. With `whole`,
    `convert` takes all that was read of the related record; with `is_list`, nothing related gives an empty list."""

    field: str | None
    convert: Convert
    then: str | None = None
    whole: bool = False
    is_list: bool = False


def identity_out(field: FieldType, tz: str) -> Convert:
    """How a value read from Odoo goes out: a many2one as its id, an x2many as its ids, the rest converted."""
    if field.type == "many2one":
        return many2one_id
    if field.type in X2MANY_TYPES:
        return x2many_ids
    return bind_out(field, tz)


def relation_source(field: FieldType, out_as: OutAs | None, match: FieldType | None, tz: str) -> Source:
    """What a line for this relation reads. `match` is the field of the related model that the line goes by, if any."""
    is_many = field.type in X2MANY_TYPES
    if out_as is OutAs.OBJECT:
        if is_many:
            return Source(field.name, _record_object, then=DISPLAY_NAME, whole=True)
        return Source(field.name, _many2one_object)
    if out_as is OutAs.NAME or (out_as is None and not is_many and match is not None and match.name == DISPLAY_NAME):
        return Source(field.name, _unset, then=DISPLAY_NAME) if is_many else Source(field.name, many2one_name)
    if out_as is OutAs.ID or match is None:
        if out_as is OutAs.LIST and not is_many:
            return Source(field.name, lambda value: [] if (one := many2one_id(value)) is None else [one], is_list=True)
        return Source(field.name, identity_out(field, tz))
    convert = identity_out(match, tz)
    if out_as is OutAs.LIST and not is_many:
        return Source(field.name, lambda value: [convert(value)], then=match.name, is_list=True)
    return Source(field.name, convert, then=match.name)


def many2one_id(value: object) -> object:
    """The id of a many2one as Odoo reads it (`[id, name]`, an id, or False); None when unset."""
    if isinstance(value, (list, tuple)):
        return value[0] if value else None
    return value or None


def many2one_name(value: object) -> object:
    """The display name of a many2one as Odoo reads it; None when unset. Raises ValueError for an id without a name."""
    if not value:
        return None
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return value[1]
    raise ValueError("Odoo gave the id of the related record without its name")


def x2many_ids(value: object) -> object:
    return list(value) if isinstance(value, (list, tuple)) else []


def _many2one_object(value: object) -> object:
    record_id = many2one_id(value)
    return None if record_id is None else {"id": record_id, "name": many2one_name(value)}


def _record_object(record: object) -> object:
    assert isinstance(record, dict)  # noqa: S101 - a record as it was fetched
    return {"id": record["id"], "name": _unset(record[DISPLAY_NAME])}


def _unset(value: object) -> object:
    return None if value is False else value
