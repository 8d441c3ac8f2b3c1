"""From the query of a list to the part of Odoo that it asks for.

`limit` and `offset`, or `cursor`, page; `sort` orders; `fields` chooses what is shown; `q` looks for a text anywhere;
`id`, the mapped keys, also with an operator behind them (`price__gte`), and the config's filter parameters narrow
down. A key that comes several times, or with commas where its values can have none, means any of its values. Everything
else is refused by name: a filter that is
silently left out would answer with other people's records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import QueryDict

from clients.odoo.domain import literal
from inbound.errors import ApiError, ErrorCode
from inbound.ordering import order_of, read_cursor
from inbound.projection import chosen_keys
from mapping.plan import Plan
from mapping.spec import FieldType
from syncconfig.connections import fields_of
from syncconfig.models import SyncConfig, SyncParam
from syncconfig.models.extras import Operator

MAX_LIMIT: Final = 1000
MAX_OFFSET: Final = 2**31 - 1
MAX_VALUES: Final = 1000
PAGING: Final = ("limit", "offset", "cursor", "sort", "fields", "q")
OPERATORS: Final[Mapping[str, str]] = {
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "ne": "!=",
    "in": "in",
    "contains": "ilike",
}
TEXTS: Final = frozenset({"char", "text", "html"})
_MAY_HOLD_COMMAS: Final = TEXTS | {"float", "monetary"}
"""In a number, 12,50 is more likely a slip than two numbers."""
ORDERED: Final = frozenset({"char", "text", "integer", "float", "monetary", "date", "datetime"})
_NUMBERS: Final = frozenset({"integer", "many2one", "one2many", "many2many", "many2one_reference"})


@dataclass(frozen=True, slots=True)
class Query:
    """The page that is wanted, and the domain that its parameters make."""

    domain: list[Any]
    limit: int
    offset: int
    order: str = "id"
    is_by_cursor: bool = False
    fields: tuple[str, ...] = ()


def read_query(config: SyncConfig, plan: Plan, filters: Mapping[str, SyncParam], given: QueryDict) -> Query:
    """Raises ApiError 400 naming the parameter, and for an unknown one the known ones."""
    id_key = {} if "id" in plan.field_by_key else {"id": None}
    # A mapped key of the name of a parameter is not what is meant; with an operator behind it, it is.
    known = [*PAGING, *id_key, *(key for key in plan.field_by_key if key not in PAGING), *filters]
    unknown = [name for name in given if name not in known and _with_operator(plan, name) is None]
    if unknown:
        named = ", ".join(repr(name[:100]) for name in unknown)
        raise _bad(f"There is no parameter {named}. Known are: {', '.join(dict.fromkeys(known))}.", unknown[0])
    default = config.page_size if config.is_paginated else MAX_LIMIT
    limit = _whole(given, "limit", default=default, low=1, high=MAX_LIMIT)
    offset = _whole(given, "offset", default=0, low=0, high=MAX_OFFSET)
    domain: list[Any] = []
    for name in given:
        values = given.getlist(name)
        if name in PAGING and name not in filters:
            if len(values) > 1:
                raise _repeated(name, values)
            continue
        if name in filters:
            domain.append(_by_param(config, filters[name], name, values))
        elif name in id_key:
            ids = [_one_id(name, part) for part in _parts(values)]
            domain.append(["id", "in", _not_too_many(name, ids)])
        elif name in plan.field_by_key:
            field, kind = plan.field_by_key[name]
            parts = values if kind.type in _MAY_HOLD_COMMAS else _parts(values)
            domain.append(_equals(name, field, [converted(config, kind, name, value) for value in parts]))
        elif (compared := _with_operator(plan, name)) is not None:
            domain.append(_compared(config, name, compared, values))
    if "q" in given and "q" not in filters:
        domain += _anywhere(plan, str(given["q"]))
    fields = chosen_keys(plan, str(given["fields"]), "fields") if "fields" in given and "fields" not in filters else ()
    order = order_of(plan, str(given["sort"])) if "sort" in given and "sort" not in filters else "id"
    is_by_cursor = "cursor" in given and "cursor" not in filters
    if is_by_cursor:
        if "offset" in given:
            raise _bad("A cursor and an offset cannot be used together.", "offset")
        if order not in ("id", "id desc"):
            raise _bad("A cursor goes by id: leave sort out, or sort by id or -id.", "sort")
        after = read_cursor(str(given["cursor"]), order)
        if after is not None:
            domain.append(["id", ">" if order == "id" else "<", after])
    return Query(domain, limit, offset, order, is_by_cursor, fields)


def _with_operator(plan: Plan, name: str) -> tuple[str, FieldType, str] | None:
    """(field, its type, operator) of a name such as `price__gte`."""
    key, mark, word = name.rpartition("__")
    if not mark or word not in OPERATORS or key not in plan.field_by_key:
        return None
    return (*plan.field_by_key[key], OPERATORS[word])


def _compared(config: SyncConfig, name: str, compared: tuple[str, FieldType, str], values: Sequence[str]) -> list[Any]:
    field, kind, operator = compared
    if operator == "in":
        found = [converted(config, kind, name, part) for part in _parts(values) if part]
        return [field, "in", _not_too_many(name, found)]
    if len(values) > 1:
        raise _repeated(name, values)
    if operator == "ilike":
        if kind.type not in TEXTS:
            raise _bad(f"{name}: only texts can contain something; this is a {kind.type}.", name)
        return [field, operator, literal(without_nul(name, values[0]))]
    if operator not in ("=", "!=") and kind.type not in ORDERED:
        raise _bad(f"{name}: values of type {kind.type} have no order.", name)
    value = converted(config, kind, name, values[0])
    if value is False and operator != "!=":
        raise _bad(f"The parameter {name} is empty. Send a value to compare with.", name)
    return [field, operator, value]


def _anywhere(plan: Plan, text: str) -> list[Any]:
    """The text in any of the mapped texts of the record."""
    fields = list(dict.fromkeys(field for field, kind in plan.field_by_key.values() if kind.type in TEXTS))
    if not fields:
        raise _bad("This endpoint maps no texts that q could look in.", "q")
    if not text.strip():
        raise _bad("q is empty. Leave it out, or send a text to look for.", "q")
    term = literal(without_nul("q", text))
    return [*["|"] * (len(fields) - 1), *([field, "ilike", term] for field in fields)]


def _by_param(config: SyncConfig, param: SyncParam, name: str, values: Sequence[str]) -> list[Any]:
    kind = _field_at_end(config, param.field)
    if param.operator == Operator.IN:
        found = [converted(config, kind, name, part) for part in _parts(values) if part]
        return [param.field, "in", _not_too_many(name, found)]
    if len(values) > 1:
        raise _repeated(name, values)
    if param.operator == Operator.ILIKE:
        return [param.field, param.operator, literal(without_nul(name, values[0]))]
    return [param.field, param.operator, converted(config, kind, name, values[0])]


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


def _equals(name: str, field: str, values: Sequence[Any]) -> list[Any]:
    return [field, "=", values[0]] if len(values) == 1 else [field, "in", list(_not_too_many(name, values))]


def _parts(values: Sequence[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",")]


def _not_too_many(name: str, values: Sequence[Any]) -> Sequence[Any]:
    if len(values) > MAX_VALUES:
        raise _bad(f"The parameter {name} has {len(values)} values; {MAX_VALUES} may be asked for at once.", name)
    return values


def _repeated(name: str, values: Sequence[str]) -> ApiError:
    return _bad(f"The parameter {name} came {len(values)} times. Send it once.", name)


def converted(config: SyncConfig, kind: FieldType | None, name: str, text: str) -> Any:
    """The value in the field's type; empty means unset."""
    without_nul(name, text)
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


def without_nul(name: str, text: str) -> str:
    if "\x00" in text:
        raise _bad(f"The parameter {name} has a character that cannot be stored.", name)
    return text


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
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
        raise _bad(f"{name} must be a whole number from {low} to {high}, not {text[:40]!r}.", name)
    return int(text)


def _bad(message: str, name: str) -> ApiError:
    return ApiError(400, ErrorCode.VALIDATION_ERROR, message, parameter=name)
