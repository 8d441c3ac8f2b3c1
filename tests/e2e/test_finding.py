"""Why did it not arrive, and how does it arrive after all."""

from __future__ import annotations

import copy
import json

import pytest
import requests

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from demo.site import Demo
from demo.steps import ORDER
from tests.e2e.hub import Hub
from tests.e2e.pages import Admin

pytestmark = pytest.mark.e2e


def test_a_refused_order_is_found_with_its_reason(admin: Admin, hub: Hub, demo: Demo) -> None:
    order = copy.deepcopy(json.loads(ORDER.read_text()))
    order["name"] = "#1043"
    order["line_items"][0]["sku"] = "NO-SUCH-SKU"
    answer = requests.post(
        f"{hub.url}/bj_api_sync/v1/orders",
        json=order,
        headers={"Authorization": f"Bearer {demo.inbound_token}", "X-Request-ID": "shop-order-1043"},
        timeout=30,
    )
    assert answer.status_code == 400, answer.text
    admin.list("log", "?q=shop-order-1043").says("POST")
    admin.page.locator("#result_list a").filter(has_text="orders").first.click()
    admin.says("NO-SUCH-SKU").says("default_code").shoot("refused-order")
    assert demo.inbound_token not in admin.page.content()


def test_a_dead_delivery_is_found_sent_again_and_arrives(admin: Admin, odoo: DemoOdoo, web_shop: DemoShop) -> None:
    admin.open("syncs", "Catalogue out").press("Run now", "Run", {"is_full": True}).until("Done")
    assert len(web_shop.products) == 40
    product = odoo.call("product.product", "search_read", [["default_code", "=", "DEMO-0005"]], ["product_tmpl_id"])[0]
    odoo.call("product.template", "write", [product["product_tmpl_id"][0]], {"list_price": 55.55})

    web_shop.fail_next(1, status=422)
    admin.open("syncs", "Catalogue out").press("Run now", "Run").until("Done")
    admin.list("deliveries", "?state__exact=dead").says("422").shoot("dead-delivery")
    assert web_shop.products["DEMO-0005"]["price"] != 55.55

    admin.page.locator("#result_list tbody tr").first.get_by_role("link").first.click()
    admin.says("422 Unprocessable Entity").shoot("dead-delivery-opened")
    admin.press("Send again", "Send again").until("Delivered")
    assert web_shop.products["DEMO-0005"]["price"] == 55.55
    admin.shoot("delivered-after-all")
