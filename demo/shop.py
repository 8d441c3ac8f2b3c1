"""A web shop on loopback with a catalogue API, for tests, benchmarks and the demo: the far end of outbound syncs.

`POST /api/products/bulk` and `POST /api/products` upsert by sku, `PUT` and `DELETE /api/products/<sku>`,
`GET /api/products?limit=&offset=` and `GET /api/products/<sku>`; the lists of customers are in `demo.shop_lists`. A
Bearer token is needed. An `Idempotency-Key` seen before replays the stored answer and changes nothing; the same key
with another body is refused with 422. Everything received is kept in `.received`, so that a test can say what arrived
and how often it had an effect.
"""

import argparse
import hmac
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from demo.httpserver import DemoServer, Fault, Headers, Request, Response
from demo.shop_lists import BadPage, list_answer

PRODUCTS = "/api/products"
DEFAULT_LIMIT, MAX_LIMIT = 50, 250
REPLAYED = {"Idempotent-Replayed": "true"}


@dataclass(frozen=True, slots=True)
class Received:
    """One call as it arrived, planned faults included; `at` is a Unix time in seconds."""

    method: str
    path: str
    headers: Headers
    json: Any
    body: bytes
    at: float
    query: dict[str, str] = field(default_factory=dict)

    @property
    def idempotency_key(self) -> str | None:
        key: str | None = self.headers.get("idempotency-key")
        return key


class ShopError(Exception):
    """A refusal: its status, a code for machines and a text for people."""

    def __init__(self, status: int, code: str, text: str, **details: Any) -> None:
        super().__init__(text)
        self.status = status
        self.body = {"error": {"code": code, "message": text, **details}}


