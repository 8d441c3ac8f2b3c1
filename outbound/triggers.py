"""Keeps django-q2's schedules equal to the SyncTrigger rows, and the hub's own ones in place.

A schedule stands there exactly while its trigger and its config are active. Its next time is kept when a trigger is
saved without a change of its times, so that saving does not put a run off.
"""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from django.utils import timezone
from django_q.models import Schedule

from outbound.enqueue import PURGE, SCHEDULE, SWEEP
from syncconfig.models import RequestType, SyncConfig, SyncTrigger
from syncconfig.models.trigger import TriggerKind

SWEEP_NAME: Final = "outbound sweep"
PURGE_NAME: Final = "outbound purge"
MAX_MINUTES: Final = 32767
"""What django-q2's column holds: 22 days."""


def connect_signals() -> None:
    """Called once, when the app is ready."""
    post_save.connect(_trigger_saved, sender=SyncTrigger, dispatch_uid="outbound-trigger-saved")
    post_delete.connect(_trigger_deleted, sender=SyncTrigger, dispatch_uid="outbound-trigger-deleted")
    post_save.connect(_config_saved, sender=SyncConfig, dispatch_uid="outbound-config-saved")


def schedules_reconcile() -> None:
    """Make every schedule what it should be: after a restore, an import, or changes made behind Django's back."""
    _keep(SWEEP_NAME, func=SWEEP, args="", schedule_type=Schedule.MINUTES, minutes=1, cron=None)
    _keep(PURGE_NAME, func=PURGE, args="", schedule_type=Schedule.HOURLY, minutes=None, cron=None)
    triggers = list(SyncTrigger.objects.select_related("config").defer("config__auth_secret"))
    for trigger in triggers:
        schedule_keep(trigger)
    known = {schedule_name(trigger.pk) for trigger in triggers}
    Schedule.objects.filter(func=SCHEDULE).exclude(name__in=known).delete()


def schedule_keep(trigger: SyncTrigger) -> None:
    """Create, change or remove the schedule of this trigger."""
    config = trigger.config
    if not (trigger.active and config.active and config.request_type == RequestType.OUT):
        Schedule.objects.filter(name=schedule_name(trigger.pk)).delete()
        return
    if trigger.kind == TriggerKind.CRON:
        times: dict[str, Any] = {"schedule_type": Schedule.CRON, "cron": trigger.cron, "minutes": None}
    else:
        minutes = min(trigger.interval_minutes or 1, MAX_MINUTES)
        times = {"schedule_type": Schedule.MINUTES, "cron": None, "minutes": minutes}
    _keep(schedule_name(trigger.pk), func=SCHEDULE, args=f"{trigger.pk},", **times)


def _keep(name: str, **wanted: Any) -> None:
    found = list(Schedule.objects.filter(name=name).order_by("pk"))
    for doubled in found[1:]:
        doubled.delete()
    schedule = found[0] if found else Schedule(name=name)
    if found and all(getattr(schedule, field) == value for field, value in wanted.items()):
        return
    for field, value in wanted.items():
        setattr(schedule, field, value)
    schedule.repeats = -1
    schedule.next_run = schedule.calculate_next_run(timezone.now())
    schedule.save()


def schedule_name(trigger_id: int) -> str:
    """Of the schedule that stands for this trigger in django-q2's table."""
    return f"sync trigger {trigger_id}"


def _trigger_saved(sender: type[Model], instance: SyncTrigger, **kwargs: Any) -> None:
    schedule_keep(instance)


def _trigger_deleted(sender: type[Model], instance: SyncTrigger, **kwargs: Any) -> None:
    Schedule.objects.filter(name=schedule_name(instance.pk)).delete()


def _config_saved(sender: type[Model], instance: SyncConfig, created: bool, **kwargs: Any) -> None:
    if not created:
        for trigger in instance.triggers.all():
            trigger.config = instance
            schedule_keep(trigger)
