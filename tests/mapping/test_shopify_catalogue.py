"""Real Shopify customers, products with variants, and an order's discounts, by every kind of line, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clients.odoo.schema import Field
from mapping.engine import map_in, map_out
from mapping.plan import LineSpec, Plan, PlanSpec, compile_plan
from tests.mapping.conftest import FakeOdoo
from tests.mapping.test_shopify import SHARED, RecordedSchema

UNRECORDED = {
    "product.template": [
        Field("name", "char", required=True),
        Field("description_sale", "text"),
        Field("list_price", "float"),
        Field("type", "selection", selection=(("consu", "Goods"), ("service", "Service"))),
        Field("product_tag_ids", "many2many", relation="product.tag"),
        Field("product_variant_ids", "one2many", relation="product.product"),
        Field("x_handle", "char"),
        Field("x_published_on", "date"),
    ],
    "product.tag": [Field("name", "char", required=True)],
    "product.product": [
        Field("default_code", "char"),
        Field("x_price", "float"),
        Field("x_option", "char"),
        Field("weight", "float"),
        Field("active", "boolean"),
    ],
    "res.partner.category": [Field("name", "char", required=True)],
    "res.country.state": [Field("name", "char", required=True), Field("code", "char", required=True)],
}


class Schema(RecordedSchema):
    def __init__(self) -> None:
        super().__init__("18")
        for model, fields in UNRECORDED.items():
            self.models[model] = {**self.models.get(model, {}), **{field.name: field for field in fields}}


def payload(file: str, key: str = "") -> Any:
    path = SHARED / "payloads" / f"shopify-{file}.json"
    if not path.exists():
        pytest.skip(f"no recorded payload in {path}")
    found = json.loads(path.read_text())
    return found[key] if key else found


def plan(model: str, *lines: LineSpec, **more: Any) -> Plan:
    return compile_plan(PlanSpec(model=model, lines=lines, **more), Schema())


def relational(field: str, key: str, **options: object) -> LineSpec:
    return LineSpec(field, key, calculation="relational", options=options)


CUSTOMER = (
    LineSpec("ref", "id", is_identifier=True),
    LineSpec("name", "", calculation="template", options={"template": "{first_name} {last_name}"}, required=True),
    LineSpec("email", "email"),
    LineSpec(
        "comment",
        "state",
        calculation="value_map",
        options={"map": {"disabled": "No account", "enabled": "Has an account", "invited": "Invited"}},
    ),
    LineSpec(
        "phone",
        "default_address.phone",
        direction="in",
        calculation="script",
        options={"script": "result = '+1 ' + ''.join(c for c in value or '' if c.isdigit())"},
    ),
    relational("country_id", "default_address.country_code", match_field="code"),
    relational("state_id", "default_address.province_code", match_field="code", on_missing="empty"),
    relational("child_ids", "addresses[]", mode="match", match_key="ref"),
    LineSpec("child_ids.ref", "addresses[].id"),
    LineSpec(
        "child_ids.name",
        "",
        calculation="template",
        options={"template": "{addresses[].address1}, {addresses[].zip} {addresses[].city}"},
    ),
    LineSpec("child_ids.street", "addresses[].address1"),
    LineSpec("child_ids.street2", "addresses[].address2"),
    LineSpec("child_ids.zip", "addresses[].zip"),
    LineSpec("child_ids.city", "addresses[].city"),
)
PLACES = {
    "res.country": [{"id": 233, "code": "US"}],
    "res.country.state": [{"id": 31, "code": "KY"}],
    "res.partner": [
        {"id": 9, "ref": "207119551", "child_ids": [10, 11]},
        {"id": 10, "ref": "207119551", "street": "Old Street"},
        {"id": 11, "ref": "1", "street": "Elsewhere"},
    ],
}


def test_a_customer_comes_in_with_addresses_that_are_matched() -> None:
    odoo = FakeOdoo(PLACES)

    def lookup(model: str, field: str, values: Any) -> Any:
        # The address of a customer has the customer's id in this shop; only the customer itself is looked for.
        found = odoo.lookup(model, field, values)
        return {value: ids[:1] for value, ids in found.items()}

    (result,) = map_in(
        plan("res.partner", *CUSTOMER), payload("customers", "customers"), lookup=lookup, related=odoo.related
    )
    assert result.errors == ()
    assert result.values == {
        "ref": "207119551",
        "name": "Bob Norman",
        "email": "bob.norman@hostmail.com",
        "comment": "No account",
        "phone": "+1 5556251199",
        "country_id": 233,
        "state_id": 31,
        "child_ids": [
            [2, 11, 0],
            [
                1,
                10,
                {
                    "name": "Chestnut Street 92, 40202 Louisville",
                    "street": "Chestnut Street 92",
                    "street2": "",
                    "zip": "40202",
                    "city": "Louisville",
                },
            ],
        ],
    }


def test_the_same_customer_goes_out_with_what_can_be_reversed() -> None:
    child = {
        "id": 10,
        "ref": "7",
        "street": "Chestnut Street 92",
        "street2": False,
        "zip": "40202",
        "city": "Louisville",
    }
    odoo = FakeOdoo({**PLACES, "res.partner": [child]})
    made = plan("res.partner", *CUSTOMER)
    assert made.notes == ()
    record = {
        "id": 9,
        "ref": "207119551",
        "email": "bob@x",
        "comment": "Invited",
        "country_id": [233, "United States"],
        "state_id": False,
        "child_ids": [10],
    }
    assert set(made.read_fields) == record.keys() - {"id"}
    (result,) = map_out(made, [record], related=odoo.related)
    assert result.values == {
        "id": "207119551",
        "email": "bob@x",
        "state": "invited",
        "default_address": {"country_code": "US", "province_code": None},
        "addresses": [
            {"id": "7", "address1": "Chestnut Street 92", "address2": None, "zip": "40202", "city": "Louisville"}
        ],
    }


PRODUCT = (
    LineSpec("x_handle", "handle", is_identifier=True),
    LineSpec("name", "title"),
    LineSpec("description_sale", "body_html"),
    LineSpec("type", "", calculation="constant", default="consu", direction="in"),
    LineSpec("x_published_on", "created_at", direction="in"),
    LineSpec("list_price", "variants[0].price", direction="in"),
    LineSpec(
        "product_tag_ids",
        "tags",
        calculation="script",
        direction="in",
        options={
            "script": """
