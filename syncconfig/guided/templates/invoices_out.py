"""Posted customer invoices out to an accounting system."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from syncconfig.guided.templates import SyncTemplate

TEMPLATE = SyncTemplate(
    key="invoices-out",
    title=_("Invoices out"),
    summary=_("Posted invoices and credit notes are sent to an accounting system, once each."),
    icon="receipt_long",
    request_type="out",
    model="account.move",
    values={
        "domain": "[('state', '=', 'posted'), ('move_type', 'in', ['out_invoice', 'out_refund'])]",
        "method_post": True,
        "auth_type": "bearer",
        "only_changed": True,
    },
    lines=(
        {"field": "name", "key": "number", "is_identifier": True, "required": True},
        {
            "field": "move_type",
            "key": "type",
            "direction": "out",
            "calculation": "value_map",
            "options": {"map": [["invoice", "out_invoice"], ["credit_note", "out_refund"]], "rest_out": "error"},
        },
        {"field": "invoice_date", "key": "date", "direction": "out"},
        {"field": "invoice_date_due", "key": "due_date", "direction": "out"},
        {"field": "partner_id.name", "key": "customer.name", "direction": "out"},
        {"field": "partner_id.vat", "key": "customer.vat", "direction": "out"},
        {"field": "partner_id.email", "key": "customer.email", "direction": "out"},
        {"field": "currency_id.name", "key": "currency", "direction": "out"},
        {"field": "amount_untaxed", "key": "net", "direction": "out"},
        {"field": "amount_tax", "key": "tax", "direction": "out"},
        {"field": "amount_total", "key": "total", "direction": "out"},
        {"field": "payment_state", "key": "payment_state", "direction": "out", "is_optional": True},
        {"field": "invoice_line_ids", "key": "lines[]", "direction": "out", "calculation": "relational"},
        {"field": "invoice_line_ids.name", "key": "lines[].text", "direction": "out"},
        {"field": "invoice_line_ids.quantity", "key": "lines[].quantity", "direction": "out"},
        {"field": "invoice_line_ids.price_unit", "key": "lines[].price", "direction": "out"},
        {"field": "invoice_line_ids.price_subtotal", "key": "lines[].net", "direction": "out"},
    ),
    needs=_("Invoicing"),
    sends_once=True,
    notes=(
        _("Drafts are never sent. An invoice that is cancelled afterwards leaves the filter; tell the other side so."),
        _("A repeated attempt carries the same Idempotency-Key, so that no invoice is booked twice."),
        _(
            "A second POST, once an invoice is paid or its customer has moved, would book it twice in many systems, so "
            "none is sent. To send changes too, set “PUT what is known” and its URL under “Delivery settings”, empty "
            "“Watched keys”, and say where the answer has its id."
        ),
    ),
)
