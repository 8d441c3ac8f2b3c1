"""Quotations and orders: lines with prices from the product, totals from the lines, confirm and cancel."""

from collections.abc import Callable
from typing import Any

from demo.odoo.faults import UserError, ValidationError
from demo.odoo.fields import Field, char, many2many, many2one, one2many, selection
from demo.odoo.models.base import simple
from demo.odoo.orm import Env
from demo.odoo.registry import Model, magic_fields
from demo.odoo.store import Row

STATES = {"draft": "Quotation", "sent": "Quotation Sent", "sale": "Sales Order", "cancel": "Cancelled"}


def models(version: int) -> list[Model]:
    return [_order(version), _line(version), simple("crm.team", "Sales Team"), simple("crm.tag", "CRM Tag")]


def _monetary(string: str, compute: Callable[[Env, Row], float]) -> Field:
    return Field("monetary", string, readonly=True, compute=compute)


def _order(version: int) -> Model:
    fields = {
        "name": char("Order Reference", required=True, index=True, default=_next_name),
        "partner_id": many2one("res.partner", "Customer", required=True, index=True, ondelete="restrict"),
        "partner_invoice_id": many2one(
            "res.partner",
            "Invoice Address",
            required=True,
            default=_address("invoice"),
            ondelete="restrict",
            index=True,
        ),
        "partner_shipping_id": many2one(
            "res.partner",
            "Delivery Address",
            required=True,
            default=_address("delivery"),
            ondelete="restrict",
            index=True,
        ),
        "client_order_ref": char("Customer Reference", index=True),
        "origin": char("Source Document", index=True),
        "reference": char("Payment Ref."),
        "date_order": Field(
            "datetime", "Order Date", required=True, default=lambda env, row: env.now.replace(microsecond=0)
        ),
        "validity_date": Field("date", "Expiration"),
        "commitment_date": Field("datetime", "Delivery Date"),
        "state": selection(STATES, "Status", readonly=True, default="draft"),
        "locked": Field("boolean", "Locked", default=False),
        "order_line": one2many("sale.order.line", "order_id", "Order Lines"),
        "note": Field("html", "Terms and conditions"),
        "amount_untaxed": _monetary("Untaxed Amount", _total("price_subtotal")),
        "amount_tax": _monetary("Taxes", _total("price_tax")),
        "amount_total": _monetary("Total", _total("price_total")),
        "currency_id": many2one("res.currency", "Currency", readonly=True, default=1),
        "company_id": many2one("res.company", "Company", required=True, default=1),
        "user_id": many2one("res.users", "Salesperson", default=lambda env, row: env.uid),
        "team_id": many2one("crm.team", "Sales Team", default=1),
        "tag_ids": many2many("crm.tag", "Tags"),
        "pricelist_id": many2one("product.pricelist", "Pricelist"),
        "payment_term_id": many2one("account.payment.term", "Payment Terms"),
        "require_signature": Field("boolean", "Online signature", default=True),
        "require_payment": Field("boolean", "Online payment", default=False),
        "type_name": char(
            "Type Name",
            readonly=True,
            store=False,
            compute=lambda env, row: "Quotation" if row["state"] in ("draft", "sent", "cancel") else "Sales Order",
        ),
        **magic_fields(created="Creation Date"),
    }
    return Model(
        "sale.order",
        "Sales Order",
        fields,
        order="date_order desc, id desc",
        before_create=lambda env, vals: vals.pop("name", None) if vals.get("name") in (False, "New") else None,
        before_unlink=_only_quotations,
        methods={"action_confirm": action_confirm, "action_cancel": action_cancel, "action_draft": action_draft},
    )


def _next_name(env: Env, row: Row) -> str:
    return f"S{env.store.next_id('ir.sequence:sale.order'):05d}"


def _address(kind: str) -> Callable[[Env, Row], int | None]:
    """The customer's contact of that address type, or the customer."""

    def default(env: Env, row: Row) -> int | None:
        partner: int | None = row.get("partner_id")
        for child in env.store.find("res.partner", "parent_id", partner) if partner else ():
            contact = env.row("res.partner", child)
            if contact.get("type") == kind and contact.get("active"):
                return child
        return partner

    return default


def _total(name: str) -> Callable[[Env, Row], float]:
    def compute(env: Env, row: Row) -> float:
        lines = env.rows("sale.order.line", env.store.find("sale.order.line", "order_id", row["id"]))
        return round(sum(_amounts(env, line)[name] for line in lines), 2)

    return compute


def _only_quotations(env: Env, rows: list[Row]) -> None:
    if any(row["state"] not in ("draft", "cancel") for row in rows):
        raise UserError("You can not delete a sent quotation or a confirmed sales order. You must first cancel it.")


def action_confirm(self: Any) -> bool:
    env: Env = self.env
    rows = env.rows("sale.order", self.ids)
    if any(row["state"] not in ("draft", "sent") for row in rows):
        raise UserError("Some orders are not in a state requiring confirmation.")
    env.write("sale.order", self.ids, {"state": "sale", "date_order": env.now.replace(microsecond=0)})
    return True


def action_cancel(self: Any) -> bool:
    env: Env = self.env
    if any(row["locked"] for row in env.rows("sale.order", self.ids)):
        raise UserError("You cannot cancel a locked order. Please unlock it first.")
    env.write("sale.order", self.ids, {"state": "cancel"})
    return True


