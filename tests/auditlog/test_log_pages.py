"""Pages of the log: by id, never counted, never skipped through, and bounded whatever is filtered for."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from auditlog import change_list
from auditlog.bulk import Insert
from auditlog.models import ApiLog
from auditlog.recorder import _COLUMNS
from syncconfig.models import OdooConnection, SyncConfig

LIST = "/admin/auditlog/apilog/"
ROWS = 30_000


def insert(count: int, **each: Any) -> None:
    """Rows, one a second, the newest now; arguments are values or functions of a number from 0 (the oldest) up."""
    now = timezone.now()
    plain = {
        "created_at": lambda n: now - timedelta(seconds=count - n), "direction": "in", "party": "api", "config": None,
        "run_id": None, "request_id": lambda n: f"req-{n}", "delivery_id": None, "batch": None, "method": "POST",
        "url": "/bj_api_sync/v1/orders", "summary": "", "status": 201, "duration_ms": 5, "request_headers": {},
        "request_body": lambda n: f'{{"name": "#{n}"}}', "response_headers": {}, "response_body": "", "error": "",
        "error_kind": "", "client_address": "", "record_ref": lambda n: f"#{n}", "is_dry_run": False,
    }  # fmt: skip
    made = {**plain, **each}
    Insert(ApiLog, _COLUMNS).rows(
        [
            tuple(made[name](number) if callable(made[name]) else made[name] for name in _COLUMNS)
            for number in range(count)
        ]
    )


def refs(page: bytes) -> list[str]:
    soup = BeautifulSoup(page, "html.parser")
    cells = (cell.get_text(strip=True) for cell in soup.select("#result_list .field-record_ref"))
    return [text for text in cells if text]


def link(page: bytes, name: str) -> str | None:
    soup = BeautifulSoup(page, "html.parser")
    (found,) = [each for each in soup.select("nav[aria-label=Pages] > *") if each.get_text(strip=True) == name]
    return str(found["href"]) if found.has_attr("href") else None


def test_pages_lead_to_the_oldest_row_and_back(admin_client: Client, db: None) -> None:
    insert(120)
    seen: list[list[str]] = []
    query: str | None = ""
    while query is not None:
        page = admin_client.get(LIST + query).content
        seen.append(refs(page))
        last, query = query, link(page, "Older")
    assert [number for part in seen for number in part] == [f"#{number}" for number in reversed(range(120))]

    back = admin_client.get(LIST + str(link(admin_client.get(LIST + last).content, "Newer"))).content
    assert refs(back) == seen[-2]


def test_the_first_page_has_no_newer_one_and_the_last_no_older(admin_client: Client, db: None) -> None:
    insert(60)
    first = admin_client.get(LIST).content
    last = admin_client.get(LIST + str(link(first, "Older"))).content
    assert link(first, "Newer") is None
    assert link(last, "Older") is None


@pytest.mark.parametrize("query", ["?before=x", "?after=-1", "?before=99999999999999999999999", "?before=%00", "?p=3"])
def test_a_place_that_is_none_is_the_first_page(admin_client: Client, query: str) -> None:
    insert(3)
    assert refs(admin_client.get(LIST + query).content) == ["#2", "#1", "#0"]


def test_a_filter_keeps_its_pages(admin_client: Client) -> None:
    insert(130, status=lambda n: 500 if n % 2 else 201)
    first = admin_client.get(f"{LIST}?status_class=5").content
    second = admin_client.get(LIST + str(link(first, "Older"))).content
    assert refs(first) + refs(second) == [f"#{number}" for number in range(129, 0, -2)]


def test_a_text_is_looked_for_in_so_many_rows_and_the_page_says_so(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_list, "READ_ROWS", 20)
    insert(100, response_body=lambda n: "needle" if n == 30 else "")
    seen = []
    query: str | None = "?text=needle"
    pages = 0
    while query is not None:
        page = admin_client.get(LIST + query).content
        pages += 1
        seen += refs(page)
        if not seen:
            assert "20 entries were looked at" in page.decode()
        query = link(page, "Older")
    assert seen == ["#30"]
    assert pages == 5


def test_looking_within_a_config_counts_its_rows_alone(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, config: SyncConfig
) -> None:
    monkeypatch.setattr(change_list, "READ_ROWS", 20)
    insert(100, config=lambda n: config.pk if n % 10 == 0 else None, error=lambda n: "needle" if n == 10 else "")
    page = admin_client.get(f"{LIST}?text=needle&config__id__exact={config.pk}").content
    assert refs(page) == ["#10"]


def test_a_time_finds_what_began_then(admin_client: Client) -> None:
    insert(10, created_at=lambda n: timezone.now() - timedelta(days=10 - n))
    day = timezone.localtime(timezone.now() - timedelta(days=5)).date().isoformat()
    query = f"?created_at_from_0={day}&created_at_from_1=&created_at_to_0={day}&created_at_to_1="
    assert refs(admin_client.get(LIST + query).content) == ["#5"]
    assert refs(admin_client.get(f"{LIST}?period=7d").content) == ["#9", "#8", "#7", "#6", "#5", "#4"]


@pytest.mark.parametrize("query", ["status=404", "delivery_id=7", "run_id=%2312", "request_id=req-1", "record=%231"])
def test_written_filters(admin_client: Client, query: str) -> None:
    insert(
        3,
        status=lambda n: 404 if n == 1 else 200,
        delivery_id=lambda n: 7 if n == 1 else None,
        run_id=lambda n: 12 if n == 1 else None,
    )
    assert refs(admin_client.get(f"{LIST}?{query}").content) == ["#1"]


@pytest.mark.parametrize("query", ["status=x", "run_id=x", "delivery_id=99999999999999999999", "created_at_from_0=x"])
def test_what_makes_no_sense_breaks_nothing(admin_client: Client, query: str) -> None:
    insert(1)
    assert admin_client.get(f"{LIST}?{query}").status_code == 200


@pytest.fixture
def config(db: None) -> SyncConfig:
    odoo = OdooConnection.objects.create(name="o", url="http://o", database="d", login="l", secret="s3cret-s3cret")
    return SyncConfig.objects.create(name="Orders in", request_type="in", connection=odoo, model="sale.order")


@pytest.fixture
def many(config: SyncConfig) -> SyncConfig:
    """As many rows as make a wrong plan show; one in a thousand has failed."""
    insert(
        ROWS,
        config=lambda n: config.pk if n % 3 else None,
        status=lambda n: 503 if n % 1000 == 0 else 201,
        run_id=lambda n: n // 1000 if n % 2 else None,
        delivery_id=lambda n: n if n % 2 else None,
        direction=lambda n: "out" if n % 2 else "in",
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return config


QUERIES = [
    "", "period=1h", "created_at_from_0=2020-01-01&created_at_to_0=2030-01-01", "config__id__exact={config}",
    "config__id__exact={config}&status_class=failed", "status_class=failed", "status_class=5", "status_class=2",
    "status_class=none", "status=503", "status=201", "direction__exact=out", "party__exact=odoo", "record=%2377",
    "request_id=req-77", "run_id=7", "delivery_id=77", "is_dry_run__exact=1", "q=req-77", "q=%2377", "q=/nowhere",
    "text=nowhere", "text=nowhere&config__id__exact={config}", "text=nowhere&period=1h", "before={middle}",
    "after={middle}", "direction__exact=in&before={middle}", "text=nowhere&after={middle}",
]  # fmt: skip


def test_every_filter_is_answered_by_an_index_in_few_queries(
    admin_client: Client, many: SyncConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As small a part of these rows as the real ones are of a million.
    monkeypatch.setattr(change_list, "SCANNED_ROWS", 1500)
    monkeypatch.setattr(change_list, "READ_ROWS", 150)
    middle = ApiLog.objects.order_by("-pk").values_list("pk", flat=True)[ROWS // 2]
    counts = {}
    for query in QUERIES:
        with CaptureQueriesContext(connection) as queries:
            page = admin_client.get(f"{LIST}?{query.format(config=many.pk, middle=middle)}")
        assert page.status_code == 200
        counts[query] = len(queries)
        for sql in (each["sql"] for each in queries if 'FROM "auditlog_apilog"' in each["sql"]):
            assert not _faults(sql), (query, sql, _faults(sql))
    assert max(counts.values()) < 25, counts


def _faults(sql: str) -> list[str]:
    """Where the database would read the whole table, or sort more than a handful."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            steps = [str(row[3]) for row in cursor.fetchall()]
            sorts = any("TEMP B-TREE FOR ORDER BY" in step for step in steps)
            walks = [step for step in steps if step.startswith("SCAN auditlog_apilog")]
            return walks if sorts or ("LIMIT" not in sql and "MAX(" not in sql and "MIN(" not in sql) else []
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        plan = cursor.fetchone()[0]
    nodes = [(plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]]
    found = []
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node["Node Type"] == "Seq Scan" and node.get("Relation Name") == "auditlog_apilog":
            found.append("Seq Scan")
        if node["Node Type"] == "Sort" and node["Actual Rows"] > 1000:
            found.append("Sort")
    return found


@pytest.mark.parametrize(
    ("page", "names"),
    [
        (LIST, ("status", "run_id", "delivery_id", "record", "before", "after", "period", "text", "q")),
        ("/admin/auditlog/act/", ("before", "after", "user", "kind", "period", "q")),
        ("/admin/outbound/delivery/", ("before", "after", "run", "error", "q")),
    ],
)
@pytest.mark.parametrize("text", ["404x", "²", "9" * 30, "0" * 5000, "-1", "\x00"])
def test_what_is_no_number_breaks_no_page(admin_client: Client, page: str, names: tuple[str, ...], text: str) -> None:
    insert(1)
    for name in names:
        assert admin_client.get(page, {name: text}).status_code == 200, (name, text[:10])
