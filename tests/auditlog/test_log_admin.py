"""The log in the admin: to look at, quick, and safe to look at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from auditlog.models import ApiLog
from auditlog.pretty import pretty_body
from syncconfig.models import OdooConnection, SyncConfig

LIST = "/admin/auditlog/apilog/"


def entry(**values: Any) -> ApiLog:
    fields = {
        "created_at": timezone.now(), "direction": "in", "party": "api", "method": "POST", "status": 201,
        "url": "/bj_api_sync/v1/orders", "duration_ms": 5,
    }  # fmt: skip
    return ApiLog.objects.create(**{**fields, **values})


@pytest.fixture
def viewer(db: None, client: Client) -> Client:
    """A client of staff who may look at the log and nothing else."""
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_apilog"))
    client.force_login(user)
    return client


def test_the_list_never_counts_and_its_queries_do_not_grow_with_the_rows(admin_client: Client) -> None:
    odoo = OdooConnection.objects.create(name="o", url="http://o", database="d", login="l", secret="s3cret-s3cret")
    config = SyncConfig.objects.create(name="Orders in", request_type="in", connection=odoo, model="sale.order")
    counts = []
    for _size in (1, 60):
        for _row in range(_size):
            entry(config=config, request_body="x" * 1000)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = admin_client.get(LIST)
        assert page.status_code == 200
        assert "Orders in" in page.content.decode()
        log_queries = [query["sql"] for query in queries.captured_queries if "auditlog_apilog" in query["sql"]]
        assert not [sql for sql in log_queries if "COUNT(" in sql]
        assert not [sql for sql in log_queries if "request_body" in sql]
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_search_finds_request_record_and_url_and_nothing_else(admin_client: Client) -> None:
    entry(request_id="req-1", record_ref="#1")
    entry(request_id="req-2", record_ref="#2", url="https://shop.example.com/api/items/1")
    for term, found, missed in [
        ("req-1", "#1", "#2"),
        ("#2", "#2", "#1"),
        ("https://shop", "#2", "#1"),
        ("req", "", "#1"),
    ]:
        page = admin_client.get(LIST, {"q": term}).content.decode()
        rows = page.partition("result_list")[2]
        assert found in rows
        assert f"{missed}<" not in rows.replace(" ", "").replace("\n", "")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("status_class=4", {"bad"}), ("status_class=5", {"worse"}), ("status_class=none", {"silent"}),
        ("status_class=failed", {"bad", "worse", "silent", "fault"}),
        ("period=1h", {"bad", "worse", "silent", "fault"}),
        ("direction__exact=out", {"fault"}), ("party__exact=odoo", {"fault"}),
    ],
)  # fmt: skip
def test_filters(admin_client: Client, query: str, shown: set[str]) -> None:
    entry(record_ref="good", created_at=timezone.now() - timedelta(days=2))
    entry(record_ref="bad", status=404)
    entry(record_ref="worse", status=503)
    entry(record_ref="silent", status=None)
    entry(record_ref="fault", status=200, error="Invalid field", direction="out", party="odoo")
    rows = admin_client.get(f"{LIST}?{query}").content.decode().partition("result_list")[2]
    assert {
        name
        for name in ("good", "bad", "worse", "silent", "fault")
        if f">{name}<" in rows.replace("\n", "").replace(" ", "")
    } == shown


def test_the_detail_shows_both_sides_escaped_and_the_same_request(viewer: Client) -> None:
    other = entry(request_id="req-7", party="odoo", direction="out", summary="res.partner.create", status=200)
    row = entry(request_id="req-7", request_body='{"a":"<script>alert(1)</script>"}', response_body="<x>&</x>")
    page = viewer.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;x&gt;&amp;&lt;/x&gt;" in page
    assert "res.partner.create" in page
    assert f"{LIST}{other.pk}/change/" in page


def test_nobody_adds_changes_or_deletes_an_entry(admin_client: Client) -> None:
    row = entry()
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    admin_client.post(f"{LIST}{row.pk}/change/", {"status": "500"})
    row.refresh_from_db()
    assert row.status == 201
    assert "Delete" not in admin_client.get(f"{LIST}{row.pk}/change/").content.decode().partition("<main")[2]


def test_who_may_not_look_at_the_log_does_not(client: Client, db: None) -> None:
    row = entry()
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{row.pk}/change/").status_code == 403


@pytest.mark.parametrize("key", ["999999", "abc", "1_2", "²"])
def test_an_entry_that_is_gone_is_a_message_not_an_error(admin_client: Client, key: str) -> None:
    assert admin_client.get(f"{LIST}{key}/change/").status_code == 302


def test_an_entry_whose_config_is_gone_is_still_shown(admin_client: Client) -> None:
    row = entry(config_id=987654)
    assert admin_client.get(LIST).status_code == 200
    assert admin_client.get(f"{LIST}{row.pk}/change/").status_code == 200


def test_json_is_indented_and_everything_else_left_alone() -> None:
    assert pretty_body('{"a":"é"}') == '{\n  "a": "é"\n}'
    for text in ("<a/>", '{"cut": ', "", "plain"):
        assert pretty_body(text) == text


def test_times_are_shown_in_the_zone_of_the_site(admin_client: Client, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Brussels"
    entry(created_at=datetime(2025, 7, 1, 12, 0, 0, tzinfo=UTC))
    with timezone.override("Europe/Brussels"):
        assert "2025-07-01 14:00:00" in admin_client.get(LIST).content.decode()
