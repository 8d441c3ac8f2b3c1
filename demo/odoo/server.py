"""The demo Odoo as a server on loopback. It is a stand-in for tests, benchmarks and the demo, and no Odoo.

It plays what shared recordings of Odoo 18.0 and 19.0 show: the same answers, errors and quirks on XML-RPC, JSON-RPC
and (19 only) JSON-2, for contacts, products and sales orders, and the posts of automation rules. It keeps everything
in memory, has one user who may do everything, and refuses to play access rights, translations, attributes of products,
and accounting.
"""

import json
from collections import Counter
from typing import Any

from demo.httpserver import DemoServer, Fault, Request, Response
from demo.odoo import rpc_json, rpc_json2, rpc_xml, seed
from demo.odoo.database import Database
from demo.odoo.methods import call_positional
from demo.odoo.registry import VERSION_NAMES
from demo.odoo.services import SERVICES, version_info

DATABASE = "demo"
ADMIN_LOGIN = "admin"
ADMIN_PASSWORD = "admin"
ADMIN_KEY = "demo-api-key"


class DemoOdoo(DemoServer):
    """An Odoo 18 or 19 to call at `.url`, between `start()` and `stop()`.

    `service_time_ms` is added to every call and `per_record_ms` for every record read or written, to play a real
    server's pace. `keep_alive=False` is what a bare Odoo does: it closes after every answer; True plays the usual
    reverse proxy before it. `calls` counts (model, method).
    """

    def __init__(
        self,
        *,
        version: int = 18,
        host: str = "127.0.0.1",
        port: int = 0,
        database: str = DATABASE,
        login: str = ADMIN_LOGIN,
        password: str = ADMIN_PASSWORD,
        api_key: str = ADMIN_KEY,
        service_time_ms: float = 0,
        per_record_ms: float = 0,
        keep_alive: bool = False,
    ) -> None:
        if version not in VERSION_NAMES:
            raise ValueError(f"version {version} is not played; use one of {sorted(VERSION_NAMES)}")
        super().__init__(host=host, port=port)
        self.version = version
        self.login, self.password, self.api_key = login, password, api_key
        self.keep_alive = keep_alive
        self.database = Database(database, version, login=login, password=password, api_key=api_key)
        self.database.service_time_s = service_time_ms / 1000
        self.database.per_record_s = per_record_ms / 1000

    @property
    def db(self) -> str:
        """The database's name."""
        return self.database.name

    @property
    def calls(self) -> Counter[tuple[str, str]]:
        return self.database.calls

    def fail_next(self, count: int, mode: str, *, only: str | None = None) -> None:
        """Let the next calls go wrong; modes are those of `DemoServer.plan_fault`."""
        self.plan_fault(count, Fault(mode, only=only))

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method as the administrator without the network and without counting it."""
        context = kwargs.pop("context", None)
        return self.database.run(lambda env: call_positional(env, model, method, list(args), kwargs), context=context)

    def seed_products(self, count: int = 40) -> list[int]:
        """Create products DEMO-0001 and so on; answers the ids of the variants."""
        return list(self.database.run(lambda env: seed.products(env, count)))

    def seed_shop_skus(self) -> list[int]:
        """Create the products named in Shopify's example orders; answers the ids of the variants."""
        return list(self.database.run(seed.shop_skus))

    def seed_partners(self, count: int = 10) -> list[int]:
        """Create companies C-0001 and so on."""
        return list(self.database.run(lambda env: seed.partners(env, count)))

    def respond(self, request: Request) -> Response:
        path = request.path
        if path.startswith(rpc_xml.PREFIX) and path.removeprefix(rpc_xml.PREFIX) in SERVICES:
            return rpc_xml.answer(self.database, request)
        if path == "/jsonrpc":
            return rpc_json.answer(self.database, request)
        if self.version >= 19 and path.startswith(rpc_json2.PREFIX):
            return rpc_json2.answer(self.database, request)
        if self.version >= 19 and path in ("/web/version", "/json/version"):
            return self._version_page(request)
        return rpc_json2.page(
            404,
            "Not Found",
            "The requested URL was not found on the server. If you entered the URL manually please check your spelling "
            "and try again.",
        )

    def _version_page(self, request: Request) -> Response:
        if request.method != "GET":
            return rpc_json2.page(400, "Bad Request", "Session expired (invalid CSRF token)")
        info = version_info(self.version)
        shown = {"version_info": info["server_version_info"], "version": info["server_version"]}
        return Response(200, json.dumps(shown).encode())
