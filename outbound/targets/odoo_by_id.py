"""Changes, archives and deletes records of Odoo by their ids, many in as few calls as Odoo allows.

Nothing outside the config's domain is touched; a record that is not there is `missing_record`. Records with the same
values are written in one call, and one bad record among many is found by halving.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clients.errors import Kind, RemoteError
from clients.odoo.bulk import BulkResult, write_many
from clients.odoo.client import OdooClient
from mapping.results import MappingResult
from outbound import links
from outbound.targets.odoo import (
    Action,
    WriteOutcome,
    mapped_values,
    missing,
    record_domain,
    related_records_of,
    turn_of,
    within,
)
from outbound.targets.odoo_lookup import ARCHIVED_TOO
from outbound.targets.odoo_related import RelatedFailed
from syncconfig.models import SyncConfig

BATCH_SIZE = 200


def update_records(
    *, config: SyncConfig, client: OdooClient, updates: Sequence[tuple[int, MappingResult]]
) -> list[WriteOutcome]:
    """Write each result's values to the record of its id, archived or not; one outcome each, in order.

    Raises RemoteError where Odoo cannot be asked at all.
    """
    domain = record_domain(config, client)
    unsure = [odoo_id for odoo_id, result in updates if domain or not mapped_values(result)]
    there = within(config, client, unsure, domain) if unsure else set()
    outcomes: list[WriteOutcome | None] = []
    for odoo_id, result in updates:
        if odoo_id in unsure and odoo_id not in there:
            outcomes.append(WriteOutcome(Action.FAILED, error=missing(config, odoo_id)))
        else:
            outcomes.append(None if mapped_values(result) else WriteOutcome(Action.UNCHANGED, odoo_id))
    _write(config, client, updates, outcomes)
    done = [outcome for outcome in outcomes if outcome is not None]
    renamed = {
        links.link_key(result.identifier[1]): odoo_id
        for (odoo_id, result), outcome in zip(updates, done, strict=True)
        if outcome.action is Action.UPDATED and result.identifier is not None and result.identifier[0] != "id"
    }
    if renamed:
        links.remember(config_id=config.pk, ids=renamed)
    return done


def _write(
    config: SyncConfig,
    client: OdooClient,
    updates: Sequence[tuple[int, MappingResult]],
    outcomes: list[WriteOutcome | None],
) -> None:
    """Fill the outcomes that are still open."""
    waiting = [at for at, outcome in enumerate(outcomes) if outcome is None]
    if not waiting:
        return
    with related_records_of(client) as related:
        related.prepare([mapped_values(updates[at][1]) for at in waiting])
        ready: list[tuple[int, dict[str, object]]] = []
        for at in waiting:
            try:
                ready.append((at, related.resolve(mapped_values(updates[at][1]))))
            except RelatedFailed as failure:
                outcomes[at] = WriteOutcome(Action.FAILED, error=failure.error, related=failure.record)
        for at, _sent in ready:
            related.need(mapped_values(updates[at][1]))
        with turn_of(client, config.model, [updates[at][0] for at, _sent in ready]):
            result = client.write_many(config.model, [(updates[at][0], sent) for at, sent in ready])
        for position, (at, _sent) in enumerate(ready):
            error = result.errors.get(position)
            if error is None:
                outcomes[at] = WriteOutcome(Action.UPDATED, updates[at][0])
                continue
            if error.kind is not Kind.AMBIGUOUS:
                related.spare(mapped_values(updates[at][1]))
            outcomes[at] = WriteOutcome(Action.FAILED, error=error)


def remove_records(
    *, config: SyncConfig, client: OdooClient, ids: Sequence[int], archive: bool
) -> list[RemoteError | None]:
    """Archive or delete the records of these ids, each once; per id why it was not done, or None.

    Raises RemoteError where Odoo cannot be asked at all. `cannot_archive`: the model has no `active` field.
    """
    domain = record_domain(config, client)
    there = within(config, client, ids, domain) if domain else set(ids)
    present = [odoo_id for odoo_id in ids if odoo_id in there]
    result = _remove(config, client, present, archive=archive)
    failed: dict[int, RemoteError] = {}
    for at, error in result.errors.items():
        if archive and error.code == "unknown_field":
            failed[present[at]] = cannot_archive(config)
        elif error.kind is not Kind.AMBIGUOUS or not is_removed(config, client, present[at], archive=archive):
            failed[present[at]] = error
    if not archive:
        links.forget(config_id=config.pk, odoo_ids=[odoo_id for odoo_id in present if odoo_id not in failed])
    return [failed.get(odoo_id) if odoo_id in there else missing(config, odoo_id) for odoo_id in ids]


def _remove(config: SyncConfig, client: OdooClient, ids: Sequence[int], *, archive: bool) -> BulkResult:
    def remove(some: Sequence[int], _values: object) -> None:
        if archive:
            client.archive(config.model, some)
        else:
            client.unlink(config.model, some)

    same: dict[str, Any] = {}
    with turn_of(client, config.model, ids):
        return write_many(remove, [(odoo_id, same) for odoo_id in ids], batch_size=BATCH_SIZE)


def cannot_archive(config: SyncConfig) -> RemoteError:
    return RemoteError(
        f"Records of {config.model} cannot be archived: the model has no field 'active'.",
        kind=Kind.PERMANENT,
        code="cannot_archive",
        model=config.model,
    )


def is_removed(config: SyncConfig, client: OdooClient, odoo_id: int, *, archive: bool) -> bool:
    """After the answer was lost: whether the record is archived or gone. False when Odoo cannot tell either."""
    context = None if archive else ARCHIVED_TOO
    try:
        return not client.search(config.model, [["id", "=", odoo_id]], limit=1, context=context)
    except RemoteError:
        return False
