"""The job itself, done before the reader's eyes: orders in, a customer's life, the catalogue out, a failing shop.

Every figure is looked up where it ends: in the demo Odoo by a plain XML-RPC client that knows nothing of the hub,
in the shop's own books, and in the hub's log.
"""

from __future__ import annotations

import json
import time
import xmlrpc.client
from pathlib import Path
from typing import Any

import requests

from demo.report import Report
from demo.shop import DemoShop
from demo.shop_lists import made_customers
from demo.site import Demo, Site

ORDER = Path(__file__).parent / "payloads" / "order.json"


class OdooEye:
    """Looks into the demo Odoo past the hub."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        self._uid = xmlrpc.client.ServerProxy(f"{demo.odoo_url}/xmlrpc/2/common").authenticate(
            demo.odoo_database, demo.odoo_login, demo.odoo_key, {}
        )

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        proxy = xmlrpc.client.ServerProxy(f"{self._demo.odoo_url}/xmlrpc/2/object")
        return proxy.execute_kw(
            self._demo.odoo_database, self._uid, self._demo.odoo_key, model, method, list(args), kwargs
        )

    def find(self, model: str, domain: list[Any], fields: list[str]) -> list[dict[str, Any]]:
        return list(self.call(model, "search_read", domain, fields=fields, context={"active_test": False}))


class Job:
    """The steps, in order. Each leaves one row in the report's table."""

    def __init__(self, *, site: Site, demo: Demo, shop: DemoShop, report: Report) -> None:
        self.site, self.demo, self.shop, self.report = site, demo, shop, report
        self.odoo = OdooEye(demo)
        self.api = requests.Session()
        self.api.headers["Authorization"] = f"Bearer {demo.inbound_token}"
        self.partner_id = 0

    def run(self) -> None:
        self.order_in()
        self.order_again()
        self.customer()
        self.catalogue_out()
        self.one_price()
        self.failing_shop()
        self.customers_fetched()
        self.log()

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        answer = self.api.request(method, f"{self.site.url}/bj_api_sync/v1/{path}", json=body, timeout=60)
        self.report.say(f"{method} /bj_api_sync/v1/{path} → {answer.status_code}")
        return answer

    def order_in(self) -> None:
        self.report.step("A shop posts an order: customer, address, two lines, 10 % discount")
        order = json.loads(ORDER.read_text())
        answer = self.call("POST", "orders", order)
        self.report.check("Answer", answer.status_code, 201)
        orders = self.odoo.find(
            "sale.order",
            [["client_order_ref", "=", order["name"]]],
            ["partner_id", "order_line", "amount_untaxed", "date_order"],
        )
        self.report.check("sale.order with this reference in Odoo", len(orders), 1)
        if not orders:
            raise SystemExit(f"The order did not arrive; the hub answered: {answer.text}")
        self.report.check("its total without tax, less 10 %", round(orders[0]["amount_untaxed"], 2), 160.11)
        self.report.check("its time, as UTC", str(orders[0]["date_order"]), "2026-03-14 08:26:53")
        lines = self.odoo.find(
            "sale.order.line", [["id", "in", orders[0]["order_line"]]], ["product_id", "product_uom_qty", "discount"]
        )
        self.report.check(
            "its lines", [(line["product_uom_qty"], line["discount"]) for line in lines], [(2, 10), (1, 10)]
        )
        self.partner_id = orders[0]["partner_id"][0]
        partner = self.odoo.find(
            "res.partner", [["id", "=", self.partner_id]], ["name", "email", "city", "country_id"]
        )[0]
        self.report.check("res.partner", f"{partner['name']}, {partner['city']}", "Ada Martens, Brussels")
        self.report.check("its country", partner["country_id"][1], "Belgium")
        self.report.done("in", "1 order with its customer", 1)

    def order_again(self) -> None:
        self.report.step("The shop is not sure, and posts the same order again")
        answer = self.call("POST", "orders", json.loads(ORDER.read_text()))
        self.report.check("Answer", answer.status_code, 200)
        self.report.check(
            "orders in Odoo", len(self.odoo.find("sale.order", [["client_order_ref", "=", "#1042"]], [])), 1
        )
        self.report.check(
            "customers in Odoo",
            len(self.odoo.find("res.partner", [["email", "=", "ada.martens@example.com"]], [])),
            1,
        )
        self.report.done("in", "the same order, nothing doubled", 1)

    def customer(self) -> None:
        self.report.step("The customer is fetched back, changed and archived through the endpoint")
        path = f"customers/{self.partner_id}"
        fetched = self.call("GET", path).json()
        self.report.check("GET gives the e-mail", fetched.get("data", {}).get("email"), "ada.martens@example.com")
        changed = self.call("PUT", path, {"address": {"city": "Ghent", "zip": "9000"}})
        self.report.check("PUT answers", changed.status_code, 200)
        partner = self.odoo.find("res.partner", [["id", "=", self.partner_id]], ["city", "street"])[0]
        self.report.check("city in Odoo", partner["city"], "Ghent")
        self.report.check("street, which was not sent, in Odoo", partner["street"], "Rue de la Loi 16")
        removed = self.call("DELETE", path)
        self.report.check("DELETE answers", removed.status_code, 200)
        partner = self.odoo.find("res.partner", [["id", "=", self.partner_id]], ["active"])[0]
        self.report.check("active in Odoo", partner["active"], False)
        self.report.done("in", "1 customer read, changed, archived", 3)

    def catalogue_out(self) -> None:
        self.report.step("Forty products go out to the shop's catalogue, in pages of twenty")
        calls = self._sync()
        self.report.check("calls to the shop", calls, 2)
        self.report.check("products in the shop", len(self.shop.products), 40)
        self.report.done("out", "40 products", calls)

    def one_price(self) -> None:
        self.report.step("One price changes in Odoo, and only that product goes out again")
        self._set_price("DEMO-0007", 77.77)
        calls = self._sync()
        self.report.check("calls to the shop", calls, 1)
        self.report.check("products in that call", len(self.shop.received[-1].json["products"]), 1)
        self.report.check("its price in the shop", self.shop.products["DEMO-0007"]["price"], 77.77)
        self.report.done("out", "1 changed price", calls)

    def failing_shop(self) -> None:
        self.report.step("The shop fails twice; the delivery arrives on the third attempt")
        self._set_price("DEMO-0008", 88.88)
        self.shop.fail_next(2, status=503)
        calls = self._sync()
        keys = {call.headers.get("Idempotency-Key") for call in self.shop.received[-3:]}
        self.report.check("attempts", calls, 3)
        self.report.check("different idempotency keys among them", len(keys), 1)
        self.report.check("its price in the shop", self.shop.products["DEMO-0008"]["price"], 88.88)
        self.report.done("out", "1 price, after two failures", calls)

    def customers_fetched(self) -> None:
        self.report.step("Twenty-five customers of the shop are fetched into Odoo, page by page, and one change later")
        self.shop.customers = made_customers(25)
        calls = self._sync("Shop customers fetched")
        self.report.check("pages asked for", calls, 3)
        mine = [["email", "=like", "customer-%"]]
        self.report.check("customers in Odoo", len(self.odoo.find("res.partner", mine, [])), 25)
        self.shop.customers[4] |= {"name": "Customer Five", "updated_at": "2026-02-01T12:00:00Z"}
        calls += self._sync("Shop customers fetched")
        five = self.odoo.find("res.partner", [["email", "=", "customer-0005@example.com"]], ["name"])
        self.report.check("the changed one in Odoo", [each["name"] for each in five], ["Customer Five"])
        self.report.check("customers in Odoo", len(self.odoo.find("res.partner", mine, [])), 25)
        self.report.done("out", "26 customers fetched", calls)

    def log(self) -> None:
        from auditlog.models import ApiLog
        from outbound.models import Delivery

        self.report.step("And all of it stands in the log")
        self.report.check("requests that came in", ApiLog.objects.filter(direction="in").count(), 5)
        self.report.check(
            "requests to the shop", ApiLog.objects.filter(direction="out", party="api").count(), len(self.shop.received)
        )
        self.report.check("deliveries that arrived", Delivery.objects.filter(state="delivered").count(), 42 + 26)
        self.report.check("deliveries in any other state", Delivery.objects.exclude(state="delivered").count(), 0)
        leaks = sum(
            1
            for row in ApiLog.objects.all()
            for secret in (self.demo.odoo_key, self.demo.inbound_token, self.demo.shop_token)
            if secret in f"{row.request_headers}{row.request_body}{row.response_headers}{row.response_body}{row.url}"
        )
        self.report.check("secrets in the log", leaks, 0)

    def _set_price(self, sku: str, price: float) -> None:
        product = self.odoo.find("product.product", [["default_code", "=", sku]], ["product_tmpl_id"])[0]
        self.odoo.call("product.template", "write", [product["product_tmpl_id"][0]], {"list_price": price})
        self.report.say(f"Odoo: list_price of {sku} is now {price}")

    def _sync(self, name: str = "Catalogue out") -> int:
        """Run a sync as an operator would; the number of calls the shop received for it."""
        before = len(self.shop.received)
        result = self.site.manage("sync_run", name, "--wait")
        for line in (result.stdout + result.stderr).splitlines():
            self.report.say(line)
        self.report.check("sync_run exits with", result.returncode, 0)
        # The shop's thread may still be writing the last call into its books.
        time.sleep(0.05)
        return len(self.shop.received) - before
