"""The example configs that the demo loads: orders in, customers in, the catalogue out, the shop's customers fetched.

Written through the models and their validation, as staff would write them in the admin.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from demo.site import Demo
from outbound.models import PullPolicy
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine, SyncHeader

ORDERS: list[dict[str, Any]] = [
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
    },
    {"field": "partner_id.name", "key": "customer.default_address.name"},
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
    {"field": "order_line", "key": "line_items[]", "calculation": "relational", "required": True},
    {
        "field": "order_line.product_id",
        "key": "line_items[].sku",
        "calculation": "relational",
        "match_field": "default_code",
        "required": True,
    },
    {"field": "order_line.product_uom_qty", "key": "line_items[].quantity", "required": True},
    {"field": "order_line.price_unit", "key": "line_items[].price"},
    {"field": "order_line.discount", "key": "discount_applications[0].value", "direction": "in"},
    {"field": "amount_total", "key": "total", "direction": "out"},
    {"field": "state", "key": "state", "direction": "out"},
]

CUSTOMERS: list[dict[str, Any]] = [
    {"field": "email", "key": "email", "is_identifier": True, "required": True},
    {"field": "name", "key": "name", "required": True},
    {"field": "phone", "key": "phone"},
    {"field": "street", "key": "address.street"},
    {"field": "zip", "key": "address.zip"},
    {"field": "city", "key": "address.city"},
    {
        "field": "country_id",
        "key": "address.country",
        "calculation": "relational",
        "match_field": "code",
    },
    {"field": "active", "key": "active", "direction": "out"},
]

CATALOGUE: list[dict[str, Any]] = [
    {"field": "default_code", "key": "sku", "is_identifier": True},
    {"field": "name", "key": "title"},
    {"field": "list_price", "key": "price"},
    {"field": "barcode", "key": "barcode"},
    {"field": "categ_id.name", "key": "category"},
]


@transaction.atomic
def create_examples(demo: Demo) -> None:
    """Create the connection and the four configs. Raises ValidationError if one of them were not legal."""
    connection = OdooConnection(
        name="Demo Odoo",
        url=demo.odoo_url,
        database=demo.odoo_database,
        login=demo.odoo_login,
        secret=demo.odoo_key,
        timezone="Europe/Brussels",
    )
    connection.full_clean()
    connection.save()

    guarded = {"auth_type": "bearer", "auth_secret": demo.inbound_token}
    _create(
        lines=ORDERS,
        name="Shop orders in",
        request_type="in",
        connection=connection,
        model="sale.order",
        endpoint="orders",
        method_get=True,
        method_post=True,
        **guarded,
    )
    _create(
        lines=CUSTOMERS,
        name="Customers in",
        request_type="in",
        connection=connection,
        model="res.partner",
        endpoint="customers",
        method_get=True,
        method_post=True,
        method_put=True,
        method_delete=True,
        **guarded,
    )
    catalogue = _create(
        lines=CATALOGUE,
        name="Catalogue out",
        request_type="out",
        connection=connection,
        model="product.product",
        domain="[('sale_ok', '=', True), ('default_code', '=like', 'DEMO-%')]",
        url=f"{demo.shop_url}/api/products/bulk",
        method_post=True,
        auth_type="bearer",
        auth_secret=demo.shop_token,
        request_shape="page",
        wrap_key="products",
        page_size=20,
        # The demo shows a retry within seconds; without this line the first comes after 5 s, the second after 30.
        retry_schedule="1, 2, 5",
    )
    SyncHeader.objects.create(config=catalogue, key="X-Shop-Domain", value="demo-shop")
    fetched = _create(
        lines=CUSTOMERS,
        name="Shop customers fetched",
        request_type="out",
        connection=connection,
        model="res.partner",
        url=f"{demo.shop_url}/api/customers",
        method_get=True,
        auth_type="bearer",
        auth_secret=demo.shop_token,
        page_size=10,
    )
    fetching = PullPolicy(
        config=fetched,
        items_path="customers",
        pages="link",
        size_param="limit",
        since_param="since",
        since_path="updated_at",
    )
    fetching.full_clean()
    fetching.save()


def _create(*, lines: list[dict[str, Any]], **fields: Any) -> SyncConfig:
    config = SyncConfig(**fields)
    config.full_clean()
    config.save()
    for position, line in enumerate(lines):
        row = SyncConfigLine(config=config, position=position, **line)
        row.full_clean()
        row.save()
    return config
