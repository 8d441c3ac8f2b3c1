"""The lines of quotations and orders: name, price and taxes from the product; `amounts` reckons.

A line made over the API with a price of its own has that price until its product, unit or quantity is written: then
Odoo takes the product's price again, as it does not know the given one for a manual one. A price that is written
afterwards counts as manual and stays.
"""

from collections.abc import Callable
from typing import Any

from demo.odoo.faults import UserError, ValidationError
from demo.odoo.fields import CENTS, Field, many2many, many2one, price, selection
from demo.odoo.models import amounts
from demo.odoo.orm import Env
from demo.odoo.registry import Model, magic_fields
from demo.odoo.store import Row

STATES = {"draft": "Quotation", "sent": "Quotation Sent", "sale": "Sales Order", "cancel": "Cancelled"}
DISPLAY_TYPES = {
    18: {"line_section": "Section", "line_note": "Note"},
    19: {"line_section": "Section", "line_subsection": "Subsection", "line_note": "Note"},
}
COMMERCIAL = "commercial_partner_id"


def monetary(string: str, compute: Callable[[Env, Row], float]) -> Field:
    return Field("monetary", string, readonly=True, compute=compute)


def line(version: int) -> Model:
    unit = "product_uom" if version < 19 else "product_uom_id"
    taxes = "tax_id" if version < 19 else "tax_ids"
    fields = {
        "order_id": many2one("sale.order", "Order Reference", required=True, ondelete="cascade"),
        "sequence": Field("integer", "Sequence", default=10),
        "display_type": selection(DISPLAY_TYPES[version], "Display Type"),
        "product_id": many2one("product.product", "Product", ondelete="restrict", index=True),
        "product_template_id": many2one(
            "product.template",
            "Product Template",
            store=False,
            search=True,
            compute=lambda env, row: _of_product(env, row, "product_tmpl_id"),
        ),
        "name": Field("text", "Description", required=True, default=_line_name),
        "product_uom_qty": Field("float", "Quantity", required=True, digits=CENTS, default=_unless_text(1.0)),
        unit: many2one(
            "uom.uom",
            "Unit of Measure" if version < 19 else "Unit",
            default=lambda env, row: _of_product(env, row, "uom_id"),
        ),
        "price_unit": price(
            version,
            "Unit Price",
            required=True,
            default=lambda env, row: _of_product(env, row, "lst_price") or 0.0,
        ),
        "technical_price_unit": Field(
            "float", "Technical Price Unit", default=lambda env, row: row.get("price_unit") or 0.0
        ),
        "is_downpayment": Field("boolean", "Is a down payment"),
        "discount": Field("float", "Discount (%)", digits=CENTS, default=0.0),
        taxes: many2many("account.tax", "Taxes", default=lambda env, row: _of_product(env, row, "taxes_id") or []),
        "price_subtotal": monetary("Subtotal", lambda env, row: amounts.of_line(env, row).untaxed),
        "price_tax": Field("float", "Total Tax", readonly=True, compute=_tax),
        "price_total": monetary("Total", lambda env, row: amounts.of_line(env, row).total),
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
        search_names=("name", "order_id.name"),
        display_name=_display_name,
        check=_accountable,
        before_create=_before_create,
        before_write=_before_write,
        after_write=_after_write,
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


def _display_name(env: Env, row: Row) -> str:
    """`S00001 - [CODE] Product (Customer)`; a description of its own shows by its second line."""
    order = env.row("sale.order", row["order_id"])
    text = str(row.get("name") or "").split("\n")
    shown = text[0]
    if row.get("product_id"):
        shown = env.name_of("product.product", row["product_id"])
        if row.get("name") != _line_name(env, row) and len(text) > 1 and text[1]:
            shown = text[1]
    customer = env.row("res.partner", env.value("res.partner", env.row("res.partner", order["partner_id"]), COMMERCIAL))
    return f"{order['name']} - {shown} ({customer.get('ref') or customer.get('name')})"


def _tax(env: Env, row: Row) -> float:
    """Odoo subtracts where it could add, and the float shows it."""
    line = amounts.of_line(env, row)
    return line.total - line.untaxed


def _accountable(env: Env, row: Row) -> None:
    """What the table's constraints refuse. `is_downpayment` is unset on a new line, which lets one without a product
    pass; a copy has it set to false and is refused."""
    if not row.get("display_type") and not row.get("product_id") and row.get("is_downpayment") is False:
        raise ValidationError(
            "The operation cannot be completed: Missing required fields on accountable sale order line."
        )
    if row.get("display_type") and (row.get("product_id") or row.get("price_unit") or row.get("product_uom_qty")):
        raise ValidationError("The operation cannot be completed: Forbidden values on non-accountable sale order line")


def _before_create(env: Env, vals: dict[str, Any]) -> None:
    if vals.get("order_id") is None and env.version < 19:
        raise ValueError("Expected singleton: sale.order()")
    if vals.get("display_type"):
        vals["product_uom_qty"] = 0.0
    if "price_unit" in vals:
        vals.setdefault("technical_price_unit", vals["price_unit"])


def _before_write(env: Env, rows: list[Row], vals: dict[str, Any]) -> None:
    if "display_type" in vals and any(row.get("display_type") != (vals["display_type"] or None) for row in rows):
        raise UserError(
            "You cannot change the type of a sale order line. Instead you should delete the current line and create "
            "a new line of the proper type."
        )
    if "technical_price_unit" in vals and "price_unit" not in vals:
        del vals["technical_price_unit"]
    if vals.get("product_id"):
        vals.setdefault("name", _line_name(env, {"product_id": vals["product_id"]}))


def _after_write(env: Env, rows: list[Row], vals: dict[str, Any]) -> None:
    unit = "product_uom" if env.version < 19 else "product_uom_id"
    if "price_unit" in vals or not {"product_id", "product_uom_qty", unit} & set(vals):
        return
    for row in rows:
        if row.get("technical_price_unit") == row.get("price_unit"):
            taken = _of_product(env, row, "lst_price") or 0.0
            env.store.put("sale.order.line", {**row, "price_unit": taken, "technical_price_unit": taken})


def _not_of_confirmed(env: Env, rows: list[Row]) -> None:
    if any(_of_order(env, row, "state") == "sale" and not row.get("display_type") for row in rows):
        raise UserError(
            "Once a sales order is confirmed, you can't remove one of its lines (we need to track if something gets "
            "invoiced or delivered).\nSet the quantity to 0 instead."
        )
