"""GET: one record or a page of them, mapped for the caller.

The config's domain always bounds what is seen. Archived records are left out of lists, as Odoo leaves them out, unless
a line maps `active` and the list asks for them; one asked for by name is shown, unless an endpoint has removed it
(`inbound.archived`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clients.odoo.client import OdooClient
from inbound.archived import archived_among, is_callers_own
from inbound.errors import ApiError, ErrorCode
from inbound.filters import Query
from inbound.refusals import mapping_refusal, remote_refusal
from inbound.work import Work
from mapping.engine import map_out
from mapping.plan import Plan
from outbound.script_env import odoo_ask
from outbound.targets.odoo import record_domain
from outbound.targets.odoo_entry import several
from outbound.targets.odoo_lookup import ARCHIVED_TOO, has_value, odoo_related


@dataclass(frozen=True, slots=True)
class RecordPage:
    """`last_id` is that of the last record of a full page; None where nothing can follow. `total` is None along a
    cursor, which counts nothing."""

    records: list[dict[str, Any]]
    total: int | None
    last_id: int | None


def read_one(work: Work, odoo_id: int) -> dict[str, Any]:
    """The mapped record with its id.

    Raises ApiError 404 where it is not there or outside the domain, and RemoteError.
    """
    found = _named(work, [["id", "=", odoo_id]], limit=1)
    if not found:
        raise not_found(odoo_id)
    return _mapped(work.plan, work.client, found)[0]


def read_identified(work: Work, value: object) -> tuple[dict[str, Any], int]:
    """The mapped record whose identifier has this value, and its id. Raises as `read_one`, and 409 for several."""
    config, plan, client = work.config, work.plan, work.client
    field = plan.identifier.field
    # Odoo may compare without regard to case, or to what the value is part of.
    found = _named(work, has_value(field, value), limit=2)
    if not found:
        shown = str(value)[:100]
        raise ApiError(404, ErrorCode.NOT_FOUND, f"There is no record with {plan.identifier.key} {shown!r} here.")
    if len(found) > 1:
        ids = [int(record["id"]) for record in found]
        raise remote_refusal(several(config.model, field, value, ids), plan=plan)
    return _mapped(plan, client, found)[0], int(found[0]["id"])


def _named(work: Work, wanted: list[Any], *, limit: int) -> list[dict[str, Any]]:
    """The records, as Odoo gives them: the active ones, or where there are none those that people have archived."""
    config, plan, client = work.config, work.plan, work.client
    domain = [*record_domain(config, client), *wanted]
    is_shown = is_callers_own(work)
    context = ARCHIVED_TOO if is_shown else None
    found = client.search_read(config.model, domain, plan.read_fields, limit=limit, order="id", context=context)
    if found or is_shown:
        return found
    hidden = client.search_read(config.model, domain, plan.read_fields, limit=limit, order="id", context=ARCHIVED_TOO)
    removed = archived_among(work, [int(record["id"]) for record in hidden])
    return [record for record in hidden if int(record["id"]) not in removed]


def read_many(work: Work, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """id -> mapped record, for those within the domain, archived or not. Raises ApiError 502, and RemoteError."""
    config, plan, client = work.config, work.plan, work.client
    domain = [*record_domain(config, client), ["id", "in", list(ids)]]
    found = client.search_read(config.model, domain, plan.read_fields, context=ARCHIVED_TOO)
    records = _mapped(plan, client, found)
    return {int(raw["id"]): record for raw, record in zip(found, records, strict=True)}


def read_page(work: Work, query: Query) -> RecordPage:
    """A page in the query's order, and how many there are in all: counted by Odoo only where the page does not tell,
    and not at all along a cursor."""
    config, plan, client = work.config, work.plan, work.client
    domain = [*record_domain(config, client), *query.domain]
    found = client.search_read(
        config.model, domain, plan.read_fields, limit=query.limit, offset=query.offset, order=query.order
    )
    last_id = int(found[-1]["id"]) if len(found) == query.limit else None
    if query.is_by_cursor:
        return RecordPage(_mapped(plan, client, found), None, last_id)
    if 0 < len(found) < query.limit or (not found and not query.offset):
        total = query.offset + len(found)
    else:
        total = client.search_count(config.model, domain)
    return RecordPage(_mapped(plan, client, found), total, last_id)


def _mapped(plan: Plan, client: OdooClient, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    results = map_out(plan, found, related=odoo_related(client), enforce_required=False, ask=odoo_ask(client))
    records: list[dict[str, Any]] = []
    for record, result in zip(found, results, strict=True):
        if result.values is None:
            raise mapping_refusal(result.errors, status=502)
        records.append(with_id(result.values, int(record["id"])))
    return records


def with_id(values: dict[str, Any], odoo_id: int) -> dict[str, Any]:
    """The mapped record, with Odoo's id as `id` unless a line maps that key."""
    return values if "id" in values else {"id": odoo_id, **values}


def not_found(odoo_id: int) -> ApiError:
    return ApiError(404, ErrorCode.NOT_FOUND, f"There is no record {odoo_id} at this endpoint.")
