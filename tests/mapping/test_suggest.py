"""Lines proposed from a sample: the right ones for real payloads, and always ones that make a plan."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.engine import map_in
from mapping.plan import PlanSpec, compile_plan
from mapping.results import related_records
from mapping.spec import LineSpec
from mapping.suggest import Suggestion, suggest_lines, words
from tests.mapping.conftest import FakeOdoo
from tests.mapping.schema import MODELS, FakeField, FakeSchema
from tests.mapping.test_shopify import SHARED, RecordedSchema


def fields_of(model: str) -> Mapping[str, FakeField] | None:
    return MODELS.get(model)


def suggest(model: str, sample: object) -> dict[str, tuple[str, str]]:
    return {each.line.field: (each.line.key, each.line.calculation) for each in suggest_lines(model, sample, fields_of)}


ORDER = {
    "order_number": "1001",
    "createdAt": "2026-01-15T10:30:00Z",
    "status": "paid",
    "customer": {"email": "ann@example.com", "full_name": "Ann", "address": {"town": "Gent", "country_code": "BE"}},
    "lineItems": [{"sku": "MUG", "qty": 2, "taxes": ["VAT"]}, {"sku": "PEN", "qty": 1, "title": "Pen"}],
    "internal": None,
}


def test_an_order_is_recognised_with_its_customer_and_lines() -> None:
    assert suggest("sale.order", ORDER) == {
        "client_order_ref": ("order_number", "plain"),
        "date_order": ("createdAt", "plain"),
        "state": ("status", "plain"),
        "partner_id": ("customer.email", "relational"),
        "partner_id.name": ("customer.full_name", "plain"),
        "partner_id.city": ("customer.address.town", "plain"),
        "partner_id.country_id": ("customer.address.country_code", "relational"),
        "order_line": ("lineItems[]", "relational"),
        "order_line.product_id": ("lineItems[].sku", "relational"),
        "order_line.product_uom_qty": ("lineItems[].qty", "plain"),
        "order_line.name": ("lineItems[].title", "plain"),
    }


def test_what_is_proposed_maps_the_sample_as_it_stands() -> None:
    found = suggest_lines("sale.order", ORDER, fields_of)
    lines = tuple(dataclasses.replace(each.line, line_id=number) for number, each in enumerate(found))
    assert [each.line.field for each in found if each.line.is_identifier] == ["client_order_ref"]
    plan = compile_plan(PlanSpec(model="sale.order", lines=lines), FakeSchema())
    odoo = FakeOdoo(
        {
            "res.country": [{"id": 20, "code": "BE"}],
            "product.product": [{"id": 5, "default_code": "MUG"}, {"id": 6, "default_code": "PEN"}],
        }
    )
    (result,) = map_in(plan, [ORDER], lookup=odoo.lookup)
    assert result.errors == ()
    (partner,) = related_records(result.values)
    assert partner.values == {"email": "ann@example.com", "name": "Ann", "city": "Gent", "country_id": 20}


def test_each_suggestion_says_why_and_shows_the_sample() -> None:
    found = {each.line.field: each for each in suggest_lines("sale.order", ORDER, fields_of)}
    assert found["partner_id"].sample == "ann@example.com"
    assert found["partner_id"].reason == "known by this name elsewhere; res.partner is found by email"
    assert found["partner_id"].line.options == {"match_field": "email", "on_missing": "create", "case": "ignore"}
    assert found["state"].line.direction == "out"  # read-only in Odoo
    assert all(0 < each.score <= 1 for each in found.values())


@pytest.mark.parametrize(
    ("value", "fits"),
    [(True, {"active"}), ("x", {"name"}), (1.5, {"credit", "name"}), ([], set()), ({}, set())],
)
def test_a_value_that_does_not_fit_the_type_is_no_suggestion(value: object, fits: set[str]) -> None:
    for field in ("active", "name", "credit"):
        assert (field in suggest("res.partner", {field: value})) is (field in fits)


def test_the_other_sides_number_of_a_record_is_not_taken_for_a_value_that_odoo_knows() -> None:
    sample = {"lines": [{"product_id": 632910392, "sku": "MUG", "quantity": 1}]}
    assert suggest("sale.order", sample)["order_line.product_id"] == ("lines[].sku", "relational")


@pytest.mark.parametrize("sample", [None, [], "x", 5, {}, {"": 1}, {"a": {"b": {"c": {"d": {"name": "x"}}}}}])
def test_a_sample_that_says_nothing_gives_nothing(sample: object) -> None:
    assert suggest_lines("res.partner", sample, fields_of) == []


def test_an_unknown_model_gives_nothing() -> None:
    assert suggest_lines("no.model", ORDER, fields_of) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("emailAddress", "email address"),
        ("e_mail", "e mail"),
        ("SKU", "sku"),
        ("address1", "address1"),
        ("a-b.c", "a b c"),
    ],
)
def test_names_are_compared_word_by_word(name: str, found: str) -> None:
    assert words(name) == found


keys = st.sampled_from(
    ["id", "name", "email", "title", "customer", "lines", "sku", "country", "tags", "status", "x y", "a.b"]
)
samples = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["a@b", "BE", "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=15,
)


@given(sample=samples, model=st.sampled_from(sorted(MODELS)))
def test_whatever_the_sample_the_proposed_lines_make_a_plan(sample: Any, model: str) -> None:
    found = suggest_lines(model, sample, fields_of)
    lines = tuple(dataclasses.replace(each.line, is_identifier=False) for each in found)
    identifier = LineSpec("id", "the id of odoo", is_identifier=True)
    compile_plan(PlanSpec(model=model, lines=(identifier, *lines)), FakeSchema())
    assert len({line.field for line in lines}) == len(lines)


@pytest.mark.parametrize(
    ("file", "model", "expected"),
    [
        (
            "order",
            "sale.order",
            {
                "date_order": "created_at",
                "amount_total": "total_price",
                "partner_id": "customer.email",
                "partner_id.country_id": "customer.default_address.country_code",
                "partner_shipping_id.street": "shipping_address.address1",
                "order_line": "line_items[]",
                "order_line.product_id": "line_items[].sku",
                "order_line.product_uom_qty": "line_items[].quantity",
                "order_line.price_unit": "line_items[].price",
            },
        ),
        (
            "customer",
            "res.partner",
            {
                "email": "email",
                "ref": "id",
                "comment": "note",
                "street": "default_address.address1",
                "zip": "default_address.zip",
                "country_id": "default_address.country_code",
            },
        ),
        ("product", "product.product", {"name": "title", "description_sale": "body_html"}),
    ],
)
def test_real_payloads_are_recognised(file: str, model: str, expected: dict[str, str]) -> None:
    path = SHARED / "payloads" / f"shopify-{file}.json"
    if not path.exists():
        pytest.skip(f"no recorded payload in {path}")
    schema = RecordedSchema("18")
    found: list[Suggestion] = suggest_lines(model, json.loads(path.read_text())[file], schema.models.get)
    by_field = {each.line.field: each.line.key for each in found}
    assert {field: by_field.get(field) for field in expected} == expected
    identifier = LineSpec("id", "the id of odoo", is_identifier=True)
    lines = tuple(dataclasses.replace(each.line, is_identifier=False) for each in found)
    compile_plan(PlanSpec(model=model, lines=(identifier, *lines)), schema)
