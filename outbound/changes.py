"""What is known of records from earlier runs: the hash of what the other side has, or is going to get."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db import connection

from outbound.models import Delivery, DeliveryState, RecordLink

_COUNTING: Final = tuple(
    state.value for state in (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DEAD, DeliveryState.DELIVERED)
)
MAX_IDS: Final = 10_000


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
    ids = list(record_ids)
    known: dict[int, Known] = {}
    for start in range(0, len(ids), MAX_IDS):
        known |= _known_of(config_id, ids[start : start + MAX_IDS])
    return known


# Written out, since it is asked for every page, and Django takes longer to make these than the database to answer.
_LINKS: Final = (
    f"SELECT odoo_id, payload_hash, external_id FROM {RecordLink._meta.db_table} "  # noqa: S608 - our own tables
    "WHERE config_id = %s AND odoo_id IN ({ids})"
)
_UNDELIVERED: Final = (
    f"SELECT record_id, payload_hash, state FROM {Delivery._meta.db_table} WHERE id IN ("  # noqa: S608
    f"SELECT MAX(id) FROM {Delivery._meta.db_table} WHERE config_id = %s AND record_id IN ({{ids}}) "
    "AND state IN (%s, %s, %s, %s) GROUP BY record_id) AND state <> %s"
)


def _known_of(config_id: int, ids: list[int]) -> dict[int, Known]:
    places = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(_LINKS.format(ids=places), [config_id, *ids])
        known = {odoo_id: Known(digest, external_id or "") for odoo_id, digest, external_id in cursor.fetchall()}
        cursor.execute(_UNDELIVERED.format(ids=places), [config_id, *ids, *_COUNTING, DeliveryState.DELIVERED.value])
        for record_id, digest, state in cursor.fetchall():
            external_id = known.get(record_id, NOTHING).external_id
            known[record_id] = Known(digest, external_id, is_dead=state == DeliveryState.DEAD.value)
    return known
