"""Which required fields Odoo fills by itself: known without creating anything."""

from clients.odoo.client import OdooClient
from clients.odoo.defaults import fields_with_defaults
from clients.odoo.schema import fields_from_get


def test_an_order_needs_a_customer_and_gets_its_date_from_odoo(odoo: OdooClient) -> None:
    fields = fields_from_get(fields_with_defaults(odoo, "sale.order"))
    told = {name: (fields[name].required, fields[name].has_default) for name in ("partner_id", "date_order", "note")}
    assert told == {"partner_id": (True, False), "date_order": (True, True), "note": (False, False)}
