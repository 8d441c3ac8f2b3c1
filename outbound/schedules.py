"""Whether a config may run by itself now, and what has to be made up for: schedules that fell due while it could not.

However many times of a schedule were missed, one run makes up for them. A promise that a config has not kept (to have
succeeded within so many minutes) is told to staff.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils import timezone

from outbound.alerts import Trouble, alert
from outbound.models import Delivery, DeliveryPolicy, DeliveryState, RunState, RunTrigger, SyncRun, policy_of
from outbound.runs import RunAlreadyActive, RunRefused, run_start
from outbound.windows import is_open, parse_windows
from syncconfig.models import SyncConfig

logger = logging.getLogger(__name__)


def may_start(config: SyncConfig, now: datetime) -> bool:
    """Whether the config is neither paused nor outside its run windows."""
    policy = policy_of(config)
    if policy.is_paused:
        return False
    return is_open(parse_windows(policy.run_windows), now.astimezone(ZoneInfo(config.connection.timezone or "UTC")))


def scheduled_start(config: SyncConfig) -> SyncRun | None:
    """Start the run of a schedule, or remember that one is due. None: it could not be started now."""
    if not may_start(config, timezone.now()):
        _remember(config)
        logger.info("%s falls due while it is paused or outside its windows; it runs once afterwards.", config.name)
        return None
    try:
        return run_start(config=config, trigger=RunTrigger.SCHEDULE)
    except RunAlreadyActive as error:
        logger.info("A schedule of %s is left out this time: %s", config.name, error)
    except RunRefused as error:
        logger.warning("A schedule of %s cannot run: %s", config.name, error)
    return None


def missed_start(now: datetime) -> int:
    """Start what fell due while it could not run, and now can. Returns how many."""
    started = 0
    due = DeliveryPolicy.objects.filter(is_run_due=True, config__active=True)
    for policy in due.select_related("config__connection").defer("config__auth_secret", "config__connection__secret"):
        if not may_start(policy.config, now):
            continue
        if DeliveryPolicy.objects.filter(pk=policy.pk, is_run_due=True).update(is_run_due=False):
            if scheduled_start(policy.config) is None:
                _remember(policy.config)
            else:
                started += 1
    return started


def promises_check(now: datetime) -> list[int]:
    """Tell staff of the configs that have not succeeded for longer than promised. Returns their ids.

    To have succeeded is a run that is done, or a delivery that arrived, whichever was later; a config that never ran
    counts from when its settings were made to promise it.
    """
    overdue: list[int] = []
    promising = DeliveryPolicy.objects.filter(promised_minutes__isnull=False, config__active=True, is_paused=False)
    for policy in promising.select_related("config").defer("config__auth_secret", "alert_url"):
        config = policy.config
        latest = _succeeded_at(config) or config.created_at
        allowed = timedelta(minutes=policy.promised_minutes or 0)
        if now - latest > allowed:
            overdue.append(config.pk)
            minutes = int((now - latest).total_seconds() // 60)
            alert(
                config.pk,
                Trouble.OVERDUE,
                f"It has not succeeded for {minutes} minutes; promised are {policy.promised_minutes}.",
            )
    return overdue


def _succeeded_at(config: SyncConfig) -> datetime | None:
    runs = SyncRun.objects.filter(config=config, state=RunState.DONE)
    latest: datetime | None = runs.aggregate(at=Max("finished_at"))["at"]
    arrived = Delivery.objects.filter(config=config, state=DeliveryState.DELIVERED).order_by("-id")[:1]
    times = [*arrived.values_list("delivered_at", flat=True), latest]
    return max((at for at in times if at is not None), default=None)


def _remember(config: SyncConfig) -> None:
    DeliveryPolicy.objects.filter(config=config).update(is_run_due=True)
