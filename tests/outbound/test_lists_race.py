"""An order that comes from another Odoo while a shop posts it: the lines that both bring are there once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from demo.httpserver import Request, Response
from demo.odoo import DemoOdoo
from outbound.models import DeliveryState, RecordClaim
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine
from tests.inbound.conftest import TOKEN, Api, gunicorn
from tests.outbound.conftest import send_until_settled
from tests.outbound.two_odoos import add, connections, here, make_sync, run, states, there

__all__ = ["connections", "gunicorn", "here", "there"]
pytestmark = pytest.mark.django_db(transaction=True)

LINES: list[dict[str, Any]] = [
    {"field": "client_order_ref", "key": "client_order_ref", "is_identifier": True},
    {"field": "partner_id", "key": "partner_id", "calculation": "relational", "match_field": "ref"},
    {
        "field": "order_line",
        "key": "order_line[]",
        "calculation": "relational",
        "x2many_mode": "match",
        "options": {"match_key": "product_id"},
    },
    {
        "field": "order_line.product_id",
        "key": "order_line[].product_id",
        "calculation": "relational",
        "match_field": "default_code",
    },
    {"field": "order_line.product_uom_qty", "key": "order_line[].product_uom_qty"},
]
SKU = "DEMO-0001"


@pytest.fixture
def orders(connections: tuple[OdooConnection, OdooConnection]) -> SyncConfig:
    """From one Odoo into the other, and an endpoint for the same orders there."""
    endpoint = SyncConfig.objects.create(
        name="Posted orders",
        request_type="in",
        connection=connections[1],
        model="sale.order",
        endpoint="orders",
        method_post=True,
        auth_type="bearer",
        auth_secret=TOKEN,
    )
    for position, line in enumerate(LINES):
        SyncConfigLine.objects.create(config=endpoint, position=position, **line)
    return make_sync(*connections, name="Orders", model="sale.order", domain="[]", lines=LINES)


def quantities(server: DemoOdoo, reference: str) -> list[float]:
    (order,) = server.call("sale.order", "search_read", [["client_order_ref", "=", reference]], ["order_line"])
    rows = server.call("sale.order.line", "read", order["order_line"], ["product_uom_qty"])
    return [row["product_uom_qty"] for row in rows]


def hold_first_write(server: DemoOdoo, monkeypatch: pytest.MonkeyPatch, seconds: float) -> threading.Event:
    """Have the first order that comes over the wire wait so long before it is written; the event says that it came."""
    came, respond = threading.Event(), server.respond

    def slow(request: Request) -> Response:
        if request.path in ("/json/2/sale.order/create", "/json/2/sale.order/write") and not came.is_set():
            came.set()
            time.sleep(seconds)
        return respond(request)

    monkeypatch.setattr(server, "respond", slow)
    return came


@pytest.mark.parametrize("is_there", [False, True], ids=["new", "known"])
def test_an_order_that_comes_from_both_sides_at_once_has_its_lines_once(
    orders: SyncConfig,
    here: DemoOdoo,
    there: DemoOdoo,
    gunicorn: str,
    is_there: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for server in (here, there):
        add(server, "R1")
        server.seed_products(2)
    (partner,) = here.call("res.partner", "search", [["ref", "=", "R1"]])
    (product,) = here.call("product.product", "search", [["default_code", "=", SKU]])
    made = here.call("sale.order", "create", [{"partner_id": partner, "client_order_ref": "SO-1"}])
    if is_there:
        run(orders)
    here.call("sale.order", "write", made, {"order_line": [[0, 0, {"product_id": product, "product_uom_qty": 2}]]})

    def post(reference: str) -> int:
        lines = [{"product_id": SKU, "product_uom_qty": 2}]
        body = {"client_order_ref": reference, "partner_id": "R1", "order_line": lines}
        return int(Api(gunicorn).call("POST", "orders", body).status_code)

    # By now every process has read which fields there are, and answers fast.
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(post, [f"WARM-{number}" for number in range(4)])) == {201}
    # Long enough for whoever does not wait to read the order and its lines.
    came = hold_first_write(there, monkeypatch, 1.5)

    def post_meanwhile() -> int:
        assert came.wait(30)
        return post("SO-1")

    with ThreadPoolExecutor(4) as pool:
        posted = [pool.submit(post_meanwhile) for _number in range(4)]
        run(orders)
        assert [each.result() for each in posted] == [200] * 4
    send_until_settled(orders)

    assert set(states(orders).values()) == {DeliveryState.DELIVERED}
    assert quantities(there, "SO-1") == [2.0]
    assert not RecordClaim.objects.exists()
