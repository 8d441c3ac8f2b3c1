"""Idempotency-Key: sent again, answered again, done once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from demo.odoo import DemoOdoo
from inbound.models import InboundRequest
from syncconfig.models import SyncConfig
from tests.inbound.conftest import Api, ConfigMaker

ANN: dict[str, Any] = {"code": "C1", "name": "Ann"}
KEY = {"Idempotency-Key": "order-1001"}


def count(demo_odoo: DemoOdoo, ref: str = "C1") -> int:
    found = demo_odoo.call("res.partner", "search_count", [["ref", "=", ref]], context={"active_test": False})
    return int(found)


def test_the_stored_answer_is_replayed_and_nothing_is_done(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    first = api.call("POST", "customers", ANN, headers=KEY)
    demo_odoo.calls.clear()
    again = api.call("POST", "customers", ANN, headers=KEY)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["data"] == again.json()["data"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["X-Odoo-Id"] == first.headers["X-Odoo-Id"]
    assert not demo_odoo.calls


def test_another_request_under_the_key_is_a_422(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> None:
    odoo_id = api.call("POST", "customers", ANN, headers=KEY).json()["data"]["id"]

    for method, path, body in (
        ("POST", "customers", {**ANN, "name": "Bob"}),
        ("POST", "customers?return_fields=id", ANN),
        ("PUT", f"customers/{odoo_id}", ANN),
    ):
        answer = api.call(method, path, body, headers=KEY)
        assert (answer.status_code, answer.json()["error"]) == (422, "IDEMPOTENCY_CONFLICT"), answer.text
    assert demo_odoo.call("res.partner", "read", [odoo_id], ["name"])[0]["name"] == "Ann"


def test_of_two_at_the_same_time_one_is_done_and_the_other_told_to_wait(
    demo_odoo: DemoOdoo, customers: SyncConfig, gunicorn: str
) -> None:
    Api(gunicorn).call("GET", "customers?limit=1")
    demo_odoo.database.service_time_s = 0.6
    start = threading.Barrier(6)

    def post(_number: int) -> Any:
        caller = Api(gunicorn)
        start.wait()
        return caller.call("POST", "customers", ANN, headers=KEY)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(post, range(6)))

    done = [answer for answer in answers if answer.status_code == 201]
    busy = [answer for answer in answers if answer.status_code == 409]
    assert len(done) + len(busy) == 6, [answer.text for answer in answers]
    # Whoever came so late that the first one was done has its answer.
    assert sum("Idempotent-Replayed" not in answer.headers for answer in done) == 1
    assert busy
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in busy)
    assert demo_odoo.calls["res.partner", "create"] == 1
    assert Api(gunicorn).call("POST", "customers", ANN, headers=KEY).status_code == 201


def test_a_first_attempt_that_died_half_way_is_finished_once_its_lease_is_over(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    """It had created the first of its three records in Odoo, and no more."""
    body = [{"code": f"C{number}", "name": f"P{number}"} for number in range(3)]
    api.call("POST", "customers", body, headers=KEY)
    demo_odoo.call("res.partner", "unlink", demo_odoo.call("res.partner", "search", [["ref", "in", ["C1", "C2"]]]))
    future = timezone.now() + timedelta(seconds=60)
    InboundRequest.objects.update(state="running", claim="dead", claimed_until=future, answer="", status=None)

    held = api.call("POST", "customers", body, headers=KEY)
    InboundRequest.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    finished = api.call("POST", "customers", body, headers=KEY)
    replayed = api.call("POST", "customers", body, headers=KEY)

    assert held.status_code == 409
    assert finished.status_code == 200, finished.text
    assert [count(demo_odoo, f"C{number}") for number in range(3)] == [1, 1, 1]
    assert replayed.headers["Idempotent-Replayed"] == "true"


def test_a_deletion_that_had_been_done_is_finished_as_done(
    demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api
) -> None:
    make_config(delete_mode="unlink")
    odoo_id = api.call("POST", "customers", ANN).json()["data"]["id"]
    api.call("DELETE", f"customers/{odoo_id}", headers=KEY)
    past = timezone.now() - timedelta(seconds=1)
    InboundRequest.objects.update(state="running", claim="dead", claimed_until=past, answer="", status=None)

    answer = api.call("DELETE", f"customers/{odoo_id}", headers=KEY)

    assert (answer.status_code, answer.json()["data"]) == (200, {"id": odoo_id, "deleted": True})
    assert api.call("DELETE", f"customers/{odoo_id}").status_code == 404


def test_a_refusal_is_not_kept_so_that_the_request_may_be_mended(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    refused = api.call("POST", "customers", {"code": "C1"}, headers=KEY)
    demo_odoo.stop()
    down = api.call("POST", "customers", ANN, headers=KEY)
    demo_odoo.start()
    made = api.call("POST", "customers", ANN, headers=KEY)

    assert (refused.status_code, down.status_code, made.status_code) == (400, 503, 201), down.text
    assert count(demo_odoo) == 1


def test_after_a_day_the_key_is_free_again(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> None:
    api.call("POST", "customers", ANN, headers=KEY)
    InboundRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))

    answer = api.call("POST", "customers", {**ANN, "name": "Bob"}, headers=KEY)

    assert (answer.status_code, "Idempotent-Replayed" in answer.headers) == (200, False)
    assert InboundRequest.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_a_400(customers: SyncConfig, api: Api, key: str) -> None:
    answer = api.call("POST", "customers", ANN, headers={"Idempotency-Key": key})

    assert (answer.status_code, answer.json()["error"]) == (400, "VALIDATION_ERROR")
    assert "Idempotency-Key" in answer.json()["message"]
    assert not InboundRequest.objects.exists()
