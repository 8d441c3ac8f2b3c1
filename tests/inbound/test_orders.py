"""Orders with their customer and their lines, through the endpoint and into the demo Odoo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from demo.odoo import DemoOdoo
from outbound.models import RecordLink
from syncconfig.models import SyncConfig, SyncConfigLine
from tests.inbound.conftest import Api

PAYLOADS = Path(__file__).parent.parent.parent.parent / "shared" / "payloads"


def small_order(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "created_at": "2026-03-14T09:26:53+01:00",
        "customer": {"email": "new@example.com", "default_address": {"country_code": "GB"}},
        "billing_address": {"name": "Newton"},
        "line_items": [{"sku": "DEMO-0001", "quantity": 2, "price": "10.50"}],
    }


@pytest.fixture
def products(demo_odoo: DemoOdoo) -> None:
    demo_odoo.seed_products(2)


def order_of(demo_odoo: DemoOdoo, reference: str) -> dict[str, Any]:
    (order,) = demo_odoo.call(
        "sale.order", "search_read", [["client_order_ref", "=", reference]], ["partner_id", "order_line", "date_order"]
    )
    return dict(order)


def customers_in(demo_odoo: DemoOdoo, email: str) -> list[dict[str, Any]]:
    found = demo_odoo.call("res.partner", "search_read", [["email", "=", email]], ["name", "city", "country_id"])
    return list(found)


def test_a_real_shopify_order_becomes_an_order_with_its_customer_and_lines(
    demo_odoo: DemoOdoo, orders: SyncConfig, api: Api
) -> None:
    file = PAYLOADS / "shopify-order.json"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    demo_odoo.seed_shop_skus()
    payload = json.loads(file.read_text())["order"]

    made = api.call("POST", "orders", payload)
    again = api.call("POST", "orders", payload)

    assert (made.status_code, again.status_code) == (201, 200), made.text
    order = order_of(demo_odoo, "#1001")
    lines = demo_odoo.call(
        "sale.order.line", "read", order["order_line"], ["product_id", "product_uom_qty", "price_unit"]
    )
    assert order["date_order"] == "2008-01-10 16:00:00"
    assert [(line["product_uom_qty"], line["price_unit"]) for line in lines] == [(1.0, 199.0)] * 3
    assert [line["product_id"][1].split("]")[0] for line in lines] == [
        "[IPOD2008GREEN",
        "[IPOD2008RED",
        "[IPOD2008BLACK",
    ]
    (customer,) = customers_in(demo_odoo, "bob.norman@hostmail.com")
    assert order["partner_id"][0] == customer["id"]
    assert customer["country_id"][1] == "United States"
    data = made.json()["data"]
    assert data["name"] == "#1001"
    assert data["customer"]["email"] == "bob.norman@hostmail.com"
    assert [line["sku"] for line in data["line_items"]] == ["IPOD2008GREEN", "IPOD2008RED", "IPOD2008BLACK"]


def test_an_order_posted_again_replaces_its_lines(
    demo_odoo: DemoOdoo, orders: SyncConfig, api: Api, products: None
) -> None:
    api.call("POST", "orders", small_order("#1"))
    changed = {**small_order("#1"), "line_items": [{"sku": "DEMO-0002", "quantity": 5, "price": "1"}]}

    assert api.call("POST", "orders", changed).status_code == 200

    order = order_of(demo_odoo, "#1")
    (line,) = demo_odoo.call("sale.order.line", "read", order["order_line"], ["product_uom_qty"])
    assert line["product_uom_qty"] == 5.0


def test_an_existing_customer_is_not_made_again(
    demo_odoo: DemoOdoo, orders: SyncConfig, api: Api, products: None
) -> None:
    partner_id = demo_odoo.call("res.partner", "create", {"name": "Old", "email": "new@example.com"})

    api.call("POST", "orders", small_order("#1"))

    assert order_of(demo_odoo, "#1")["partner_id"][0] == partner_id
    assert [each["name"] for each in customers_in(demo_odoo, "new@example.com")] == ["Old"]


def test_an_archived_customer_is_taken_and_not_doubled(
    demo_odoo: DemoOdoo, orders: SyncConfig, api: Api, products: None
) -> None:
    partner_id = demo_odoo.call("res.partner", "create", {"name": "Old", "email": "new@example.com", "active": False})

    assert api.call("POST", "orders", small_order("#1")).status_code == 201

    assert order_of(demo_odoo, "#1")["partner_id"][0] == partner_id


def test_an_order_with_an_unknown_product_makes_neither_order_nor_customer(
    demo_odoo: DemoOdoo, orders: SyncConfig, api: Api, products: None
) -> None:
    order = small_order("#1")
    order["line_items"].append({"sku": "NO-SUCH", "quantity": 1, "price": "1"})

    answer = api.call("POST", "orders", order)

    body = answer.json()
    assert (answer.status_code, body["errors"][0]["external_key"]) == (400, "line_items[1].sku")
    assert "NO-SUCH" in body["message"]
    assert body["line_id"] == SyncConfigLine.objects.get(field="order_line.product_id").pk
    assert customers_in(demo_odoo, "new@example.com") == []


def test_a_customer_made_for_an_order_that_odoo_refuses_is_taken_back(
    demo_odoo: DemoOdoo, orders: SyncConfig, api: Api, products: None
) -> None:
    api.call("GET", "orders?limit=1")
    # Odoo refuses the order for a reason that no mapping can know.
    model = demo_odoo.database.registry.models["sale.order"]
    removed = model.fields.pop("date_order")
    try:
        answer = api.call("POST", "orders", {**small_order("#1"), "created_at": "2026-01-01T10:00:00Z"})
    finally:
        model.fields["date_order"] = removed

    assert answer.status_code == 503, answer.text
    assert customers_in(demo_odoo, "new@example.com") == []
    assert demo_odoo.calls["res.partner", "create"] == 1
    assert not RecordLink.objects.exists()


def test_a_customer_that_odoo_refuses_is_a_400_and_no_order_is_made(
    demo_odoo: DemoOdoo, orders: SyncConfig, api: Api, products: None
) -> None:
    order = small_order("#1")
    order["billing_address"]["name"] = None

    answer = api.call("POST", "orders", order)

    assert answer.status_code == 400, answer.text
    assert "Contacts require a name" in answer.json()["message"]
    assert answer.json()["line_id"] == SyncConfigLine.objects.get(field="partner_id").pk
    assert demo_odoo.call("sale.order", "search_count", [["client_order_ref", "=", "#1"]]) == 0
    assert not RecordLink.objects.exists()


def test_a_lost_answer_to_the_customers_create_is_looked_up(
    demo_odoo: DemoOdoo, orders: SyncConfig, api: Api, products: None
) -> None:
    api.call("GET", "orders?limit=1")
    demo_odoo.fail_next(1, "drop_after", only="create")

    answer = api.call("POST", "orders", small_order("#1"))

    assert answer.status_code == 201, answer.text
    assert len(customers_in(demo_odoo, "new@example.com")) == 1


def test_a_record_in_an_envelope_that_no_line_reads_is_told_what_is_the_matter(orders: SyncConfig, api: Api) -> None:
    answer = api.call("POST", "orders", {"order": small_order("#1")})

    assert answer.status_code == 400
    assert "The body has only the key 'order', which this endpoint does not read" in answer.json()["message"]


def test_the_answer_claims_nothing_of_a_customer_that_was_only_found(
    demo_odoo: DemoOdoo, orders: SyncConfig, api: Api, products: None
) -> None:
    def order(name: str, city: str) -> dict[str, Any]:
        return {**small_order(name), "customer": {"email": "new@example.com", "default_address": {"city": city}}}

    made = api.call("POST", "orders", order("#1", "Ghent")).json()["data"]
    found = api.call("POST", "orders", order("#2", "Bruges")).json()["data"]
    assert [each["city"] for each in customers_in(demo_odoo, "new@example.com")] == ["Ghent"]
    assert made["customer"]["default_address"]["city"] == "Ghent"
    assert found["customer"] == {"email": "new@example.com"}
    read = api.call("POST", "orders?return_fields=customer.default_address.city", order("#2", "Bruges")).json()["data"]
    assert read["customer"]["default_address"]["city"] == "Ghent"
