"""The home page: what it asks somebody to do, and what it costs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission, User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from auditlog.bulk import Insert
from auditlog.models import ApiLog, TrafficHour, TrafficMark
from auditlog.rollup import hour_of, log_rollup
from inbound.models import EndpointPolicy, InboundRequest
from outbound.models import Delivery, DeliveryPolicy, Host, OdooHook, SyncRun, Worker
from syncconfig.models import OdooConnection, SyncConfig

pytestmark = pytest.mark.django_db
HOME = "/admin/"


@pytest.fixture
def odoo(db: None) -> OdooConnection:
    """A connection that was tested and is well."""
    made = OdooConnection.objects.create(
        name="Production", url="http://127.0.0.1:9", database="d", login="l", secret="s"
    )
    OdooConnection.objects.update(checked_at=timezone.now(), detected_version="19.0", detected_protocol="json2")
    return made


@pytest.fixture
def out(odoo: OdooConnection) -> SyncConfig:
    return SyncConfig.objects.create(
        name="Catalogue", request_type="out", connection=odoo, model="product.product", url="https://shop.example.com"
    )


@pytest.fixture
def into(odoo: OdooConnection) -> SyncConfig:
    return SyncConfig.objects.create(
        name="Orders", request_type="in", connection=odoo, model="sale.order", endpoint="orders"
    )


@pytest.fixture
def worker(db: None) -> Worker:
    now = timezone.now()
    return Worker.objects.create(host="node1", pid=42, processes=2, started_at=now, beat_at=now, waiting=3)


def page(client: Client) -> BeautifulSoup:
    answer = client.get(HOME)
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


def attention(client: Client) -> list[tuple[str, str]]:
    """Each item's text and where it leads."""
    items = page(client).select("[aria-labelledby=home-attention] li")
    return [(" ".join(item.get_text(" ").split()), item.a["href"]) for item in items]


def exchange(config: SyncConfig | None, **fields: Any) -> None:
    ApiLog.objects.create(
        **{
            "created_at": timezone.now(), "direction": config.request_type if config else "in", "party": "api",
            "config": config, "method": "POST", "url": "/", "status": 200, "duration_ms": 40, **fields,
        }
    )  # fmt: skip


def count_log() -> None:
    now = timezone.now()
    log_rollup(now=now - timedelta(minutes=2))
    log_rollup(now=now)


def test_where_nothing_is_wrong_it_says_so(
    admin_client: Client, out: SyncConfig, into: SyncConfig, worker: Worker
) -> None:
    SyncRun.objects.create(config=out, trigger="manual", state="done", finished_at=timezone.now())
    exchange(into)
    count_log()
    assert attention(admin_client) == []
    text = page(admin_client).get_text(" ")
    assert "All is well" in text
    assert "Begin here" not in text


def test_an_empty_installation_says_what_to_do_first(admin_client: Client) -> None:
    steps = page(admin_client).select("[aria-labelledby=home-steps] a")
    assert [step["href"] for step in steps] == ["/admin/syncconfig/odooconnection/add/"]


def test_with_a_connection_the_next_step_is_a_sync(admin_client: Client, odoo: OdooConnection) -> None:
    steps = page(admin_client).select("[aria-labelledby=home-steps] a")
    assert [step["href"] for step in steps] == ["/admin/syncconfig/syncconfig/add/"]


def test_without_a_worker_that_comes_first(admin_client: Client, out: SyncConfig) -> None:
    OdooConnection.objects.update(check_error="No connection")
    (first, url), (second, _url) = attention(admin_client)
    assert "No worker is there" in first
    assert "manage.py syncworker" in first
    assert url == "/admin/outbound/worker/"
    assert "No connection" in second


def test_a_worker_that_vanished_is_told_of(admin_client: Client, out: SyncConfig, worker: Worker) -> None:
    then = timezone.now() - timedelta(minutes=9)
    Worker.objects.create(host="node2", pid=43, started_at=then, beat_at=then)
    ((text, _url),) = attention(admin_client)
    assert "node2:43" in text
    assert "9" in text


def test_a_worker_that_was_started_anew_on_its_machine_is_not_missed(
    admin_client: Client, out: SyncConfig, worker: Worker
) -> None:
    then = timezone.now() - timedelta(minutes=9)
    Worker.objects.create(host=worker.host, pid=43, started_at=then, beat_at=then)
    assert attention(admin_client) == []


