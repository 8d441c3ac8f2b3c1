"""Staff's hand on deliveries: sending one again, and giving one up.

A replay keeps the Idempotency-Key where the request is the same as before: a receiver that has it already does
nothing twice. A part of a batch is another request, and so gets a key of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from outbound.enqueue import DELIVERIES, enqueue_on_commit
from outbound.models import Delivery, DeliveryState
from outbound.run_counts import counts_move, no_longer
from outbound.states import deliveries_move

REPLAYABLE: Final = (
    DeliveryState.DEAD,
    DeliveryState.SUPERSEDED,
    DeliveryState.DISCARDED,
    DeliveryState.DELIVERED,
    DeliveryState.SKIPPED,
)
DISCARDABLE: Final = (DeliveryState.PENDING, DeliveryState.DEAD, DeliveryState.SKIPPED)
SENT_OR_WAITING: Final = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DELIVERED)
NEWER: Final = (*SENT_OR_WAITING, DeliveryState.DEAD)
"""What stands in the way of something older of its record that nobody looks at one by one."""
MAX_REASON: Final = 500
_CHUNK: Final = 500
NOT_DISCARDED: Final = {"discard_reason": "", "discarded_by": None, "discarded_at": None}


def delivery_replay(*, ids: Iterable[int], user: User | None) -> int:
    """Make them wait again, from their first attempt on and with the old payload; `REPLAYABLE` says which ones.

    Returns how many; those that are open already are left alone.
    """
    values = {
        "attempts": 0,
        "next_attempt_at": timezone.now(),
        "delivered_at": None,
        "last_error": f"Replayed by {user}." if user else "Replayed.",
        **NOT_DISCARDED,
    }
    with transaction.atomic():
        rows = _locked(ids, REPLAYABLE)
        for state in REPLAYABLE:
            _move(rows, old=state, new=DeliveryState.PENDING, **values)
        _part_batches(rows)
        for config_id in {row.config_id for row in rows}:
            enqueue_on_commit(DELIVERIES, config_id)
    return len(rows)


def delivery_hurry(*, ids: Iterable[int]) -> int:
    """Let waiting ones be sent now, before the time of their next attempt, which counts as ever. Returns how many
    had to wait; with a part of a batch all of it goes."""
    now = timezone.now()
    with transaction.atomic():
        rows = _locked(ids, (DeliveryState.PENDING,))
        batches = {row.batch for row in rows if row.batch}
        mine = Delivery.objects.filter(Q(pk__in=[row.pk for row in rows]) | Q(batch__in=batches))
        count = mine.filter(state=DeliveryState.PENDING, next_attempt_at__gt=now).update(next_attempt_at=now)
        for config_id in {row.config_id for row in rows}:
            enqueue_on_commit(DELIVERIES, config_id)
    return count


def delivery_discard(*, ids: Iterable[int], user: User | None, reason: str = "") -> int:
    """Give up waiting, dead and skipped ones, for this reason. Returns how many; what is being sent at this
    moment is left alone."""
    with transaction.atomic():
        rows = _locked(ids, DISCARDABLE)
        waiting = [row for row in rows if row.state == DeliveryState.PENDING]
        values = {
            "next_attempt_at": None,
            "discard_reason": reason[:MAX_REASON],
            "discarded_by": user,
            "discarded_at": timezone.now(),
        }
        for state in DISCARDABLE:
            _move(rows, old=state, new=DeliveryState.DISCARDED, **values)
        _part_batches(waiting, keep_rest=True)
    return len(rows)


def records_outdated(*, config_id: int, latest: Mapping[int, int], states: Iterable[DeliveryState]) -> set[int]:
    """The records, each with a delivery of it, that have a newer one in one of the states: to send the older one would
    bring back what is outdated."""
    outdated: set[int] = set()
    records = list(latest)
    for start in range(0, len(records), _CHUNK):
        newer = Delivery.objects.filter(
            config_id=config_id, record_id__in=records[start : start + _CHUNK], state__in=tuple(states)
        )
        found = newer.order_by().values_list("record_id").annotate(newest=Max("pk"))
        outdated.update(record_id for record_id, newest in found if newest > latest[record_id])
    return outdated


def _locked(ids: Iterable[int], states: Iterable[DeliveryState]) -> list[Delivery]:
    """The deliveries in these states with everything of their batches held, so that no claim comes in between."""
    chosen = list(Delivery.objects.filter(pk__in=list(ids)).only("pk", "batch", "state"))
    batches = {row.batch for row in chosen if row.batch}
    list(Delivery.objects.filter(batch__in=batches).order_by("pk").select_for_update().values_list("pk"))
    wanted = Delivery.objects.filter(pk__in=[row.pk for row in chosen], state__in=tuple(states))
    return list(wanted.order_by("pk").select_for_update().defer("payload"))


def _move(rows: Iterable[Delivery], *, old: DeliveryState, new: DeliveryState, **values: object) -> None:
    mine = [row for row in rows if row.state == old]
    if not mine:
        return
    deliveries_move(Delivery.objects.filter(pk__in=[row.pk for row in mine]), old=old, new=new, **values)
    counts_move(no_longer(old, (row.run_id for row in mine)))


def _part_batches(rows: Iterable[Delivery], *, keep_rest: bool = False) -> None:
    """Where `rows` are only a part of their batch, give that part a batch of its own: the replayed ones, or with
    `keep_rest` those that go on waiting without the discarded ones."""
    parts: dict[uuid.UUID, list[int]] = {}
    for row in rows:
        if row.batch:
            parts.setdefault(row.batch, []).append(row.pk)
    for batch, ids in parts.items():
        members = Delivery.objects.filter(batch=batch)
        rest = members.exclude(pk__in=ids)
        if not rest.exists():
            continue
        part = rest.filter(state=DeliveryState.PENDING) if keep_rest else members.filter(pk__in=ids)
        part.update(batch=uuid.uuid4())
