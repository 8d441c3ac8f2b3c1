"""Remembers what was last delivered: one RecordLink per record, written for many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from auditlog.bulk import Insert
from outbound.models import RecordLink
from outbound.parcels import Parcel


@dataclass(frozen=True, slots=True)
class Synced:
    """A delivery that arrived, and the other system's id of its record where the answer told one."""

    delivery: Parcel
    external_id: str | None
    odoo_id: int | None = None
    """Its id in the Odoo that took it, where the target is one."""

    @property
    def is_deletion(self) -> bool:
        """What it stood for is gone on both sides. A config that sends DELETE for records that are there has a hash."""
        return not self.delivery.payload_hash


def links_write(*, config_id: int, synced: Sequence[Synced], now: datetime) -> None:
    """Set hash, time and, where told, the external id of each record's link.

    An external id that another record's link holds moves to the record delivered last: the other system says that
    this is the record it has under that id.
    """
    latest: dict[int, Synced] = {}
    for each in sorted(synced, key=lambda item: item.delivery.pk):
        latest[each.delivery.record_id] = each
    deleted = [record_id for record_id, each in latest.items() if each.is_deletion]
    if deleted:
        RecordLink.objects.filter(config_id=config_id, odoo_id__in=deleted).delete()
        latest = {record_id: each for record_id, each in latest.items() if not each.is_deletion}
    by_external: dict[str, int] = {
        each.external_id: record_id for record_id, each in latest.items() if each.external_id is not None
    }
    told = {record_id: external_id for external_id, record_id in by_external.items()}
    make_way(config_id, told)
    rows = [
        (config_id, record_id, told.get(record_id), each.delivery.payload_hash, now)
        for record_id, each in sorted(latest.items())
    ]
    _links_with_id().rows(row for row in rows if row[2] is not None)
    _links().rows(row for row in rows if row[2] is None)


_COLUMNS: Final = ("config", "odoo_id", "external_id", "payload_hash", "synced_at")
_UPDATE: Final = (
    "ON CONFLICT (config_id, odoo_id) DO UPDATE SET payload_hash = excluded.payload_hash, "
    "synced_at = excluded.synced_at"
)


@cache
def _links() -> Insert:
    """An answer without an id leaves the one that is known."""
    return Insert(RecordLink, _COLUMNS, suffix=_UPDATE)


@cache
def _links_with_id() -> Insert:
    return Insert(RecordLink, _COLUMNS, suffix=f"{_UPDATE}, external_id = excluded.external_id")


def make_way(config_id: int, told: dict[int, str]) -> None:
    """Take these external ids, by Odoo id, from whatever links hold them, before they are written."""
    if not told:
        return
    (
        RecordLink.objects.filter(config_id=config_id, external_id__in=list(told.values()))
        .exclude(odoo_id__in=list(told))
        .update(external_id=None)
    )
    # Where ids change places between records of one page, no order of updates would satisfy the constraint.
    known = RecordLink.objects.filter(config_id=config_id, odoo_id__in=list(told)).exclude(external_id=None)
    moved = [
        pk
        for pk, odoo_id, external_id in known.values_list("pk", "odoo_id", "external_id")
        if odoo_id is not None and told[odoo_id] != external_id
    ]
    if moved:
        RecordLink.objects.filter(pk__in=moved).update(external_id=None)
