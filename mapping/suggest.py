"""Proposes lines for a config from a sample of the other side's JSON and the fields of the Odoo model.

A key is compared with each field by name, label and known synonyms, and the sample's value with the field's type; the
best pairs are proposed, each key and each field once, with the reason. Nothing is decided: staff accept one by one.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from mapping.access import is_object
from mapping.caseless import Case
from mapping.paths import SPREAD, Path, Segment
from mapping.spec import X2MANY_TYPES, FieldType, LineSpec
from mapping.synonyms import CASELESS, IDENTIFIERS, MATCH_FIELDS, SYNONYMS, TELLING_KEYS

FieldsOf = Callable[[str], Mapping[str, FieldType] | None]
"""The fields of a model by name; None for a model that is not known."""

MIN_SCORE = 0.6
MAX_DEPTH = 3
MAX_KEYS = 500
_LOOKED_AT: Final = 20  # elements of a list

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*|\d+")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?")
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?")
_UNSUGGESTED: Final = frozenset({"id", "create_date", "write_date", "create_uid", "write_uid", "display_name"})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A line, from 0 to 1 how sure it is, why, and the sample's value (None for lists)."""

    line: LineSpec
    score: float
    reason: str
    sample: object = None


def suggest_lines(model: str, sample: object, fields_of: FieldsOf) -> list[Suggestion]:
    """Lines for this model, relations before their sub-lines, at most one of them the record identifier. Empty when
    the sample is no object or the model is not known."""
    if not is_object(sample) or fields_of(model) is None:
        return []
    found = list(_suggested(model, sample, fields_of, prefix="", base=(), depth=0))
    best = next(
        (
            each
            for name in IDENTIFIERS
            for each in found
            if each.line.field == name and each.line.calculation == "plain" and each.sample is not None
        ),
        None,
    )
    return [dataclasses.replace(each, line=identifying(each.line)) if each is best else each for each in found]


def identifying(line: LineSpec) -> LineSpec:
    """The line as the record identifier."""
    options = {**line.options, "case": Case.IGNORE.value} if line.field in CASELESS else line.options
    return dataclasses.replace(line, is_identifier=True, options=options)


def match_options(match: str) -> dict[str, object]:
    """The options of a relation whose records are found by this field."""
    return {"match_field": match, **({"case": Case.IGNORE.value} if match in CASELESS else {})}


def words(name: str) -> str:
    """The words of a name, in lower case between blanks: `emailAddress` and `email_address` are the same."""
    return " ".join(word.lower() for word in _WORD.findall(name))


def _suggested(
    model: str, sample: object, fields_of: FieldsOf, *, prefix: str, base: tuple[Segment, ...], depth: int
) -> Iterator[Suggestion]:
    fields = {name: field for name, field in (fields_of(model) or {}).items() if name not in _UNSUGGESTED}
    pairs = [
        (score, name, key, reason)
        for key, value in _members(sample)
        for name, field in fields.items()
        for score, reason in (_score(key, value, field),)
        if score >= MIN_SCORE
    ]
    taken_fields: set[str] = set()
    taken_keys: set[tuple[str, ...]] = set()
    chosen: dict[str, tuple[float, tuple[str, ...], str]] = {}
    for score, name, key, reason in sorted(pairs, key=lambda pair: (-pair[0], len(pair[2]), pair[1])):
        if name not in taken_fields and key not in taken_keys:
            taken_fields.add(name)
            taken_keys.add(key)
            chosen[name] = (score, key, reason)
    # What is within an object that stands for a related record describes that record.
    objects = [key for name, (_, key, _) in chosen.items() if fields[name].relation and is_object(_at(sample, key))]
    for name, (_, key, _) in list(chosen.items()):
        if any(key != outer and key[: len(outer)] == outer for outer in objects):
            del chosen[name]
    places = {key: place for place, (key, _) in enumerate(_members(sample))}
    for name in sorted(chosen, key=lambda name: places[chosen[name][1]]):
        score, key, reason = chosen[name]
        yield from _lines(fields[name], key, _at(sample, key), score, reason, fields_of, prefix, base, depth)


