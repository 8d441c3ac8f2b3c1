"""GET: one record or a page of them, mapped for the caller.

The config's domain always bounds what is seen. Archived records are hidden, as Odoo hides them, unless a line maps
`active`: then one asked for by its id is shown, and a list may ask for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clients.odoo.client import OdooClient
from inbound.errors import ApiError, ErrorCode
from inbound.filters import Query
from inbound.refusals import mapping_refusal
from mapping.engine import map_out
from mapping.plan import Plan
from outbound.targets.odoo import record_domain
from outbound.targets.odoo_lookup import ARCHIVED_TOO, odoo_related
from syncconfig.models import SyncConfig


@dataclass(frozen=True, slots=True)
class RecordPage:
    records: list[dict[str, Any]]
    total: int


def read_one(*, config: SyncConfig, plan: Plan, client: OdooClient, odoo_id: int) -> dict[str, Any]:
    """The mapped record with its id.

    Raises ApiError 404 where it is not there or outside the domain, and RemoteError.
    """
    domain = [*record_domain(config, client), ["id", "=", odoo_id]]
    context = ARCHIVED_TOO if "active" in plan.keys_by_field else None
    found = client.search_read(config.model, domain, plan.read_fields, limit=1, context=context)
    if not found:
        raise not_found(odoo_id)
    return _mapped(plan, client, found)[0]


def read_page(*, config: SyncConfig, plan: Plan, client: OdooClient, query: Query) -> RecordPage:
    """A page by ascending id, and how many there are in all: counted by Odoo only where the page does not tell."""
    domain = [*record_domain(config, client), *query.domain]
    found = client.search_read(
        config.model, domain, plan.read_fields, limit=query.limit, offset=query.offset, order="id"
    )
    if 0 < len(found) < query.limit or (not found and not query.offset):
        total = query.offset + len(found)
    else:
        total = client.search_count(config.model, domain)
    return RecordPage(_mapped(plan, client, found), total)


def _mapped(plan: Plan, client: OdooClient, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    results = map_out(plan, found, related=odoo_related(client), enforce_required=False)
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
