"""Remembers what was last delivered: one RecordLink per record, written for many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outbound.models import Delivery, RecordLink


@dataclass(frozen=True, slots=True)
class Synced:
    """A delivery that arrived, and the other system's id of its record where the answer told one."""

    delivery: Delivery
    external_id: str | None


def links_write(*, config_id: int, synced: Sequence[Synced], now: datetime) -> None:
    """Set hash, time and, where told, the external id of each record's link.

    An external id that another record's link holds moves to the record delivered last: the other system says that
    this is the record it has under that id.
    """
    latest: dict[int, Synced] = {}
    for each in sorted(synced, key=lambda item: item.delivery.pk):
        latest[each.delivery.record_id] = each
    by_external: dict[str, int] = {
        each.external_id: record_id for record_id, each in latest.items() if each.external_id is not None
    }
    told = {record_id: external_id for external_id, record_id in by_external.items()}
    if by_external:
        (
            RecordLink.objects.filter(config_id=config_id, external_id__in=list(by_external))
            .exclude(odoo_id__in=list(told))
            .update(external_id=None)
        )
        _clear_swapped(config_id, told)
    for has_id in (True, False):
        links = [
            RecordLink(
                config_id=config_id,
                odoo_id=record_id,
                external_id=told.get(record_id),
                payload_hash=each.delivery.payload_hash,
                synced_at=now,
            )
            for record_id, each in sorted(latest.items())
            if (record_id in told) is has_id
        ]
        RecordLink.objects.bulk_create(
            links,
            update_conflicts=True,
            unique_fields=["config", "odoo_id"],
            update_fields=["payload_hash", "synced_at", *(["external_id"] if has_id else [])],
        )


def _clear_swapped(config_id: int, told: dict[int, str]) -> None:
    """Where ids change places between records of one page, no order of updates would satisfy the constraint."""
    known = RecordLink.objects.filter(config_id=config_id, odoo_id__in=list(told)).exclude(external_id=None)
    moved = [
        pk
        for pk, odoo_id, external_id in known.values_list("pk", "odoo_id", "external_id")
        if odoo_id is not None and told[odoo_id] != external_id
    ]
    if moved:
        RecordLink.objects.filter(pk__in=moved).update(external_id=None)
