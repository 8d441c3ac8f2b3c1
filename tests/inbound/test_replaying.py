"""Replaying a request of the log: what it would do, doing it, and when it is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from auditlog.models import ApiLog
from auditlog.recorder import recording
from demo.odoo import DemoOdoo
from inbound import waking
from inbound.models import EndpointPolicy, InboundRequest
from inbound.queueing import queue_run
from outbound.budget import Budget
from syncconfig.models import SyncConfig, SyncConfigLine
from tests.inbound.conftest import CUSTOMER_LINES, TOKEN, Api, ConfigMaker, logged

ANN = {"code": "C-1", "name": "Ann", "country": "XX"}


@pytest.fixture
def staff(client: Client, transactional_db: None) -> Client:
    client.force_login(User.objects.create_superuser("admin", password="x"))
    return client


def replay_url(entry: ApiLog) -> str:
    return reverse("admin:inbound_inboundrequest_replay", args=[entry.pk])


def text(response: Any) -> str:
    assert response.status_code == 200, response
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def simulate(staff: Client, entry: ApiLog) -> Any:
    return staff.post(replay_url(entry), {})


def confirm(staff: Client, entry: ApiLog, simulated: Any) -> Any:
    button = BeautifulSoup(simulated.content, "html.parser").select_one("button[name=confirm]")
    assert button is not None
    return staff.post(replay_url(entry), {"confirm": button["value"]}, follow=True)


def partners(odoo: DemoOdoo) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = odoo.call("res.partner", "search_read", [["ref", "=", "C-1"]], ["name", "city"])
    return found


def refused_for_a_country(demo_odoo: DemoOdoo, api: Api) -> ApiLog:
    """A request whose country is not in Odoo, and then is."""
    answer = api.call("POST", "customers", ANN)
    assert answer.status_code == 400, answer.text
    demo_odoo.call("res.country", "create", {"name": "Exland", "code": "XX"})
    return logged(answer)


def test_what_was_refused_is_simulated_and_then_done(
    staff: Client, customers: SyncConfig, api: Api, demo_odoo: DemoOdoo
) -> None:
    entry = refused_for_a_country(demo_odoo, api)
    assert replay_url(entry) in staff.get(reverse("admin:auditlog_apilog_change", args=[entry.pk])).content.decode()
    assert "Process it now" not in text(staff.get(replay_url(entry)))

    simulated = simulate(staff, entry)
    assert "Would be created" in text(simulated)
    assert partners(demo_odoo) == []

    after = text(confirm(staff, entry, simulated))
    assert "It was processed (201)." in after
    assert [each["name"] for each in partners(demo_odoo)] == ["Ann"]
    row = ApiLog.objects.get(summary=f"Replay of #{entry.pk} by admin")
    assert (row.request_id, row.status, row.direction) == (entry.request_id, 201, "in")
    assert LogEntry.objects.get().change_message == "Replayed the request. It was processed (201)."


def test_done_twice_it_is_one_record(staff: Client, customers: SyncConfig, api: Api, demo_odoo: DemoOdoo) -> None:
    entry = refused_for_a_country(demo_odoo, api)
    confirm(staff, entry, simulate(staff, entry))
    again = simulate(staff, entry)
    assert "Unchanged" in text(again)
    confirm(staff, entry, again)
    assert len(partners(demo_odoo)) == 1


def test_a_change_by_identifier_shows_the_difference(
    staff: Client, customers: SyncConfig, api: Api, demo_odoo: DemoOdoo
) -> None:
    api.call("POST", "customers", {"code": "C-1", "name": "Ann"})
    entry = logged(api.call("PUT", "customers/by/C-1", {"address": {"city": "Ghent"}}))
    (record,) = partners(demo_odoo)
    demo_odoo.call("res.partner", "write", [record["id"]], {"city": "Bruges"})
    simulated = simulate(staff, entry)
    assert "Bruges" in text(simulated)
    confirm(staff, entry, simulated)
    assert partners(demo_odoo)[0]["city"] == "Ghent"


def test_without_a_simulation_nothing_is_done(
    staff: Client, customers: SyncConfig, api: Api, demo_odoo: DemoOdoo
) -> None:
    entry = refused_for_a_country(demo_odoo, api)
    other = simulate(staff, entry)
    token = BeautifulSoup(other.content, "html.parser").select_one("button[name=confirm]")["value"]  # type: ignore[index]
    SyncConfigLine.objects.get(config=customers, key="email").delete()  # a new revision: the simulation is of old lines
    for confirmed in ("", "1", token):
        assert "too old, or the sync config has changed" in text(staff.post(replay_url(entry), {"confirm": confirmed}))
    assert partners(demo_odoo) == []


def test_the_callers_key_counts_for_the_replay_too(
    staff: Client, customers: SyncConfig, api: Api, demo_odoo: DemoOdoo
) -> None:
    headers = {"Idempotency-Key": "key-0001"}
    refused = api.call("POST", "customers", ANN, headers=headers)
    demo_odoo.call("res.country", "create", {"name": "Exland", "code": "XX"})
    entry = logged(refused)
    confirm(staff, entry, simulate(staff, entry))
    demo_odoo.calls.clear()

    again = api.call("POST", "customers", ANN, headers=headers)

    assert (again.status_code, again.headers.get("Idempotent-Replayed")) == (201, "true")
    assert not demo_odoo.calls


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"request_body": '{"code": "C-1", "name": "***"}'}, "hides a part of its body"),
        ({"request_body": '{"code": "C-1", "***": 1, "pin": "***"}'}, "hides a part of its body"),
        ({"request_body": '{"code": "C\n[cut: 99999 bytes in all, the first 9 are kept]'}, "only a part of its body"),
        ({"request_body": "[512 bytes, application/pdf: not stored]"}, "only a part of its body"),
        ({"request_body": "{"}, "its body cannot be read"),
        ({"status": 401}, "not let in"),
        ({"status": 403}, "not let in"),
        ({"is_dry_run": True}, "asked for a dry run"),
        ({"url": "/bj_api_sync/v1/customers?token=***"}, "a part of its address"),
        ({"url": "/bj_api_sync/nothing"}, "names no endpoint"),
        ({"url": "/bj_api_sync/v1/customers/x", "method": "PUT"}, "names no endpoint or no record"),
    ],
)
def test_what_would_not_be_the_request_is_refused_with_the_reason(
    staff: Client, customers: SyncConfig, demo_odoo: DemoOdoo, change: dict[str, Any], reason: str
) -> None:
    with recording(config=customers, request_id="r-1") as rec:
        rec.add_inbound(
            method="POST", url="/bj_api_sync/v1/customers", headers={"Content-Type": "application/json"},
            body=json.dumps(ANN), status=400, response_headers={}, response_body="", duration_ms=1,
            started_at=customers.created_at,
        )  # fmt: skip
    ApiLog.objects.update(**change)
    entry = ApiLog.objects.get()
    assert reason in text(staff.get(reverse("admin:auditlog_apilog_change", args=[entry.pk])))
    demo_odoo.calls.clear()
    assert reason in text(staff.post(replay_url(entry), {}, follow=True))
    assert not demo_odoo.calls


def test_a_body_with_a_secret_is_refused_with_its_key(staff: Client, make_config: ConfigMaker, api: Api) -> None:
    make_config([*CUSTOMER_LINES[:2], {"field": "vat", "key": "tax.number", "is_secret": True}])
    entry = logged(api.call("POST", "customers", {"code": "C-1", "name": "", "tax": {"number": "BE0477472701"}}))
    assert "BE0477472701" not in entry.request_body
    assert "(tax.number)" in text(staff.get(reverse("admin:auditlog_apilog_change", args=[entry.pk])))


SHOPIFY: dict[str, Any] = {
    **ANN,
    "token": "b1946ac92492d2347c6235b4d2611184",
    "cart_token": "68778783ad298f1c80c3bafcddeea02f",
    "payment_details": {"credit_card_number": "XXXX-XXXX-XXXX-4242"},
}


def test_what_is_hidden_and_read_by_nothing_is_no_reason_against_a_replay(
    staff: Client, customers: SyncConfig, api: Api, demo_odoo: DemoOdoo
) -> None:
    headers = {"Idempotency-Key": "key-0003"}
    entry = logged(api.call("POST", "customers", SHOPIFY, headers=headers))
    demo_odoo.call("res.country", "create", {"name": "Exland", "code": "XX"})
    assert '"token": "***"' in entry.request_body
    simulated = simulate(staff, entry)
    assert "The log hides" in text(simulated)
    assert "payment_details.credit_card_number" in text(simulated)
    assert "It was processed (201)." in text(confirm(staff, entry, simulated))
    assert [each["name"] for each in partners(demo_odoo)] == ["Ann"]
    # The caller's own retry is the same request to the caller, whatever the log hid of it.
    again = api.call("POST", "customers", SHOPIFY, headers=headers)
    assert (again.status_code, len(partners(demo_odoo))) == (200, 1)


@pytest.mark.parametrize(
    "reads",
    [
        {"field": "city", "key": "token"},
        {"field": "city", "key": "payment_details.credit_card_number"},
        {"field": "city", "key": "", "calculation": "template", "options": {"template": "{cart_token}"}},
        {"field": "city", "key": "", "calculation": "script", "script": "result = request_data.get('token')"},
    ],
)
def test_what_is_hidden_and_may_be_read_is_not_replayed(
    staff: Client, make_config: ConfigMaker, api: Api, reads: dict[str, Any]
) -> None:
    make_config([*CUSTOMER_LINES[:2], CUSTOMER_LINES[-1], {**reads, "direction": "in"}])
    entry = logged(api.call("POST", "customers", SHOPIFY))
    assert "hides a part of its body" in text(staff.get(reverse("admin:auditlog_apilog_change", args=[entry.pk])))


def test_a_script_of_the_config_that_names_what_is_hidden_may_read_it(
    staff: Client, make_config: ConfigMaker, api: Api
) -> None:
    make_config(CUSTOMER_LINES, before_script="record['name'] = record['token']")
    entry = logged(api.call("POST", "customers", SHOPIFY))
    assert "(token)" in text(staff.get(reverse("admin:auditlog_apilog_change", args=[entry.pk])))


@pytest.fixture
def queued(make_config: ConfigMaker) -> SyncConfig:
    waking._woken.clear()
    config = make_config([*CUSTOMER_LINES, {"field": "vat", "key": "tax", "is_secret": True}])
    EndpointPolicy.objects.create(config=config, mode="queued")
    return config


def test_what_waits_in_the_queue_is_taken_up_at_once_with_its_true_body(
    staff: Client, queued: SyncConfig, api: Api, demo_odoo: DemoOdoo
) -> None:
    answer = api.call("POST", "customers", {"code": "C-1", "name": "Ann", "tax": "BE0477472701"})
    later = InboundRequest.objects.get()
    InboundRequest.objects.update(next_attempt_at=later.created_at.replace(year=2099))
    entry = logged(answer)
    assert "***" in entry.request_body
    simulated = simulate(staff, entry)
    assert "Would be created" in text(simulated)
    assert "is processed in a moment" in text(confirm(staff, entry, simulated))
    queue_run(config_id=queued.pk, budget=Budget(30))
    (made,) = demo_odoo.call("res.partner", "search_read", [["ref", "=", "C-1"]], ["vat"])
    assert made["vat"] == "BE0477472701"
    assert InboundRequest.objects.count() == 1


def test_a_request_id_that_was_used_before_leads_to_no_other_body(
    staff: Client, queued: SyncConfig, api: Api, demo_odoo: DemoOdoo
) -> None:
    headers = {"X-Request-ID": "always-the-same"}
    api.call("POST", "customers", {"code": "C-1", "name": "Ann"}, headers=headers)
    api.call("POST", "customers", {"code": "C-2", "name": "Bob"}, headers=headers)
    at = InboundRequest.objects.earliest("pk").created_at
    InboundRequest.objects.update(created_at=at)
    ApiLog.objects.update(created_at=at)
    for name in ("Ann", "Bob"):
        entry = ApiLog.objects.get(direction="in", request_body__contains=name)
        assert f'"name": "{name}"' in text(simulate(staff, entry))


def test_what_the_queue_gave_up_goes_back_as_the_same_request(
    staff: Client, queued: SyncConfig, api: Api, demo_odoo: DemoOdoo
) -> None:
    answer = api.call("POST", "customers", ANN, headers={"Idempotency-Key": "key-0002"})
    queue_run(config_id=queued.pk, budget=Budget(30))
    status_url = answer.headers["Location"]
    assert api.session.get(status_url).json()["data"]["answer"]["code"] == 400
    demo_odoo.call("res.country", "create", {"name": "Exland", "code": "XX"})

    entry = logged(answer)
    confirm(staff, entry, simulate(staff, entry))
    queue_run(config_id=queued.pk, budget=Budget(30))

    assert api.session.get(status_url).json()["data"]["answer"]["code"] == 201
    assert InboundRequest.objects.count() == 1


def test_who_may_look_at_the_log_may_not_replay(
    client: Client, customers: SyncConfig, api: Api, demo_odoo: DemoOdoo
) -> None:
    entry = refused_for_a_country(demo_odoo, api)
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.set(
        Permission.objects.filter(codename__in=["view_apilog", "view_inboundrequest", "change_syncconfig"])
    )
    client.force_login(viewer)
    assert (
        replay_url(entry) not in client.get(reverse("admin:auditlog_apilog_change", args=[entry.pk])).content.decode()
    )
    assert client.get(replay_url(entry)).status_code == 403
    assert client.post(replay_url(entry), {}).status_code == 403
    assert partners(demo_odoo) == []


def test_no_page_of_it_shows_the_token(staff: Client, customers: SyncConfig, api: Api, demo_odoo: DemoOdoo) -> None:
    entry = refused_for_a_country(demo_odoo, api)
    pages = [
        staff.get(reverse("admin:auditlog_apilog_change", args=[entry.pk])),
        staff.get(replay_url(entry)),
        simulate(staff, entry),
    ]
    for page in pages:
        assert TOKEN not in page.content.decode()
    assert "Authorization: Bearer &#x27;&quot;${TOKEN}&quot;" in pages[0].content.decode()
