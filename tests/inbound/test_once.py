"""What may never happen: one identifier, two records."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from demo.odoo import DemoOdoo
from outbound.models import RecordClaim, RecordLink
from outbound.record_claims import claim_key
from outbound.targets.odoo_lookup import place_of
from syncconfig.connections import client_for
from syncconfig.models import OdooConnection, SyncConfig
from tests.inbound.conftest import CUSTOMER_LINES, ORDER_LINES, Api, ConfigMaker
from tests.inbound.test_orders import order_of, small_order

ANN: dict[str, Any] = {"code": "C1", "name": "Ann"}
SIMULTANEOUS = 50


def all_at_once(url: str, paths: str | list[str], bodies: list[dict[str, Any]]) -> list[Any]:
    """Post each body from a thread and a connection of its own, all of them starting together."""
    start = threading.Barrier(len(bodies))

    def post(path: str, body: dict[str, Any]) -> Any:
        caller = Api(url)
        start.wait()
        return caller.call("POST", path, body)

    each_path = [paths] * len(bodies) if isinstance(paths, str) else paths
    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(post, each_path, bodies))


def key_of(connection: OdooConnection, model: str, match_field: str, value: str) -> str:
    """The key of the claim on such a record of the connection's Odoo."""
    place = place_of(client_for(connection))
    return claim_key(place=place, model=model, match_field=match_field, value=value)


def count(demo_odoo: DemoOdoo, model: str, field: str, value: str) -> int:
    found = demo_odoo.call(model, "search_count", [[field, "=", value]], context={"active_test": False})
    return int(found)


def check_one_was_made(answers: list[Any]) -> None:
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: SIMULTANEOUS - 1}, [
        answer.text for answer in answers if answer.status_code > 201
    ]
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1


def test_two_web_processes_make_one_record_of_fifty_simultaneous_posts(
    demo_odoo: DemoOdoo, customers: SyncConfig, gunicorn: str
) -> None:
    demo_odoo.database.service_time_s = 0.02

    answers = all_at_once(gunicorn, "customers", [{**ANN, "name": f"Ann {n}"} for n in range(SIMULTANEOUS)])

    check_one_was_made(answers)
    assert demo_odoo.calls["res.partner", "create"] == 1


@pytest.mark.postgres
def test_two_web_processes_make_one_record_on_postgresql(
    demo_odoo: DemoOdoo, customers: SyncConfig, gunicorn: str
) -> None:
    demo_odoo.database.service_time_s = 0.02

    answers = all_at_once(gunicorn, "customers", [{**ANN, "name": f"Ann {n}"} for n in range(SIMULTANEOUS)])

    check_one_was_made(answers)
    assert demo_odoo.calls["res.partner", "create"] == 1


def test_fifty_simultaneous_posts_are_all_answered_by_an_odoo_that_lets_conflicting_writes_wait(
    demo_odoo: DemoOdoo, customers: SyncConfig, gunicorn: str
) -> None:
    """As a real one does, by seconds."""
    demo_odoo.database.service_time_s, demo_odoo.database.conflict_pause_s = 0.02, 5.0

    answers = all_at_once(gunicorn, "customers", [{**ANN, "name": f"Ann {n}"} for n in range(SIMULTANEOUS)])

    check_one_was_made(answers)
    assert demo_odoo.database.conflicts == 0


@pytest.mark.postgres
def test_fifty_simultaneous_posts_are_all_answered_on_postgresql_too(
    demo_odoo: DemoOdoo, customers: SyncConfig, gunicorn: str
) -> None:
    demo_odoo.database.service_time_s, demo_odoo.database.conflict_pause_s = 0.02, 5.0

    answers = all_at_once(gunicorn, "customers", [{**ANN, "name": f"Ann {n}"} for n in range(SIMULTANEOUS)])

    check_one_was_made(answers)


def test_simultaneous_orders_of_a_new_customer_make_one_customer(
    demo_odoo: DemoOdoo, orders: SyncConfig, api: Api
) -> None:
    demo_odoo.seed_products(2)
    demo_odoo.database.service_time_s = 0.01

    answers = all_at_once(api.url, "orders", [small_order(f"#{number}") for number in range(12)])

    assert [answer.status_code for answer in answers] == [201] * 12, [answer.text for answer in answers]
    assert count(demo_odoo, "res.partner", "email", "new@example.com") == 1
    assert demo_odoo.call("sale.order", "search_count", [["partner_id.email", "=", "new@example.com"]]) == 12
    assert not RecordClaim.objects.exists()


