"""A change in Odoo goes out by itself: Odoo's rule posts to the served site, a real worker reads, the shop hears.

All over real sockets: gunicorn in two processes, `syncworker` in its own, the demo Odoo and the demo shop.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditlog.models import ApiLog
from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from outbound.hooks import hook_create
from outbound.models import Delivery, DeliveryPolicy, DeliveryState, RunTrigger, SyncRun
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine
from tests.outbound.worker import running_worker, wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc"),
]
LINES: list[dict[str, Any]] = [
    {"field": "default_code", "key": "sku", "is_identifier": True},
    {"field": "name", "key": "title"},
    {"field": "list_price", "key": "price"},
]


@pytest.fixture
def catalogue(transactional_db: None, connection: OdooConnection, shop: DemoShop) -> SyncConfig:
    config = SyncConfig.objects.create(
        name="Catalogue",
        request_type="out",
        connection=connection,
        model="product.product",
        url=f"{shop.url}/api/products",
        method_post=True,
        auth_type="bearer",
        auth_secret=shop.token,
        retry_schedule="0.1, 0.1, 0.1",
    )
    for position, line in enumerate(LINES):
        SyncConfigLine.objects.create(config=config, position=position, **line)
    DeliveryPolicy.objects.create(config=config, deletions="delete", linked_url=f"{shop.url}/api/products/{{sku}}")
    return config


def make_rule_for_every_field(odoo: DemoOdoo, hook_rule: int) -> None:
    """As staff make it who do not know what it costs."""
    odoo.call("base.automation", "write", [hook_rule], {"trigger_field_ids": [[5, 0, 0]]})


def test_what_changes_in_odoo_goes_out_once_and_what_is_deleted_goes_too(
    catalogue: SyncConfig, gunicorn: str, demo_odoo: DemoOdoo, shop: DemoShop, tmp_path: Path
) -> None:
    hook = hook_create(config=catalogue, site_url=gunicorn)
    make_rule_for_every_field(demo_odoo, hook.rule_ids[0])
    product = demo_odoo.call("product.product", "create", {"name": "Lamp", "default_code": "L-1", "list_price": 20})
    for code in ("L-2", "L-3"):
        demo_odoo.call("product.product", "write", [product], {"default_code": code})
    with running_worker(tmp_path / "log"):
        wait_for(lambda: "L-3" in shop.products, "the product in the shop")
        assert shop.products["L-3"]["title"] == "Lamp"
        posts = ApiLog.objects.filter(direction="in", party="odoo", config_id=catalogue.pk)
        assert set(posts.values_list("url", "status", "record_ref")) == {("/bj_api_sync/hooks/***", 202, str(product))}
        assert posts.count() >= 3
        # However often it told, and although two changes were never read: one run, one delivery.
        run = SyncRun.objects.get()
        assert (run.trigger, run.record_ids) == (RunTrigger.CHANGES, [product])
        wait_for(lambda: Delivery.objects.filter(state=DeliveryState.DELIVERED).count() == 1, "the delivery done")
        assert [call.json["sku"] for call in shop.received] == ["L-3"]

        demo_odoo.call("product.product", "unlink", [product])
        wait_for(lambda: "L-3" not in shop.products, "the product gone from the shop")
    assert [call.method for call in shop.received] == ["POST", "DELETE"]
    assert not Delivery.objects.exclude(state=DeliveryState.DELIVERED).exists()
    for row in ApiLog.objects.all():
        assert hook.secret not in f"{row.url}{row.request_body}{row.response_body}{row.error}"
