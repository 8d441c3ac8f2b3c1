"""Finding a record by any of its names, and its whole story."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission, User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from auditlog.models import ApiLog
from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from inbound import waking
from inbound.models import EndpointPolicy
from inbound.queueing import queue_run
from outbound.budget import Budget
from outbound.deliveries import deliveries_send
from outbound.models import Delivery, RecordLink, SyncRun
from outbound.order_keys import order_key
from outbound.runs import run_execute, run_start
from syncconfig.models import SyncConfig, SyncConfigLine
from tests.inbound.conftest import Api, ConfigMaker

FIND = "/admin/auditlog/apilog/find/"
STORY = "/admin/auditlog/apilog/story/"
ORDER: dict[str, Any] = {
    "name": "#1042",
    "customer": {"email": "ada@example.com"},
    "billing_address": {"name": "Ada"},
    "line_items": [{"sku": "NO-SUCH-SKU", "quantity": 2, "price": 9.5}],
}


@pytest.fixture
def staff(client: Client, transactional_db: None) -> Client:
    client.force_login(User.objects.create_superuser("admin", password="x"))
    return client


def text(response: Any) -> str:
    assert response.status_code == 200, response
    return " ".join(
        BeautifulSoup(response.content, "html.parser").select_one("main, #main, body").get_text(" ").split()
    )  # type: ignore[union-attr]


def verdict(response: Any) -> str:
    assert response.status_code == 200, response
    found = BeautifulSoup(response.content, "html.parser").select_one(".log-verdict")
    assert found is not None
    return " ".join(found.get_text(" ").split())


def find(staff: Client, term: str) -> Any:
    return staff.get(FIND, {"q": term}, follow=True)


@pytest.mark.parametrize("term", ["#1042", "1042", " #1042 ", "ada@example.com"])
def test_why_order_1042_did_not_arrive(
    staff: Client, orders: SyncConfig, api: Api, demo_odoo: DemoOdoo, term: str
) -> None:
    api.call("POST", "orders", ORDER)
    page = find(staff, term)
    assert "It was refused (400)" in verdict(page)
    shown = text(page)
    assert "POST /bj_api_sync/v1/orders" in shown
    assert "product.product.search_read" in shown or "product.product" in shown


def test_a_request_id_leads_to_the_record(staff: Client, orders: SyncConfig, api: Api) -> None:
    answer = api.call("POST", "orders", ORDER)
    assert "It was refused (400)" in verdict(find(staff, answer.headers["X-Request-ID"]))


def test_an_idempotency_key_leads_to_the_record(staff: Client, customers: SyncConfig, api: Api) -> None:
    api.call("POST", "customers", {"code": "C-1", "name": "Ann"}, headers={"Idempotency-Key": "my-key-1"})
    page = find(staff, "my-key-1")
    assert "It arrived." in verdict(page)
    assert "C-1" in text(page)


def test_odoos_id_and_the_callers_identifier_lead_to_one_story(
    staff: Client, customers: SyncConfig, api: Api, demo_odoo: DemoOdoo
) -> None:
    api.call("POST", "customers", {"code": "C-1", "country": "XX", "name": "Ann"})
    answer = api.call("POST", "customers", {"code": "C-1", "name": "Ann"})
    odoo_id = answer.headers["X-Odoo-Id"]
    for term in ("C-1", odoo_id):
        page = find(staff, term)
        assert "It arrived." in verdict(page)
        shown = text(page)
        # Both requests: the refused one is known by its identifier alone.
        assert shown.count("POST /bj_api_sync/v1/customers") == 2
        assert f"{odoo_id} ↔ C-1" in shown


def test_several_candidates_are_listed(staff: Client, make_config: ConfigMaker, api: Api) -> None:
    one = make_config()
    other = make_config(name="other", endpoint="other")
    for config in (one, other):
        RecordLink.objects.create(config=config, odoo_id=config.pk * 100, external_id="A-1", synced_at=timezone.now())
    page = find(staff, "A-1")
    rows = BeautifulSoup(page.content, "html.parser").select("table.sync-table tbody tr")
    assert len(rows) == 2


def test_what_is_unknown_says_where_it_was_looked_for(staff: Client) -> None:
    shown = text(find(staff, "<b>nobody</b>"))
    assert "Nothing here is called “<b>nobody</b>”." in shown
    assert "the newest 5000 entries" in shown


@pytest.mark.parametrize("term", ["", " ", "\x00", "'", "%", "9" * 30, "²", "a" * 5000, "#"])
def test_any_term_is_answered(staff: Client, term: str) -> None:
    assert find(staff, term).status_code == 200


@pytest.mark.parametrize("query", ["", "config=x&record=1", "config=1", "config=999&record=1", "config=1&id=x"])
def test_a_story_of_nobody_leads_to_the_search(staff: Client, query: str) -> None:
    assert staff.get(f"{STORY}?{query}").status_code == 302


def test_a_queued_request_is_told_until_its_end(staff: Client, make_config: ConfigMaker, api: Api) -> None:
    waking._woken.clear()
    config = make_config()
    EndpointPolicy.objects.create(config=config, mode="queued")
    api.call("POST", "customers", {"code": "C-1", "name": "Ann", "country": "XX"})
    assert "It was accepted and waits." in verdict(find(staff, "C-1"))
    queue_run(config_id=config.pk, budget=Budget(30))
    assert "It was accepted, and then refused (400)" in verdict(find(staff, "C-1"))


@pytest.fixture
def both_ways(make_config: ConfigMaker, customers: SyncConfig, shop: DemoShop) -> SyncConfig:
    """Contacts that come in by `customers` go out again."""
    out = SyncConfig.objects.create(
        name="Contacts out", request_type="out", connection=customers.connection, model="res.partner",
        domain="[('ref', '=', 'C-1')]", url=f"{shop.url}/api/products", method_post=True, auth_type="bearer",
        auth_secret=shop.token, retry_schedule="600",
    )  # fmt: skip
    for position, (name, key) in enumerate((("ref", "sku"), ("name", "title"), ("country_id.code", "category"))):
        SyncConfigLine.objects.create(config=out, field=name, key=key, position=position, is_identifier=not position)
    return SyncConfig.objects.select_related("connection").get(pk=out.pk)


def test_both_directions_are_one_story_with_the_next_attempt(
    staff: Client, customers: SyncConfig, both_ways: SyncConfig, api: Api, shop: DemoShop
) -> None:
    odoo_id = int(api.call("POST", "customers", {"code": "C-1", "name": "Ann", "country": "BE"}).headers["X-Odoo-Id"])
    shop.fail_next(1, status=503)
    run = run_start(config=both_ways, trigger="manual")
    run_execute(run_id=run.pk, budget_s=30)

    page = staff.get(f"{STORY}?config={both_ways.pk}&id={odoo_id}")

    assert "It has not arrived yet after 1 attempts" in verdict(page)
    shown = text(page)
    assert "POST /bj_api_sync/v1/customers" in shown
    assert f"POST {shop.url}/api/products" in shown
    assert "res.partner.create" in shown
    assert BeautifulSoup(page.content, "html.parser").select_one(".log-planned") is not None

    Delivery.objects.update(next_attempt_at=timezone.now())
    deliveries_send(config=both_ways, budget=Budget(10))
    assert "It was delivered." in verdict(staff.get(f"{STORY}?config={both_ways.pk}&id={odoo_id}"))


def test_a_record_that_a_run_rejected_says_so(staff: Client, both_ways: SyncConfig, demo_odoo: DemoOdoo) -> None:
    partner = demo_odoo.call("res.partner", "create", {"ref": "C-1", "name": "Ann"})
    SyncConfigLine.objects.filter(config=both_ways, key="category").update(required=True)
    both_ways = SyncConfig.objects.select_related("connection").get(pk=both_ways.pk)
    SyncConfig.objects.filter(pk=both_ways.pk).update(revision=both_ways.revision + 1)
    run = run_start(config=both_ways, trigger="manual")
    run_execute(run_id=run.pk, budget_s=30)
    assert SyncRun.objects.get().rejected_count == 1
    assert "The mapping rejected it" in verdict(staff.get(f"{STORY}?config={both_ways.pk}&id={partner}"))


def ways(page: Any) -> list[list[str]]:
    rows = BeautifulSoup(page.content, "html.parser").select("#ways tbody tr")
    return [[" ".join(cell.get_text(" ").split()) for cell in row.select("td")] for row in rows]


def test_each_value_is_followed_into_odoo_also_where_others_fail(
    staff: Client, orders: SyncConfig, api: Api, demo_odoo: DemoOdoo
) -> None:
    api.call("POST", "orders", ORDER)
    demo_odoo.calls.clear()
    found = {row[0]: row[1:] for row in ways(staff.post(f"{STORY}?config={orders.pk}&record=%231042"))}
    assert found["name identifier"] == ["#1042", "Plain", "client_order_ref", "#1042"]
    assert found["line_items[].quantity"][3] == "[2.0]"
    came, calculation, field, told = found["line_items[].sku"]
    assert (came, calculation, field) == ('["NO-SUCH-SKU"]', "Relational", "order_line.product_id")
    assert "line_items[0].sku: no record of product.product" in told
    assert found["customer.email"][0] == "ada@example.com"
    assert "create" not in {method for _model, method in demo_odoo.calls}


def test_each_value_is_followed_out_of_odoo_beside_what_was_sent(
    staff: Client, both_ways: SyncConfig, demo_odoo: DemoOdoo
) -> None:
    partner = demo_odoo.call("res.partner", "create", {"ref": "C-1", "name": "Ann"})
    run_execute(run_id=run_start(config=both_ways, trigger="manual").pk, budget_s=30)
    demo_odoo.call("res.partner", "write", [partner], {"name": "Anna"})
    rows = {row[0]: row[1:] for row in ways(staff.post(f"{STORY}?config={both_ways.pk}&id={partner}"))}
    assert rows["name"] == ["Anna", "Plain", "title", "Anna", "Ann"]


def test_secret_lines_are_hidden_in_the_ways(staff: Client, make_config: ConfigMaker, demo_odoo: DemoOdoo) -> None:
    config = make_config(
        [
            {"field": "ref", "key": "code", "is_identifier": True},
            {"field": "vat", "key": "tax", "is_secret": True, "calculation": "constant", "default": "BE0477472701"},
        ]
    )
    ApiLog.objects.create(
        created_at=timezone.now(), direction="in", party="api", method="POST", url="/bj_api_sync/v1/customers",
        status=400, duration_ms=1, config=config, record_ref="C-1", request_body='{"code": "C-1"}',
    )  # fmt: skip
    page = staff.post(f"{STORY}?config={config.pk}&record=C-1")
    assert "***" in str(ways(page))
    assert "BE0477472701" not in page.content.decode()


def test_a_viewer_sees_no_deliveries_and_asks_odoo_nothing(
    client: Client, both_ways: SyncConfig, demo_odoo: DemoOdoo
) -> None:
    partner = demo_odoo.call("res.partner", "create", {"ref": "C-1", "name": "Ann"})
    run_execute(run_id=run_start(config=both_ways, trigger="manual").pk, budget_s=30)
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_apilog"))
    client.force_login(user)
    demo_odoo.calls.clear()
    page = client.post(f"{STORY}?config={both_ways.pk}&id={partner}")
    assert "Follow each value" not in text(page)
    assert "Delivery #" not in text(page)
    assert not demo_odoo.calls


def test_who_may_not_see_the_log_sees_no_story(client: Client, customers: SyncConfig) -> None:
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert client.get(f"{STORY}?config={customers.pk}&record=1").status_code == 403
    assert client.get(FIND, {"q": "1"}).status_code == 403


def test_queries_stay_few_and_do_not_grow_with_the_story(
    staff: Client, customers: SyncConfig, both_ways: SyncConfig
) -> None:
    RecordLink.objects.create(config=both_ways, odoo_id=5, external_id="C-1", synced_at=timezone.now())
    counts = []
    for size in (1, 40):
        for number in range(size):
            ApiLog.objects.create(
                created_at=timezone.now(), direction="in", party="api", method="POST", url="/x", status=400,
                duration_ms=1, config=customers, record_ref="C-1", request_id=f"r{size}-{number}",
            )  # fmt: skip
            Delivery.objects.create(
                config=both_ways, record_id=5, method="POST", payload={}, payload_hash="", state="dead"
            )
        for address in (f"{STORY}?config={customers.pk}&record=C-1", f"{FIND}?q=r1-0", f"{FIND}?q=C-1"):
            with CaptureQueriesContext(database) as queries:
                assert staff.get(address, follow=True).status_code == 200
            counts.append(len(queries))
    assert max(counts[0], counts[3]) < 25
    assert counts[:3] == counts[3:]


def test_a_request_id_that_callers_share_mixes_no_stories(staff: Client, customers: SyncConfig, api: Api) -> None:
    headers = {"X-Request-ID": "always-the-same"}
    api.call("POST", "customers", {"code": "C-1", "name": "Ann"}, headers=headers)
    api.call("POST", "customers", {"code": "C-2", "name": ""}, headers=headers)
    assert "It arrived." in verdict(find(staff, "C-1"))
    assert "It was refused (400)" in verdict(find(staff, "C-2"))


def test_what_was_fetched_goes_by_its_identifier(staff: Client, make_config: ConfigMaker) -> None:
    config = make_config(name="Fetch", request_type="out", endpoint=None, url="https://shop.example.com/customers")
    dead = Delivery.objects.create(
        config=config, record_id=order_key("F-1"), external_id="F-1", method="GET", payload={}, payload_hash="",
        state="dead", last_error="There is no country XX.",
    )  # fmt: skip
    for term in ("F-1", dead.idempotency_key):
        assert "It could not be delivered: There is no country XX." in verdict(find(staff, term))
