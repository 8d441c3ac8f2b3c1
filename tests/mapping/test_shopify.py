"""A real Shopify order into the fields of real Odoos, with the conversions that the application uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clients.odoo.schema import Field, fields_from_get
from mapping.engine import map_in, map_out
from mapping.plan import LineSpec, Plan, PlanSpec, compile_plan
from mapping.results import related_records
from tests.mapping.conftest import FakeOdoo

SHARED = Path(__file__).parents[3] / "shared"
ORDER = SHARED / "payloads" / "shopify-order.json"

# What was not recorded of the real servers: just the fields that the lines name.
UNRECORDED = {
    "sale.order.line": [
        Field("name", "text"),
        Field("product_id", "many2one", relation="product.product"),
        Field("product_uom_qty", "float", required=True),
        Field("price_unit", "float", required=True),
        Field("discount", "float"),
    ],
    "res.country": [Field("name", "char", required=True), Field("code", "char", required=True)],
}

LINES = (
    LineSpec("client_order_ref", "name", is_identifier=True),
    LineSpec("date_order", "created_at"),
    LineSpec("note", "note"),
    LineSpec("state", "status", direction="out"),
    LineSpec("amount_total", "total_price"),
    LineSpec(
        "partner_id",
        "customer.email",
        calculation="relational",
        required=True,
        options={"match_field": "email", "on_missing": "create"},
    ),
    LineSpec("partner_id.name", "billing_address.name"),
    LineSpec("partner_id.phone", "customer.default_address.phone"),
    LineSpec("partner_id.street", "customer.default_address.address1"),
    LineSpec("partner_id.zip", "customer.default_address.zip"),
    LineSpec(
        "partner_id.country_id",
        "customer.default_address.country_code",
        calculation="relational",
        options={"match_field": "code"},
    ),
    LineSpec("order_line", "line_items[]", calculation="relational", required=True),
    LineSpec(
        "order_line.product_id", "line_items[].sku", calculation="relational", options={"match_field": "default_code"}
    ),
    LineSpec("order_line.name", "line_items[].name"),
    LineSpec("order_line.product_uom_qty", "line_items[].quantity"),
    LineSpec("order_line.price_unit", "line_items[].price"),
    LineSpec("order_line.discount", "discount_codes[0].percentage", direction="in"),
)

ODOO = {
    "res.country": [{"id": 233, "code": "US"}],
    "product.product": [
        {"id": number, "default_code": f"IPOD2008{colour}"}
        for number, colour in enumerate(("GREEN", "RED", "BLACK"), 51)
    ],
}


class RecordedSchema:
    """The fields as a real Odoo of this version told them."""

    def __init__(self, version: str) -> None:
        path = SHARED / "odoo-wire" / version / "jsonrpc.json"
        if not path.exists():
            pytest.skip(f"no recorded exchanges in {path}")
        self.models = {model: {field.name: field for field in fields} for model, fields in UNRECORDED.items()}
        for exchange in json.loads(path.read_text()):
            if exchange["case"].startswith("fields_get "):
                arguments = json.loads(exchange["request"]["body"])["params"]["args"]
                answer = json.loads(exchange["response"]["body"])["result"]
                self.models[arguments[3]] = fields_from_get(answer)

    def field(self, model: str, name: str, /) -> Field | None:
        return self.models.get(model, {}).get(name)


@pytest.fixture(params=["18", "19"])
def plan(request: pytest.FixtureRequest) -> Plan:
    spec = PlanSpec(model="sale.order", lines=LINES, tz="America/New_York")
    return compile_plan(spec, RecordedSchema(request.param))


@pytest.fixture
def order() -> dict[str, Any]:
    if not ORDER.exists():
        pytest.skip(f"no recorded payload in {ORDER}")
    found: dict[str, Any] = json.loads(ORDER.read_text())["order"]
    return found


def test_a_shopify_order_becomes_an_order_of_odoo(plan: Plan, order: dict[str, Any]) -> None:
    odoo = FakeOdoo(ODOO)
    (result,) = map_in(plan, [order], lookup=odoo.lookup)
    assert result.errors == ()
    assert result.values is not None
    (partner,) = related_records(result.values)
    assert partner.values == {
        "name": "Bob Norman",
        "email": "bob.norman@hostmail.com",
        "phone": "555-625-1199",
        "street": "Chestnut Street 92",
        "zip": "40202",
        "country_id": 233,
    }
    colours = ("green", "red", "black")
    assert result.values == {
        "client_order_ref": "#1001",
        "date_order": "2008-01-10 16:00:00",
        "note": False,
        "partner_id": partner,
        "order_line": [
            [
                0,
                0,
                {
                    "product_id": product_id,
                    "name": f"IPod Nano - 8gb - {colour}",
                    "product_uom_qty": 1.0,
                    "price_unit": 199.0,
                },
            ]
            for product_id, colour in enumerate(colours, 51)
        ],
    }
    assert [call[1:3] for call in odoo.calls] == [
        ("res.partner", "email"),
        ("res.country", "code"),
        ("product.product", "default_code"),
    ]


def test_a_broken_shopify_order_is_refused_with_every_reason(plan: Plan, order: dict[str, Any]) -> None:
    order["created_at"] = "last week"
    order["customer"]["default_address"]["country_code"] = "ZZ"
    order["line_items"][1]["sku"] = "IPHONE"
    order["line_items"][2]["price"] = "199,00"
    del order["line_items"][2]["quantity"]
    (result,) = map_in(plan, [order], lookup=FakeOdoo(ODOO).lookup)
    assert result.values is None
    assert [(error.key, error.rule) for error in result.errors] == [
        ("created_at", "type"),
        ("customer.default_address.country_code", "no_match"),
        ("line_items[1].sku", "no_match"),
        ("line_items[2].quantity", "required"),
        ("line_items[2].price", "type"),
    ]


def test_the_same_lines_give_an_order_of_odoo_back(plan: Plan) -> None:
    lines = [
        {"id": 7, "product_id": [51, "IPod"], "name": "IPod", "product_uom_qty": 2.0, "price_unit": 199.0},
        {"id": 8, "product_id": False, "name": "Note", "product_uom_qty": 0.0, "price_unit": 0.0},
    ]
    partner = {
        "id": 3,
        "email": "bob@x",
        "name": "Bob",
        "phone": False,
        "street": False,
        "zip": "40202",
        "country_id": [233, "United States"],
    }
    odoo = FakeOdoo({**ODOO, "sale.order.line": lines, "res.partner": [partner]})
    record = {
        "id": 1,
        "client_order_ref": "#1001",
        "date_order": "2008-01-10 16:00:00",
        "note": False,
        "state": "sale",
        "amount_total": 398.0,
        "partner_id": [3, "Bob"],
        "order_line": [7, 8],
    }
    assert set(plan.read_fields) == record.keys() - {"id"}
    (result,) = map_out(plan, [record], related=odoo.related)
    assert result.errors == ()
    assert result.values == {
        "name": "#1001",
        "created_at": "2008-01-10T11:00:00-05:00",
        "note": None,
        "status": "sale",
        "total_price": 398.0,
        "customer": {
            "email": "bob@x",
            "default_address": {"phone": None, "address1": None, "zip": "40202", "country_code": "US"},
        },
        "billing_address": {"name": "Bob"},
        "line_items": [
            {"sku": "IPOD2008GREEN", "name": "IPod", "quantity": 2.0, "price": 199.0},
            {"sku": None, "name": "Note", "quantity": 0.0, "price": 0.0},
        ],
    }
