"""What the queue calls: each loads by id and calls one service.

A task may be run twice, or be stopped in the middle (django-q2 raises SystemExit after the timeout, and kills what
does not react): claims and leases make the first harmless, and the sweep makes up for the second.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from auditlog.retention import log_purge
from auditlog.rollup import log_rollup, traffic_purge
from outbound.budget import Budget
from outbound.deliveries import deliveries_run
from outbound.enqueue import DELIVERIES, enqueue_on_commit
from outbound.hook_watch import hooks_check
from outbound.retention import conflicts_purge, deliveries_purge, runs_purge
from outbound.runs import run_execute
from outbound.schedules import promises_check, scheduled_start
from outbound.sweeps import sweep
from outbound.write_backs import write_backs_run
from syncconfig.drifts import drifts_check
from syncconfig.models import SyncTrigger
from syncconfig.schemas import schemas_refresh

MAX_SCHEMAS = 5
MAX_DRIFTS = 3
MAX_HOOKS = 3


def budget_s() -> float:
    """How long a task goes on starting new work. A call begun at its end may take as long again, and the rest is
    reserve."""
    return 0.4 * float(settings.SYNC_TASK_TIMEOUT_S)


def run_sync(run_id: int) -> str:
    """Execute a run, or go on with it."""
    return run_execute(run_id=run_id, budget_s=budget_s())


def run_deliveries(config_id: int) -> None:
    """Send what is due of a config."""
    if deliveries_run(config_id=config_id, budget=Budget(budget_s())):
        enqueue_on_commit(DELIVERIES, config_id)


def run_write_backs(config_id: int) -> None:
    """Write ids of the other system into Odoo."""
    while write_backs_run(config_id=config_id):
        pass


def run_sweep() -> None:
    """The sweep of every minute, and what else is looked after in the background."""
    sweep()
    traffic_count()
    # Of the exchanges that were counted just now, too.
    promises_check(timezone.now())
    schemas_refresh(limit=MAX_SCHEMAS)
    drifts_check(limit=MAX_DRIFTS)
    hooks_check(limit=MAX_HOOKS)


def run_purge() -> None:
    """Forget what is older than the log is kept. What the time of this task is too short for is left for the next."""
    budget = Budget(budget_s())
    older_than = timezone.now() - timedelta(days=settings.SYNC_LOG_DAYS)
    log_purge(older_than=older_than, is_over=lambda: budget.is_over)
    deliveries_purge(older_than=older_than, budget=budget)
    runs_purge(older_than=older_than, budget=budget)
    conflicts_purge(older_than=older_than, budget=budget)


def traffic_count() -> None:
    """Count what was logged since the last time, and forget the figures that are too old."""
    now = timezone.now()
    log_rollup(now=now)
    traffic_purge(now=now, older_than=now - timedelta(days=settings.SYNC_TRAFFIC_DAYS))


def run_schedule(trigger_id: int) -> None:
    """Start the run of a schedule; while an earlier run of the config is not over, this one is left out."""
    triggers = SyncTrigger.objects.select_related("config__connection").defer("config__auth_secret")
    trigger = triggers.filter(pk=trigger_id, active=True).first()
    if trigger is not None:
        scheduled_start(trigger.config)