def _lines(
    field: FieldType,
    key: tuple[str, ...],
    value: object,
    score: float,
    reason: str,
    fields_of: FieldsOf,
    prefix: str,
    base: tuple[Segment, ...],
    depth: int,
) -> Iterator[Suggestion]:
    dotted, segments = prefix + field.name, (*base, *key)
    direction = "out" if field.readonly else "both"
    if not field.relation:
        line = LineSpec(dotted, str(Path(segments)), direction=direction)
        yield Suggestion(line, score, reason, value)
    elif field.type in X2MANY_TYPES:
        yield from _list_lines(field, segments, value, score, reason, fields_of, dotted, depth)
    elif is_object(value):
        yield from _object_lines(field, segments, value, score, reason, fields_of, dotted, depth)
    else:
        match = _match_field(field.relation, value, fields_of)
        if match is not None:
            options = match_options(match)
            line = LineSpec(dotted, str(Path(segments)), calculation="relational", options=options)
            yield Suggestion(line, score, f"{reason}; {field.relation} is found by {match}", value)


def _object_lines(
    field: FieldType,
    segments: tuple[Segment, ...],
    value: object,
    score: float,
    reason: str,
    fields_of: FieldsOf,
    dotted: str,
    depth: int,
) -> Iterator[Suggestion]:
    """A related record that comes as an object: found by its most telling key, created from the others."""
    relation = field.relation or ""
    members = {words(key[0]): (key[0], inner) for key, inner in _members(value) if len(key) == 1}
    for telling in TELLING_KEYS:
        if telling not in members or members[telling][1] is None:
            continue
        key, inner = members[telling]
        match = _match_field(relation, inner, fields_of, like=telling)
        if match is None:
            continue
        options = {**match_options(match), "on_missing": "create"}
        line = LineSpec(dotted, str(Path((*segments, key))), calculation="relational", options=options)
        yield Suggestion(line, score, f"{reason}; {relation} is found by {match}", inner)
        if depth < MAX_DEPTH:
            rest = _suggested(relation, value, fields_of, prefix=f"{dotted}.", base=segments, depth=depth + 1)
            # The value that it is found by is written anyway.
            yield from (each for each in rest if each.line.field != f"{dotted}.{match}")
        return


def _list_lines(
    field: FieldType,
    segments: tuple[Segment, ...],
    value: object,
    score: float,
    reason: str,
    fields_of: FieldsOf,
    dotted: str,
    depth: int,
) -> Iterator[Suggestion]:
    relation = field.relation or ""
    items = [item for item in value[:_LOOKED_AT] if item is not None] if isinstance(value, list) else []
    path = str(Path(segments))
    if items and all(map(is_object, items)) and depth < MAX_DEPTH:
        merged = _merged(items)
        base = (*segments, SPREAD)
        lines = list(_suggested(relation, merged, fields_of, prefix=f"{dotted}.", base=base, depth=depth + 1))
        if lines:
            yield Suggestion(LineSpec(dotted, f"{path}[]", calculation="relational"), score, reason)
            yield from lines
    elif items and field.type == "many2many":
        match = _match_field(relation, items[0], fields_of)
        if match is not None:
            options = {**match_options(match), "on_missing": "create"}
            line = LineSpec(dotted, path, calculation="relational", options=options)
            yield Suggestion(line, score, f"{reason}; {relation} is found by {match}")


def _merged(items: Sequence[object]) -> dict[str, object]:
    """One object with every key of the elements, and the first value that is not null."""
    merged: dict[str, object] = {}
    for item in items:
        assert isinstance(item, Mapping)  # noqa: S101 - only called with objects
        for key, value in item.items():
            if merged.get(key) is None:
                merged[key] = value
    return merged


