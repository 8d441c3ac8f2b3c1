"""Who executes a run: one process at a time, under a lease whose end is also its token.

The lease outlasts the longest time that a task may take, and is renewed with every page. An executor that lost it
(killed, hung, or cancelled by staff) finds its next write refused, and stops.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from outbound.models import RunState, SyncRun
from outbound.states import runs_move


class LeaseLost(Exception):
    """The run is not ours any more: cancelled, or taken over after the lease had run out."""


def run_take(run_id: int) -> SyncRun | None:
    """Take a waiting run, or one whose executor is gone. None: it is being executed, or over.

    The try is counted before it is made, so that a run that kills its worker does not come back for ever.
    """
    now = timezone.now()
    until = _lease_end(now)
    run = SyncRun.objects.filter(pk=run_id)
    taken = runs_move(run, old=RunState.PENDING, new=RunState.RUNNING, claimed_until=until, failures=F("failures") + 1)
    if not taken:
        expired = run.filter(state=RunState.RUNNING, claimed_until__lt=now)
        taken = expired.update(claimed_until=until, failures=F("failures") + 1)
    if not taken:
        return None
    run.filter(started_at=None).update(started_at=now)
    return run.get()


def run_hold(run: SyncRun, **values: Any) -> None:
    """Set `values` and renew the lease. Raises LeaseLost, and then nothing was set."""
    until = _lease_end(timezone.now())
    if not _ours(run).update(claimed_until=until, **values):
        raise LeaseLost
    run.claimed_until = until


def run_release(run: SyncRun, *, new: RunState, **values: Any) -> None:
    """End our part: to wait (pending), or for good. Raises LeaseLost, and then nothing was set."""
    if not runs_move(_ours(run), old=RunState.RUNNING, new=new, claimed_until=None, **values):
        raise LeaseLost


def _ours(run: SyncRun) -> Any:
    return SyncRun.objects.filter(pk=run.pk, state=RunState.RUNNING, claimed_until=run.claimed_until)


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.SYNC_TASK_TIMEOUT_S + 10)
