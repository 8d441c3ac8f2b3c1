"""Finds what is due, stuck or orphaned, and puts it back on its way. Safe to run at any time, by several at once.

The rows are the truth and the queue only points at them; so whatever a dead worker, a lost task or an unreachable
queue left behind is found here: leases that ran out, runs that nobody executes, deliveries whose time has come.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from clients.errors import Kind, RemoteError
from outbound import retry, runs
from outbound.claims import due
from outbound.enqueue import DELIVERIES, SYNC, enqueue_again_at, enqueue_on_commit
from outbound.hosts import host_address, shut_hosts
from outbound.models import Delivery, DeliveryState, RunState, SyncRun
from outbound.run_counts import counts_move
from outbound.run_leases import LeaseLost
from outbound.states import deliveries_move, runs_move
from outbound.targets.registry import target_host_url
from syncconfig.models import RequestType, SyncConfig

MAX_RECLAIMED: Final = 2000
MAX_FAILED: Final = 100
WORKER_LOST: Final = RemoteError(
    "The worker stopped while sending; the request may or may not have arrived.",
    kind=Kind.AMBIGUOUS,
    code="worker_lost",
)


WRITER_LOST: Final = RemoteError(
    "The worker stopped while writing into Odoo. The record is looked for by its identifier before the next attempt.",
    kind=Kind.RETRYABLE,
    code="worker_lost",
)
_further: dict[str, Callable[[datetime], object]] = {}


def add_sweep(find: Callable[[datetime], object]) -> None:
    """Have an app above this one look for its own work in every round, given the time. It only enqueues."""
    _further[f"{find.__module__}.{find.__qualname__}"] = find


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: deliveries and runs taken back, runs and configs whose tasks were enqueued."""

    deliveries: int
    runs: int
    enqueued_runs: int
    enqueued_configs: int


def sweep(*, enqueues_deliveries: bool = True) -> Swept:
    """One round. Without `enqueues_deliveries` the queue is full as it is, and deliveries come in a later round."""
    now = timezone.now()
    if enqueues_deliveries:
        for find in _further.values():
            find(now)
    return Swept(
        deliveries=_deliveries_reclaim(now),
        runs=_runs_reclaim(now),
        enqueued_runs=_runs_enqueue(now),
        enqueued_configs=_deliveries_enqueue(now) if enqueues_deliveries else 0,
    )


def _deliveries_reclaim(now: datetime) -> int:
    """Deliveries whose sender is gone wait for their next attempt, or are dead if that was the last."""
    expired = Delivery.objects.filter(state=DeliveryState.SENDING, claimed_until__lt=now)
    rows = list(
        expired.order_by("claimed_until").values_list(
            "pk", "attempts", "run_id", "config_id", "config__retry_schedule", "config__method_get"
        )[:MAX_RECLAIMED]
    )
    groups: dict[tuple[int, int | None, int, str, bool], list[int]] = {}
    for pk, attempts, run_id, config_id, schedule, fetches in rows:
        groups.setdefault((attempts, run_id, config_id, schedule, fetches), []).append(pk)
    moved: Counter[DeliveryState] = Counter()
    for (attempts, run_of, _config_id, schedule, fetches), ids in groups.items():
        decided = retry.decision(
            WRITER_LOST if fetches else WORKER_LOST,
            attempts=attempts,
            schedule_s=retry.schedule_of(schedule),
            now=now,
            random=random.random,
        )
        state = DeliveryState.DEAD if decided.is_dead else DeliveryState.PENDING
        with transaction.atomic():
            count = deliveries_move(
                expired.filter(pk__in=ids),
                old=DeliveryState.SENDING,
                new=state,
                claim=None,
                claimed_until=None,
                next_attempt_at=decided.retry_at,
                last_status=None,
                last_error=decided.reason,
            )
            if run_of is not None:
                counts_move(Counter({(run_of, state): count}))
        moved[state] += count
    return moved.total()


def _runs_reclaim(now: datetime) -> int:
    """Runs whose executor is gone wait for another one; those that lost too many of them have failed."""
    expired = SyncRun.objects.filter(state=RunState.RUNNING, claimed_until__lt=now)
    if not expired.exists():
        return 0
    tries = len(runs.RETRY_SCHEDULE_S)
    reason = f"The worker stopped {tries + 1} times at the same page; its memory or time ran out, perhaps."
    failed = 0
    for run in expired.filter(failures__gt=tries).order_by("pk")[:MAX_FAILED]:
        with suppress(LeaseLost):  # another sweep was faster
            runs.run_fail(run=run, reason=reason)
            failed += 1
    waiting = runs_move(
        expired.filter(failures__lte=tries),
        old=RunState.RUNNING,
        new=RunState.PENDING,
        claimed_until=None,
        next_attempt_at=now,
    )
    return failed + waiting


def _runs_enqueue(now: datetime) -> int:
    """Enqueue the runs whose time has come; whoever moves `next_attempt_at` on is the one who does it."""
    count = 0
    waiting = SyncRun.objects.filter(state=RunState.PENDING).filter(
        Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    )
    for pk, at in waiting.order_by("pk").values_list("pk", "next_attempt_at")[:100]:
        mine = SyncRun.objects.filter(pk=pk, state=RunState.PENDING, next_attempt_at=at)
        if mine.update(next_attempt_at=enqueue_again_at()):
            enqueue_on_commit(SYNC, pk)
            count += 1
    return count


def _deliveries_enqueue(now: datetime) -> int:
    """One task for each config that has something due and nobody at work on it."""
    at_work = Delivery.objects.filter(config_id=OuterRef("pk"), state=DeliveryState.SENDING, claimed_until__gte=now)
    running = SyncRun.objects.filter(config_id=OuterRef("pk"), state=RunState.RUNNING, claimed_until__gte=now)
    configs = SyncConfig.objects.filter(
        Exists(due(now).filter(config_id=OuterRef("pk"))),
        ~Exists(at_work),
        ~Exists(running),
        active=True,
        request_type=RequestType.OUT,
    )
    waiting = configs.exclude(delivery_policy__is_paused=True).select_related("connection", "target_connection")
    rows = list(waiting.order_by("pk").defer("auth_secret", "connection__secret", "target_connection__secret"))
    shut = shut_hosts(now) if rows else set()
    ids = [config.pk for config in rows if host_address(target_host_url(config)) not in shut]
    for config_id in ids:
        enqueue_on_commit(DELIVERIES, config_id)
    return len(ids)