@pytest.mark.parametrize("mode", ["drop_after", "truncate"])
def test_a_lost_answer_to_a_create_is_looked_up_and_not_repeated(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api, mode: str
) -> None:
    api.call("GET", "customers?limit=1")
    demo_odoo.fail_next(1, mode, only="create")

    answer = api.call("POST", "customers", ANN)

    assert answer.status_code == 201, answer.text
    assert count(demo_odoo, "res.partner", "ref", "C1") == 1
    assert demo_odoo.calls["res.partner", "create"] == 1


def test_a_create_that_may_still_happen_keeps_its_claim_so_that_nobody_creates_it_too(
    connection: OdooConnection, demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    connection.read_timeout_s = 0.3
    connection.save()
    api.call("GET", "customers?limit=1")
    demo_odoo.fail_next(1, "drop_before", only="create")

    answer = api.call("POST", "customers", ANN)

    assert (answer.status_code, answer.json()["error"]) == (504, "ODOO_TIMEOUT")
    assert "nothing will be created twice" in answer.json()["message"]
    assert not RecordLink.objects.exists()
    assert RecordClaim.objects.filter(key=key_of(connection, "res.partner", "ref", "C1")).exists()
    again = api.call("POST", "customers", ANN)
    assert (again.status_code, again.headers["Retry-After"]) == (503, "5")
    assert count(demo_odoo, "res.partner", "ref", "C1") == 0


def test_a_claim_left_by_a_dead_process_is_taken_over_after_a_look_in_odoo(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    """The process died between the create in Odoo and the answer."""
    partner_id = demo_odoo.call("res.partner", "create", {"name": "Ann", "ref": "C1"})
    past = timezone.now() - timedelta(seconds=1)
    key = key_of(customers.connection, "res.partner", "ref", "C1")
    RecordClaim.objects.create(key=key, token="dead", claimed_until=past)

    answer = api.call("POST", "customers", ANN)

    assert (answer.status_code, answer.json()["data"]["id"]) == (200, partner_id)
    assert RecordLink.objects.get(external_id="C1").odoo_id == partner_id
    assert not RecordClaim.objects.exists()


def test_a_put_that_waits_too_long_for_anothers_new_customer_is_a_503(
    connection: OdooConnection, demo_odoo: DemoOdoo, orders: SyncConfig, api: Api
) -> None:
    connection.read_timeout_s = 0.3
    connection.save()
    order_id = demo_odoo.call("sale.order", "create", {"partner_id": 3, "client_order_ref": "#1"})
    RecordClaim.objects.create(
        key=key_of(connection, "res.partner", "email", "new@example.com"),
        token="another",
        claimed_until=timezone.now() + timedelta(seconds=60),
    )

    answer = api.call(
        "PUT", f"orders/{order_id}", {"customer": {"email": "new@example.com"}, "billing_address": {"name": "N"}}
    )

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), answer.text
    assert count(demo_odoo, "res.partner", "email", "new@example.com") == 0


def test_customers_and_orders_that_name_one_new_customer_make_one_contact(
    demo_odoo: DemoOdoo, orders: SyncConfig, make_config: ConfigMaker, gunicorn: str
) -> None:
    """Two configs, two web processes, one person."""
    demo_odoo.seed_products(2)
    make_config([{"field": "email", "key": "email", "is_identifier": True}, *CUSTOMER_LINES[1:2]])
    demo_odoo.database.service_time_s = 0.02
    paths = ["orders", "customers"] * 6
    bodies = [
        small_order(f"#{number}") if path == "orders" else {"email": "new@example.com", "name": "Newton"}
        for number, path in enumerate(paths)
    ]

    answers = all_at_once(gunicorn, paths, bodies)

    assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers]
    assert count(demo_odoo, "res.partner", "email", "new@example.com") == 1
    assert not RecordClaim.objects.exists()


def test_two_connections_to_one_odoo_make_one_record(
    demo_odoo: DemoOdoo, connection: OdooConnection, make_config: ConfigMaker, gunicorn: str
) -> None:
    demo_odoo.database.service_time_s = 0.02
    connection.pk, connection.name, connection.url = None, "The same", f"{connection.url}/"
    connection.save()
    make_config()
    make_config(endpoint="same", connection=connection)

    answers = all_at_once(gunicorn, ["customers", "same"] * 8, [ANN] * 16)

    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 15}
    assert count(demo_odoo, "res.partner", "ref", "C1") == 1


