"""What staff see of the queue, and what they cannot do with it."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success, Task


def test_of_the_queue_only_schedules_and_failures_are_there() -> None:
    assert [admin.site.is_registered(model) for model in (Schedule, Failure, Success, OrmQ)] == [
        True,
        True,
        False,
        False,
    ]


def test_schedules_are_shown_and_cannot_be_changed(admin_client: Client) -> None:
    schedule = Schedule.objects.create(name="sync trigger 1", func="f", schedule_type="I", minutes=15)
    listed = admin_client.get("/admin/django_q/schedule/").content.decode()
    assert "every 15 minutes" in listed
    url = f"/admin/django_q/schedule/{schedule.pk}/"
    assert admin_client.get(f"{url}change/").status_code == 200
    assert admin_client.post(f"{url}change/", {"name": "other"}).status_code == 403
    assert admin_client.post(f"{url}delete/", {"post": "yes"}).status_code == 403
    assert admin_client.get("/admin/django_q/schedule/add/").status_code == 403


@pytest.mark.django_db
def test_a_failed_task_shows_its_reason_and_offers_no_second_start(admin_client: Client) -> None:
    now = timezone.now()
    Task.objects.create(
        id="x", name="red", func="outbound.tasks.run_sync", started=now, stopped=now, success=False,
        result="<b>Boom</b>",
    )  # fmt: skip
    listed = admin_client.get("/admin/django_q/failure/").content.decode()
    assert "Boom" in listed
    assert "<b>Boom" not in listed
    assert "Resubmit" not in listed
    assert "Boom" in admin_client.get("/admin/django_q/failure/x/change/").content.decode()
