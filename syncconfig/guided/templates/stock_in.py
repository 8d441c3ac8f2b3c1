"""Counted stock of a warehouse system into `stock.quant`.

What is written is the counted quantity, as a person would at a physical inventory: it moves stock only when somebody
applies it. The quantity itself is Odoo's own and cannot be written from outside.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from syncconfig.guided.templates import SyncTemplate

TEMPLATE = SyncTemplate(
    key="stock-in",
    title=_("Stock in"),
    summary=_("A warehouse system posts how many there are of each product, and Odoo shows the difference to apply."),
    icon="warehouse",
    request_type="in",
    model="stock.quant",
    values={
        "domain": "[('location_id.complete_name', '=', 'WH/Stock')]",
        "endpoint": "stock",
        "method_post": True,
        "auth_type": "bearer",
        "on_existing": "update",
    },
    lines=(
        {
            "field": "product_id",
            "key": "sku",
            "calculation": "relational",
            "match_field": "default_code",
            "is_identifier": True,
            "required": True,
        },
        {
            "field": "location_id",
            "key": "location",
            "calculation": "relational",
            "match_field": "complete_name",
            "absent": "default",
            "default": "WH/Stock",
            "required": True,
        },
        {"field": "inventory_quantity", "key": "available", "required": True},
    ),
    sample={"sku": "IPOD2008GREEN", "location": "WH/Stock", "available": 27},
    needs=_("Inventory"),
    notes=(
        _("It writes the counted quantity. Apply it under Inventory, Operations, Physical Inventory."),
        _("One sync is for one location: put its full name into the filter domain and into the location's line."),
        _("The user of the connection needs the Odoo right “Inventory: User”."),
    ),
)
