"""Every template makes a sync that the form would take and that compiles against the fields of an Odoo."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from clients.odoo.domain import parse_domain
from demo.odoo import DemoOdoo
from mapping.engine import map_in
from mapping.results import related_records
from outbound.models import DeliveryPolicy
from outbound.targets.odoo_lookup import odoo_lookup, odoo_related
from outbound.targets.odoo_upsert import upsert_records
from syncconfig.connections import client_for, fields_of
from syncconfig.fit import fields_learn
from syncconfig.guided.checking import lines_check
from syncconfig.guided.drafts import Draft
from syncconfig.guided.making import draft_make
from syncconfig.guided.proposing import lines_propose
from syncconfig.guided.templates import SyncTemplate, add_template, templates
from syncconfig.guided.words import sentences, when_words
from syncconfig.models import ModelSchema, OdooConnection, SyncConfig, SyncTrigger
from syncconfig.plans import plan_for
from syncconfig.receiving import receiver_for, receiving_paths
from tests.syncconfig.odoo_fields import ODOO_FIELDS

TEMPLATES = list(templates().values())


def ids(template: SyncTemplate) -> str:
    return template.key


@pytest.fixture
def odoo(connection: OdooConnection) -> OdooConnection:
    """The demo Odoo, with Inventory and Invoicing known as well; and another one with the same contacts."""
    for model, fields in ODOO_FIELDS.items():
        ModelSchema.objects.create(connection=connection, model=model, fields=fields, fetched_at=timezone.now())
    other = OdooConnection.objects.create(name="Other", url=connection.url, database="other", login="l", secret="s")
    for model in ("res.partner", "res.country"):
        fields_of(connection, model)
        known = ModelSchema.objects.get(connection=connection, model=model)
        ModelSchema.objects.create(connection=other, model=model, fields=known.fields, fetched_at=known.fetched_at)
    return connection


def drafted(template: SyncTemplate, connection: OdooConnection) -> Draft:
    """As if somebody had pressed “Next” on every step."""
    draft = Draft.begun(template=template, request_type=template.request_type)
    draft.connection = connection.pk
    if draft.into_odoo:
        draft.values["target_connection_id"] = OdooConnection.objects.get(name="Other").pk
    elif not draft.is_in:
        draft.values["url"] = "https://other.example.com/api/records"
        draft.secret_set("their-token")
    draft.lines = lines_propose(draft, connection)
    return draft


@pytest.mark.parametrize("template", TEMPLATES, ids=ids)
def test_every_template_becomes_a_sync_that_works(template: SyncTemplate, odoo: OdooConnection) -> None:
    draft = drafted(template, odoo)
    assert not [row["field"] for row in draft.lines if row.get("is_missing")]
    known = fields_learn(odoo, template.model, [row["field"] for row in draft.lines])
    keys = receiving_paths(row["key"] for row in draft.lines)
    there = fields_learn(draft.target, template.model, keys) if draft.target is not None else None
    check = lines_check(draft.preview_config(), draft.taken_lines(), known, there)
    assert not check, (check.general, check.by_line)
    made = draft_make(draft=draft, name="x", active=True)
    plan = plan_for(made.config)
    assert {line.field for line in plan.lines} == {
        line["field"] for line in template.lines if not line.get("is_optional")
    }
    assert plan.notes == ()
    if template.into_odoo:
        assert receiver_for(made.config).plan.notes == ()


@pytest.mark.parametrize("template", TEMPLATES, ids=ids)
def test_every_template_says_what_it_is_in_words_and_in_a_domain_that_parses(template: SyncTemplate) -> None:
    assert str(template.title)
    assert str(template.summary).endswith(".")
    parse_domain(str(template.values.get("domain", "[]")), now=datetime.now(UTC), uid=1)
    assert "script" not in [line.get("calculation") for line in template.lines]  # not everybody may write them
    assert template.counterpart in {"", *templates()}
    assert (template.sample is not None) or template.request_type == "out"


SHARED = Path(__file__).parents[3] / "shared" / "payloads"


def with_products(demo_odoo: DemoOdoo, *codes: str) -> dict[str, int]:
    """code -> the id of a product of Odoo that has it as its internal reference."""
    made = dict(zip(codes, demo_odoo.seed_products(len(codes)), strict=True))
    for code, product in made.items():
        demo_odoo.call("product.product", "write", [product], {"default_code": code, "taxes_id": [[5, 0, 0]]})
    return made


def shopify(name: str, key: str) -> Any:
    path = SHARED / f"shopify-{name}.json"
    if not path.exists():
        pytest.skip(f"no recorded payload in {path}")
    return json.loads(path.read_text())[key]


def shop_order() -> Any:
    """The recorded order with the sums that the recorded list of orders gives for it. Those in the order itself are of
    two lines, and it has three."""
    (sums,) = shopify("orders", "orders")
    names = ("total_price", "subtotal_price", "total_tax", "total_discounts", "taxes_included")
    return {**shopify("order", "order"), **{name: sums[name] for name in names}}


def shop_draft_order() -> Any:
    """The recorded draft order, whose product of no shelf gets a SKU here."""
    order = shopify("draft-order", "draft_order")
    order["line_items"][1]["sku"] = "ENGRAVING"
    return order


def total_in_odoo(template: SyncTemplate, connection: OdooConnection, demo_odoo: DemoOdoo, order: Any) -> float:
    """What the order comes to in Odoo, without taxes, after it was posted there twice."""
    config = draft_make(draft=drafted(template, connection), name="x", active=True).config
    plan, client = plan_for(config), client_for(connection)
    for _again in range(2):
        results = map_in(plan, [order], lookup=odoo_lookup(client), related=odoo_related(client), existing=True)
        assert results[0].errors == ()
        (outcome,) = upsert_records(config=config, plan=plan, client=client, results=results)
        assert outcome.error is None
    (found,) = demo_odoo.call("sale.order", "read", [outcome.odoo_id], ["amount_untaxed"])
    return float(found["amount_untaxed"])


def test_the_total_in_odoo_is_the_shops_taxes_aside(connection: OdooConnection, demo_odoo: DemoOdoo) -> None:
    order = shop_order()
    with_products(demo_odoo, *{line["sku"] for line in order["line_items"]}, "SHIPPING", "DISCOUNT")
    found = total_in_odoo(templates()["shop-orders-in"], connection, demo_odoo, order)
    assert round(found, 2) == round(float(order["total_price"]) - float(order["total_tax"]), 2) == 587.0


def test_the_discounts_of_a_draft_order_are_summed_up_from_where_they_were_given(
    connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    """The total that was recorded with it (1027.41) is not the sum of its recorded parts."""
    with_products(demo_odoo, "IPOD2008GREEN", "ENGRAVING", "SHIPPING", "DISCOUNT")
    found = total_in_odoo(templates()["shop-orders-in"], connection, demo_odoo, shop_draft_order())
    assert round(found, 2) == round(199.00 + 2 * 494.14 - 35.38 - 1.48 + 20.00, 2)


def test_shipping_discount_and_tip_become_lines_with_the_names_that_the_shop_gives_them(
    connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    template = templates()["shop-orders-in"]
    products = with_products(demo_odoo, "IPOD2008GREEN", "SHIPPING", "DISCOUNT", "TIP")
    config = draft_make(draft=drafted(template, connection), name="x", active=True).config
    client = client_for(connection)
    order = {**template.sample, "total_tip_received": "2.50"}
    (result,) = map_in(
        plan_for(config), [order], lookup=odoo_lookup(client), related=odoo_related(client), existing=False
    )
    names = {products[code]: code for code in products}
    assert result.values is not None
    assert [
        (names[row["product_id"]], row["name"], row["price_unit"]) for _0, _id, row in result.values["order_line"]
    ] == [
        ("IPOD2008GREEN", "IPod Nano - 8gb", 199.0),
        ("SHIPPING", "Standard", 5.0),
        ("DISCOUNT", "Discount TENOFF", -10.0),
        ("TIP", "Tip", 2.5),
    ]


def test_an_update_without_lines_gets_none(connection: OdooConnection, demo_odoo: DemoOdoo) -> None:
    config = draft_make(draft=drafted(templates()["shop-orders-in"], connection), name="x", active=True).config
    client = client_for(connection)
    body = {"name": "#1001", "note": "Later", "total_discounts": "10.00", "shipping_lines": [{"price": "5.00"}]}
    (result,) = map_in(
        plan_for(config), [body], lookup=odoo_lookup(client), related=odoo_related(client), partial=True, ids=[7]
    )
    assert result.values is not None
    assert "order_line" not in result.values


def test_a_shopify_order_becomes_a_quotation(connection: OdooConnection, demo_odoo: DemoOdoo) -> None:
    template = templates()["shop-orders-in"]
    product = with_products(demo_odoo, "IPOD2008GREEN", "SHIPPING", "DISCOUNT")["IPOD2008GREEN"]
    config = draft_make(draft=drafted(template, connection), name="x", active=True).config
    client = client_for(connection)
    plan = plan_for(config)
    (result,) = map_in(
        plan, [template.sample], lookup=odoo_lookup(client), related=odoo_related(client), existing=False
    )
    assert result.errors == ()
    assert result.identifier == ("client_order_ref", "#1001")
    (partner,) = related_records(result.values)
    assert partner.values["name"] == "Bob Norman"
    ((_code, _id, line), *_others) = result.values["order_line"]
    assert line == {"product_id": product, "name": "IPod Nano - 8gb", "product_uom_qty": 1.0, "price_unit": 199.0}


def test_the_keys_of_a_template_begin_where_the_record_of_the_sample_does(
    connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    template = templates()["shop-orders-in"]
    with_products(demo_odoo, "IPOD2008GREEN", "SHIPPING", "DISCOUNT")
    draft = Draft.begun(template=template, request_type="in")
    draft.connection, draft.sample = connection.pk, json.dumps({"order": template.sample})
    draft.lines = lines_propose(draft, connection)
    config = draft_make(draft=draft, name="x", active=True).config
    client = client_for(connection)
    (result,) = map_in(
        plan_for(config),
        [{"order": template.sample}],
        lookup=odoo_lookup(client),
        related=odoo_related(client),
        existing=False,
    )
    assert result.errors == ()
    assert result.identifier == ("client_order_ref", "#1001")
    (partner,) = related_records(result.values)
    assert partner.values["name"] == "Bob Norman"
    assert all("within “order”" in row["why"] for row in draft.chosen())


def test_the_words_say_what_becomes_of_a_customer_who_is_there(odoo: OdooConnection) -> None:
    draft = drafted(templates()["shop-orders-in"], odoo)
    told = sentences(draft.config(), draft.taken_lines(), trigger=None, site_url="https://hub.example.com")
    assert any(each.endswith("without one it is created, and one that is there is left as it is.") for each in told)
    for line in draft.lines:
        line["on_match"] = "update"
    told = sentences(draft.config(), draft.taken_lines(), trigger=None, site_url="https://hub.example.com")
    assert any(each.endswith("without one it is created, and one that is there is updated.") for each in told)


def test_one_minute_is_told_as_one() -> None:
    assert when_words(SyncTrigger(kind="interval", interval_minutes=1)) == "It runs every minute."
    assert when_words(SyncTrigger(kind="interval", interval_minutes=2)) == "It runs every 2 minutes."


def test_an_invoice_is_posted_once_whatever_changes_in_it(odoo: OdooConnection) -> None:
    draft = drafted(templates()["invoices-out"], odoo)
    (identifier,) = [row for row in draft.chosen() if row.get("is_identifier")]
    identifier["key"] = "invoice_no"
    told = sentences(draft.config(), draft.taken_lines(), trigger=None, site_url="https://hub.example.com")
    assert any("is not sent again, whatever changes" in each for each in told)
    config = draft_make(draft=draft, name="x", active=True).config
    assert DeliveryPolicy.objects.get(config=config).watched_keys == ("invoice_no",)


def test_an_invoice_that_is_put_is_sent_again_when_it_changes(odoo: OdooConnection) -> None:
    draft = drafted(templates()["invoices-out"], odoo)
    draft.values |= {"method_post": False, "method_put": True}
    config = draft_make(draft=draft, name="x", active=True).config
    assert not DeliveryPolicy.objects.filter(config=config).exists()


def test_a_customer_that_is_known_there_is_put_to_an_address_of_its_own(odoo: OdooConnection) -> None:
    draft = drafted(templates()["customers-out"], odoo)
    draft.values |= {"answer_id_path": "id"}
    told = sentences(draft.config(), draft.taken_lines(), trigger=None, site_url="https://hub.example.com")
    assert any("or it makes a second one" in each for each in told)
    draft.on_change, draft.linked_url = "put", "https://crm.example.com/customers/{external_id}"
    told = sentences(draft.config(), draft.taken_lines(), trigger=None, site_url="https://hub.example.com")
    assert any("with PUT to https://crm.example.com/customers/{external_id}" in each for each in told)
    policy = DeliveryPolicy.objects.get(config=draft_make(draft=draft, name="x", active=True).config)
    assert (policy.puts_linked, policy.linked_url, policy.watched_keys) == (True, draft.linked_url, ())


def test_an_invoice_may_be_put_instead_where_staff_say_so(odoo: OdooConnection) -> None:
    draft = drafted(templates()["invoices-out"], odoo)
    draft.on_change, draft.linked_url = "put", "https://books.example.com/invoices/{external_id}"
    policy = DeliveryPolicy.objects.get(config=draft_make(draft=draft, name="x", active=True).config)
    assert (policy.puts_linked, policy.watched_keys) == (True, ())


def test_an_odoo_without_the_field_is_told_so_and_the_line_is_not_taken(odoo: OdooConnection) -> None:
    row = ModelSchema.objects.get(model="stock.quant")
    del row.fields["inventory_quantity"]
    row.save()
    draft = drafted(templates()["stock-in"], odoo)
    (gone,) = [row for row in draft.lines if row["field"] == "inventory_quantity"]
    assert (gone["taken"], gone["is_missing"]) == (False, True)
    assert "no such field" in gone["why"]


def test_other_apps_offer_templates_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncconfig.guided.templates._added", {})
    add_template(SyncTemplate("odoo-to-odoo", "Odoo to Odoo", "One.", "hub", "out", "res.partner"))
    assert list(templates())[-1] == "odoo-to-odoo"


def test_the_two_ways_of_customers_recognise_them_by_the_same_value() -> None:
    both: list[Any] = [templates()["customers-in"], templates()["customers-out"]]
    assert both[0].counterpart == both[1].key
    assert [line for line in both[0].lines if line.get("is_identifier")] == [
        line for line in both[1].lines if line.get("is_identifier")
    ]


def test_nothing_is_stored_where_a_line_cannot_be(odoo: OdooConnection) -> None:
    from django.core.exceptions import ValidationError

    draft = drafted(templates()["customers-in"], odoo)
    draft.lines[1]["key"] = "a["
    with pytest.raises(ValidationError):
        draft_make(draft=draft, name="x", active=True)
    assert not SyncConfig.objects.exists()
