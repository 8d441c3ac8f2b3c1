"""django-q2's schedules follow the triggers, and what a schedule does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django_q.models import Schedule

from outbound.models import RunTrigger, SyncRun
from outbound.runs import run_start
from outbound.tasks import run_schedule
from outbound.triggers import PURGE_NAME, SWEEP_NAME, schedules_reconcile
from syncconfig.models import SyncConfig, SyncTrigger

pytestmark = pytest.mark.django_db


def interval(config: SyncConfig, minutes: int = 15) -> SyncTrigger:
    return SyncTrigger.objects.create(config=config, kind="interval", interval_minutes=minutes)


def schedules() -> list[Schedule]:
    return list(Schedule.objects.filter(func="outbound.tasks.run_schedule").order_by("pk"))


def test_an_interval_becomes_a_schedule(config: SyncConfig) -> None:
    trigger = interval(config)
    (schedule,) = schedules()
    assert (schedule.schedule_type, schedule.minutes, schedule.args) == (Schedule.MINUTES, 15, f"{trigger.pk},")
    assert abs(schedule.next_run - timezone.now() - timedelta(minutes=15)) < timedelta(seconds=5)


def test_a_cron_becomes_a_schedule_at_its_times(config: SyncConfig) -> None:
    SyncTrigger.objects.create(config=config, kind="cron", cron="0 6 * * 1-5")
    (schedule,) = schedules()
    at = schedule.next_run.astimezone(UTC)
    assert (schedule.schedule_type, schedule.cron) == (Schedule.CRON, "0 6 * * 1-5")
    assert (at.hour, at.minute, at.weekday() < 5) == (6, 0, True)
    assert at > datetime.now(UTC)


def test_saving_without_a_change_does_not_put_the_run_off(config: SyncConfig) -> None:
    trigger = interval(config)
    soon = timezone.now() + timedelta(seconds=10)
    Schedule.objects.update(next_run=soon)
    trigger.save()
    assert schedules()[0].next_run == soon
    trigger.interval_minutes = 60
    trigger.save()
    assert schedules()[0].minutes == 60
    assert schedules()[0].next_run > soon


@pytest.mark.parametrize("way", ["trigger off", "trigger deleted", "config off", "config in", "config deleted"])
def test_the_schedule_goes_with_what_it_is_for(config: SyncConfig, way: str) -> None:
    trigger = interval(config)
    assert len(schedules()) == 1
    if way == "trigger off":
        trigger.active = False
        trigger.save()
    elif way == "trigger deleted":
        trigger.delete()
    elif way == "config deleted":
        config.delete()
    else:
        config.active = way != "config off"
        config.request_type = "in" if way == "config in" else "out"
        config.save()
    assert schedules() == []


def test_a_config_that_is_switched_on_again_has_its_schedule_back(config: SyncConfig) -> None:
    interval(config)
    for active in (False, True):
        config.active = active
        config.save()
    assert len(schedules()) == 1


def test_reconciling_mends_what_was_changed_behind_our_back_and_can_be_repeated(config: SyncConfig) -> None:
    trigger = interval(config)
    Schedule.objects.all().delete()
    Schedule.objects.create(name="sync trigger 999", func="outbound.tasks.run_schedule", args="999,")
    Schedule.objects.create(name="of somebody else", func="math.sqrt", args="4,")
    for _ in range(2):
        schedules_reconcile()
        names = sorted(Schedule.objects.values_list("name", flat=True))
        assert names == ["of somebody else", PURGE_NAME, SWEEP_NAME, f"sync trigger {trigger.pk}"]


def test_a_schedule_starts_a_run(config: SyncConfig) -> None:
    run_schedule(interval(config).pk)
    assert SyncRun.objects.get().trigger == RunTrigger.SCHEDULE


def test_a_schedule_is_left_out_while_a_run_is_not_over(config: SyncConfig) -> None:
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    run_schedule(interval(config).pk)
    assert list(SyncRun.objects.values_list("pk", flat=True)) == [run.pk]


def test_the_task_of_a_trigger_that_is_gone_does_nothing(config: SyncConfig) -> None:
    run_schedule(999)
    assert not SyncRun.objects.exists()