def action_draft(self: Any) -> bool:
    env: Env = self.env
    ids = [row["id"] for row in env.rows("sale.order", self.ids) if row["state"] in ("cancel", "sent")]
    env.write("sale.order", ids, {"state": "draft"})
    return True


def _line(version: int) -> Model:
    unit = "product_uom" if version < 19 else "product_uom_id"
    taxes = "tax_id" if version < 19 else "tax_ids"
    fields = {
        "order_id": many2one("sale.order", "Order Reference", required=True, ondelete="cascade"),
        "sequence": Field("integer", "Sequence", default=10),
        "display_type": selection({"line_section": "Section", "line_note": "Note"}, "Display Type"),
        "product_id": many2one("product.product", "Product", ondelete="restrict", index=True),
        "product_template_id": many2one(
            "product.template",
            "Product Template",
            store=False,
            compute=lambda env, row: _of_product(env, row, "product_tmpl_id"),
        ),
        "name": Field("text", "Description", required=True, default=_line_name),
        "product_uom_qty": Field("float", "Quantity", required=True, digits=2, default=_unless_text(1.0)),
        unit: many2one(
            "uom.uom",
            "Unit of Measure" if version < 19 else "Unit",
            default=lambda env, row: _of_product(env, row, "uom_id"),
        ),
        "price_unit": Field(
            "float",
            "Unit Price",
            required=True,
            digits=2,
            default=lambda env, row: _of_product(env, row, "lst_price") or 0.0,
        ),
        "discount": Field("float", "Discount (%)", digits=2, default=0.0),
        taxes: many2many("account.tax", "Taxes", default=lambda env, row: _of_product(env, row, "taxes_id") or []),
        "price_subtotal": _monetary("Subtotal", lambda env, row: _amounts(env, row)["price_subtotal"]),
        "price_tax": Field(
            "float", "Total Tax", readonly=True, compute=lambda env, row: _amounts(env, row)["price_tax"]
        ),
        "price_total": _monetary("Total", lambda env, row: _amounts(env, row)["price_total"]),
        "order_partner_id": many2one(
            "res.partner", "Customer", readonly=True, compute=lambda env, row: _of_order(env, row, "partner_id")
        ),
        "state": selection(
            STATES, "Order Status", readonly=True, compute=lambda env, row: _of_order(env, row, "state")
        ),
        "company_id": many2one(
            "res.company", "Company", readonly=True, compute=lambda env, row: _of_order(env, row, "company_id")
        ),
        "currency_id": many2one(
            "res.currency", "Currency", readonly=True, compute=lambda env, row: _of_order(env, row, "currency_id")
        ),
        **magic_fields(),
    }
    return Model(
        "sale.order.line",
        "Sales Order Line",
        fields,
        order="order_id, sequence, id",
        search_names=("name",),
        display_name=lambda env, row: (
            f"{env.name_of('sale.order', row['order_id'])} - {str(row['name']).splitlines()[0]}"
        ),
        check=_accountable,
        before_write=_product_changed,
        before_unlink=_not_of_confirmed,
    )


def _unless_text(value: float) -> Callable[[Env, Row], float]:
    """A default for lines that sell something; sections and notes have 0."""
    return lambda env, row: 0.0 if row.get("display_type") else value


def _of_product(env: Env, row: Row, name: str) -> Any:
    product = row.get("product_id")
    return env.value("product.product", env.row("product.product", product), name) if product else None


def _of_order(env: Env, row: Row, name: str) -> Any:
    return env.value("sale.order", env.row("sale.order", row["order_id"]), name)


def _line_name(env: Env, row: Row) -> str | None:
    if not row.get("product_id"):
        return None
    text = _of_product(env, row, "description_sale")
    name = env.name_of("product.product", row["product_id"])
    return f"{name}\n{text}" if text else name


def _amounts(env: Env, row: Row) -> dict[str, float]:
    """Subtotal after the discount, tax on top, and their sum, rounded to cents."""
    price = (row.get("price_unit") or 0.0) * (1 - (row.get("discount") or 0.0) / 100)
    subtotal = round(price * (row.get("product_uom_qty") or 0.0) + 1e-9, 2)
    taxes = row.get("tax_id" if env.version < 19 else "tax_ids") or []
    tax = round(sum(env.row("account.tax", each)["amount"] for each in taxes) * subtotal / 100 + 1e-9, 2)
    return {"price_subtotal": subtotal, "price_tax": tax, "price_total": round(subtotal + tax, 2)}


def _accountable(env: Env, row: Row) -> None:
    if not row.get("display_type") and not row.get("product_id"):
        raise ValidationError(
            "The operation cannot be completed: Missing required fields on accountable sale order line."
        )


def _product_changed(env: Env, rows: list[Row], vals: dict[str, Any]) -> None:
    """Another product brings its own description and price, where the same write does not give them."""
    product = vals.get("product_id")
    if type(product) is int and any(row.get("product_id") != product for row in rows):
        fresh: Row = {"product_id": product}
        vals.setdefault("name", _line_name(env, fresh))
        vals.setdefault("price_unit", _of_product(env, fresh, "lst_price"))


def _not_of_confirmed(env: Env, rows: list[Row]) -> None:
    if any(_of_order(env, row, "state") == "sale" and not row.get("display_type") for row in rows):
        raise UserError(
            "Once a sales order is confirmed, you can't remove one of its lines (we need to track if something gets "
            "invoiced or delivered).\nSet the quantity to 0 instead."
        )
