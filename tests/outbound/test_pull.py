"""Fetching from an external API into Odoo, over real sockets: the demo shop's customers, page by page."""

from __future__ import annotations

from typing import Any

import pytest

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from demo.shop_lists import made_customers
from outbound.models import Delivery, DeliveryState, PullPolicy, RecordLink, RunState, RunTrigger, SyncRun
from outbound.order_keys import is_odoo_id
from outbound.runs import Ended, RunRefused, run_execute, run_start
from syncconfig.models import OdooConnection, SyncConfigLine, SyncParam
from tests.outbound.conftest import send, sync
from tests.outbound.pulling import KINDS, make_pull, partners, shop_pull
from tests.outbound.receiver import Receiver, answer

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_pages_is_followed_to_the_end(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo, kind: str
) -> None:
    shop.customers = made_customers(25)
    config = shop_pull(connection, shop, kind, page_size=10)

    run = sync(config)

    assert run.state == RunState.DONE, run.error
    assert (run.read_count, run.queued_count, run.delivered_count, run.dead_count) == (25, 25, 25, 0)
    found = partners(demo_odoo)
    assert len(found) == 25
    assert found["customer-0025@example.com"]["name"] == "Customer 0025"
    assert found["customer-0025@example.com"]["country_id"][1] == "Belgium"
    assert run.problems == []
    asked_for_nothing_more = {"page", "offset"}
    assert len(shop.received) == (4 if kind in asked_for_nothing_more else 3)


def test_pages_of_exactly_the_last_size_end_as_well(connection: OdooConnection, shop: DemoShop) -> None:
    shop.customers = made_customers(20)
    for kind in KINDS:
        config = shop_pull(connection, shop, kind, page_size=10, name=kind)
        assert sync(config).read_count == 20, kind


