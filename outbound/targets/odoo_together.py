"""All or nothing: records that go into Odoo in exactly one call, or not at all.

Every external call of Odoo is a transaction of its own, so only what one call can do can be held together: creating
new records, writing the same values to several, archiving or deleting several. Everything else is refused with its
reason before anything is written.
"""

from __future__ import annotations

from collections.abc import Sequence

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient
from mapping.plan import Plan
from mapping.results import MappingResult, related_records
from outbound import links, record_claims
from outbound.record_claims import Claim, ClaimLost
from outbound.targets.odoo import claim_ttl_s, mapped_values, missing, record_domain, turn_of, within
from outbound.targets.odoo_entry import Entry, entry_of, for_create
from outbound.targets.odoo_lookup import ARCHIVED_TOO, ids_by_value, place_of
from outbound.targets.odoo_related import busy, find_lost
from syncconfig.models import SyncConfig


class NotTogether(Exception):
    """The records cannot be written all or none; the message says why, for the caller. Nothing was written."""


def create_together(
    *, config: SyncConfig, plan: Plan, client: OdooClient, results: Sequence[MappingResult]
) -> list[int]:
    """The ids of the new records, in order. Raises NotTogether, and RemoteError with Odoo's reason."""
    place = place_of(client)
    entries = [entry_of(result, place=place, model=config.model) for result in results]
    _check(entries, plan)
    claims = {entry.key: entry.claim_key for entry in entries}
    positions = links.acquire(config_id=config.pk, keys=claims, ttl_s=claim_ttl_s(client))
    held = [position for position in positions.values() if isinstance(position, Claim)]
    in_doubt = False
    try:
        for entry in entries:
            position = positions[entry.key]
            if position is None:
                raise busy()
            if isinstance(position, links.Known):
                raise _exists(plan, entry.value)
            entry.claim = position
        _check_new(config, plan, client, entries)
        record_claims.keep(held)
        in_doubt = True
        ids = _create(config, plan, client, entries)
        in_doubt = False
        made = [(entry.claim, entry.key, odoo_id) for entry, odoo_id in zip(entries, ids, strict=True) if entry.claim]
        links.settle(config_id=config.pk, made=made)
        return ids
    except ClaimLost:
        raise busy() from None
    except RemoteError as error:
        in_doubt = in_doubt and error.kind is Kind.AMBIGUOUS
        raise
    finally:
        if not in_doubt:
            record_claims.release(held)


def _check(entries: Sequence[Entry], plan: Plan) -> None:
    if any(not entry.key for entry in entries):
        raise NotTogether(f"The key {plan.identifier.key} is Odoo's own id, so the records would be changed, not made.")
    if len({entry.key for entry in entries}) < len(entries):
        raise NotTogether(f"Two of the records have the same {plan.identifier.key}.")
    for record in related_records([entry.values for entry in entries]):
        if record.id is None or record.values:
            raise NotTogether(
                f"A record of {record.model} would have to be written before the others ({record.path}), which is a "
                "call of its own. Send it first."
            )


def _exists(plan: Plan, value: object) -> NotTogether:
    return NotTogether(
        f"A record with the {plan.identifier.key} {value!r} exists already; changing it and creating the others are "
        "two calls of Odoo, of which one may fail when the other has been made."
    )


def _check_new(config: SyncConfig, plan: Plan, client: OdooClient, entries: Sequence[Entry]) -> None:
    values = [entry.value for entry in entries]
    domain = record_domain(config, client)
    found = ids_by_value(client, config.model, plan.identifier.field, values, domain=domain, context=ARCHIVED_TOO)
    for value in values:
        if value in found:
            raise _exists(plan, value)


def _create(config: SyncConfig, plan: Plan, client: OdooClient, entries: Sequence[Entry]) -> list[int]:
    try:
        return client.create(config.model, [for_create(_ids(entry.values)) for entry in entries])
    except RemoteError as error:
        if error.kind is not Kind.AMBIGUOUS:
            raise
        found = find_lost(client, config.model, plan.identifier.field, [entry.value for entry in entries])
        if len(found) < len(entries):
            raise
        return [found[entry.value] for entry in entries]


def _ids(values: dict[str, object]) -> dict[str, object]:
    """The ids of related records in their places: all of them are known."""
    return {name: getattr(value, "id", value) for name, value in values.items()}


def update_together(
    *, config: SyncConfig, client: OdooClient, ids: Sequence[int], results: Sequence[MappingResult]
) -> None:
    """Write the same values to all of the records. Raises NotTogether, and RemoteError."""
    values = mapped_values(results[0])
    if any(mapped_values(result) != values for result in results):
        raise NotTogether("One call of Odoo writes the same values to several records, but these differ.")
    for record in related_records([values]):
        raise NotTogether(f"A record of {record.model} would have to be written first, which is a call of its own.")
    _check_there(config, client, ids)
    with turn_of(client, config.model, ids):
        client.write(config.model, list(dict.fromkeys(ids)), values)


def remove_together(*, config: SyncConfig, client: OdooClient, ids: Sequence[int], archive: bool) -> None:
    """Archive or delete all of the records. Raises RemoteError."""
    _check_there(config, client, ids)
    wanted = list(dict.fromkeys(ids))
    with turn_of(client, config.model, wanted):
        if archive:
            client.archive(config.model, wanted)
        else:
            client.unlink(config.model, wanted)
    if not archive:
        links.forget(config_id=config.pk, odoo_ids=wanted)


def _check_there(config: SyncConfig, client: OdooClient, ids: Sequence[int]) -> None:
    domain = record_domain(config, client)
    there = within(config, client, ids, domain) if domain else set(ids)
    for odoo_id in ids:
        if odoo_id not in there:
            raise missing(config, odoo_id)
