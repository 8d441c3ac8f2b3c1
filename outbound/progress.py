"""How far a run has come: what is settled of how much, how fast, and how long it will take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clients.errors import RemoteError
from outbound.models import Delivery, RunState, SyncRun
from outbound.run_leases import run_hold
from outbound.selection import Selection
from outbound.states import ACTIVE_RUNS, OPEN_DELIVERIES


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of records. `total` is None while it is not known; `settled` ones need nothing more of the
    run: they arrived, are dead, in conflict, rejected or unchanged. `left_s` is None where there is no telling."""

    is_active: bool
    total: int | None
    settled: int
    waiting: int
    rate: float
    """Records a second, since the run was started."""
    left_s: float | None

    @property
    def percent(self) -> int:
        return min(100, self.settled * 100 // self.total) if self.total else 0

    @property
    def is_live(self) -> bool:
        """Whether looking again soon may show something else."""
        return self.is_active or self.waiting > 0


def progress_of(run: SyncRun, *, now: datetime) -> Progress:
    """From the counts of the run's row, and, where a run is done and they say that not everything has ended, from what
    is still open of it."""
    passed = run.unchanged_count + run.held_count + run.rejected_count
    ended = run.delivered_count + run.dead_count + run.conflict_count
    settled = passed + ended
    is_active = run.state in ACTIVE_RUNS
    total = _total(run, passed + run.queued_count, is_active=is_active)
    end = now if run.finished_at is None else run.finished_at
    seconds = (end - run.started_at).total_seconds() if run.started_at is not None else 0.0
    rate = settled / seconds if seconds > 0 else 0.0
    left_s = (total - settled) / rate if is_active and total is not None and rate > 0 else None
    return Progress(
        is_active=is_active,
        total=total,
        settled=settled,
        waiting=_waiting(run) if run.state == RunState.DONE and run.queued_count > ended else 0,
        rate=rate,
        left_s=left_s,
    )


def _waiting(run: SyncRun) -> int:
    """What was discarded has ended too, and no column counts it."""
    return Delivery.objects.filter(run_id=run.pk, state__in=OPEN_DELIVERIES).count()


def _total(run: SyncRun, read: int, *, is_active: bool) -> int | None:
    if not is_active:
        return read
    if run.total_count is not None:
        return max(run.total_count, read)
    # Without a count there is a single page, unless nothing has been read at all.
    return read or None


class Totals:
    """Has Odoo count what a run will have read: once, and not before there is a second page, when the requests of the
    first one are on their way."""

    def __init__(self, run: SyncRun, selection: Selection) -> None:
        self._run = run
        self._selection = selection
        self._is_done = run.total_count is not None

    def ask_once(self) -> None:
        """To be called before each page is taken. Raises LeaseLost. That Odoo cannot count is no reason to fail."""
        run = self._run
        if self._is_done or not run.cursor:
            return
        self._is_done = True
        try:
            total = run.read_count + self._selection.count(run.cursor)
        except RemoteError:
            return
        run_hold(run, total_count=total)
        run.total_count = total