names = [name.strip() for name in value.split(',') if name.strip()]
found = {tag['name']: tag['id'] for tag in env['product.tag'].search_read([('name', 'in', names)], ['name'])}
result = [Command.set([found[name] for name in names if name in found])]
"""
        },
    ),
    relational("product_variant_ids", "variants[]", mode="match", match_key="default_code"),
    LineSpec("product_variant_ids.default_code", "variants[].sku", required=True),
    LineSpec("product_variant_ids.x_price", "variants[].price"),
    LineSpec("product_variant_ids.x_option", "variants[].option1"),
    LineSpec(
        "product_variant_ids.weight",
        "variants[].grams",
        calculation="script",
        options={"script": "result = value / 1000", "reverse": "result = round(value * 1000)"},
    ),
)


def test_products_with_variants_come_in_and_known_variants_are_updated() -> None:
    products = [payload("product", "product"), *payload("products")]
    skus = [variant["sku"] for variant in products[0]["variants"]]
    variants = [
        {"id": 50, "default_code": skus[0]},
        {"id": 51, "default_code": "GONE"},
        {"id": 52, "default_code": skus[-1]},
    ]
    odoo = FakeOdoo(
        {
            "product.template": [{"id": 5, "x_handle": "ipod-nano", "product_variant_ids": [50, 51, 52]}],
            "product.product": variants,
        }
    )
    asked: list[tuple[str, str]] = []

    def ask(model: str, method: str, arguments: Any) -> Any:
        asked.append((model, method))
        return [{"id": 3, "name": "Music"}, {"id": 4, "name": "MP3"}]

    made = plan("product.template", *PRODUCT)
    results = map_in(made, products, lookup=odoo.lookup, related=odoo.related, ask=ask)
    assert [result.errors for result in results] == [()] * len(products)
    values = results[0].values
    assert values is not None
    assert values["product_tag_ids"] == [[6, 0, [4, 3]]]
    assert (values["type"], values["list_price"], values["x_published_on"]) == ("consu", 199.0, "2011-10-20")
    commands: Any = values["product_variant_ids"]
    assert commands[0] == [2, 51, 0]
    assert commands[1] == [1, 50, {"x_price": 199.0, "x_option": "Pink", "weight": 0.2}]
    assert [command[:2] for command in commands[1:]] == [[1, 50], *[[0, 0]] * (len(skus) - 2), [1, 52]]
    assert asked == [("product.tag", "search_read")] * len(products)
    assert [call[:2] for call in odoo.calls] == [
        ("lookup", "product.template"),
        ("related", "product.template"),
        ("related", "product.product"),
    ]


def test_variants_go_out_as_they_came_in() -> None:
    product = payload("product", "product")
    variants = [
        {
            "id": 60 + at,
            "default_code": variant["sku"],
            "x_price": float(variant["price"]),
            "x_option": variant["option1"],
            "weight": variant["grams"] / 1000,
        }
        for at, variant in enumerate(product["variants"])
    ]
    odoo = FakeOdoo({"product.product": variants})
    record = {
        "id": 5,
        "x_handle": product["handle"],
        "name": product["title"],
        "description_sale": product["body_html"],
        "product_variant_ids": [variant["id"] for variant in variants],
    }
    (result,) = map_out(plan("product.template", *PRODUCT), [record], related=odoo.related)
    assert result.errors == ()
    assert result.values == {
        "handle": product["handle"],
        "title": product["title"],
        "body_html": product["body_html"],
        "variants": [
            {
                "sku": variant["sku"],
                "price": float(variant["price"]),
                "option1": variant["option1"],
                "grams": variant["grams"],
            }
            for variant in product["variants"]
        ],
    }


def test_an_orders_discounts_attributes_and_status_come_in() -> None:
    made = plan(
        "sale.order",
        LineSpec("client_order_ref", "name", is_identifier=True),
        LineSpec(
            "note",
            "",
            calculation="template",
            options={"template": "{note_attributes[0].name}: {note_attributes[0].value} ({discount_codes[0].code})"},
        ),
        LineSpec(
            "state",
            "financial_status",
            calculation="value_map",
            direction="in",
            options={"map": {"paid": "sale", "authorized": "sent", "voided": "cancel"}},
        ),
        LineSpec("date_order", "created_at"),
        relational("partner_id", "customer.email", match_field="email"),
        relational("order_line", "line_items[]"),
        relational("order_line.product_id", "line_items[].sku", match_field="default_code"),
        LineSpec("order_line.name", "line_items[].name"),
        LineSpec("order_line.product_uom_qty", "line_items[].quantity"),
        LineSpec("order_line.price_unit", "line_items[].price"),
        LineSpec(
            "order_line.discount",
            "",
            calculation="script",
            options={
                "script": """
total = sum(float(line['price']) * line['quantity'] for line in request_data['line_items'])
off = sum(float(code['amount']) for code in request_data['discount_codes'])
result = round(100 * off / total, 2) if total else 0.0
"""
            },
        ),
        direction="in",
    )
    odoo = FakeOdoo(
        {
            "res.partner": [{"id": 3, "email": "bob.norman@hostmail.com"}],
            "product.product": [
                {"id": number, "default_code": f"IPOD2008{colour}"}
                for number, colour in enumerate(("GREEN", "RED", "BLACK"), 51)
            ],
        }
    )
    (result,) = map_in(made, [payload("order", "order")], lookup=odoo.lookup)
    assert result.errors == ()
    assert result.values is not None
    assert (result.values["note"], result.values["state"]) == ("custom engraving: Happy Birthday (TENOFF)", "sent")
    commands: Any = result.values["order_line"]
    assert [command[2]["discount"] for command in commands] == [1.68] * 3
