"""Fields of Odoo models that the demo Odoo does not play, as `fields_get` of Odoo 18 tells them: those that matter
here, after the models' own definitions (addons stock and account)."""

from __future__ import annotations

from typing import Any

MOVE_TYPES = [["entry", "Journal Entry"], ["out_invoice", "Customer Invoice"], ["out_refund", "Customer Credit Note"]]
STATES = [["draft", "Draft"], ["posted", "Posted"], ["cancel", "Cancelled"]]
PAYMENT_STATES = [["not_paid", "Not Paid"], ["in_payment", "In Payment"], ["paid", "Paid"], ["partial", "Partial"]]


def _fields(**fields: tuple[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {"type": kind, "string": name, **more} for name, (kind, more) in fields.items()}


ODOO_FIELDS: dict[str, dict[str, dict[str, Any]]] = {
    "stock.quant": _fields(
        id=("integer", {"readonly": True}),
        product_id=("many2one", {"relation": "product.product", "required": True}),
        location_id=("many2one", {"relation": "stock.location", "required": True}),
        quantity=("float", {"readonly": True}),
        inventory_quantity=("float", {}),
        inventory_date=("date", {}),
        lot_id=("many2one", {"relation": "stock.lot"}),
    ),
    "stock.location": _fields(
        id=("integer", {"readonly": True}),
        name=("char", {"required": True}),
        complete_name=("char", {"readonly": True}),
        usage=("selection", {"selection": [["internal", "Internal"]], "required": True}),
    ),
    "account.move": _fields(
        id=("integer", {"readonly": True}),
        name=("char", {}),
        move_type=("selection", {"selection": MOVE_TYPES, "required": True, "readonly": True}),
        state=("selection", {"selection": STATES, "required": True, "readonly": True}),
        payment_state=("selection", {"selection": PAYMENT_STATES, "readonly": True}),
        invoice_date=("date", {}),
        invoice_date_due=("date", {}),
        partner_id=("many2one", {"relation": "res.partner"}),
        currency_id=("many2one", {"relation": "res.currency", "required": True}),
        amount_untaxed=("monetary", {"readonly": True}),
        amount_tax=("monetary", {"readonly": True}),
        amount_total=("monetary", {"readonly": True}),
        invoice_line_ids=("one2many", {"relation": "account.move.line"}),
    ),
    "account.move.line": _fields(
        id=("integer", {"readonly": True}),
        name=("char", {}),
        quantity=("float", {}),
        price_unit=("float", {}),
        price_subtotal=("monetary", {"readonly": True}),
    ),
}
