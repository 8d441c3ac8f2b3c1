"""Products and sales orders: what Odoo fills in, computes, keeps and refuses when orders come over the API."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient

Make = Callable[..., int]
One = Callable[..., Any]
Raised = Callable[..., RemoteError]
There = Callable[[str, int], bool]
NO_TAXES = [[6, 0, []]]
BY_ORDER = "'Sales Order' (sale.order) Thanks to the following constraint: 'Customer' (partner_id)"
BY_PRODUCT = "Thanks to the following constraint: 'Product' (product_id)"


@pytest.fixture
def customer(make: Make, country: Callable[[str], int]) -> int:
    return make("res.partner", country_id=country("BE"))


@pytest.fixture
def product(make: Make, tag: str) -> int:
    return make("product.product", default_code=tag, list_price=12.5, taxes_id=NO_TAXES, description_sale="By hand")


@pytest.fixture
def order(make: Make, customer: int, product: int, tag: str) -> int:
    lines = [
        [0, 0, {"product_id": product, "product_uom_qty": 3, "price_unit": 19.99, "discount": 10}],
        [0, 0, {"product_id": product}],
        [0, 0, {"display_type": "line_note", "name": "Ring twice"}],
    ]
    return make("sale.order", partner_id=customer, client_order_ref=tag, order_line=lines)


def half_up(number: float) -> float:
    """Rounded to cents as Odoo does, away from zero."""
    return float(Decimal(str(number)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def lines_of(odoo: OdooClient, order: int, *fields: str) -> list[dict[str, Any]]:
    return odoo.search_read("sale.order.line", [["order_id", "=", order]], fields, order="id")


def test_an_order_gets_its_number_addresses_dates_and_totals(
    odoo: OdooClient, order: int, customer: int, one: One
) -> None:
    told = one("sale.order", order, "state", "partner_invoice_id", "partner_shipping_id", "user_id", "validity_date")
    assert told["state"] == "draft"
    assert told["partner_invoice_id"][0] == told["partner_shipping_id"][0] == customer
    assert told["user_id"][0] == odoo.authenticate()
    assert one("sale.order", order, "name").startswith("S")
    assert date.fromisoformat(told["validity_date"]) > datetime.now().date() + timedelta(days=1)
    amounts = one("sale.order", order, "amount_untaxed", "amount_tax", "amount_total")
    assert amounts == {"amount_untaxed": 66.47, "amount_tax": 0.0, "amount_total": 66.47}


def test_a_line_takes_what_is_not_given_from_its_product(
    odoo: OdooClient, order: int, product: int, one: One, tag: str
) -> None:
    names = ("name", "product_uom_qty", "price_unit", "discount", "price_subtotal")
    given, taken, note = lines_of(odoo, order, *names)
    shown = f"[{tag}] {one('product.product', product, 'name')}"
    del given["id"], taken["id"], note["id"]
    assert given == dict(zip(names, (f"{shown}\nBy hand", 3.0, 19.99, 10.0, 53.97), strict=True))
    assert taken == dict(zip(names, (f"{shown}\nBy hand", 1.0, 12.5, 0.0, 12.5), strict=True))
    assert note == dict(zip(names, ("Ring twice", 0.0, 0.0, 0.0, 0.0), strict=True))


def test_a_line_is_called_after_its_order_product_and_customer(
    odoo: OdooClient, order: int, product: int, customer: int, one: One
) -> None:
    line = lines_of(odoo, order, "display_name")[0]
    parts = [one(*each) for each in (("sale.order", order, "name"), ("product.product", product, "display_name"),
                                     ("res.partner", customer, "name"))]  # fmt: skip
    assert line["display_name"] == "{} - {} ({})".format(*parts)


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "on_18", "on_19"),
    [
        (1, 0.005, 0, 0.01, 0.01),
        (3, 33.333, 0, 99.99, 100.0),
        (7, 1.005, 3, 6.86, 6.82),
        (0, 10, 0, 0.0, 0.0),
        (-2, 10, 5, -19.0, -19.0),
        (2.345, 10.555, 12.345, 21.75, 21.74),
        (100, 0.0149, 33.33, 0.67, 0.99),
        (1, 100, 100, 0.0, 0.0),
    ],
)
def test_a_line_s_amount_is_rounded_after_quantity_price_and_discount(
    odoo: OdooClient,
    order: int,
    one: One,
    major: int,
    quantity: float,
    price: float,
    discount: float,
    on_18: float,
    on_19: float,
) -> None:
    """18 rounds the price before it multiplies, 19 keeps it; both round quantity and discount."""
    subtotal = on_18 if major < 19 else on_19
    first, second = (line["id"] for line in lines_of(odoo, order)[:2])
    odoo.unlink("sale.order.line", [second])
    vals = {"product_uom_qty": quantity, "price_unit": price, "discount": discount}
    odoo.write("sale.order.line", [first], vals)
    (line,) = odoo.read("sale.order.line", [first], ["price_subtotal", "price_total"])
    (total,) = odoo.read("sale.order", [order], ["amount_total"])
    assert (line["price_subtotal"], line["price_total"], total["amount_total"]) == (subtotal, subtotal, subtotal)
    kept = one("sale.order.line", first, "product_uom_qty", "price_unit", "discount")
    assert kept == {
        "product_uom_qty": half_up(quantity),
        "price_unit": half_up(price) if major < 19 else price,
        "discount": half_up(discount),
    }


def test_an_order_rounds_the_sum_of_its_lines_on_19_and_each_line_on_18(
    odoo: OdooClient, make: Make, customer: int, product: int, one: One, major: int
) -> None:
    tax = make("account.tax", amount=15.0, type_tax_use="sale")
    taxes = {"tax_id" if major < 19 else "tax_ids": [[6, 0, [tax]]]}
    line = [0, 0, {"product_id": product, "product_uom_qty": 0.35, "price_unit": 10.01, **taxes}]
    order = make("sale.order", partner_id=customer, order_line=[line] * 3)
    assert [each["price_total"] for each in lines_of(odoo, order, "price_total")] == [4.03, 4.03, 4.03]
    told = one("sale.order", order, "amount_untaxed", "amount_tax", "amount_total")
    untaxed, tax_amount = (10.5, 1.59) if major < 19 else (10.51, 1.58)
    assert told == {"amount_untaxed": untaxed, "amount_tax": tax_amount, "amount_total": 12.09}


def test_taxes_come_on_top(odoo: OdooClient, order: int, make: Make, major: int) -> None:
    tax = make("account.tax", amount=15.0, type_tax_use="sale")
    first = lines_of(odoo, order)[0]["id"]
    odoo.write("sale.order.line", [first], {"tax_id" if major < 19 else "tax_ids": [[6, 0, [tax]]]})
    (line,) = odoo.read("sale.order.line", [first], ["price_subtotal", "price_tax", "price_total"])
    assert (line["price_subtotal"], round(line["price_tax"], 2), line["price_total"]) == (53.97, 8.1, 62.07)
    (told,) = odoo.read("sale.order", [order], ["amount_untaxed", "amount_tax", "amount_total"])
    assert (told["amount_untaxed"], told["amount_tax"], told["amount_total"]) == (66.47, 8.1, 74.57)


def test_a_new_quantity_brings_the_product_s_price_back_unless_one_was_written(odoo: OdooClient, order: int) -> None:
    """A silent trap: the price given on creation is not kept when the quantity is written without it."""
    first, second, _note = lines_of(odoo, order)
    odoo.write("sale.order.line", [second["id"]], {"price_unit": 7.77})
    odoo.write(
        "sale.order", [order], {"order_line": [[1, each["id"], {"product_uom_qty": 5}] for each in (first, second)]}
    )
    assert [line["price_unit"] for line in lines_of(odoo, order, "price_unit")] == [12.5, 7.77, 0.0]


@pytest.fixture
def other(make: Make) -> int:
    return make("product.product", list_price=3.333, taxes_id=NO_TAXES)


def test_another_product_brings_its_name_and_price(
    odoo: OdooClient, other: int, order: int, one: One, major: int
) -> None:
    line = lines_of(odoo, order)[1]["id"]
    odoo.write("sale.order.line", [line], {"product_id": other})
    told = one("sale.order.line", line, "name", "price_unit", "price_subtotal")
    price = 3.33 if major < 19 else 3.333
    assert told == {"name": one("product.product", other, "name"), "price_unit": price, "price_subtotal": 3.33}


def test_a_price_change_leaves_lines_alone_and_moves_the_variant(
    odoo: OdooClient, order: int, product: int, one: One
) -> None:
    template = one("product.product", product, "product_tmpl_id")[0]
    before = one("product.product", product, "write_date")
    odoo.write("product.template", [template], {"list_price": 99})
    assert one("product.product", product, "lst_price", "list_price") == {"lst_price": 99.0, "list_price": 99.0}
    assert [line["price_unit"] for line in lines_of(odoo, order, "price_unit")] == [19.99, 12.5, 0.0]
    assert odoo.search_count("product.product", [["id", "=", product], ["write_date", ">=", before]]) == 1


def test_an_order_is_confirmed_once_and_then_kept(
    odoo: OdooClient, order: int, product: int, customer: int, one: One, error: Raised, major: int
) -> None:
    assert odoo.call("sale.order", "action_confirm", ids=[order]) is True
    assert one("sale.order", order, "state") == "sale"
    again = error(odoo.call, "sale.order", "action_confirm", ids=[order])
    assert (again.kind, again.code) == (Kind.PERMANENT, "user_error")
    assert "not in a state requiring confirmation" in again.message
    kept = error(odoo.unlink, "sale.order", [order])
    assert (kept.code, kept.message) == (
        "user_error",
        "You can not delete a sent quotation or a confirmed sales order. You must first cancel it.",
    )
    line = error(odoo.write, "sale.order", [order], {"order_line": [[2, lines_of(odoo, order)[0]["id"], 0]]})
    assert line.message.startswith("Once a sales order is confirmed, you can't remove one of its lines")
    for model, record, on_18, on_19 in (
        ("res.partner", customer, "Constraint: sale_order_partner_id_fkey", BY_ORDER),
        ("product.product", product, "product_id_fkey", BY_PRODUCT),
    ):
        needed = error(odoo.unlink, model, [record])
        assert (needed.kind, needed.code) == (Kind.PERMANENT, "validation")
        # Where stock is installed, its moves keep the product before the order's line does.
        assert (on_18 if major < 19 else on_19) in needed.message


@pytest.mark.parametrize("state", ["draft", "cancel"])
def test_a_quotation_goes_with_its_customer_on_18_and_keeps_it_on_19(
    odoo: OdooClient, order: int, customer: int, there: There, error: Raised, major: int, state: str
) -> None:
    if state == "cancel":
        odoo.call("sale.order", "action_cancel", ids=[order], context={"disable_cancel_warning": True})
    if major < 19:
        odoo.unlink("res.partner", [customer])
    else:
        needed = error(odoo.unlink, "res.partner", [customer])
        assert (needed.kind, needed.code) == (Kind.PERMANENT, "validation")
        assert BY_ORDER in needed.message
    assert (there("sale.order", order), there("res.partner", customer)) == (major >= 19, major >= 19)


def test_clearing_the_lines_empties_the_order(odoo: OdooClient, order: int, one: One) -> None:
    odoo.write("sale.order", [order], {"order_line": [[5, 0, 0]]})
    assert one("sale.order", order, "order_line", "amount_total") == {"order_line": [], "amount_total": 0.0}


def test_an_order_without_a_customer_is_refused(odoo: OdooClient, error: Raised) -> None:
    raised = error(odoo.create, "sale.order", [{"client_order_ref": "conf-nobody"}])
    assert (raised.kind, raised.code, raised.model, raised.field) == (
        Kind.PERMANENT,
        "required",
        "sale.order",
        "partner_id",
    )
    assert raised.message == "The field 'Customer' (partner_id) of sale.order is required."


def test_a_name_of_its_own_is_kept_and_new_means_the_next_number(make: Make, customer: int, one: One, tag: str) -> None:
    own = make("sale.order", partner_id=customer, name=tag)
    new = make("sale.order", partner_id=customer, name="New")
    assert one("sale.order", own, "name") == tag
    assert one("sale.order", new, "name") not in ("New", tag)


def test_a_barcode_belongs_to_one_product(odoo: OdooClient, make: Make, error: Raised, one: One, tag: str) -> None:
    first = make("product.product", barcode=tag, default_code=tag)
    raised = error(odoo.create, "product.product", [{"name": f"{tag}-second", "barcode": tag}])
    assert (raised.kind, raised.code) == (Kind.PERMANENT, "not_unique")
    shown = one("product.product", first, "display_name")
    assert f'Barcode "{tag}" already assigned to product(s): {shown} and {tag}-second' in raised.message


def test_a_variant_and_its_template_share_name_price_and_end(
    odoo: OdooClient, make: Make, one: One, there: There, tag: str, major: int
) -> None:
    template = make("product.template", default_code=tag, list_price=9.999)
    (variant,) = one("product.template", template, "product_variant_ids")
    assert one("product.product", variant, "default_code", "lst_price") == {
        "default_code": tag,
        "lst_price": 10.0 if major < 19 else 9.999,
    }
    odoo.write("product.product", [variant], {"lst_price": 4, "default_code": f"{tag}-b"})
    assert one("product.template", template, "list_price", "default_code") == {
        "list_price": 4.0,
        "default_code": f"{tag}-b",
    }
    odoo.archive("product.template", [template])
    assert one("product.product", variant, "active") is False
    odoo.unlink("product.product", [variant])
    assert not there("product.template", template)


def test_products_are_found_by_code_barcode_and_name(odoo: OdooClient, make: Make, one: One, tag: str) -> None:
    product = make("product.product", default_code=f"{tag}-code", barcode=f"{tag}-bar")
    shown = one("product.product", product, "display_name")
    for words in (f"{tag}-code", f"{tag}-bar", one("product.product", product, "name"), shown):
        assert odoo.name_search("product.product", words) == [(product, shown)]
