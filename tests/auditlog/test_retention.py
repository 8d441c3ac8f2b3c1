"""Old entries go, in chunks; young ones stay."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from auditlog.models import ApiLog
from auditlog.retention import log_purge

pytestmark = pytest.mark.django_db


def entries(count: int, *, days_old: float) -> None:
    created_at = timezone.now() - timedelta(days=days_old)
    ApiLog.objects.bulk_create(
        ApiLog(created_at=created_at, direction="in", party="api", method="GET", url="/", duration_ms=1, status=200)
        for _ in range(count)
    )


def test_only_what_is_older_goes_whatever_the_order_of_the_ids() -> None:
    entries(5, days_old=1)
    entries(25, days_old=100)
    entries(5, days_old=1)
    entries(3, days_old=95)
    assert log_purge(older_than=timezone.now() - timedelta(days=90), chunk_rows=10) == 28
    assert ApiLog.objects.count() == 10


def test_an_empty_or_young_log_is_left_alone() -> None:
    assert log_purge(older_than=timezone.now()) == 0
    entries(2, days_old=1)
    assert log_purge(older_than=timezone.now() - timedelta(days=90)) == 0


def test_the_command_keeps_as_many_days_as_the_settings_say(settings: Any) -> None:
    settings.SYNC_LOG_DAYS = 30
    entries(2, days_old=31)
    entries(1, days_old=29)
    out = StringIO()
    call_command("purge_log", stdout=out)
    assert out.getvalue() == "Deleted 2 log entries older than 30 days.\n"
    call_command("purge_log", days=0, stdout=out)
    assert ApiLog.objects.count() == 0


def test_the_command_refuses_negative_days() -> None:
    with pytest.raises(CommandError, match="--days must be 0 or more"):
        call_command("purge_log", days=-1)
