"""A catalogue that goes from the demo Odoo to the demo shop, one request per record or per page."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from mapping.results import payload_hash
from outbound.budget import Budget
from outbound.deliveries import SendReport, deliveries_send
from outbound.models import Delivery, RunTrigger, SyncRun
from outbound.runs import Ended, run_execute, run_start
from outbound.states import OPEN_DELIVERIES
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine

LINES: list[dict[str, Any]] = [
    {"field": "default_code", "key": "sku", "is_identifier": True},
    {"field": "name", "key": "title"},
    {"field": "list_price", "key": "price"},
    {"field": "categ_id.name", "key": "category"},
]
RETRIES = "0.05, 0.05, 0.05"

MakeConfig = Callable[..., SyncConfig]


@pytest.fixture
def staff(client: Client, admin_user: User) -> Client:
    """A client that is logged in and may do everything."""
    client.force_login(admin_user)
    return client


@pytest.fixture
def products(demo_odoo: DemoOdoo) -> list[int]:
    """Ids of twelve products in the demo Odoo, ascending."""
    return sorted(demo_odoo.seed_products(12))


@pytest.fixture
def make_config(connection: OdooConnection, shop: DemoShop, products: list[int]) -> MakeConfig:
    """Makes Out configs for the seeded products; arguments replace the defaults."""

    def make(**fields: Any) -> SyncConfig:
        lines = fields.pop("lines", LINES)
        config = SyncConfig.objects.create(
            **{
                "name": "Catalogue",
                "request_type": "out",
                "connection": connection,
                "model": "product.product",
                "domain": f"[('id', 'in', {products})]",
                "url": f"{shop.url}/api/products",
                "method_post": True,
                "auth_type": "bearer",
                "auth_secret": shop.token,
                "retry_schedule": RETRIES,
                "read_timeout_s": 1.0,
                **fields,
            }
        )
        for position, line in enumerate(lines):
            SyncConfigLine.objects.create(config=config, position=position, **line)
        config.refresh_from_db()
        return config

    return make


@pytest.fixture
def config(make_config: MakeConfig) -> SyncConfig:
    """One request per record."""
    return make_config()


@pytest.fixture
def page_config(make_config: MakeConfig, shop: DemoShop) -> SyncConfig:
    """All in one request."""
    return make_config(url=f"{shop.url}/api/products/bulk", request_shape="page", wrap_key="products")


def sync(config: SyncConfig, **options: Any) -> SyncRun:
    """Run the config to its end in this thread; what has to wait for another attempt is left."""
    run = run_start(config=config, trigger=RunTrigger.MANUAL, **options)
    ended = run_execute(run_id=run.pk, budget_s=30)
    assert ended in (Ended.DONE, Ended.FAILED), ended
    run.refresh_from_db()
    return run


def make_delivery(config: SyncConfig, record_id: int, **fields: Any) -> Delivery:
    """A delivery as a run would insert it."""
    payload = {"sku": f"SKU-{record_id}", "title": f"Product {record_id}", "price": 1.5}
    return Delivery.objects.create(
        **{
            "config": config,
            "record_id": record_id,
            "method": "POST",
            "payload": payload,
            "payload_hash": payload_hash(payload),
            **fields,
        }
    )


def send(config: SyncConfig, seconds: float = 10) -> SendReport:
    """Send what is due now."""
    return deliveries_send(config=config, budget=Budget(seconds))


def send_until_settled(config: SyncConfig, *, timeout_s: float = 5) -> None:
    """Send until no delivery is open, waiting for the times of new attempts."""
    end_s = time.monotonic() + timeout_s
    while Delivery.objects.filter(config=config, state__in=OPEN_DELIVERIES).exists():
        assert time.monotonic() < end_s, list(Delivery.objects.values("pk", "state", "attempts", "last_error"))
        send(config)
        time.sleep(0.01)


def set_price(demo_odoo: DemoOdoo, product_id: int, price: float) -> None:
    """Change a price in Odoo, where it stands on the template."""
    product = demo_odoo.call("product.product", "read", [product_id], ["product_tmpl_id"])[0]
    demo_odoo.call("product.template", "write", [product["product_tmpl_id"][0]], {"list_price": price})
