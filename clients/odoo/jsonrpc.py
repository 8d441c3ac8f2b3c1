"""JSON-RPC, `/jsonrpc`: every answer is a 200, errors are in `error.data`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from clients.errors import Kind, RemoteError
from clients.http import HttpResponse
from clients.odoo.answers import broken, not_an_answer
from clients.odoo.faults import Fault, from_json, remote_error
from clients.odoo.settings import OdooVersion, Protocol
from clients.odoo.transport import Transport, as_uid, as_version, by_place, check_names, unsendable

_HEADERS: Final = {"Content-Type": "application/json"}


class JsonRpc(Transport):
    protocol = Protocol.JSONRPC

    def version(self) -> OdooVersion:
        return as_version(self._call("common", "version", [], safe=True))

    def _authenticate(self) -> int:
        settings = self.settings
        args = [settings.database, settings.login, settings.secret, {}]
        uid = self._call("common", "authenticate", args, safe=True)
        return as_uid(uid)

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
        placed, named = by_place(method, args, kwargs or {})
        if ids is not None:
            placed.insert(0, list(ids))
        settings = self.settings
        params = [settings.database, self.authenticate(), settings.secret, model, method, placed, named]
        return self._call("object", "execute_kw", params, safe=safe, model=model, method=method)

    def _call(
        self,
        service: str,
        service_method: str,
        args: list[Any],
        *,
        safe: bool,
        model: str | None = None,
        method: str | None = None,
    ) -> Any:
        request = {
            "jsonrpc": "2.0",
            "method": "call",
            "params": {"service": service, "method": service_method, "args": args},
            "id": 1,
        }
        body = encode(request, values=args[5:])
        secret = json.dumps(self.settings.secret)[1:-1].encode()
        response = self._post("/jsonrpc", body, _HEADERS, safe=safe, redact=(secret,))
        answer = decode(response, safe=safe)
        if response.status != 200 or not isinstance(answer, dict) or "jsonrpc" not in answer:
            raise not_an_answer(response, expected="JSON", safe=safe)
        error = answer.get("error")
        if error is not None:
            raise remote_error(_fault(error), model=model, method=method)
        return answer.get("result")


def _fault(error: Any) -> Fault:
    if not isinstance(error, dict):
        return Fault(str(error))
    data = error.get("data")
    if isinstance(data, dict) and (data.get("message") or data.get("name")):
        return from_json(data)
    return Fault(str(error.get("message") or ""))


def encode(request: Any, *, values: Any) -> bytes:
    """`request` as JSON. Raises PERMANENT `bad_value` naming which of `values` cannot be sent."""
    try:
        return json.dumps(request, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        refused = unsendable(values, xml=False)
        if refused is not None:
            raise refused from error
        raise RemoteError(
            f"The call cannot be written as JSON ({error}).", kind=Kind.PERMANENT, code="bad_value"
        ) from error


def decode(response: HttpResponse, *, safe: bool) -> Any:
    """The answer's JSON. Raises RemoteError if it is HTML, something else, or cut short."""
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError) as error:
        declared = response.headers.get("Content-Type", "").startswith("application/json")
        if response.status == 200 and (declared or response.body[:1] in (b"{", b"[")):
            raise broken(response, expected="JSON", safe=safe) from error
        raise not_an_answer(response, expected="JSON", safe=safe) from None
