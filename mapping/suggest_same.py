"""Proposes lines for what goes from one Odoo into another: fields that both have, under the same name.

A field is proposed where the other model takes it: it exists there, is of the same kind, and may be written. A relation
is found there by the field by which such records are usually told apart; lists are left to staff.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from mapping.spec import FieldType, LineSpec
from mapping.suggest import Suggestion, identifying, match_field_for, match_options
from mapping.suggest_out import USUAL, has_value, record_fields
from mapping.synonyms import IDENTIFIERS

# Besides its own kind, what each kind of field can hold as it is.
_HOLDS: Final[Mapping[str, frozenset[str]]] = {
    "char": frozenset({"text"}),
    "text": frozenset({"char"}),
    "float": frozenset({"monetary", "integer"}),
    "monetary": frozenset({"float", "integer"}),
}


def suggest_same(
    fields: Mapping[str, FieldType], fields_there: Mapping[str, FieldType], record: Mapping[str, object]
) -> list[Suggestion]:
    """A line for each field that both have and that is usually wanted, is needed there, or holds something in `record`;
    what is wanted first. At most one is the record identifier."""
    names = [name for name in record_fields(fields) if takes(fields[name], fields_there.get(name))]
    texts = {name for name in names if fields[name].type == "char" and (not record or record.get(name))}
    best = next((name for name in IDENTIFIERS if name in texts), None)
    found = list(_suggested(names, fields, fields_there, record, best))
    return sorted(found, key=lambda each: (not each.line.is_identifier, -each.score))


def takes(field: FieldType, there: FieldType | None) -> bool:
    """Whether the other Odoo's field can hold what is in this one, as it is."""
    if there is None or there.readonly or there.name == "id":
        return False
    if field.type == "many2one":
        return there.type == "many2one" and there.relation == field.relation
    return there.type == field.type or field.type in _HOLDS.get(there.type, ())


def _suggested(
    names: list[str],
    fields: Mapping[str, FieldType],
    fields_there: Mapping[str, FieldType],
    record: Mapping[str, object],
    best: str | None,
) -> Iterator[Suggestion]:
    for name in names:
        field, there = fields[name], fields_there[name]
        value = record.get(name)
        is_held = has_value(value, field) and value not in (0, False)
        if there.required and not there.has_default:
            score, reason = 0.9, "required there"
        elif name in USUAL or name == best:
            score, reason = 0.9, "both have it; usually wanted"
        elif is_held:
            score, reason = 0.4, "both have it, and this record holds something"
        else:
            continue
        yield Suggestion(
            _line(name, field, is_identifier=name == best), score, reason, _shown(value) if is_held else None
        )


def _line(name: str, field: FieldType, *, is_identifier: bool) -> LineSpec:
    # What is read-only here cannot be turned round, and goes one way.
    direction = "out" if field.readonly and not is_identifier else "both"
    if field.type == "many2one":
        options = match_options(match_field_for(field.relation or ""))
        return LineSpec(name, name, calculation="relational", direction=direction, options=options)
    line = LineSpec(name, name, direction=direction)
    return identifying(line) if is_identifier else line


def _shown(value: object) -> object:
    return value[1] if isinstance(value, (list, tuple)) and len(value) == 2 else value
