"""Whether a config may run by itself now, and what has to be made up for: schedules that fell due while it could not.

However many times of a schedule were missed, one run makes up for them. A promise that a config has not kept (to have
succeeded within so many minutes) is told to staff.
"""

from __future__ import annotations

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from outbound.alerts import Trouble, alert
from outbound.config_health import late_configs
from outbound.models import DeliveryPolicy, RunTrigger, SyncRun, policy_of
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

    To have succeeded is what the list of configs shows as such: a run that is done, or an exchange that went well.
    """
    overdue: list[int] = []
    for late in late_configs(now):
        overdue.append(late.config_id)
        minutes, promised = (int(span.total_seconds() // 60) for span in (now - late.latest, late.promised))
        text = f"It has not succeeded for {minutes} minutes; promised are {promised}."
        alert(late.config_id, Trouble.OVERDUE, text)
    return overdue


def _remember(config: SyncConfig) -> None:
    DeliveryPolicy.objects.filter(config=config).update(is_run_due=True)
