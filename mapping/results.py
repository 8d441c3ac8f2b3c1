"""What mapping gives back: values or errors, never half of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mapping.paths import ABSENT

REDACTED = "***"
MAX_SHOWN_LENGTH = 200


class Rule(StrEnum):
    """Which promise a value broke."""

    TYPE = "type"
    """The value cannot be converted, or is a list or object where something else belongs."""

    REQUIRED = "required"
    """Absent, null or empty where a value must be."""

    ABSENT = "absent"
    """The key is not there and its line says that this is an error."""

    NO_MATCH = "no_match"
    """No record of the related model has this value, or the related record could not be read."""

    MANY_MATCHES = "many_matches"
    """Several records of the related model have this value; the message lists their ids."""

    SCRIPT = "script"
    """A script broke off, or gave back what cannot be used."""

    REFUSED = "refused"
    """A script raised UserError; the message is the script's, for the caller."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """Why a line could not map its value. `key` is the indexed path (`line_items[1].sku`), `value` fit to be shown:
    `***` for a secret line, shortened, and only a summary of a list or object."""

    line_id: int | None
    field: str
    key: str
    rule: Rule
    message: str
    value: object = None

    def __str__(self) -> str:
        return f"{self.key or self.field}: {self.message}"


@dataclass(eq=False, slots=True)
class RelatedRecord:
    """Stands in the values where an id belongs: the target writes this record first and puts its id in the place.

    With `id` None the record is to be created; otherwise the record of that id exists and is to be updated with
    `values`. Within a page one (model, match_field, match_value) is one object, so that it is written once; the
    values are those of its first appearance. `values` may hold further related records.
    """

    model: str
    match_field: str
    match_value: object = field(repr=False)
    values: dict[str, object] = field(repr=False)
    line_id: int | None = None
    path: str = ""
    id: int | None = None


@dataclass(slots=True)
class MappingResult:
    """One mapped record: `values` when every line succeeded, otherwise None and every error.

    `identifier` is the name and value of the record identifier in the target's terms: the Odoo field on the way in,
    the external key on the way out. It is None where the record does not hold it, and may be known although the
    record has errors.
    """

    values: dict[str, object] | None = field(repr=False)
    errors: tuple[FieldError, ...] = ()
    identifier: tuple[str, object] | None = field(default=None, repr=False)
    skipped: str | None = None
    """Why a script left the record out (possibly empty); None unless one did. There are then neither values nor
    errors."""

    @property
    def ok(self) -> bool:
        return self.values is not None


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs; `field` is dotted into nested objects. A side that lacks the field is None."""

    field: str
    kind: ChangeKind
    old: object
    new: object


def payload_hash(values: object) -> str:
    """A SHA-256, as 64 hexadecimal digits, that is equal exactly when the JSON is, whatever the order of keys."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=_hashable)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _hashable(value: object) -> object:
    if isinstance(value, RelatedRecord):
        return [value.model, value.match_field, value.match_value, value.id, value.values]
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} is no JSON")


def related_records(values: object) -> Iterator[RelatedRecord]:
    """Every RelatedRecord in the values, each once, the innermost first: the order in which they must be written."""
    yield from _related(values, set())


def _related(value: object, seen: set[int]) -> Iterator[RelatedRecord]:
    if isinstance(value, RelatedRecord):
        if id(value) not in seen:
            seen.add(id(value))
            yield from _related(value.values, seen)
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _related(inner, seen)
    elif isinstance(value, list):
        for inner in value:
            yield from _related(inner, seen)


def diff(old: Mapping[str, object], new: Mapping[str, object], *, secret: Collection[str] = ()) -> tuple[Change, ...]:
    """What differs, field by field, in the order of `new` and then what only `old` has. Objects are compared
    inwards, lists as a whole; True is not 1. The fields in `secret` (dotted) show `***` on both sides."""
    return tuple(_diff(old, new, "", frozenset(secret)))


def _diff(
    old: Mapping[str, object], new: Mapping[str, object], prefix: str, secret: frozenset[str]
) -> Iterator[Change]:
    for key in [*new, *(key for key in old if key not in new)]:
        name = prefix + key
        was, now = old.get(key, ABSENT), new.get(key, ABSENT)
        if isinstance(was, Mapping) and isinstance(now, Mapping) and name not in secret:
            yield from _diff(was, now, name + ".", secret)
        elif not same(was, now):
            kind = ChangeKind.CHANGED
            if was is ABSENT:
                kind = ChangeKind.ADDED
            elif now is ABSENT:
                kind = ChangeKind.REMOVED
            yield Change(name, kind, _shown(was, name in secret), _shown(now, name in secret))


def _shown(value: object, is_secret: bool) -> object:
    if value is ABSENT:
        return None
    return REDACTED if is_secret else value


def same(one: object, other: object) -> bool:
    """Whether the two are equal as JSON: True is not 1, a tuple is a list."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def presentable(value: object, *, secret: bool) -> object:
    """The value as an error may show it: redacted, shortened to 200 characters, lists and objects only counted."""
    if secret:
        return REDACTED
    if value is ABSENT:
        return None
    if isinstance(value, Mapping):
        return f"an object with {len(value)} key{'' if len(value) == 1 else 's'}"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int) and abs(value) < 10**30:
        return value
    if isinstance(value, int):
        return "a whole number of more than 30 digits"
    text = value if isinstance(value, str) else type(value).__name__
    return text if len(text) <= MAX_SHOWN_LENGTH else text[: MAX_SHOWN_LENGTH - 1] + "…"