def test_each_trouble_leads_to_where_it_is_mended(
    admin_client: Client, out: SyncConfig, into: SyncConfig, worker: Worker
) -> None:
    now = timezone.now()
    run = SyncRun.objects.create(config=out, trigger="manual", state="failed", finished_at=now, error="AccessError")
    Delivery.objects.create(
        config=out, record_id=1, method="POST", payload={}, state="dead", last_error="422: no price"
    )
    host = Host.objects.create(address="https://shop.example.com", state="open", opened_at=now, last_error="No answer")
    OdooHook.objects.create(config=out, secret="s", secret_hash="h", problem="The rule is gone.")
    SyncConfig.objects.filter(pk=into.pk).update(drift=[{"message": "x_ref has vanished."}])
    OdooConnection.objects.update(
        key_ends_at=now + timedelta(days=3, hours=1), findings={"key": {"end": "ends"}, "secret_is_key": True}
    )
    EndpointPolicy.objects.create(config=into, mode="queued")
    InboundRequest.objects.create(
        config=into, method="POST", is_queued=True, created_at=now - timedelta(minutes=20), last_error="Odoo is away."
    )
    exchange(into, status=500)
    count_log()
    found = attention(admin_client)
    assert [url for _text, url in found] == [
        f"/admin/outbound/syncrun/{run.pk}/change/",
        f"/admin/auditlog/apilog/?config__id__exact={into.pk}&status_class=failed",
        f"/admin/outbound/delivery/?state__exact=dead&config__id__exact={out.pk}",
        f"/admin/outbound/host/{host.pk}/change/",
        f"/admin/syncconfig/syncconfig/{out.pk}/change/",
        f"/admin/inbound/inboundrequest/?state__exact=waiting&config__id__exact={into.pk}",
        f"/admin/syncconfig/odooconnection/{into.connection_id}/change/",
        f"/admin/syncconfig/syncconfig/{into.pk}/change/",
    ]
    for (text, url), words in zip(
        found,
        ("AccessError", "nothing but errors", "422: no price", "No answer", "rule is gone", "Odoo is away", "3 days",
         "x_ref has vanished"),
        strict=True,
    ):  # fmt: skip
        assert words in text
        assert admin_client.get(url).status_code == 200, url


def test_a_sync_of_which_many_exchanges_fail_is_told_of_though_it_works(
    admin_client: Client, out: SyncConfig, worker: Worker
) -> None:
    hour = TrafficHour.objects.create(
        hour=hour_of(timezone.now()), config_id=out.pk, direction="out", party="api", count=60, failed=4,
        last_ok_at=timezone.now(),
    )  # fmt: skip
    assert "exchanges within 24 hours" not in admin_client.get(HOME).content.decode()
    hour.failed = 12
    hour.save()
    text = admin_client.get(HOME).content.decode()
    assert "Of 60 exchanges within 24 hours, 12 failed." in text
    assert f"config__id__exact={out.pk}&amp;status_class=failed" in text


def test_a_broken_promise_is_told_of(admin_client: Client, out: SyncConfig, worker: Worker) -> None:
    DeliveryPolicy.objects.create(config=out, promised_minutes=30)
    SyncRun.objects.create(config=out, trigger="manual", state="done", finished_at=timezone.now() - timedelta(hours=2))
    ((text, _url),) = attention(admin_client)
    assert "has not succeeded for 2" in " ".join(text.split())


def test_of_many_of_a_kind_the_first_are_shown_and_the_way_to_all(
    admin_client: Client, odoo: OdooConnection, worker: Worker
) -> None:
    for number in range(8):
        config = SyncConfig.objects.create(
            name=f"Sync {number}", request_type="out", connection=odoo, model="res.partner", url="https://x.example.com"
        )
        SyncRun.objects.create(config=config, trigger="manual", state="failed", finished_at=timezone.now())
    found = attention(admin_client)
    assert len(found) == 6
    assert found[-1][1] == "/admin/syncconfig/syncconfig/?health=failing"