@pytest.fixture
def matched_orders(make_config: ConfigMaker) -> SyncConfig:
    """Orders whose lines are matched with those in Odoo by their product, as the template of the guided path does."""
    lines = [
        {**line, "x2many_mode": "match", "options": {"match_key": "product_id"}}
        if line["key"] == "line_items[]"
        else line
        for line in ORDER_LINES
    ]
    return make_config(lines, endpoint="orders", model="sale.order")


def quantities(demo_odoo: DemoOdoo, reference: str) -> list[float]:
    lines = demo_odoo.call("sale.order.line", "read", order_of(demo_odoo, reference)["order_line"], ["product_uom_qty"])
    return [line["product_uom_qty"] for line in lines]


def test_simultaneous_posts_of_an_order_with_matched_lines_leave_its_lines_once(
    demo_odoo: DemoOdoo, matched_orders: SyncConfig, gunicorn: str
) -> None:
    demo_odoo.seed_products(2)
    demo_odoo.database.service_time_s = 0.02

    answers = all_at_once(gunicorn, "orders", [small_order("#1") for _ in range(8)])

    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 7}, [answer.text for answer in answers]
    assert quantities(demo_odoo, "#1") == [2.0]
    assert not RecordClaim.objects.exists()


def test_simultaneous_puts_and_posts_of_an_order_leave_its_lines_once(
    demo_odoo: DemoOdoo, matched_orders: SyncConfig, gunicorn: str
) -> None:
    demo_odoo.seed_products(2)
    other = {"line_items": [{"sku": "DEMO-0002", "quantity": 1}]}
    odoo_id = Api(gunicorn).call("POST", "orders", small_order("#1") | other).json()["data"]["id"]
    demo_odoo.database.service_time_s = 0.02
    start = threading.Barrier(8)

    def write(at: int) -> int:
        caller = Api(gunicorn)
        start.wait()
        if at % 2:
            return int(caller.call("POST", "orders", small_order("#1")).status_code)
        return int(caller.call("PUT", f"orders/{odoo_id}", small_order("#1")).status_code)

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(write, range(8)))

    assert codes == [200] * 8
    assert quantities(demo_odoo, "#1") == [2.0]


def test_an_order_twice_in_one_list_has_its_lines_once(
    demo_odoo: DemoOdoo, matched_orders: SyncConfig, api: Api
) -> None:
    demo_odoo.seed_products(2)
    second = small_order("#1")
    second["line_items"][0]["quantity"] = 5

    answer = api.call("POST", "orders", [small_order("#1"), second])

    assert [entry["code"] for entry in answer.json()["data"]] == [201, 200], answer.text
    assert quantities(demo_odoo, "#1") == [5.0]


def test_the_lines_of_an_order_whose_reference_was_changed_in_odoo_are_matched_too(
    demo_odoo: DemoOdoo, matched_orders: SyncConfig, api: Api
) -> None:
    demo_odoo.seed_products(2)
    odoo_id = api.call("POST", "orders", small_order("#1")).json()["data"]["id"]
    demo_odoo.call("sale.order", "write", [odoo_id], {"client_order_ref": "#1, urgent"})

    again = api.call("POST", "orders", small_order("#1"))

    assert (again.status_code, again.json()["data"]["id"]) == (200, odoo_id)
    assert quantities(demo_odoo, "#1") == [2.0]


def test_an_order_whose_lines_somebody_else_is_changing_is_busy_and_not_written(
    demo_odoo: DemoOdoo, matched_orders: SyncConfig, api: Api
) -> None:
    demo_odoo.seed_products(2)
    odoo_id = api.call("POST", "orders", small_order("#1")).json()["data"]["id"]
    OdooConnection.objects.update(read_timeout_s=0.2)
    held = key_of(matched_orders.connection, "sale.order", "lists of the record", str(odoo_id))
    RecordClaim.objects.create(key=held, token="theirs", claimed_until=timezone.now() + timedelta(minutes=1))
    demo_odoo.calls.clear()

    busy = api.call("PUT", f"orders/{odoo_id}", small_order("#1"))

    assert (busy.status_code, "Retry-After" in busy.headers) == (503, True)
    assert "is changing this record" in busy.json()["message"]
    assert demo_odoo.calls["sale.order", "write"] == 0
