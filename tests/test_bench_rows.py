"""The rows that `make bench` fills a database with are those that the models have now."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from auditlog.models import ApiLog
from bench import admin_rows
from outbound.models import Conflict, Delivery

pytestmark = pytest.mark.django_db


def test_a_database_is_filled_and_cleared(admin_user: User) -> None:
    admin_rows.make_configs()
    admin_rows.fill(admin_rows.LEAST)
    assert ApiLog.objects.count() == Delivery.objects.count() == Conflict.objects.count() == admin_rows.LEAST
    admin_rows.clear()
    assert not ApiLog.objects.exists()
