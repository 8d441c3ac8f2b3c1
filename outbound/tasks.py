"""What the queue calls: each loads by id and calls one service.

A task may be run twice, or be stopped in the middle (django-q2 raises SystemExit after the timeout, and kills what
does not react): claims and leases make the first harmless, and the sweep makes up for the second.
"""

from __future__ import annotations

import logging

from django.conf import settings

from outbound.budget import Budget
from outbound.deliveries import deliveries_run
from outbound.enqueue import DELIVERIES, enqueue_on_commit
from outbound.models import RunTrigger
from outbound.runs import RunAlreadyActive, RunRefused, run_execute, run_start
from outbound.sweeps import sweep
from syncconfig.models import SyncTrigger
from syncconfig.schemas import schemas_refresh

logger = logging.getLogger(__name__)

MAX_SCHEMAS = 5


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


def run_sweep() -> None:
    """The sweep of every minute, and what else is looked after in the background."""
    sweep()
    schemas_refresh(limit=MAX_SCHEMAS)


def run_schedule(trigger_id: int) -> None:
    """Start the run of a schedule; while an earlier run of the config is not over, this one is left out."""
    trigger = SyncTrigger.objects.select_related("config").filter(pk=trigger_id, active=True).first()
    if trigger is None:
        return
    try:
        run_start(config=trigger.config, trigger=RunTrigger.SCHEDULE)
    except RunAlreadyActive as error:
        logger.info("The schedule %s is left out this time: %s", trigger, error)
    except RunRefused as error:
        logger.warning("The schedule %s cannot run: %s", trigger, error)
