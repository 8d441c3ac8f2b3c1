"""Queued endpoints: accepted at once, done soon, in order, together, and told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from django_q.models import OrmQ

from auditlog.models import ApiLog
from demo.httpserver import DemoServer, Fault, Request, Response
from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from inbound import waking
from inbound.models import EndpointPolicy, InboundRequest
from inbound.queueing import queue_run
from inbound.sweeping import queues_sweep
from outbound.budget import Budget
from outbound.sweeps import sweep
from syncconfig.models import SyncConfig
from tests.inbound.conftest import CUSTOMER_LINES, Api, ConfigMaker


@pytest.fixture
def queued(make_config: ConfigMaker, api: Api) -> SyncConfig:
    """A queued endpoint without relations, whose schema is known already."""
    waking._woken.clear()
    config = make_config(CUSTOMER_LINES[:4])
    EndpointPolicy.objects.create(config=config, mode="queued")
    api.call("GET", "customers?limit=1")
    return config


def run(config: SyncConfig) -> bool:
    return queue_run(config_id=config.pk, budget=Budget(30))


def due() -> None:
    """Let the time of the next attempts come."""
    InboundRequest.objects.filter(next_attempt_at__gt=timezone.now()).update(next_attempt_at=timezone.now())


def status_of(api: Api, accepted: Any) -> dict[str, Any]:
    answer = api.session.get(accepted.headers["Location"], timeout=10)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


def test_a_request_is_a_row_and_a_task_before_it_is_answered(demo_odoo: DemoOdoo, queued: SyncConfig, api: Api) -> None:
    demo_odoo.calls.clear()

    answer = api.call("POST", "customers", {"code": "C1", "name": "Ann"})

    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "accepted"
    assert answer.json()["data"]["status_url"] == answer.headers["Location"]
    assert not demo_odoo.calls
    assert InboundRequest.objects.get().state == "waiting"
    assert OrmQ.objects.count() == 1
    assert status_of(api, answer)["state"] == "waiting"


def test_its_answer_is_told_where_the_status_is(demo_odoo: DemoOdoo, queued: SyncConfig, api: Api) -> None:
    good = api.call("POST", "customers", {"code": "C1", "name": "Ann"})
    bad = api.call("POST", "customers", {"code": "C2"})
    run(queued)

    done, refused = status_of(api, good), status_of(api, bad)

    assert (done["state"], done["answer"]["code"]) == ("done", 201)
    assert done["answer"]["body"]["data"]["name"] == "Ann"
    assert (refused["state"], refused["answer"]["code"]) == ("done", 400)
    assert refused["answer"]["body"]["errors"][0]["external_key"] == "name"
    assert not InboundRequest.objects.exclude(body="").exists()


def test_what_waits_is_one_create(demo_odoo: DemoOdoo, queued: SyncConfig, api: Api) -> None:
    answers = [api.call("POST", "customers", {"code": f"C{n}", "name": f"P{n}"}) for n in range(40)]
    demo_odoo.calls.clear()

    run(queued)

    assert dict(demo_odoo.calls) == {("res.partner", "search_read"): 1, ("res.partner", "create"): 1}
    assert {status_of(api, answer)["answer"]["code"] for answer in answers} == {201}


def test_what_odoo_refuses_among_them_is_found_by_halving(
    demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api
) -> None:
    waking._woken.clear()
    lines = [CUSTOMER_LINES[0], {"field": "name", "key": "name"}]
    config = make_config(lines)
    EndpointPolicy.objects.create(config=config, mode="queued")
    answers = [api.call("POST", "customers", {"code": f"C{n}", "name": None if n == 5 else "P"}) for n in range(16)]

    run(config)

    codes = [status_of(api, answer)["answer"]["code"] for answer in answers]
    assert codes == [201] * 5 + [400] + [201] * 10
    assert demo_odoo.calls["res.partner", "create"] <= 9


def test_requests_about_one_record_keep_their_order(demo_odoo: DemoOdoo, queued: SyncConfig, api: Api) -> None:
    for number in range(5):
        api.call("POST", "customers", {"code": "C1", "name": f"Name {number}"})
    api.call("PATCH", "customers/by/C1", {"name": "Patched"})
    api.call("POST", "customers/batch", {"operations": [{"action": "delete", "identifier": "C1"}]})

    run(queued)

    found = demo_odoo.call(
        "res.partner", "search_read", [["ref", "=", "C1"]], ["name", "active"], context={"active_test": False}
    )
    assert [(each["name"], each["active"]) for each in found] == [("Patched", False)]


def test_while_odoo_is_down_requests_wait_and_keep_their_order(
    demo_odoo: DemoOdoo, queued: SyncConfig, api: Api
) -> None:
    first = api.call("POST", "customers", {"code": "C1", "name": "First"})
    demo_odoo.stop()
    run(queued)
    second = api.call("POST", "customers", {"code": "C1", "name": "Second"})
    other = api.call("POST", "customers", {"code": "C2", "name": "Other"})
    demo_odoo.start()
    run(queued)

    waiting = status_of(api, first)
    assert (waiting["state"], waiting["attempts"]) == ("waiting", 1)
    assert "cannot be reached" in waiting["last_error"]
    assert status_of(api, second)["state"] == "waiting"
    assert status_of(api, other)["answer"]["code"] == 201
    due()
    run(queued)
    assert [status_of(api, each)["answer"]["code"] for each in (first, second)] == [201, 200]
    (found,) = demo_odoo.call("res.partner", "search_read", [["ref", "=", "C1"]], ["name"])
    assert found["name"] == "Second"


def test_a_request_whose_worker_died_is_done_once(demo_odoo: DemoOdoo, queued: SyncConfig, api: Api) -> None:
    answer = api.call("POST", "customers", {"code": "C1", "name": "Ann"})
    run(queued)
    # As if the worker had died between the create and its own note of it.
    InboundRequest.objects.update(state="waiting", attempts=1, body='{"code":"C1","name":"Ann"}', answer="")
    EndpointPolicy.objects.update(claim="dead", claimed_until=timezone.now() + timedelta(seconds=60))

    assert run(queued) is False
    assert status_of(api, answer)["state"] == "waiting"
    EndpointPolicy.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    run(queued)

    assert status_of(api, answer)["answer"]["code"] == 200
    assert demo_odoo.call("res.partner", "search_count", [["ref", "=", "C1"]]) == 1


def test_a_request_that_kills_its_workers_is_given_up(queued: SyncConfig, api: Api) -> None:
    deadly = api.call("POST", "customers", {"code": "C1", "name": "Ann"})
    InboundRequest.objects.update(attempts=10)
    other = api.call("POST", "customers", {"code": "C2", "name": "Bob"})
    run(queued)

    assert status_of(api, deadly)["answer"]["code"] == 503
    assert status_of(api, other)["answer"]["code"] == 201


def test_a_key_is_accepted_once(queued: SyncConfig, api: Api) -> None:
    key = {"Idempotency-Key": "k1"}
    first = api.call("POST", "customers", {"code": "C1", "name": "Ann"}, headers=key)
    again = api.call("POST", "customers", {"code": "C1", "name": "Ann"}, headers=key)
    other = api.call("POST", "customers", {"code": "C1", "name": "Bob"}, headers=key)

    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 422)
    assert first.json()["data"]["id"] == again.json()["data"]["id"]
    assert InboundRequest.objects.count() == 1


def test_a_request_is_shown_to_its_own_endpoint_alone(queued: SyncConfig, make_config: ConfigMaker, api: Api) -> None:
    make_config(endpoint="others")
    accepted = api.call("POST", "customers", {"code": "C1", "name": "Ann"}).json()["data"]["id"]

    assert api.call("GET", f"customers/requests/{accepted}").status_code == 200
    for path in (f"others/requests/{accepted}", "customers/requests/1", f"customers/requests/{accepted[:-1]}0"):
        answer = api.call("GET", path)
        assert answer.status_code == 404 or answer.json()["data"]["id"] == accepted, path
    anybody = api.session.get(
        f"{api.url}/bj_api_sync/v1/customers/requests/{accepted}", headers={"Authorization": ""}, timeout=10
    )
    assert anybody.status_code == 401


def test_a_malformed_request_is_refused_before_it_is_accepted(queued: SyncConfig, api: Api) -> None:
    assert api.call("POST", "customers", b"{").status_code == 400
    assert api.call("POST", "customers/batch", {"operations": []}).status_code == 400
    assert not InboundRequest.objects.exists()


def test_the_sweep_finds_what_waits_and_nobody_works_on(queued: SyncConfig, api: Api) -> None:
    api.call("POST", "customers", {"code": "C1", "name": "Ann"})
    OrmQ.objects.all().delete()

    sweep()
    found = OrmQ.objects.count()
    EndpointPolicy.objects.update(claim="busy", claimed_until=timezone.now() + timedelta(seconds=60))

    assert found == 1
    assert queues_sweep(timezone.now()) == 0


def test_many_accepted_within_a_moment_are_one_task(queued: SyncConfig, api: Api) -> None:
    for number in range(5):
        api.call("POST", "customers", {"code": f"C{number}", "name": "P"})

    assert OrmQ.objects.count() < 5


def test_the_callback_is_told_once_and_again_where_it_fails(queued: SyncConfig, api: Api, shop: DemoShop) -> None:
    policy = EndpointPolicy.objects.get(config=queued)
    policy.callback_url, policy.callback_secret = f"{shop.url}/api/callbacks", "wrong-token"
    policy.save()
    answer = api.call("POST", "customers", {"code": "C1", "name": "Ann"})
    run(queued)
    failed = InboundRequest.objects.get()
    calls = ApiLog.objects.filter(url__contains="/api/callbacks")

    assert (failed.is_told, failed.callback_tries, calls.count()) == (False, 1, 1)
    assert "wrong-token" not in str(vars(calls.get()))
    assert answer.json()["data"]["id"] in calls.get().request_body
    assert status_of(api, answer)["state"] == "done"
    policy.callback_url = ""
    policy.save()
    run(queued)
    assert InboundRequest.objects.get().is_told is True


class Receiver(DemoServer):
    """Takes callbacks, unless a fault is planned; the port stays the same while it is down."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, Any]] = []

    def respond(self, request: Request) -> Response:
        self.told.append((request.headers["Idempotency-Key"], json.loads(request.body)))
        return Response(200, b"{}")


