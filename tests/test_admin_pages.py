"""Every page of the admin, whatever it is about: it opens, and its queries neither are many nor grow with the rows.

The pages are all those that the admin's URLs lead to, with an object each. A new model needs a row in `_fill`.
"""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django_q.models import Schedule, Task

from auditlog.models import ApiLog
from inbound.models import InboundRequest
from outbound.models import Conflict, Delivery, Host, RecordLink, SyncRun, Worker
from syncconfig.models import ModelSchema, OdooConnection, SyncConfig, SyncConfigLine, SyncHeader, SyncParam

pytestmark = pytest.mark.django_db
MOST_QUERIES = 25
FEW, MANY = 2, 60


def _fill(start: int, stop: int) -> None:
    """Rows of every kind that the admin shows."""
    now = timezone.now()
    for number in range(start, stop):
        User.objects.create(username=f"u{number}")
        Group.objects.create(name=f"g{number}")
        LogEntry.objects.create(user=User.objects.get(username=f"u{number}"), action_flag=2, object_repr="x")
        Schedule.objects.create(func="a.b", name=f"q{number}")
        Task.objects.create(id=uuid.uuid4().hex, name=f"t{number}", func="a.b", started=now, stopped=now, success=False)
        connection = OdooConnection.objects.create(
            name=f"c{number}", url="http://127.0.0.1:9", database="d", login="l", secret="s"
        )
        ModelSchema.objects.create(connection=connection, model="res.partner", fields={}, fetched_at=now)
        config = SyncConfig.objects.create(
            name=f"s{number}", request_type="out", connection=connection, model="res.partner", method_post=True,
            url=f"https://h{number}.example.com/",
        )  # fmt: skip
        run = SyncRun.objects.create(config=config, trigger="manual", state="failed")
        delivery = Delivery.objects.create(
            config=config, run=run, record_id=number, method="POST", payload={"a": 1}, payload_hash="h", state="dead"
        )
        Conflict.objects.create(
            config=config, record_id=number, target_id=number, title="x", delivery=delivery, fields={}, seen_at=now
        )
        RecordLink.objects.create(config=config, odoo_id=number, external_id=str(number))
        Worker.objects.create(host=f"m{number}", pid=number, started_at=now, beat_at=now)
        Host.objects.create(address=f"https://h{number}.example.com")
        InboundRequest.objects.create(config=config, method="POST", request_id=str(number), body="{}", created_at=now)
        ApiLog.objects.create(
            created_at=now, direction="out", party="api", method="POST", url="/", status=500, duration_ms=1,
            config=config, request_id="same", record_ref="same", delivery_id=delivery.pk, run_id=run.pk,
        )  # fmt: skip


def _deepen(count: int) -> None:
    """More of what belongs to each config."""
    for config in SyncConfig.objects.all()[:FEW]:
        for number in range(count):
            SyncConfigLine.objects.create(config=config, field=f"f{number}", key=f"k{number}", position=number)
            SyncHeader.objects.create(config=config, key=f"X-{number}", value="v")
            SyncParam.objects.create(config=config, kind="query", name=f"p{number}", value="1")


def _addresses() -> dict[str, str]:
    """The address of every page that needs nothing, or one object, by the name of its URL."""
    addresses = {"index": reverse("admin:index")}
    for model, model_admin in admin.site._registry.items():
        first: Any = model._default_manager.order_by("pk").first()
        assert first is not None, f"the admin shows {model._meta.label}, of which _fill makes no row"
        for pattern in model_admin.get_urls():
            name = getattr(pattern, "name", None)
            for args in ([], [first.pk]) if name else ():
                try:
                    addresses[name] = reverse(f"admin:{name}", args=args)
                except NoReverseMatch:
                    continue
    return addresses


def _queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(database) as queries:
        answer = client.get(url)
    # 403: what nobody may add or change. 400: an address that answers questions, and was asked none. 302: a page that
    # needs an Odoo, which does not answer here.
    # 405: one that only hears POSTs. 404: one that is not about this object, but about a part of it, such as a version.
    assert answer.status_code in {200, 302, 400, 403, 404, 405}, (url, answer)
    return len(queries)


def test_no_page_needs_many_queries_and_none_more_of_them_with_more_rows(admin_client: Client) -> None:
    _fill(0, FEW)
    _deepen(1)
    addresses = _addresses()
    assert len(addresses) > 50, "the admin's URLs were not found"
    opened = [url for url in addresses.values() if admin_client.get(url).status_code == 200]
    assert len(opened) > len(addresses) * 0.6, set(addresses.values()) - set(opened)
    for url in addresses.values():  # What a process asks only once.
        _queries(admin_client, url)
    few = {name: _queries(admin_client, url) for name, url in addresses.items()}
    SyncConfigLine.objects.all().delete()
    SyncHeader.objects.all().delete()
    SyncParam.objects.all().delete()
    _fill(FEW, MANY)
    _deepen(30)
    many = {name: _queries(admin_client, url) for name, url in addresses.items()}
    assert {name: count for name, count in many.items() if count >= MOST_QUERIES} == {}
    assert {name: (few[name], count) for name, count in many.items() if count > few[name]} == {}
