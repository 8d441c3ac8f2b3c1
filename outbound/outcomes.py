"""Writes what became of units: few updates for many deliveries, in one transaction with links and counters.

Every update is by compare-and-set on state and claim: a result that comes after its lease was taken back changes
nothing, since somebody else is sending the same with the same key by then.
"""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Case, Value, When
from django.utils import timezone

from clients.errors import Kind, RemoteError
from outbound import retry
from outbound.claims import Unit
from outbound.models import Delivery, DeliveryState
from outbound.overtaken import overtaken_close
from outbound.parcels import Parcel
from outbound.run_counts import Change, counts_move
from outbound.sender import Outcome
from outbound.states import deliveries_move
from outbound.synced import Synced, links_write
from outbound.targets.base import Answer
from outbound.write_backs import write_backs_add
from syncconfig.models import SyncConfig

# These refuse the caller or the address, whatever the records are: halving the batch would not help.
NOT_ABOUT_RECORDS: Final = frozenset({401, 402, 403, 405, 406, 407, 410, 411, 415, 421, 426, 428, 431, 451})


@dataclass(frozen=True, slots=True)
class Written:
    """How many deliveries ended how."""

    delivered: int = 0
    dead: int = 0
    retried: int = 0
    last_words: str = ""
    """Why one that is dead is."""


class _Group(NamedTuple):
    """Deliveries that get the same values, and so one update."""

    state: DeliveryState
    status: int | None
    text: str
    run_id: int | None
    sent_with: uuid.UUID | None


def outcomes_write(
    *,
    config: SyncConfig,
    outcomes: Sequence[Outcome],
    writes_back: bool = False,
    remember: Callable[[Sequence[Synced], datetime], None] | None = None,
) -> Written:
    """Write them all; returns the counts of what was still ours. `writes_back`: ids that became known go to Odoo.
    `remember` keeps what is known of the records that arrived, in place of `links_write`."""
    if not outcomes:
        return Written()
    now = timezone.now()
    schedule_s = retry.schedule_of(config.retry_schedule)
    groups: dict[_Group, list[Parcel]] = {}
    retry_at: dict[int, datetime] = {}
    halves: list[tuple[Unit, RemoteError]] = []
    synced: list[Synced] = []
    for outcome in outcomes:
        unit, result = outcome.unit, outcome.result
        if isinstance(result, Answer):
            _take_answer(outcome, result, groups, synced)
            continue
        if can_halve(unit, result):
            halves.append((unit, result))
            continue
        decided = retry.decision(result, attempts=unit.attempts, schedule_s=schedule_s, now=now, random=random.random)
        state = DeliveryState.DEAD if decided.retry_at is None else DeliveryState.PENDING
        if decided.retry_at is not None:
            retry_at.update((delivery.pk, decided.retry_at) for delivery in unit.deliveries)
        for delivery in unit.deliveries:
            group = _Group(state, result.status, decided.reason, delivery.run_id, outcome.sent_with)
            groups.setdefault(group, []).append(delivery)
    moved: Counter[DeliveryState] = Counter()
    counted: Counter[Change] = Counter()
    with transaction.atomic():
        ours = _still_ours(outcomes)
        for group, parcels in groups.items():
            count = _write_group(group, [parcel.pk for parcel in parcels if parcel.pk in ours], retry_at, now)
            moved[group.state] += count
            if group.run_id is not None:
                counted[group.run_id, group.state] += count
        for unit, error in halves:
            moved[DeliveryState.PENDING] += _halve(unit, error, ours, now)
        arrived = [each for each in synced if each.delivery.pk in ours]
        if remember is not None:
            remember(arrived, now)
        else:
            links_write(config_id=config.pk, synced=arrived, now=now)
        if writes_back:
            fresh = {
                each.delivery.record_id: each.external_id
                for each in arrived
                if each.external_id and each.external_id != each.delivery.external_id
            }
            write_backs_add(config_id=config.pk, ids=fresh, now=now)
        overtaken_close(config_id=config.pk, arrived=_latest(arrived))
        counts_move(counted)
    last_words = next((group.text for group in groups if group.state == DeliveryState.DEAD), "")
    return Written(moved[DeliveryState.DELIVERED], moved[DeliveryState.DEAD], moved[DeliveryState.PENDING], last_words)


