"""What callers see of archived records, where DELETE archives: it depends on who has archived them.

| archived by | GET, PUT, PATCH, DELETE of the record | POST of the record | lists |
|---|---|---|---|
| DELETE at an endpoint | 404: the caller has removed it | updates it and brings it back | left out |
| somebody in Odoo | reach it, as Odoo itself does by id | updates it; it stays archived | left out |

So a DELETE is a DELETE, a POST after it makes no second record and is found by the next GET, and what the people in
Odoo have put away stays away. Where a line maps `active`, callers see to it themselves, and nothing here applies.

That an endpoint has archived a record is a row here; whether it still is archived only Odoo knows, and is asked where
a row says so. Nothing costs a call otherwise, but for a GET that finds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from inbound.models import ArchivedRecord
from inbound.work import Work
from outbound.record_claims import claim_key
from outbound.targets.odoo import turn_of
from outbound.targets.odoo_lookup import place_of

ACTIVE = "active"
_MAX_KEYS = 2000


def archived_note(work: Work, ids: Sequence[int]) -> None:
    """These records have just been archived for a caller."""
    now = timezone.now()
    rows = [ArchivedRecord(key=key, archived_at=now) for key in _keys(work, ids)]
    ArchivedRecord.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_MAX_KEYS)


def archived_among(work: Work, ids: Sequence[int]) -> set[int]:
    """Those of the records that an endpoint has archived, and nobody has brought back since as far as is known here.
    One query for up to 2,000."""
    if not ids or is_callers_own(work):
        return set()
    keys = _keys(work, ids)
    named = list(keys)
    known: set[str] = set()
    for start in range(0, len(named), _MAX_KEYS):
        part = named[start : start + _MAX_KEYS]
        known |= set(ArchivedRecord.objects.filter(key__in=part).values_list("key", flat=True))
    return {keys[key] for key in known}


def gone_among(work: Work, ids: Sequence[int]) -> set[int]:
    """Those of the records that an endpoint has archived, and that still are. Raises RemoteError, since Odoo is asked
    about those that may be."""
    noted = archived_among(work, ids)
    if not noted:
        return set()
    back = set(work.client.search(work.config.model, [["id", "in", sorted(noted)]]))
    _forget(work, sorted(back))
    return noted - back


def bring_back(work: Work, ids: Sequence[int]) -> None:
    """Make the records active again: a caller has posted them. Raises RemoteError."""
    with turn_of(work.client, work.config.model, ids):
        work.client.write(work.config.model, ids, {ACTIVE: True})
    _forget(work, ids)


def is_callers_own(work: Work) -> bool:
    """Whether the callers themselves say which records are active."""
    return any(line.field == ACTIVE for line in work.plan.lines)


def _forget(work: Work, ids: Sequence[int]) -> None:
    if ids:
        ArchivedRecord.objects.filter(key__in=list(_keys(work, ids))).delete()


def _keys(work: Work, ids: Sequence[int]) -> dict[str, int]:
    place, model = place_of(work.client), work.config.model
    return {claim_key(place=place, model=model, match_field="archived", value=each): each for each in ids}
