"""What is known of records from earlier runs: the hash of what the other side has, or is going to get."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Max

from outbound.models import Delivery, DeliveryState, RecordLink

_COUNTING = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DEAD, DeliveryState.DELIVERED)


@dataclass(frozen=True, slots=True)
class Known:
    """`payload_hash` is empty where nothing was ever sent, or staff removed the link to have it sent again."""

    payload_hash: str = ""
    external_id: str = ""
    is_dead: bool = False
    """The other side refused exactly this; it waits for staff."""


NOTHING = Known()


def known_of(*, config_id: int, record_ids: Collection[int]) -> dict[int, Known]:
    """What is known, by record; records of which nothing is known are missing.

    The latest delivery counts while it is open or dead: what waits is not sent twice, and what the other side
    refused is not sent again unchanged. One that arrived counts through the record's link, and so does nothing that
    was discarded.
    """
    links = RecordLink.objects.filter(config_id=config_id, odoo_id__in=record_ids)
    known = {
        odoo_id: Known(payload_hash, external_id or "")
        for odoo_id, payload_hash, external_id in links.values_list("odoo_id", "payload_hash", "external_id")
        if odoo_id is not None
    }
    latest = (
        Delivery.objects.filter(config_id=config_id, record_id__in=record_ids, state__in=_COUNTING)
        .order_by()
        .values("record_id")
        .annotate(latest=Max("id"))
        .values("latest")
    )
    undelivered = Delivery.objects.filter(pk__in=latest).exclude(state=DeliveryState.DELIVERED).order_by()
    for record_id, payload_hash, state in undelivered.values_list("record_id", "payload_hash", "state"):
        external_id = known.get(record_id, NOTHING).external_id
        known[record_id] = Known(payload_hash, external_id, is_dead=state == DeliveryState.DEAD)
    return known