def _take_answer(outcome: Outcome, answer: Answer, groups: dict[_Group, list[Parcel]], synced: list[Synced]) -> None:
    for position, delivery in enumerate(outcome.unit.deliveries):
        reason = answer.refused.get(position)
        if answer.held:
            state, text = DeliveryState.SKIPPED, answer.held
        elif reason is None:
            state, text = DeliveryState.DELIVERED, answer.note
            external_id = answer.external_ids.get(position, answer.external_id)
            synced.append(Synced(delivery, external_id, answer.odoo_id))
        else:
            state, text = DeliveryState.DEAD, f"Refused by the receiver: {reason}"
        group = _Group(state, answer.status, text, delivery.run_id, outcome.sent_with)
        groups.setdefault(group, []).append(delivery)


def can_halve(unit: Unit, error: RemoteError) -> bool:
    """Whether the refusal may be one record's fault, and the others would go without it."""
    if len(unit.deliveries) < 2 or error.kind is not Kind.PERMANENT or error.status is None:
        return False
    return 400 <= error.status < 500 and error.status not in NOT_ABOUT_RECORDS


def _still_ours(outcomes: Sequence[Outcome]) -> set[int]:
    """The deliveries that are still claimed as they were when they were sent; locked until the transaction ends."""
    tokens = {outcome.unit.token for outcome in outcomes}
    rows = (
        Delivery.objects.filter(claim__in=tokens, state=DeliveryState.SENDING)
        .order_by("pk")
        .select_for_update()
        .values_list("pk", "claim")
    )
    held_by = dict(rows)
    return {
        parcel.pk
        for outcome in outcomes
        for parcel in outcome.unit.deliveries
        if held_by.get(parcel.pk) == outcome.unit.token
    }


def _write_group(group: _Group, ids: list[int], retry_at: dict[int, datetime], now: datetime) -> int:
    if not ids:
        return 0
    return deliveries_move(
        Delivery.objects.filter(pk__in=ids),
        old=DeliveryState.SENDING,
        new=group.state,
        claim=None,
        claimed_until=None,
        last_status=group.status,
        last_error=group.text,
        next_attempt_at=_next_attempts(ids, retry_at) if group.state == DeliveryState.PENDING else None,
        **({"delivered_at": now} if group.state == DeliveryState.DELIVERED else {}),
        **({"sent_with": group.sent_with} if group.sent_with else {}),
    )


def _next_attempts(ids: Iterable[int], retry_at: dict[int, datetime]) -> object:
    times: dict[datetime, list[int]] = {}
    for pk in ids:
        times.setdefault(retry_at[pk], []).append(pk)
    if len(times) == 1:
        return next(iter(times))
    field = Delivery._meta.get_field("next_attempt_at")
    whens = [When(pk__in=pks, then=Value(at, output_field=field)) for at, pks in times.items()]
    return Case(*whens, output_field=field)


def _halve(unit: Unit, error: RemoteError, ours: set[int], now: datetime) -> int:
    """Two batches in place of one. Their bodies are new, so their keys are, and their attempts begin anew."""
    text = f"{error.message} The batch of {len(unit.deliveries)} is sent again in halves, to find the record at fault."
    middle = len(unit.deliveries) // 2
    count = 0
    for part in (unit.deliveries[:middle], unit.deliveries[middle:]):
        count += deliveries_move(
            Delivery.objects.filter(pk__in=[parcel.pk for parcel in part if parcel.pk in ours]),
            old=DeliveryState.SENDING,
            new=DeliveryState.PENDING,
            claim=None,
            claimed_until=None,
            batch=uuid.uuid4(),
            attempts=0,
            next_attempt_at=now,
            last_status=error.status,
            last_error=text,
        )
    return count


def _latest(arrived: Iterable[Synced]) -> dict[int, int]:
    """record -> its latest delivery among these."""
    latest: dict[int, int] = {}
    for each in arrived:
        record_id = each.delivery.record_id
        latest[record_id] = max(each.delivery.pk, latest.get(record_id, 0))
    return latest
