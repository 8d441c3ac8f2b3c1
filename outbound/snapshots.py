"""What two Odoos last agreed on, record by record: kept with the link, and, for a pair of syncs, with both links.

The other direction has links of its own. What one direction has written is put into them too, in the other's words, so
that it is not taken for a change of somebody else's. It is what was written, and never what was read afterwards: a
change that came in between must be seen as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from auditlog.bulk import Insert
from outbound.models import RecordLink
from outbound.synced import make_way


@dataclass(frozen=True, slots=True)
class Agreed:
    """A record of the config's connection, the one of the other Odoo, and what both agree on, by key."""

    record_id: int
    target_id: int
    base: dict[str, object]


def snapshots_write(*, config_id: int, agreed: Sequence[Agreed], now: datetime) -> None:
    """Link the records and keep what they agree on. The caller holds the transaction. A link that another record has to
    the same one gives way; what was last delivered is left as it is."""
    latest = {each.target_id: each for each in agreed}
    rows = sorted({each.record_id: each for each in latest.values()}.values(), key=lambda each: each.record_id)
    make_way(config_id, {each.record_id: str(each.target_id) for each in rows})
    _links().rows((config_id, each.record_id, str(each.target_id), "", each.base, now) for each in rows)


def snapshots_turn_round(*, config_id: int, agreed: Sequence[Agreed], keys: Mapping[str, str], now: datetime) -> None:
    """The same for the sync of the other direction, which knows a field under another key; what it keeps of fields
    without one stays as it is."""
    links = RecordLink.objects.filter(config_id=config_id, odoo_id__in=[each.target_id for each in agreed])
    known = {odoo_id: snapshot or {} for odoo_id, snapshot in links.values_list("odoo_id", "snapshot")}
    turned = [
        Agreed(each.target_id, each.record_id, {**known.get(each.target_id, {}), **_renamed(each.base, keys)})
        for each in agreed
    ]
    snapshots_write(config_id=config_id, agreed=turned, now=now)


def _renamed(base: Mapping[str, object], keys: Mapping[str, str]) -> dict[str, object]:
    return {keys[key]: value for key, value in base.items() if key in keys}


@cache
def _links() -> Insert:
    return Insert(
        RecordLink,
        ("config", "odoo_id", "external_id", "payload_hash", "snapshot", "synced_at"),
        suffix="ON CONFLICT (config_id, odoo_id) DO UPDATE SET external_id = excluded.external_id, "
        "snapshot = excluded.snapshot, synced_at = excluded.synced_at",
    )