def test_who_may_not_see_deliveries_is_not_told_of_dead_ones(client: Client, out: SyncConfig, worker: Worker) -> None:
    Delivery.objects.create(config=out, record_id=1, method="POST", payload={}, state="dead", last_error="secret stuff")
    user = User.objects.create_user("limited", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_syncconfig"))
    client.force_login(user)
    text = page(client).get_text(" ")
    assert "secret stuff" not in text
    assert "The last 24 hours" not in text


def test_traffic_and_what_goes_on_are_shown(admin_client: Client, out: SyncConfig, worker: Worker) -> None:
    for _each in range(3):
        exchange(out)
    exchange(out, status=503)
    count_log()
    exchange(None)
    SyncRun.objects.create(config=out, trigger="manual", state="running", queued_count=10, delivered_count=4)
    soup = page(admin_client)
    cards = [" ".join(card.get_text(" ").split()) for card in soup.select("[aria-labelledby=home-traffic] .home-card")]
    assert cards[0].startswith("In: others called us 1 0 failed")
    assert "4 1 failed (25.0 %)" in cards[1]
    assert "read 0, delivered 4 of 10, dead 0" in " ".join(soup.get_text(" ").split())
    assert len(soup.select("canvas.chart")) == 2


def fill_log(config: SyncConfig, count: int) -> None:
    """Entries over the last day, counted, as if the worker had done it."""
    now = timezone.now()
    names = (
        "created_at", "direction", "party", "config", "method", "url", "summary", "status", "duration_ms",
        "request_headers", "request_body", "response_headers", "response_body", "error", "error_kind",
        "client_address", "record_ref", "request_id", "is_dry_run",
    )  # fmt: skip
    rows = (
        (now - timedelta(seconds=number * 80_000 // count), "out", "api", config.pk, "POST", "/x", "", 200, 40,
         {}, "", {}, "", "", "", "", "", f"r{number}", False)
        for number in range(count)
    )  # fmt: skip
    Insert(ApiLog, names).rows(rows)
    Delivery.objects.bulk_create(
        Delivery(config=config, record_id=number, method="POST", payload={}, state="delivered")
        for number in range(count // 10)
    )
    log_rollup(now=now - timedelta(minutes=2), max_chunks=1000)
    log_rollup(now=now, max_chunks=1000)
    assert TrafficMark.objects.get().upto_id == ApiLog.objects.latest("pk").pk
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            cursor.execute("ANALYZE")


def queries_of(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(
        database,
    ) as captured:
        assert client.get(url).status_code == 200
    return [each["sql"] for each in captured.captured_queries]


def scanned(sql: str) -> set[str]:
    """The tables that grow and that the statement reads from end to end."""
    with database.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if database.vendor == 'sqlite' else ''}{sql}")
        plan = "\n".join(str(row) for row in cursor.fetchall())
    found = set()
    for table in ("auditlog_apilog", "outbound_delivery"):
        # SQLite names a table by its alias.
        for name in {table, *re.findall(rf'"{table}" ([A-Z]\d+)', sql)}:
            if re.search(rf"(SCAN|Seq Scan on) {name}\b", plan):
                found.add(table)
    return found


def test_a_scan_would_be_noticed(out: SyncConfig) -> None:
    assert scanned('SELECT COUNT(*) FROM "auditlog_apilog" U0 WHERE U0."url" = \'/x\'') == {"auditlog_apilog"}


def test_queries_are_few_and_flat_and_never_scan_the_log(
    admin_client: Client, out: SyncConfig, into: SyncConfig, worker: Worker
) -> None:
    urls = (HOME, "/admin/syncconfig/syncconfig/", "/admin/syncconfig/syncconfig/?health=failing")
    fill_log(out, 1_000)
    for url in urls:
        admin_client.get(url)
    few = {url: len(queries_of(admin_client, url)) for url in urls}
    fill_log(out, 100_000)
    for url in urls:
        many = queries_of(admin_client, url)
        assert len(many) == few[url] <= 25
        assert not any("COUNT(" in sql and "auditlog_apilog" in sql for sql in many)
        for sql in many:
            if sql.startswith("SELECT"):
                assert scanned(sql) == set(), sql


def test_the_list_of_syncs_takes_as_many_queries_for_forty_as_for_two(
    admin_client: Client, out: SyncConfig, into: SyncConfig
) -> None:
    url = "/admin/syncconfig/syncconfig/"
    admin_client.get(url)
    few = queries_of(admin_client, url)
    for number in range(20):
        for base in (out, into):
            SyncConfig.objects.create(
                name=f"{base.name} {number}", request_type=base.request_type, connection=base.connection,
                model="res.partner", url=base.url, endpoint=f"e{number}" if base is into else None,
            )  # fmt: skip
    assert len(queries_of(admin_client, url)) == len(few)
