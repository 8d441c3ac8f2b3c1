"""JSON-2, `POST /json/2/<model>/<method>`: Odoo 19 and later, an API key, arguments by name, a bare result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clients.errors import Kind, RemoteError
from clients.odoo.answers import not_an_answer
from clients.odoo.faults import ACCESS_DENIED, from_json, remote_error
from clients.odoo.jsonrpc import JsonRpc, decode, encode
from clients.odoo.settings import OdooVersion, Protocol
from clients.odoo.transport import Transport, by_name, check_names

# Where a missing domain would silently mean every record.
_NEED_DOMAIN = frozenset({"search", "search_count", "search_read", "search_fetch", "web_search_read", "read_group"})


class Json2(Transport):
    protocol = Protocol.JSON2

    def version(self) -> OdooVersion:
        """From `GET /web/version`, where it is served; from JSON-RPC elsewhere."""
        response = self.http.request("GET", f"{self.base_url}/web/version", timeouts=self.settings.timeouts)
        if response.status == 200:
            try:
                answer = response.json()
            except ValueError:
                answer = None
            if isinstance(answer, dict) and ("version" in answer or "version_info" in answer):
                return OdooVersion.from_answer(answer)
        return JsonRpc(self.settings, self.http).version()

    def _authenticate(self) -> int:
        answer = self.call("res.users", "context_get", safe=True)
        if not isinstance(answer, dict) or not isinstance(answer.get("uid"), int):
            raise RemoteError(ACCESS_DENIED, kind=Kind.PERMANENT, code="access_denied")
        return int(answer["uid"])

    def call(
        self,
        model: str,
        method: str,
        *,
        ids: Sequence[int] | None = None,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        safe: bool = False,
    ) -> Any:
        check_names(model, method)
        named = by_name(method, args, kwargs or {})
        if ids is not None:
            named["ids"] = list(ids)
        if method in _NEED_DOMAIN:
            named.setdefault("domain", [])
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"bearer {self.settings.secret}",
            "X-Odoo-Database": self.settings.database,
        }
        response = self._post(f"/json/2/{model}/{method}", encode(named, values=named), headers, safe=safe)
        answer = decode(response, safe=safe)
        if response.status == 200:
            return answer
        if isinstance(answer, dict) and isinstance(answer.get("message"), str) and "name" in answer:
            raise remote_error(from_json(answer), model=model, method=method, status=response.status)
        raise not_an_answer(response, expected="JSON", safe=safe)
