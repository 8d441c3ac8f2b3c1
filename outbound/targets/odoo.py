"""What the ways into Odoo have in common: by identifier (`odoo_upsert`), by id (`odoo_by_id`), all or none
(`odoo_together`).

What it promises: one record per identifier however many ask at once (`outbound.record_claims`); nothing outside the
config's domain is changed; no call more than a hand-written script makes, which is a search and a create for an
unknown identifier, and one write where the hub knows the record already.

The identifier is looked for among archived records too, within the domain: posting an archived customer updates it,
and does not bring it back unless a line maps `active`. A known record that Odoo no longer has is noticed by Odoo's own
error, and made anew. It refuses to write to one of several records with the same identifier.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.utils import timezone

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient
from clients.odoo.domain import parse_domain
from mapping.results import MappingResult, RelatedRecord
from outbound.record_turns import turn_at
from outbound.targets.odoo_lookup import ARCHIVED_TOO, place_of
from outbound.targets.odoo_related import RelatedRecords
from syncconfig.models import SyncConfig

CLAIM_MARGIN_S: Final = 30.0


class Action(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    """There was nothing to write."""
    IGNORED = "ignored"
    """It exists, and the config leaves existing records alone."""
    REFUSED = "refused"
    """It exists, and the config rejects existing records."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """What became of one record. `error` is set exactly when it failed; `related` is the related record that could
    not be written, where that was the reason."""

    action: Action
    odoo_id: int | None = None
    error: RemoteError | None = None
    related: RelatedRecord | None = None


def record_domain(config: SyncConfig, client: OdooClient) -> list[Any]:
    """The config's domain as it is now. Raises ValueError where it does not parse; the form refuses that."""
    text = config.domain.strip()
    if text in ("", "[]"):
        return []
    uid = client.authenticate() if "uid" in text else None
    return parse_domain(text, now=timezone.now(), uid=uid, tz=config.connection.timezone)


def within(config: SyncConfig, client: OdooClient, ids: Sequence[int], domain: Sequence[Any]) -> set[int]:
    """Those of `ids` that exist and are in the domain, archived ones included unless the domain speaks of them."""
    return set(client.search(config.model, [["id", "in", list(ids)], *domain], context=ARCHIVED_TOO))


def missing(config: SyncConfig, odoo_id: int) -> RemoteError:
    return RemoteError(
        f"There is no record {odoo_id} here.", kind=Kind.PERMANENT, code="missing_record", model=config.model
    )


def mapped_values(result: MappingResult) -> dict[str, object]:
    if result.values is None:
        raise ValueError("a record whose mapping failed is never written")
    return result.values


def related_records_of(client: OdooClient, *, held: Collection[str] = ()) -> RelatedRecords:
    """`held` are the keys of claims that the caller holds already."""
    return RelatedRecords(
        client=client, ttl_s=claim_ttl_s(client), timeout_s=client.settings.timeouts.read_s, held=frozenset(held)
    )


def turn_of(client: OdooClient, model: str, ids: Sequence[int]) -> AbstractContextManager[None]:
    """Around a write to these records; see `outbound.record_turns`."""
    return turn_at(place=place_of(client), model=model, ids=ids)


def claim_ttl_s(client: OdooClient) -> float:
    """How long a claim lasts: longer than any one call to Odoo can take."""
    timeouts = client.settings.timeouts
    return timeouts.connect_s + timeouts.deadline_s + CLAIM_MARGIN_S
