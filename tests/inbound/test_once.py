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
from tests.inbound.conftest import CUSTOMER_LINES, Api, ConfigMaker
from tests.inbound.test_orders import small_order

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
