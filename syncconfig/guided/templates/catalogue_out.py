"""Products that are for sale, out to a shop."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from syncconfig.guided.templates import SyncTemplate

TEMPLATE = SyncTemplate(
    key="catalogue-out",
    title=_("Catalogue out"),
    summary=_("Products with their prices are sent to a shop, and again whenever one changes."),
    icon="inventory_2",
    request_type="out",
    model="product.product",
    values={
        "domain": "[('sale_ok', '=', True), ('default_code', '!=', False)]",
        "method_post": True,
        "auth_type": "bearer",
        "only_changed": True,
    },
    lines=(
        {"field": "default_code", "key": "sku", "is_identifier": True, "required": True},
        {"field": "name", "key": "title", "required": True},
        # With what a variant costs more than its template, which `list_price` leaves out.
        {"field": "lst_price", "key": "price", "direction": "out"},
        {"field": "barcode", "key": "barcode"},
        {"field": "categ_id.name", "key": "category", "direction": "out"},
        {"field": "description_sale", "key": "description"},
        {"field": "weight", "key": "weight", "is_optional": True},
        {"field": "active", "key": "active", "is_optional": True},
    ),
    needs=_("Sales"),
    notes=(
        _("Only products with an internal reference are sent: it is the SKU that the shop knows them by."),
        _("Many shops take a whole page of products at once; choose that with the address, and the key around it."),
    ),
)