def _members(sample: object) -> list[tuple[tuple[str, ...], object]]:
    """The keys of the object, and those of objects within it one or two deep, with their values."""
    found: list[tuple[tuple[str, ...], object]] = []

    def walk(holder: object, path: tuple[str, ...]) -> None:
        if not isinstance(holder, Mapping):
            return
        for key, value in holder.items():
            if isinstance(key, str) and key and len(found) < MAX_KEYS:
                found.append(((*path, key), value))
                if len(path) < 2:
                    walk(value, (*path, key))

    walk(sample, ())
    return found


def _at(sample: object, key: tuple[str, ...]) -> object:
    for part in key:
        sample = sample[part]  # type: ignore[index]
    return sample


def _score(key: tuple[str, ...], value: object, field: FieldType) -> tuple[float, str]:
    """How well the key fits the field, and why; 0 where the value does not fit its type."""
    if not _fits(value, field):
        return 0.0, ""
    name, label = words(field.name.removesuffix("_ids").removesuffix("_id")), words(getattr(field, "label", "") or "")
    best, reason = 0.0, ""
    less = 0.0
    if field.readonly:
        less += 0.15
    if field.relation and isinstance(value, int) and words(key[-1]).endswith("id"):
        # The other side's own number of the record, which Odoo does not know.
        less += 0.25
    # The key by itself, or with the object it is in: `customer.email` is also "customer email".
    for depth, text in ((len(key) - 1, words(key[-1])), (0, words(" ".join(key)))):
        deeper = 0.06 * depth
        for score, why in (
            (1.0 if text in (name, words(field.name)) else 0.0, "the same name"),
            (1.02 if field.relation and text == f"{name} code" else 0.0, "the code of it"),
            (0.95 if text and text == label else 0.0, "the same name as the label"),
            (_synonym(text, field.name), "known by this name elsewhere"),
            (0.75 * SequenceMatcher(None, text, name).ratio(), "a similar name"),
        ):
            if score - deeper - less > best:
                best, reason = min(1.0, score - deeper - less), why
    return best, reason


def _synonym(text: str, field: str) -> float:
    """Earlier synonyms are better ones."""
    known = SYNONYMS.get(field, ())
    return 0.9 - 0.01 * known.index(text) if text in known else 0.0


def _fits(value: object, field: FieldType) -> bool:
    kind = field.type
    if value is None:
        return kind not in X2MANY_TYPES
    if kind in X2MANY_TYPES:
        return isinstance(value, list)
    if isinstance(value, list):
        return False
    if is_object(value):
        return kind == "many2one"
    if kind == "many2one":
        return isinstance(value, (str, int)) and not isinstance(value, bool)
    if isinstance(value, bool) or kind == "boolean":
        return isinstance(value, bool) and kind == "boolean"
    text = str(value)
    if kind in ("date", "datetime"):
        return _DATE.fullmatch(text) is not None
    if kind in ("integer", "float", "monetary"):
        return _NUMBER.fullmatch(text) is not None
    selection = getattr(field, "selection", None)
    if kind == "selection" and selection is not None:
        return any(text == str(item[0]) for item in selection)
    return kind in ("char", "text", "html", "selection")


def _match_field(relation: str, value: object, fields_of: FieldsOf, *, like: str = "") -> str | None:
    """The field of the related model that a value such as this tells its records by."""
    fields = fields_of(relation) or {}
    for name, pattern in MATCH_FIELDS.get(relation, (("name", r".+"),)):
        is_named = like in ("", name, *SYNONYMS.get(name, ())) or name in ("code", "default_code")
        if is_named and name in fields and value is not None and re.fullmatch(pattern, str(value)):
            return name
    return None


def match_field_for(relation: str) -> str:
    """The field by which records of this model are usually told apart."""
    return MATCH_FIELDS.get(relation, (("name", ""),))[0][0]
