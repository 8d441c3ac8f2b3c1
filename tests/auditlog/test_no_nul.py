"""The character NUL in an address of the admin: on PostgreSQL the query would fail."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.utils import timezone
from django_q.models import Task

LOG = "/admin/auditlog/apilog/"


@pytest.mark.parametrize(
    "address",
    [
        f"{LOG}?error=%00",
        f"{LOG}?error=a%00b&method=%2500",
        f"{LOG}?request_id=%%0000",
        f"{LOG}?x%00=1",
        "/admin/outbound/recordlink/?external_id=%00",
        "/admin/syncconfig/syncconfig/?model=%00",
        "/admin/syncconfig/syncconfig/?q=%00",
        "/admin/auth/user/?username__exact=%00",
    ],
)
def test_nul_in_a_query_is_as_if_it_were_not_there(admin_client: Client, address: str) -> None:
    answer = admin_client.get(address, follow=True)

    assert answer.status_code == 200


def test_nul_in_a_path_names_nothing(admin_client: Client) -> None:
    now = timezone.now()
    Task.objects.create(id=uuid.uuid4().hex, name="t", func="a.b", started=now, stopped=now, success=False)

    answer = admin_client.get("/admin/django_q/failure/%00/change/")

    assert answer.status_code == 404
    assert b"Not found" in answer.content
