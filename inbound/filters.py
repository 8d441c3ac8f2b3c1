"""From the query of a list to the part of Odoo that it asks for.

`limit` and `offset` page; `id`, the mapped keys and the config's filter parameters narrow down. A key that comes
several times means any of its values. Everything else is refused by name: a filter that is silently left out would
answer with other people's records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import QueryDict

from inbound.errors import ApiError, ErrorCode
from mapping.plan import Plan
from mapping.spec import FieldType
from syncconfig.connections import fields_of
from syncconfig.models import SyncConfig, SyncParam
from syncconfig.models.extras import Operator

MAX_LIMIT: Final = 1000
MAX_OFFSET: Final = 2**31 - 1
MAX_VALUES: Final = 1000
PAGING: Final = ("limit", "offset")
_NUMBERS: Final = frozenset({"integer", "many2one", "one2many", "many2many", "many2one_reference"})


@dataclass(frozen=True, slots=True)
class Query:
    """The page that is wanted, and the domain that its parameters make."""

    domain: list[Any]
    limit: int
    offset: int


def read_query(config: SyncConfig, plan: Plan, filters: Mapping[str, SyncParam], given: QueryDict) -> Query:
    """Raises ApiError 400 naming the parameter, and for an unknown one the known ones."""
    id_key = {} if "id" in plan.field_by_key else {"id": None}
    known = [*PAGING, *id_key, *(key for key in plan.field_by_key if key not in PAGING), *filters]
    unknown = [name for name in given if name not in known]
    if unknown:
        named = ", ".join(repr(name[:100]) for name in unknown)
        raise _bad(f"There is no parameter {named}. Known are: {', '.join(dict.fromkeys(known))}.", unknown[0])
    default = config.page_size if config.is_paginated else MAX_LIMIT
    limit = _whole(given, "limit", default=default, low=1, high=MAX_LIMIT)
    offset = _whole(given, "offset", default=0, low=0, high=MAX_OFFSET)
    domain: list[Any] = []
    for name in given:
        values = given.getlist(name)
        if name in PAGING:
            continue
        if name in filters:
            domain.append(_by_param(config, filters[name], name, values))
        elif name in id_key:
            ids = [_one_id(name, part) for value in values for part in value.split(",")]
            domain.append(["id", "in", ids])
        else:
            field, kind = plan.field_by_key[name]
            domain.append(_equals(field, [_converted(config, kind, name, value) for value in values]))
    return Query(domain, limit, offset)


def _by_param(config: SyncConfig, param: SyncParam, name: str, values: Sequence[str]) -> list[Any]:
    kind = _field_at_end(config, param.field)
    if param.operator == Operator.IN:
        parts = [part.strip() for value in values for part in value.split(",")]
        return [param.field, "in", [_converted(config, kind, name, part) for part in parts if part]]
    if len(values) > 1:
        raise _bad(f"The parameter {name} came {len(values)} times. Send it once.", name)
    value = values[0] if param.operator == Operator.ILIKE else _converted(config, kind, name, values[0])
    return [param.field, param.operator, value]


def _field_at_end(config: SyncConfig, path: str) -> FieldType | None:
    """The field that a dotted name leads to; None where a step of it is not known."""
    model: str | None = config.model
    found: FieldType | None = None
    for name in path.split("."):
        found = fields_of(config.connection, model).get(name) if model else None
        if found is None:
            return None
        model = found.relation
    return found


def _equals(field: str, values: Sequence[Any]) -> list[Any]:
    if len(values) > MAX_VALUES:
        raise _bad(f"At most {MAX_VALUES} values may be asked for at once.", field)
    return [field, "=", values[0]] if len(values) == 1 else [field, "in", list(values)]


def _converted(config: SyncConfig, kind: FieldType | None, name: str, text: str) -> Any:
    """The value in the field's type; empty means unset."""
    if "\x00" in text:
        raise _bad(f"The parameter {name} has a character that cannot be stored.", name)
    if kind is None:
        return text
    if text == "":
        return False
    value: Any = text
    if kind.type in _NUMBERS:
        value = _number(name, text, kind.type)
        if kind.type in ("one2many", "many2many"):
            return value
    try:
        return kind.to_odoo(value, tz=config.connection.timezone)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise _bad(f"The parameter {name} must be a {kind.type}: {error}.", name) from None


def _number(name: str, text: str, kind: str) -> int:
    if not (text.removeprefix("-").isdigit() and text.isascii() and len(text) < 20):
        wanted = "a whole number" if kind == "integer" else "the id of a record, a whole number"
        raise _bad(f"The parameter {name} must be {wanted}, not {text[:40]!r}.", name)
    return int(text)


def _one_id(name: str, text: str) -> int:
    number = _number(name, text.strip(), "many2one")
    if not 0 < number <= MAX_OFFSET:
        raise _bad(f"The parameter {name} must be the id of a record, not {number}.", name)
    return number


def _whole(given: QueryDict, name: str, *, default: int, low: int, high: int) -> int:
    values = given.getlist(name)
    if not values:
        return default
    text = values[-1]
    if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
        raise _bad(f"{name} must be a whole number from {low} to {high}, not {text[:40]!r}.", name)
    return int(text)


def _bad(message: str, name: str) -> ApiError:
    return ApiError(400, ErrorCode.VALIDATION_ERROR, message, parameter=name)
