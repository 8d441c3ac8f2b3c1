"""Who sends what: due deliveries are claimed before they are sent, so that no two processes send one.

A claim is a lease. The attempt is counted when the claim is made, before the work, so that an attempt that kills its
worker counts too; a lease that ran out is taken back by the sweep. Several may claim at once: under PostgreSQL rows
that another is claiming are skipped, under SQLite the claiming transaction is the only writer.

What travels in one request is a unit: one delivery, or all of a batch. A unit whose record has an earlier delivery
of the same config still open is never claimed, so a record's deliveries arrive in their order.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from outbound.models import Delivery, DeliveryState, RecordLink
from outbound.parcels import Parcel, parcels_load
from outbound.states import OPEN_DELIVERIES, deliveries_move

LEASE: Final = timedelta(seconds=30)
RENEW_AFTER_S: Final = 8.0
MAX_BATCHES: Final = 8
"""Most batches that one claim holds: a batch may be a thousand payloads."""
MAX_IDS: Final = 10_000
"""In one statement."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What travels in one request, claimed under `token`. The deliveries are in the order of their ids."""

    deliveries: tuple[Parcel, ...]
    batch: uuid.UUID | None
    token: uuid.UUID

    @property
    def idempotency_key(self) -> str:
        """The same on every attempt."""
        return self.batch.hex if self.batch else self.deliveries[0].idempotency_key

    @property
    def attempts(self) -> int:
        return max(delivery.attempts for delivery in self.deliveries)


@dataclass(frozen=True, slots=True)
class Claim:
    """The units that are ours under `token` until the lease ends."""

    token: uuid.UUID
    units: tuple[Unit, ...]


def deliveries_claim(*, config_id: int, limit: int, lease: timedelta = LEASE) -> Claim:
    """Claim up to `limit` due units of the config, those first that are due longest. No units: none is due."""
    now = timezone.now()
    token = uuid.uuid4()
    with transaction.atomic():
        leaders = list(
            due(now)
            .filter(config_id=config_id)
            .filter(~_earlier_of_batch(), ~_open_before(), ~_batch_open_before())
            .order_by("next_attempt_at", "id")
            .select_for_update(skip_locked=True, of=("self",))
            .values_list("id", "batch")[:limit]
        )
        singles = [pk for pk, batch in leaders if batch is None]
        batches = [batch for _pk, batch in leaders if batch is not None][:MAX_BATCHES]
        if leaders:
            deliveries_move(
                Delivery.objects.filter(Q(pk__in=singles) | Q(batch__in=batches)),
                old=DeliveryState.PENDING,
                new=DeliveryState.SENDING,
                claim=token,
                claimed_until=now + lease,
                attempts=F("attempts") + 1,
            )
        else:
            _wait_for_predecessors(config_id, now)
    if not leaders:
        return Claim(token, ())
    parcels = parcels_load(Delivery.objects.filter(claim=token).order_by("next_attempt_at", "id"))
    _learn_external_ids(config_id, parcels)
    return claim_of(token, parcels)


def _learn_external_ids(config_id: int, parcels: list[Parcel]) -> None:
    """What waited for an earlier delivery of its record may know by now what that one was answered. Only before the
    first attempt: afterwards every attempt is the same request."""
    unknown = {
        parcel.record_id: parcel
        for parcel in parcels
        if parcel.attempts == 1 and not parcel.external_id and parcel.batch is None
    }
    if not unknown:
        return
    links = RecordLink.objects.filter(config_id=config_id, odoo_id__in=list(unknown)).exclude(external_id=None)
    for odoo_id, external_id in links.values_list("odoo_id", "external_id"):
        if odoo_id is None or not external_id:
            continue
        parcel = unknown[odoo_id]
        parcel.external_id = external_id
        Delivery.objects.filter(pk=parcel.pk).update(external_id=external_id)


