"""The demo shop: upserts, idempotency keys, refusals, its log, planned faults."""

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from demo.shop import DemoShop


@pytest.fixture
def shop() -> Iterator[DemoShop]:
    with DemoShop(token="shop-token") as server:
        yield server


def call(
    shop: DemoShop, method: str, path: str, body: Any = None, *, token: str = "shop-token", key: str | None = None
) -> tuple[int, Any, dict[str, str]]:
    connection = http.client.HTTPConnection(shop.host, shop.port, timeout=5)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    if key is not None:
        headers["Idempotency-Key"] = key
    raw = None if body is None else body if isinstance(body, str) else json.dumps(body)
    try:
        connection.request(method, path, raw, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read()), dict(response.headers)
    finally:
        connection.close()


def test_bulk_creates_updates_and_answers_an_id_per_item(shop: DemoShop) -> None:
    first = call(shop, "POST", "/api/products/bulk", {"products": [{"sku": "A", "price": 1}, {"sku": "B"}]})
    again = call(shop, "POST", "/api/products/bulk", {"products": [{"sku": "A", "price": 2}, {"sku": "B"}]})
    assert [(row["id"], row["sku"], row["status"]) for row in first[1]["results"]] == [
        (1, "A", "created"),
        (2, "B", "created"),
    ]
    assert [row["status"] for row in again[1]["results"]] == ["updated", "unchanged"]
    assert shop.products["A"] == {"id": 1, "sku": "A", "price": 2}
    assert shop.writes == {"A": 2, "B": 2}


def test_bulk_refuses_a_bad_item_and_keeps_the_good_ones(shop: DemoShop) -> None:
    items = [{"sku": "A"}, {"name": "no sku"}, {"sku": "C", "price": "12"}]
    status, body, _headers = call(shop, "POST", "/api/products/bulk", {"products": items})
    assert status == 207
    assert [row["status"] for row in body["results"]] == ["created", "error", "error"]
    assert [row.get("error", {}).get("field") for row in body["results"]] == [None, "sku", "price"]
    assert list(shop.products) == ["A"]


def test_one_product_is_posted_put_got_and_deleted(shop: DemoShop) -> None:
    assert call(shop, "POST", "/api/products", {"sku": "A 1", "price": 1})[:2] == (
        201,
        {"id": 1, "sku": "A 1", "status": "created"},
    )
    assert call(shop, "PUT", "/api/products/A%201", {"price": 3})[1]["status"] == "updated"
    assert call(shop, "GET", "/api/products/A%201")[1]["product"] == {"id": 1, "sku": "A 1", "price": 3}
    assert call(shop, "DELETE", "/api/products/A%201")[1]["status"] == "deleted"
    assert shop.products == {}
    assert shop.effects == {"created": 1, "updated": 1, "deleted": 1}


def test_pages_of_the_catalogue(shop: DemoShop) -> None:
    call(shop, "POST", "/api/products/bulk", {"products": [{"sku": f"S{number}"} for number in range(5)]})
    status, body, _headers = call(shop, "GET", "/api/products?limit=2&offset=3")
    assert (status, body["total"], [row["sku"] for row in body["products"]]) == (200, 5, ["S3", "S4"])


def test_the_same_key_has_one_effect_and_the_same_answer(shop: DemoShop) -> None:
    first = call(shop, "POST", "/api/products", {"sku": "A"}, key="k-1")
    second = call(shop, "POST", "/api/products", {"sku": "A"}, key="k-1")
    assert first[:2] == second[:2] == (201, {"id": 1, "sku": "A", "status": "created"})
    assert second[2]["Idempotent-Replayed"] == "true"
    assert (shop.effects, shop.replays, len(shop.received)) == ({"created": 1}, 1, 2)


def test_the_same_key_with_another_body_is_a_422(shop: DemoShop) -> None:
    call(shop, "POST", "/api/products", {"sku": "A"}, key="k-1")
    status, body, _headers = call(shop, "POST", "/api/products", {"sku": "B"}, key="k-1")
    assert (status, body["error"]["code"]) == (422, "idempotency_key_reused")


def test_a_lost_answer_is_replayed_by_its_key(shop: DemoShop) -> None:
    shop.fail_next(1, mode="drop_after")
    with pytest.raises(http.client.RemoteDisconnected):
        call(shop, "POST", "/api/products", {"sku": "A"}, key="k-1")
    assert call(shop, "POST", "/api/products", {"sku": "A"}, key="k-1")[0] == 201
    assert shop.effects == {"created": 1}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/products", "{", 400, "bad_json"),
        ("POST", "/api/products", "[]", 400, "bad_body"),
        ("POST", "/api/products/bulk", {"items": []}, 400, "bad_body"),
        ("POST", "/api/products", {"sku": " "}, 422, "invalid_product"),
        ("POST", "/api/products", {"sku": "A", "price": -1}, 422, "invalid_product"),
        ("PUT", "/api/products/none", {"price": 1}, 404, "unknown_product"),
        ("DELETE", "/api/products/none", None, 404, "unknown_product"),
        ("PATCH", "/api/products/none", None, 405, "method_not_allowed"),
        ("GET", "/api/products?limit=x", None, 400, "bad_page"),
        ("GET", "/api/orders", None, 404, "not_found"),
    ],
)
def test_a_bad_request_is_refused(shop: DemoShop, method: str, path: str, body: Any, status: int, code: str) -> None:
    answer = call(shop, method, path, body)
    assert (answer[0], answer[1]["error"]["code"]) == (status, code)
    assert shop.effects == {}


def test_a_wrong_token_is_a_401(shop: DemoShop) -> None:
    status, body, headers = call(shop, "POST", "/api/products", {"sku": "A"}, token="wrong")
    assert (status, body["error"]["code"], headers["WWW-Authenticate"]) == (401, "unauthorized", "Bearer")
    assert shop.products == {}


def test_planned_failures_say_when_to_come_back_and_stand_in_the_log(shop: DemoShop) -> None:
    shop.fail_next(2, status=429, retry_after_s=3)
    answers = [call(shop, "POST", "/api/products", {"sku": "A"}, key="k-1") for _attempt in range(3)]
    assert [status for status, _body, _headers in answers] == [429, 429, 201]
    assert answers[0][2]["Retry-After"] == "3"
    assert [(each.method, each.path, each.json, each.idempotency_key) for each in shop.received] == [
        ("POST", "/api/products", {"sku": "A"}, "k-1")
    ] * 3
    assert shop.received[0].headers["Idempotency-Key"] == "k-1"


def test_a_slow_shop_is_slow_once(shop: DemoShop) -> None:
    shop.fail_next(1, mode="slow:0.2")
    start = time.perf_counter()
    call(shop, "GET", "/api/products")
    slow_s = time.perf_counter() - start
    assert slow_s >= 0.2
    call(shop, "GET", "/api/products")
    assert time.perf_counter() - start - slow_s < 0.2


def test_reset_forgets_the_log_and_keeps_the_catalogue(shop: DemoShop) -> None:
    call(shop, "POST", "/api/products", {"sku": "A"}, key="k-1")
    shop.fail_next(1)
    shop.reset()
    assert call(shop, "POST", "/api/products", {"sku": "A"}, key="k-1")[1]["status"] == "unchanged"
    assert len(shop.received) == 1
