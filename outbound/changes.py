"""What is known of records from earlier runs: the hash of what the other side has, or is going to get."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection

from outbound.models import Delivery, DeliveryState, RecordLink

_COUNTING: Final = tuple(
    state.value
    for state in (
        DeliveryState.PENDING,
        DeliveryState.SENDING,
        DeliveryState.DEAD,
        DeliveryState.SKIPPED,
        DeliveryState.DELIVERED,
    )
)
_HELD: Final = (DeliveryState.DEAD.value, DeliveryState.SKIPPED.value)
MAX_IDS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """`payload_hash` is empty where nothing was ever sent, or staff removed the link to have it sent again."""

    payload_hash: str = ""
    external_id: str = ""
    is_dead: bool = False
    """The other side refused exactly this, or it was changed there too; it waits for staff."""


NOTHING = Known()


def known_of(*, config_id: int, record_ids: Collection[int]) -> dict[int, Known]:
    """What is known, by record; records of which nothing is known are missing.

    The latest delivery counts while it is open or held: what waits is not sent twice, and what waits for staff
    is not sent again unchanged. One that arrived counts through the record's link, and so does nothing that
    was discarded.
    """
    ids = list(record_ids)
    known: dict[int, Known] = {}
    for start in range(0, len(ids), MAX_IDS):
        known |= _known_of(config_id, ids[start : start + MAX_IDS])
    return known


def known_items(*, config_id: int, items: Mapping[int, str]) -> dict[int, Known]:
    """The same for what is fetched: `items` are the external ids by the numbers that stand for them."""
    by_external = {external_id: record_id for record_id, external_id in items.items() if external_id}
    known: dict[int, Known] = {}
    keys = list(by_external)
    for start in range(0, len(keys), MAX_IDS):
        links = RecordLink.objects.filter(config_id=config_id, external_id__in=keys[start : start + MAX_IDS])
        for external_id, digest in links.values_list("external_id", "payload_hash"):
            known[by_external[external_id or ""]] = Known(digest, external_id or "")
    ids = list(items)
    for start in range(0, len(ids), MAX_IDS):
        part = ids[start : start + MAX_IDS]
        for record_id, digest, state in _undelivered(config_id, part):
            known[record_id] = Known(digest, items[record_id], is_dead=state == DeliveryState.DEAD.value)
    return known


# Written out, since it is asked for every page, and Django takes longer to make these than the database to answer.
_LINKS: Final = (
    f"SELECT odoo_id, payload_hash, external_id FROM {RecordLink._meta.db_table} "  # noqa: S608 - our own tables
    "WHERE config_id = %s AND odoo_id IN ({ids})"
)
_UNDELIVERED: Final = (
    f"SELECT record_id, payload_hash, state FROM {Delivery._meta.db_table} WHERE id IN ("  # noqa: S608
    f"SELECT MAX(id) FROM {Delivery._meta.db_table} WHERE config_id = %s AND record_id IN ({{ids}}) "
    "AND state IN (%s, %s, %s, %s, %s) GROUP BY record_id) AND state <> %s"
)


def _known_of(config_id: int, ids: list[int]) -> dict[int, Known]:
    places = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(_LINKS.format(ids=places), [config_id, *ids])
        known = {odoo_id: Known(digest, external_id or "") for odoo_id, digest, external_id in cursor.fetchall()}
    for record_id, digest, state in _undelivered(config_id, ids):
        external_id = known.get(record_id, NOTHING).external_id
        known[record_id] = Known(digest, external_id, is_dead=state in _HELD)
    return known


def _undelivered(config_id: int, ids: list[int]) -> list[tuple[int, str, str]]:
    """Of each record the latest delivery that counts, unless that one arrived."""
    places = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(_UNDELIVERED.format(ids=places), [config_id, *ids, *_COUNTING, DeliveryState.DELIVERED.value])
        return cursor.fetchall()
