"""Orders of a web shop into `sale.order`, with the keys of Shopify's order webhook."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from syncconfig.guided.templates import SyncTemplate

TOTALS_SCRIPT = """\
# What the shop keeps beside the lines becomes lines, so that the total in Odoo is the shop's. Each needs a product:
# SHIPPING, DISCOUNT and TIP are internal references in Odoo.
from decimal import Decimal

def amount(value):
    return Decimal(str(value or 0))

def given_off(holder):
    return amount((holder.get("applied_discount") or {}).get("amount"))

order = record
if "line_items" not in order:
    # The record may stand in an envelope: {"order": {...}}.
    inner = [each for each in record.values() if isinstance(each, dict) and "line_items" in each]
    order = inner[0] if inner else {}
lines = order.get("line_items")
if direction == "in" and isinstance(lines, list) and lines:
    if "total_discounts" in order:
        discount = amount(order["total_discounts"])
    else:
        # A draft order has its discounts where they were given.
        discount = sum([given_off(each) for each in lines], given_off(order))
    codes = ", ".join([str(each.get("code")) for each in order.get("discount_codes") or [] if each.get("code")])
    extra = [
        ("SHIPPING", each.get("title") or "Shipping", amount(each.get("price")))
        for each in order.get("shipping_lines") or [order.get("shipping_line") or {}]
    ]
    extra.append(("DISCOUNT", "Discount " + codes if codes else "Discount", -discount))
    extra.append(("TIP", "Tip", amount(order.get("total_tip_received"))))
    for sku, name, price in extra:
        if price:
            lines.append({"sku": sku, "name": name, "quantity": 1, "price": str(price)})
"""

TEMPLATE = SyncTemplate(
    key="shop-orders-in",
    title=_("Shop orders in"),
    summary=_("A web shop posts its orders, and each becomes a quotation in Odoo, with its customer and its lines."),
    icon="shopping_cart",
    request_type="in",
    model="sale.order",
    values={
        "endpoint": "orders",
        "method_get": True,
        "method_post": True,
        "auth_type": "bearer",
        "on_existing": "update",
        "before_script": TOTALS_SCRIPT,
    },
    lines=(
        {"field": "client_order_ref", "key": "name", "is_identifier": True, "required": True},
        {"field": "date_order", "key": "created_at"},
        {"field": "note", "key": "note"},
        {
            "field": "partner_id",
            "key": "customer.email",
            "calculation": "relational",
            "match_field": "email",
            "on_missing": "create",
            "required": True,
            "options": {"case": "ignore"},
        },
        {
            "field": "partner_id.name",
            "calculation": "template",
            "direction": "in",
            "options": {"template": "{customer.first_name} {customer.last_name}"},
        },
        {"field": "partner_id.phone", "key": "customer.default_address.phone"},
        {"field": "partner_id.street", "key": "customer.default_address.address1"},
        {"field": "partner_id.street2", "key": "customer.default_address.address2"},
        {"field": "partner_id.zip", "key": "customer.default_address.zip"},
        {"field": "partner_id.city", "key": "customer.default_address.city"},
        {
            "field": "partner_id.country_id",
            "key": "customer.default_address.country_code",
            "calculation": "relational",
            "match_field": "code",
        },
        {
            "field": "order_line",
            "key": "line_items[]",
            "calculation": "relational",
            "required": True,
            "x2many_mode": "match",
            "options": {"match_key": "product_id"},
        },
        {
            "field": "order_line.product_id",
            "key": "line_items[].sku",
            "calculation": "relational",
            "match_field": "default_code",
            "required": True,
        },
        {"field": "order_line.name", "key": "line_items[].name"},
        {"field": "order_line.product_uom_qty", "key": "line_items[].quantity", "required": True},
        {"field": "order_line.price_unit", "key": "line_items[].price"},
        {"field": "state", "key": "state", "direction": "out"},
        {"field": "amount_total", "key": "amount_total", "direction": "out"},
    ),
    sample={
        "id": 450789469,
        "name": "#1001",
        "email": "bob.norman@example.com",
        "created_at": "2025-01-10T11:00:00-05:00",
        "currency": "USD",
        "total_price": "194.00",
        "total_discounts": "10.00",
        "discount_codes": [{"code": "TENOFF", "amount": "10.00"}],
        "financial_status": "paid",
        "note": "Please leave it at the door.",
        "customer": {
            "id": 207119551,
            "email": "bob.norman@example.com",
            "first_name": "Bob",
            "last_name": "Norman",
            "default_address": {
                "address1": "Chestnut Street 92",
                "address2": "",
                "city": "Louisville",
                "zip": "40202",
                "country_code": "US",
                "phone": "555-625-1199",
            },
        },
        "line_items": [
            {"id": 466157049, "sku": "IPOD2008GREEN", "name": "IPod Nano - 8gb", "quantity": 1, "price": "199.00"}
        ],
        "shipping_lines": [{"title": "Standard", "price": "5.00"}],
    },
    needs=_("Sales"),
    notes=(
        _("Products are found by their internal reference, which must be the shop's SKU."),
        _("The quotation waits for somebody to confirm it. Prices come from the shop; taxes from Odoo."),
        _(
            "Shipping, discounts and tips become lines too, so that the total is the shop's: make products with the "
            "internal references SHIPPING, DISCOUNT and TIP in Odoo. The script before mapping does it."
        ),
        _(
            "Shopify signs what it sends instead of showing a token: add a credential of the kind “Signature” on the "
            "form when the sync is made, and take the token away."
        ),
    ),
)
