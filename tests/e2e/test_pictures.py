"""The pictures of the documentation, taken of what the demo's syncs do. `make docs-images` puts them into docs/images.

They are taken at a fixed size with everything that moves stopped; what differs from time to time is ids and times.
"""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path

import pytest
import requests

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from demo.site import Demo
from demo.steps import ORDER
from syncproject.env import BASE_DIR
from tests.e2e.conftest import Open
from tests.e2e.hub import HOME, Hub
from tests.e2e.pages import Admin

pytestmark = pytest.mark.e2e
SIZE = {"width": 1280, "height": 800}
FOLDER = BASE_DIR / os.environ["SYNC_DOCS_IMAGES"] if "SYNC_DOCS_IMAGES" in os.environ else HOME / "docs"


@pytest.fixture
def photographer(open_admin: Open) -> Admin:
    admin = open_admin("admin")
    admin.page.set_viewport_size(SIZE)
    return admin


def _picture(admin: Admin, name: str) -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.png"
    admin.page.wait_for_load_state("networkidle")
    admin.page.mouse.move(0, 0)
    admin.page.screenshot(path=path, animations="disabled", caret="hide")
    assert path.stat().st_size > 10_000, "an empty picture"
    return path


def _post(hub: Hub, demo: Demo, order: object, request_id: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {demo.inbound_token}", "X-Request-ID": request_id}
    return requests.post(f"{hub.url}/bj_api_sync/v1/orders", json=order, headers=headers, timeout=30)


def test_pictures_of_what_is_set_up(photographer: Admin, hub: Hub, demo: Demo) -> None:
    order = json.loads(ORDER.read_text())
    assert _post(hub, demo, order, "shop-order-1042").status_code in {200, 201}
    photographer.open("connections", "Demo Odoo").press("Test connection", "Test").says("answers: Odoo 18")
    photographer.open("connections", "Demo Odoo")
    _picture(photographer, "connection")
    photographer.list("syncs")
    _picture(photographer, "syncs")
    photographer.go("syncconfig/syncconfig/1/change/#lines").says("line_items[].sku")
    _picture(photographer, "order-lines")
    photographer.open("syncs", "Shop orders in").button("Preview").first.click()
    photographer.page.locator("textarea[name=payload]").fill(json.dumps(order, indent=2))
    photographer.save("Preview").says("Mapped values")
    photographer.page.locator("section").first.scroll_into_view_if_needed()
    _picture(photographer, "preview")


def test_pictures_of_the_guided_path(photographer: Admin) -> None:
    photographer.list("syncs").choose("New sync")
    _picture(photographer, "guided-start")
    photographer.page.locator("button[name=template]").filter(has_text="Shop orders in").click()
    photographer.page.get_by_role("radio", name="Demo Odoo").check()
    photographer.save("Next").save("Next").save("Next")
    _picture(photographer, "guided-mapping")
    photographer.save("Next").save("Next").says("Make this sync")
    _picture(photographer, "guided-review")
    photographer.page.get_by_role("button", name="Throw this new sync away").click()


def test_pictures_of_what_happened(
    photographer: Admin, hub: Hub, demo: Demo, odoo: DemoOdoo, web_shop: DemoShop
) -> None:
    order = copy.deepcopy(json.loads(ORDER.read_text()))
    order["name"], order["line_items"][0]["sku"] = "#1044", "NO-SUCH-SKU"
    assert _post(hub, demo, order, "shop-order-1044").status_code == 400
    photographer.list("log", "?q=shop-order-1044")
    photographer.page.locator("#result_list a").filter(has_text="orders").first.click()
    photographer.says("NO-SUCH-SKU")
    _picture(photographer, "refused-order")
    photographer.go("auditlog/apilog/find/?q=%231044").says("The story of #1044")
    _picture(photographer, "story")

    photographer.open("syncs", "Catalogue out").press("Run now", "Run", {"is_full": True}).until("Done")
    _picture(photographer, "run")
    product = odoo.call("product.product", "search_read", [["default_code", "=", "DEMO-0009"]], ["product_tmpl_id"])[0]
    odoo.call("product.template", "write", [product["product_tmpl_id"][0]], {"list_price": 99.99})
    web_shop.fail_next(1, status=422)
    photographer.open("syncs", "Catalogue out").press("Run now", "Run").until("Done")
    photographer.list("deliveries", "?state__exact=dead")
    photographer.page.locator("#result_list tbody tr").first.get_by_role("link").first.click()
    photographer.says("422 Unprocessable Entity")
    _picture(photographer, "dead-delivery")
    photographer.list("log")
    _picture(photographer, "log")
    photographer.go("").says("Needs attention").says("Dead letters")
    _picture(photographer, "home")
