"""The direct way to Odoo: JSON-RPC over one `requests.Session`, as a careful hand-written script would do it."""

from __future__ import annotations

from typing import Any

import requests

from demo.site import Demo


class DirectOdoo:
    """`execute_kw` over JSON-RPC with a kept-alive connection. Raises on an error answer."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        self._session = requests.Session()
        self._uid = self._rpc("common", "login", demo.odoo_database, demo.odoo_login, demo.odoo_key)

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        demo = self._demo
        return self._rpc(
            "object", "execute_kw", demo.odoo_database, self._uid, demo.odoo_key, model, method, args, kwargs
        )

    def _rpc(self, service: str, method: str, *args: Any) -> Any:
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "params": {"service": service, "method": method, "args": args},
            "id": 1,
        }
        answer = self._session.post(f"{self._demo.odoo_url}/jsonrpc", json=body, timeout=60).json()
        if "error" in answer:
            raise RuntimeError(answer["error"]["data"]["message"])
        return answer["result"]