def claims_renew(tokens: Iterable[uuid.UUID], *, lease: timedelta = LEASE) -> None:
    """Push the end of the leases; what was taken back meanwhile stays taken."""
    mine = Delivery.objects.filter(claim__in=list(tokens), state=DeliveryState.SENDING)
    mine.update(claimed_until=timezone.now() + lease)


def units_release(units: Iterable[Unit]) -> int:
    """Give back units that were not sent; the attempt is not counted. Returns the number of deliveries."""
    ids: dict[uuid.UUID, list[int]] = {}
    for unit in units:
        ids.setdefault(unit.token, []).extend(delivery.pk for delivery in unit.deliveries)
    return sum(_release(token, pks) for token, pks in ids.items())


def _release(token: uuid.UUID, ids: list[int]) -> int:
    return deliveries_move(
        held(token, ids),
        old=DeliveryState.SENDING,
        new=DeliveryState.PENDING,
        claim=None,
        claimed_until=None,
        attempts=F("attempts") - 1,
    )


def held(token: uuid.UUID | None, ids: Iterable[int]) -> QuerySet[Delivery]:
    """Those of the deliveries that are still ours: a lease that ran out may have given them to somebody else."""
    return Delivery.objects.filter(pk__in=list(ids), claim=token)


def due(now: datetime) -> QuerySet[Delivery]:
    """The deliveries whose time has come."""
    return Delivery.objects.filter(state=DeliveryState.PENDING, next_attempt_at__lte=now)


def claim_of(token: uuid.UUID, parcels: Iterable[Parcel]) -> Claim:
    """The claim of these deliveries, which are in the table under this token."""
    grouped: dict[object, list[Parcel]] = {}
    for parcel in parcels:
        grouped.setdefault(parcel.batch or parcel.pk, []).append(parcel)
    return Claim(
        token,
        tuple(
            Unit(tuple(sorted(members, key=lambda parcel: parcel.pk)), members[0].batch, token)
            for members in grouped.values()
        ),
    )


def records_waited_for(*, config_id: int, record_ids: Iterable[int]) -> set[int]:
    """Those of the records that have an open delivery, for which a new one has to wait."""
    ids = list(record_ids)
    found: set[int] = set()
    for start in range(0, len(ids), MAX_IDS):
        part = ids[start : start + MAX_IDS]
        open_ones = Delivery.objects.filter(config_id=config_id, record_id__in=part, state__in=OPEN_DELIVERIES)
        found.update(open_ones.order_by().values_list("record_id", flat=True))
    return found


def _earlier_of_batch() -> Exists:
    """A batch is claimed through its first delivery alone, so that two claimers cannot get a part each."""
    return Exists(Delivery.objects.filter(batch=OuterRef("batch"), id__lt=OuterRef("id"), state=DeliveryState.PENDING))


def _open_before() -> Exists:
    return Exists(
        Delivery.objects.filter(
            config_id=OuterRef("config_id"),
            record_id=OuterRef("record_id"),
            id__lt=OuterRef("id"),
            state__in=OPEN_DELIVERIES,
        )
    )


def _batch_open_before() -> Exists:
    members = Delivery.objects.filter(batch=OuterRef("batch"), state=DeliveryState.PENDING)
    return Exists(members.filter(_open_before()))


def _wait_for_predecessors(config_id: int, now: datetime) -> None:
    """Let what is due but waits for an earlier delivery of its record wait as long as that one does.

    Otherwise it would be found due, and found blocked, every second until then.
    """
    earlier = Delivery.objects.filter(
        config_id=OuterRef("config_id"),
        record_id=OuterRef("record_id"),
        id__lt=OuterRef("id"),
        state=DeliveryState.PENDING,
        next_attempt_at__gt=now,
    ).order_by()
    latest = earlier.values("record_id").annotate(at=Max("next_attempt_at")).values("at")
    due(now).filter(Exists(earlier), config_id=config_id, batch=None).update(next_attempt_at=Subquery(latest))
