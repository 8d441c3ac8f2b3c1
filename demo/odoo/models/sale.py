"""Quotations and orders: totals from the lines, confirm and cancel; `sale_line` has the lines."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from demo.odoo.faults import UserError
from demo.odoo.fields import Field, char, many2many, many2one, one2many, selection
from demo.odoo.models import amounts, sale_line
from demo.odoo.models.base import simple
from demo.odoo.orm import Env
from demo.odoo.registry import Model, magic_fields
from demo.odoo.store import Row

# The company's default for how long a quotation stands.
QUOTATION_DAYS = 30


def models(version: int) -> list[Model]:
    return [
        _order(version),
        sale_line.line(version),
        simple("crm.team", "Sales Team", label="Sales Team"),
        simple("crm.tag", "CRM Tag", label="Tag Name"),
    ]


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
        "validity_date": Field(
            "date", "Expiration", default=lambda env, row: env.now.date() + timedelta(days=QUOTATION_DAYS)
        ),
        "commitment_date": Field("datetime", "Delivery Date"),
        "state": selection(sale_line.STATES, "Status", readonly=True, default="draft"),
        "locked": Field("boolean", "Locked", default=False),
        "order_line": one2many("sale.order.line", "order_id", "Order Lines"),
        "note": Field("html", "Terms and conditions"),
        "amount_untaxed": sale_line.monetary("Untaxed Amount", lambda env, row: _amounts(env, row).untaxed),
        "amount_tax": sale_line.monetary("Taxes", lambda env, row: _amounts(env, row).tax),
        "amount_total": sale_line.monetary("Total", lambda env, row: _amounts(env, row).total),
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
        before_create=lambda env, vals: vals.pop("name") if vals.get("name") == "New" else None,
        before_unlink=_only_quotations,
        methods={
            "action_confirm": action_confirm,
            "action_cancel": action_cancel,
            "action_draft": action_draft,
            "action_lock": action_lock,
            "action_unlock": action_unlock,
        },
    )


def _next_name(env: Env, row: Row) -> str:
    return f"S{env.store.next_id('ir.sequence:sale.order'):05d}"


_next_name.promised = "New"  # type: ignore[attr-defined]


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


def _amounts(env: Env, row: Row) -> amounts.Amounts:
    return amounts.of_lines(env, env.rows("sale.order.line", env.store.find("sale.order.line", "order_id", row["id"])))


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


def action_lock(self: Any) -> Any:
    self.env.write("sale.order", self.ids, {"locked": True})


def action_unlock(self: Any) -> Any:
    self.env.write("sale.order", self.ids, {"locked": False})