@pytest.fixture
def receiver(queued: SyncConfig) -> Iterator[Receiver]:
    server = Receiver().start()
    EndpointPolicy.objects.filter(config=queued).update(callback_url=f"{server.url}/done")
    SyncConfig.objects.filter(pk=queued.pk).update(revision=F("revision") + 1)
    yield server
    server.stop()


def test_a_receiver_that_is_down_is_met_once_and_holds_up_no_request(
    queued: SyncConfig, api: Api, receiver: Receiver
) -> None:
    receiver.stop()
    for number in range(5):
        api.call("POST", "customers", {"code": f"C{number}", "name": "P"})
    run(queued)

    assert ApiLog.objects.filter(url__endswith="/done").count() == 1
    assert sorted(InboundRequest.objects.values_list("callback_tries", flat=True)) == [0, 0, 0, 0, 1]
    late = api.call("POST", "customers", {"code": "C9", "name": "P"})
    run(queued)
    assert status_of(api, late)["state"] == "done"


def test_once_a_receiver_is_up_again_it_is_told_everything_once(
    queued: SyncConfig, api: Api, receiver: Receiver
) -> None:
    receiver.stop()
    accepted = [api.call("POST", "customers", {"code": f"C{number}", "name": "P"}) for number in range(5)]
    run(queued)
    receiver.start()
    due()
    run(queued)
    run(queued)

    ids = [answer.json()["data"]["id"] for answer in accepted]
    assert [body["data"]["id"] for _key, body in receiver.told] == ids
    assert len({key for key, _body in receiver.told}) == 5
    assert not InboundRequest.objects.filter(is_told=False).exists()


def test_one_result_that_a_receiver_refuses_does_not_hold_up_the_others(
    queued: SyncConfig, api: Api, receiver: Receiver
) -> None:
    receiver.plan_fault(1, Fault("400"))
    for number in range(3):
        api.call("POST", "customers", {"code": f"C{number}", "name": "P"})
    run(queued)

    assert len(receiver.told) == 2
    assert InboundRequest.objects.get(is_told=False).callback_tries == 1