class DemoShop(DemoServer):
    """The shop at `.url`, between `start()` and `stop()`.

    `products` is the catalogue by sku, `customers` are those who bought; `effects` counts what really changed (created,
    updated, deleted, unchanged) and `writes` how often each sku was written; `replays` counts answers given again for
    a known key.
    """

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, token: str = "demo-shop-token", service_time_ms: float = 0
    ) -> None:
        super().__init__(host=host, port=port)
        self.token = token
        self.service_time_s = service_time_ms / 1000
        self.products: dict[str, dict[str, Any]] = {}
        self.customers: list[dict[str, Any]] = []
        self.received: list[Received] = []
        self.effects: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()
        self.replays = 0
        self._answers: dict[str, tuple[tuple[str, str, bytes], Response]] = {}
        self._next_id = 1
        self._data_lock = threading.RLock()

    def fail_next(
        self,
        count: int,
        *,
        status: int = 503,
        retry_after_s: float | None = None,
        mode: str | None = None,
        only: str | None = None,
    ) -> None:
        """Let the next calls fail with a status, or in a `mode` of `DemoServer.plan_fault`."""
        self.plan_fault(count, Fault(mode or str(status), retry_after_s=retry_after_s, only=only))

    def reset(self) -> None:
        """Forget the log, the counters, the keys and the planned faults; the catalogue stays."""
        self.clear_faults()
        with self._data_lock:
            self.received.clear()
            self.effects.clear()
            self.writes.clear()
            self._answers.clear()
            self.replays = 0

    def on_request(self, request: Request) -> None:
        try:
            body = json.loads(request.body) if request.body else None
        except ValueError:
            body = None
        seen = Received(
            request.method, request.path, request.headers, body, request.body, time.time(), dict(request.query)
        )
        with self._data_lock:
            self.received.append(seen)

    def fault_response(self, status: int, fault: Fault) -> Response:
        headers = {} if fault.retry_after_s is None else {"Retry-After": f"{fault.retry_after_s:g}"}
        body = {"error": {"code": "planned_fault", "message": f"The shop answers {status} as it was told to."}}
        return _json(status, body, headers)

    def respond(self, request: Request) -> Response:
        try:
            self._authenticate(request)
            with self._data_lock:
                answer = self._once(request)
        except ShopError as error:
            headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
            answer = _json(error.status, error.body, headers)
        if self.service_time_s:
            time.sleep(self.service_time_s)
        return answer

    def _authenticate(self, request: Request) -> None:
        scheme, _space, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), self.token.encode()):
            raise ShopError(401, "unauthorized", "Send the shop's token as 'Authorization: Bearer <token>'.")

    def _once(self, request: Request) -> Response:
        """The answer of a write with a known key is replayed; failures are not kept, as a retry may do better."""
        key = request.headers.get("idempotency-key")
        if key is None or request.method == "GET":
            return self._route(request)
        same = (request.method, request.path, request.body)
        if key in self._answers:
            first, answer = self._answers[key]
            if first != same:
                raise ShopError(422, "idempotency_key_reused", "This Idempotency-Key came with another request.")
            self.replays += 1
            return Response(answer.status, answer.body, headers=REPLAYED)
        answer = self._route(request)
        self._answers[key] = (same, answer)
        return answer

    def _route(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        if path == PRODUCTS:
            return self._dispatch(request, {"GET": self._list, "POST": self._post_one})
        if path == f"{PRODUCTS}/bulk":
            return self._dispatch(request, {"POST": self._post_bulk})
        if path.startswith(f"{PRODUCTS}/"):
            sku = path.removeprefix(f"{PRODUCTS}/")
            return self._dispatch(
                request,
                {
                    "GET": lambda _request: self._get(sku),
                    "PUT": lambda each: self._put(sku, each),
                    "DELETE": lambda _request: self._delete(sku),
                },
            )
        if request.method == "GET":
            try:
                found = list_answer(request, self.customers, self.url)
            except BadPage as error:
                raise ShopError(400, "bad_page", str(error)) from None
            if found is not None:
                return found
        raise ShopError(404, "not_found", f"There is nothing at {request.path}.")

    def _dispatch(self, request: Request, handlers: dict[str, Callable[[Request], Response]]) -> Response:
        if request.method not in handlers:
            allowed = ", ".join(handlers)
            raise ShopError(405, "method_not_allowed", f"{request.method} is not possible here; use {allowed}.")
        return handlers[request.method](request)

    def _list(self, request: Request) -> Response:
        try:
            limit = min(int(request.query.get("limit", DEFAULT_LIMIT)), MAX_LIMIT)
            offset = int(request.query.get("offset", 0))
        except ValueError:
            raise ShopError(400, "bad_page", "limit and offset must be whole numbers.") from None
        products = list(self.products.values())
        return _json(200, {"products": products[offset : offset + limit], "total": len(products)})

    def _get(self, sku: str) -> Response:
        return _json(200, {"product": self._existing(sku)})

    def _post_one(self, request: Request) -> Response:
        result = self._upsert(_checked(_body(request)))
        return _json(201 if result["status"] == "created" else 200, result)

    def _post_bulk(self, request: Request) -> Response:
        """Every item on its own: a refused one has an error in its place and the others are done."""
        items = _body(request).get("products")
        if not isinstance(items, list):
            raise ShopError(400, "bad_body", 'The body must be {"products": [...]}.')
        results = []
        for item in items:
            try:
                results.append(self._upsert(_checked(item)))
            except ShopError as error:
                sku = item.get("sku") if isinstance(item, dict) else None
                results.append({"sku": sku, "status": "error", **error.body})
        failed = any(result["status"] == "error" for result in results)
        return _json(207 if failed else 200, {"results": results})

    def _put(self, sku: str, request: Request) -> Response:
        self._existing(sku)
        return _json(200, self._upsert(_checked({**_body(request), "sku": sku})))

    def _delete(self, sku: str) -> Response:
        product = self._existing(sku)
        del self.products[sku]
        self.effects["deleted"] += 1
        self.writes[sku] += 1
        return _json(200, {"id": product["id"], "sku": sku, "status": "deleted"})

    def _existing(self, sku: str) -> dict[str, Any]:
        if sku not in self.products:
            raise ShopError(404, "unknown_product", f"There is no product with the sku {sku!r}.", sku=sku)
        return self.products[sku]

    def _upsert(self, item: dict[str, Any]) -> dict[str, Any]:
        sku = item["sku"]
        old = self.products.get(sku)
        if old is None:
            status, product = "created", {"id": self._next_id, **item}
            self._next_id += 1
        else:
            product = {**old, **item}
            status = "unchanged" if product == old else "updated"
        self.products[sku] = product
        self.effects[status] += 1
        self.writes[sku] += 1
        return {"id": product["id"], "sku": sku, "status": status}


def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        raise ShopError(400, "bad_json", "The body is no JSON.") from None
    if not isinstance(body, dict):
        raise ShopError(400, "bad_body", "The body must be a JSON object.")
    return body


def _checked(item: Any) -> dict[str, Any]:
    """The product as it will be stored; the shop gives the ids."""
    if not isinstance(item, dict):
        raise ShopError(422, "invalid_product", "A product must be a JSON object.")
    if not isinstance(item.get("sku"), str) or not item["sku"].strip():
        raise ShopError(422, "invalid_product", "A product needs a sku, a text.", field="sku")
    price = item.get("price")
    if price is not None and (isinstance(price, bool) or not isinstance(price, int | float) or price < 0):
        raise ShopError(422, "invalid_product", "price must be a number of 0 or more.", field="price", sku=item["sku"])
    return {name: value for name, value in item.items() if name != "id"}


def _json(status: int, body: object, headers: dict[str, str] | None = None) -> Response:
    return Response(status, json.dumps(body).encode(), headers=headers or {})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.shop", description="A web shop's catalogue, on loopback.")
    parser.add_argument("--port", type=int, default=8170)
    parser.add_argument("--token", default="demo-shop-token")
    parser.add_argument("--service-time-ms", type=float, default=0, help="added to every call")
    options = parser.parse_args()
    shop = DemoShop(port=options.port, token=options.token, service_time_ms=options.service_time_ms).start()
    print(f"Demo shop at {shop.url}{PRODUCTS}", flush=True)
    shop.wait()


if __name__ == "__main__":
    main()
