"""Answers mapping's questions to Odoo: which records have these values, and what do those related ones hold.

One call per question, for a whole page. Archived records are not found by value (`active_test` is left on): a line
that names an archived country or product is told that there is none. Comparison is exact and case-sensitive, but for
the values that are Caseless.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from clients.odoo.client import OdooClient
from clients.odoo.domain import literal
from mapping.caseless import Caseless
from mapping.engine import Lookup
from mapping.spec import DISPLAY_NAME, XML_ID
from outbound.targets.odoo_names import ids_by_display_name, ids_by_xml_id, xml_ids

MAX_READ: Final = 1000
MAX_CASELESS: Final = 200
"""How many values are compared without regard to case in one call: each is a comparison of its own in the database."""
ARCHIVED_TOO: Final[Mapping[str, Any]] = {"active_test": False}

Related = Callable[[str, Sequence[int], Sequence[str]], Mapping[int, dict[str, object]]]


def place_of(client: OdooClient) -> str:
    """The Odoo database that the client speaks to, as claims name it: two connections may lead to one."""
    return f"{client.settings.base_url} {client.settings.database}"


def odoo_lookup(client: OdooClient) -> Lookup:
    """A `Lookup` for `map_in`. What it raises is RemoteError."""

    def lookup(model: str, field: str, values: Sequence[object]) -> dict[object, list[int]]:
        if field == XML_ID:
            return ids_by_xml_id(client, model, values)
        if field == DISPLAY_NAME:
            return ids_by_display_name(client, model, values)
        return ids_by_value(client, model, field, values)

    return lookup


def odoo_related(client: OdooClient) -> Related:
    """A `Related` for `map_out`. Deleted records are left out; what it raises is RemoteError."""

    def related(model: str, ids: Sequence[int], fields: Sequence[str]) -> dict[int, dict[str, object]]:
        found: dict[int, dict[str, object]] = {}
        stored = [name for name in fields if name != XML_ID] or ["id"]
        for start in range(0, len(ids), MAX_READ):
            part = list(ids[start : start + MAX_READ])
            records = {int(record["id"]): record for record in client.read(model, part, stored)}
            if XML_ID in fields:
                named = xml_ids(client, model, list(records))
                for record_id, record in records.items():
                    record[XML_ID] = named.get(record_id, False)
            found |= records
        return found

    return related


def ids_by_value(
    client: OdooClient,
    model: str,
    field: str,
    values: Sequence[object],
    *,
    domain: Sequence[Any] = (),
    context: Mapping[str, Any] | None = None,
) -> dict[object, list[int]]:
    """value -> the ids of the records that have it, the oldest first. Values without any are left out."""
    exact = {_text(value): value for value in values if not isinstance(value, Caseless)}
    folded = [value for value in values if isinstance(value, Caseless)]
    ids: dict[object, list[int]] = {}
    if exact:
        leaf = [field, "=", next(iter(exact.values()))] if len(exact) == 1 else [field, "in", list(exact.values())]
        for record in client.search_read(model, [*domain, leaf], [field], order="id", context=context):
            value = exact.get(_text(record[field]))
            if value is not None:
                ids.setdefault(value, []).append(int(record["id"]))
    for start in range(0, len(folded), MAX_CASELESS):
        part = {str(value): value for value in folded[start : start + MAX_CASELESS]}
        leaves = [leaf for value in part.values() for leaf in has_value(field, value)]
        either = ["|"] * (len(part) - 1)
        for record in client.search_read(model, [*domain, *either, *leaves], [field], order="id", context=context):
            # Odoo may find more than was asked for: its comparison can be told to pass over accents.
            value = part.get(_text(record[field]).lower())
            if value is not None:
                ids.setdefault(value, []).append(int(record["id"]))
    return ids


def has_value(field: str, value: object) -> list[Any]:
    """The domain of the records whose field has this value."""
    if isinstance(value, Caseless):
        return [[field, "=ilike", literal(str(value))]]
    return [[field, "=", value]]


def ids_meant(
    client: OdooClient, model: str, field: str, values: Sequence[object], *, domain: Sequence[Any] = ()
) -> dict[object, list[int]]:
    """value -> the ids of the records that an identifier's value may mean, archived ones among them: of one active
    record and archived ones, the active one alone. Several ids are several records."""
    found = ids_by_value(client, model, field, values, domain=domain, context=ARCHIVED_TOO)
    doubtful = [value for value, ids in found.items() if len(ids) > 1]
    active = ids_by_value(client, model, field, doubtful, domain=domain)
    return found | {value: ids for value, ids in active.items() if len(ids) == 1}


def _text(value: object) -> str:
    """The value as text; a many2one, which reads as `[id, name]`, as its id; 5.0 as 5."""
    if isinstance(value, (list, tuple)):
        value = value[0] if value else ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)