def test_a_thousand_items_reach_odoo_in_creates_of_a_hundred_and_more(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(1000)
    config = shop_pull(connection, shop, "link", page_size=100)

    run = sync(config)

    assert run.delivered_count == 1000
    assert len(partners(demo_odoo)) == 1000
    assert demo_odoo.calls["res.partner", "create"] <= 10
    # One search for each create, and nothing else that grows with the records.
    assert demo_odoo.calls["res.partner", "search_read"] <= 10
    assert demo_odoo.calls["res.partner", "write"] == 0


def test_one_answer_may_hold_everything(connection: OdooConnection, demo_odoo: DemoOdoo) -> None:
    with Receiver(lambda _request: answer(made_customers(2500))) as api:
        run = sync(make_pull(connection, api.url))
    assert (run.read_count, run.delivered_count) == (2500, 2500)
    assert len(partners(demo_odoo)) == 2500
    assert demo_odoo.calls["res.partner", "create"] <= 25


def test_what_is_unchanged_costs_odoo_no_call_and_what_changed_is_written_alone(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(30)
    config = shop_pull(connection, shop)
    sync(config)
    before = demo_odoo.calls.total()

    again = sync(config)
    assert (again.unchanged_count, again.queued_count) == (30, 0)
    assert demo_odoo.calls.total() == before

    shop.customers[6] = {**shop.customers[6], "name": "Customer Seven", "visits": 12}
    shop.customers[7] = {**shop.customers[7], "visits": 12}
    third = sync(config)
    assert (third.unchanged_count, third.queued_count, third.delivered_count) == (29, 1, 1)
    assert partners(demo_odoo)["customer-0007@example.com"]["name"] == "Customer Seven"
    assert demo_odoo.calls["res.partner", "write"] == 1


def test_a_changed_mapping_makes_every_item_a_changed_one(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(3)
    config = shop_pull(connection, shop)
    sync(config)
    config.lines.filter(field="city").update(key="address.street")
    config.save()

    assert sync(config).delivered_count == 3
    assert partners(demo_odoo)["customer-0002@example.com"]["city"] == "Market 2"

    # What a line's repr does not show counts as well.
    line = SyncConfigLine.objects.create(config=config, field="comment", calculation="constant", default="first")
    config.refresh_from_db()
    assert sync(config).delivered_count == 3
    line.default = "second"
    line.save()
    config.refresh_from_db()
    assert sync(config).delivered_count == 3
    config.name, config.page_size = "Renamed", 7
    config.save()
    assert sync(config).unchanged_count == 3


def test_links_and_deliveries_name_the_record_by_its_identifier(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(2)
    config = shop_pull(connection, shop)
    sync(config)

    ids = {each["email"]: each["id"] for each in partners(demo_odoo).values()}
    links = dict(RecordLink.objects.filter(config=config).values_list("external_id", "odoo_id"))
    assert links == ids
    assert not RecordLink.objects.filter(config=config, payload_hash="").exists()
    delivery = Delivery.objects.get(external_id="customer-0002@example.com")
    assert not is_odoo_id(delivery.record_id)
    assert "customer-0002@example.com" in str(delivery)
    assert delivery.payload == shop.customers[1]


def test_the_next_run_asks_only_for_what_came_later(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    pull = {
        "since_param": "since",
        "since_path": "updated_at",
        "since_initial": "2026-01-01T00:05:00Z",
        "since_overlap_s": 120,
    }
    shop.customers = made_customers(20)
    config = shop_pull(connection, shop, pull=pull, page_size=8)

    first = sync(config)
    assert shop.received[0].query["since"] == "2026-01-01T00:05:00Z"
    assert first.read_count == 16
    assert PullPolicy.objects.get(config=config).since_value == "2026-01-01T00:20:00Z"

    shop.customers += made_customers(2, first=21)
    second = sync(config)
    assert shop.received[-1].query["since"] == "2026-01-01T00:18:00Z"
    assert (second.read_count, second.unchanged_count, second.delivered_count) == (5, 3, 2)

    everything = sync(config, is_full=True)
    assert everything.read_count == 18
    assert len(partners(demo_odoo)) == 18


def test_a_run_that_fails_on_the_way_leaves_the_remembered_value_alone(
    connection: OdooConnection, shop: DemoShop
) -> None:
    shop.customers = made_customers(30)
    pull = {"since_param": "since", "since_path": "updated_at"}
    config = shop_pull(connection, shop, "page", pull=pull, page_size=10)
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    original = shop.respond

    def refuse_page_two(request: Any) -> Any:
        if request.query.get("page") == "2":
            shop.token = "another"
        return original(request)

    shop.respond = refuse_page_two  # type: ignore[method-assign]
    assert run_execute(run_id=run.pk, budget_s=30) is Ended.FAILED
    run.refresh_from_db()
    assert "401" in run.error
    assert "authorization" in run.error
    assert PullPolicy.objects.get(config=config).since_value == ""
    # The first page is in the table, and goes to Odoo whatever becomes of the others.
    assert run.queued_count == 10
    assert send(config).delivered + run.delivered_count == 10


def test_configured_and_computed_parameters_are_sent(connection: OdooConnection, shop: DemoShop) -> None:
    shop.customers = made_customers(3)
    config = shop_pull(connection, shop, "page", page_size=10)
    SyncParam.objects.create(config=config, name="status", value="active")
    SyncParam.objects.create(
        config=config, name="since", value="(datetime(2026, 1, 1, 0, 1)).strftime('%Y-%m-%dT%H:%M:%SZ')",
        is_computed=True,
    )  # fmt: skip

    run = sync(config)

    assert run.state == RunState.DONE, run.error
    assert shop.received[0].query == {
        "status": "active", "since": "2026-01-01T00:01:00Z", "page": "1", "per_page": "10",
    }  # fmt: skip
    assert run.read_count == 3


def test_existing_records_are_treated_as_the_config_says(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    there = demo_odoo.call("res.partner", "create", {"name": "Old name", "email": "customer-0001@example.com"})
    shop.customers = made_customers(2)

    config = shop_pull(connection, shop, on_existing="ignore", name="ignoring")
    assert sync(config).delivered_count == 2
    assert partners(demo_odoo)["customer-0001@example.com"]["name"] == "Old name"

    config = shop_pull(connection, shop, on_existing="reject", name="rejecting")
    assert sync(config).dead_count == 2
    dead = Delivery.objects.get(config=config, external_id="customer-0001@example.com")
    assert f"exists already (id {there if isinstance(there, int) else there[0]})" in dead.last_error

    config = shop_pull(connection, shop, on_existing="update", name="updating")
    assert sync(config).delivered_count == 2
    assert partners(demo_odoo)["customer-0001@example.com"]["name"] == "Customer 0001"


def test_a_config_that_fetches_takes_no_odoo_ids(connection: OdooConnection, shop: DemoShop) -> None:
    config = shop_pull(connection, shop)
    with pytest.raises(RunRefused, match="cannot be limited to ids of Odoo"):
        run_start(config=config, trigger=RunTrigger.MANUAL, record_ids=[1])
    assert not SyncRun.objects.exists()


def test_what_waits_while_the_time_is_up_goes_on_with_the_next_task(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(30)
    config = shop_pull(connection, shop, "cursor", page_size=10)
    run = run_start(config=config, trigger=RunTrigger.MANUAL)

    ends = [run_execute(run_id=run.pk, budget_s=0) for _task in range(3)]

    assert ends == [Ended.CONTINUES, Ended.CONTINUES, Ended.DONE]
    run.refresh_from_db()
    assert run.read_count == 30
    sync(config)
    assert len(partners(demo_odoo)) == 30
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
