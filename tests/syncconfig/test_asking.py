"""The config form asks Odoo how many records a filter matches, and what a record looks like."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from auditlog.models import ApiLog
from demo.odoo import DemoOdoo
from syncconfig.models import OdooConnection, SyncConfig
from tests.syncconfig.conftest import SECRETS
from tests.syncconfig.test_config_admin import LIST

COUNT = f"{LIST}domain-count/"
RECORD = f"{LIST}record-sample/"


def ask(client: Client, connection: OdooConnection, domain: str, *, url: str = COUNT, **values: Any) -> Any:
    given = {"connection": connection.pk, "model": "product.product", "domain": domain, **values}
    answer = client.post(url, given)
    assert answer.status_code == 200
    return answer.json()


def test_the_records_of_a_filter_are_counted_with_a_few_of_them(
    admin_client: Client, connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    demo_odoo.seed_products(12)
    told = ask(admin_client, connection, "[('default_code', '=like', 'DEMO-%')]")
    assert told["count"] == 12
    assert len(told["examples"]) == 5
    assert "Demo product" in told["examples"][0]["name"]
    assert ask(admin_client, connection, "[('default_code', '=', 'none')]") == {"count": 0, "examples": []}


@pytest.mark.parametrize(
    ("domain", "error"),
    [
        ("[('name', '=', ", "at character"),
        ("[('nope', '=', 1)]", "There is no field 'nope'"),
        ("[('create_date', '>', open('x'))]", ""),
    ],
)
def test_what_is_no_filter_is_said(admin_client: Client, connection: OdooConnection, domain: str, error: str) -> None:
    told = ask(admin_client, connection, domain)
    assert error in told["error"]
    assert "count" not in told


def test_the_place_of_a_mistake_is_told(admin_client: Client, connection: OdooConnection) -> None:
    assert ask(admin_client, connection, "[('name', '=', ")["position"] > 0


def test_the_newest_record_is_the_sample(admin_client: Client, connection: OdooConnection, demo_odoo: DemoOdoo) -> None:
    newest = max(demo_odoo.seed_products(3))
    record = json.loads(ask(admin_client, connection, "[]", url=RECORD)["record"])
    assert record["id"] == newest
    assert "message_ids" not in record
    assert "No record" in ask(admin_client, connection, "[('id', '=', 0)]", url=RECORD)["error"]


def test_an_odoo_that_is_down_is_told_and_nothing_breaks(admin_client: Client, unreachable: OdooConnection) -> None:
    told = ask(admin_client, unreachable, "[]")
    assert "No connection to 127.0.0.1:9" in told["error"]
    assert SECRETS[0] not in json.dumps(told)
    assert ask(admin_client, unreachable, "[]", model="")["error"]
    answer = admin_client.post(COUNT, {"connection": "x", "model": "res.partner"}).json()
    assert "connection first" in answer["error"]


def test_the_question_is_in_the_log(admin_client: Client, connection: OdooConnection) -> None:
    ask(admin_client, connection, "[]")
    assert ApiLog.objects.filter(request_id__startswith="admin-").exists()


def test_only_who_may_edit_is_answered_and_only_by_post(
    viewer: Client, admin_client: Client, connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    for url in (COUNT, RECORD):
        assert viewer.post(url, {"connection": connection.pk, "model": "res.partner"}).status_code == 403
        assert viewer.get(url).status_code in {403, 405}
        assert admin_client.get(url).status_code == 405
        assert Client().post(url, {}).status_code == 302
    assert Client(enforce_csrf_checks=True).post(COUNT, {}).status_code == 403
    assert not demo_odoo.calls


def test_the_form_has_counts_on_its_tabs_and_costs_few_queries(admin_client: Client, sync: SyncConfig) -> None:
    with CaptureQueriesContext(database) as queries:
        page = admin_client.get(f"{LIST}{sync.pk}/change/").content.decode()
    assert len(queries) < 25
    tabs = page[page.index('id="tabs-items"') :]
    lines = tabs[tabs.index("Mapping lines") :][:600]
    assert ">1<" in "".join(lines.split())
    assert 'id="sync-bench"' in page
    assert 'id="sync-domain"' in page


def test_who_may_only_look_has_neither_bench_nor_count(viewer: Client, sync: SyncConfig) -> None:
    page = viewer.get(f"{LIST}{sync.pk}/change/").content.decode()
    assert 'id="sync-bench"' not in page
    assert 'id="sync-domain"' not in page


@pytest.mark.parametrize("number", ["²", "9" * 30, "0" * 5000, ""])
def test_a_form_without_a_connection_is_refused_and_no_error(admin_client: Client, number: str) -> None:
    given = {"connection": number, "model": "product.product", "domain": "[]", "lines-TOTAL_FORMS": number}
    assert "Choose an Odoo connection" in admin_client.post(COUNT, given).json()["error"]
    assert admin_client.post(f"{LIST}add/", given).status_code == 200
