"""Forgets deliveries, runs and conflicts that are old and over, in chunks that keep no lock for long.

Of each record the last delivery stays, however old: it tells what the other side has, and the address of a deletion
may hold a value of it. What waits, is being sent or is dead is never forgotten: it is somebody's to settle.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef

from outbound.budget import Budget
from outbound.models import Conflict, ConflictState, Delivery, DeliveryState, RunState, SyncRun

CHUNK_ROWS: Final = 1000
OVER: Final = (
    DeliveryState.DELIVERED,
    DeliveryState.SKIPPED,
    DeliveryState.SUPERSEDED,
    DeliveryState.DISCARDED,
)
ENDED: Final = (RunState.DONE, RunState.FAILED, RunState.CANCELLED)


def deliveries_purge(*, older_than: datetime, budget: Budget, chunk_rows: int = CHUNK_ROWS) -> int:
    """Delete the deliveries made before `older_than` that are over and have a later one of their record; returns how
    many. Ids grow with time, so the first one that is young enough ends it."""
    deleted = after = 0
    while not budget.is_over:
        rows = list(
            Delivery.objects.filter(pk__gt=after).order_by("pk").values_list("pk", "created_at", "state")[:chunk_rows]
        )
        old = [pk for pk, created_at, state in rows if created_at < older_than and state in OVER]
        if old:
            later = Delivery.objects.filter(
                config_id=OuterRef("config_id"), record_id=OuterRef("record_id"), pk__gt=OuterRef("pk")
            )
            gone = list(Delivery.objects.filter(Exists(later), pk__in=old).values_list("pk", flat=True))
            deleted += Delivery.objects.filter(pk__in=gone, state__in=OVER).delete()[0]
        if len(rows) < chunk_rows or rows[-1][1] >= older_than:
            break
        after = rows[-1][0]
    return deleted


def runs_purge(*, older_than: datetime, budget: Budget, chunk_rows: int = 100) -> int:
    """Delete the runs that ended before `older_than`, but for those with deliveries that are kept; returns how many."""
    deleted = 0
    kept = Delivery.objects.filter(run_id=OuterRef("pk"))
    while not budget.is_over:
        old = SyncRun.objects.filter(~Exists(kept), state__in=ENDED, finished_at__lt=older_than).order_by("pk")
        ids = list(old.values_list("pk", flat=True)[:chunk_rows])
        if not ids:
            break
        deleted += SyncRun.objects.filter(pk__in=ids).delete()[0]
    return deleted


def conflicts_purge(*, older_than: datetime, budget: Budget, chunk_rows: int = CHUNK_ROWS) -> int:
    """Delete the conflicts that were settled before `older_than`; returns how many. Open ones are never forgotten."""
    deleted = 0
    while not budget.is_over:
        old = Conflict.objects.exclude(state=ConflictState.OPEN).filter(settled_at__lt=older_than).order_by("pk")
        ids = list(old.values_list("pk", flat=True)[:chunk_rows])
        if not ids:
            break
        deleted += Conflict.objects.filter(pk__in=ids).delete()[0]
    return deleted
