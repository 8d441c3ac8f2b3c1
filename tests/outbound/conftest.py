"""A catalogue that goes from the demo Odoo to the demo shop, one request per record or per page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from outbound.models import RunTrigger, SyncRun
from outbound.runs import Ended, run_execute, run_start
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
def products(demo_odoo: DemoOdoo) -> list[int]:
    """Ids of twelve products in the demo Odoo, ascending."""
    return sorted(demo_odoo.seed_products(12))


@pytest.fixture
def make_config(connection: OdooConnection, shop: DemoShop, products: list[int]) -> Iterator[MakeConfig]:
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
