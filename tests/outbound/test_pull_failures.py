"""What goes wrong while fetching, or in Odoo, is seen, named with its cure, and loses and doubles nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from auditlog.models import ApiLog
from clients.errors import Kind
from demo.httpserver import Request, Response
from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from demo.shop_lists import made_customers
from outbound import links, out_auth, pull_runs, record_claims, sending
from outbound.models import (
    BreakerState,
    Delivery,
    DeliveryPolicy,
    DeliveryState,
    Host,
    OutAuth,
    PullPolicy,
    RecordClaim,
    RecordLink,
    RunState,
    RunTrigger,
    SyncRun,
)
from outbound.replay import delivery_replay
from outbound.run_control import run_cancel, run_resume
from outbound.runs import Ended, run_execute, run_start
from outbound.sweeps import sweep
from outbound.targets.odoo_lookup import place_of
from syncconfig.connections import client_for
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine
from tests.outbound.conftest import send, send_until_settled, sync
from tests.outbound.pulling import CUSTOMERS, make_pull, partners, shop_pull
from tests.outbound.receiver import Receiver, answer

pytestmark = pytest.mark.django_db

PAGED = {"items_path": "items", "pages": "cursor", "position_param": "cursor", "next_path": "next"}


@pytest.fixture
def api() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


def customer(number: int, **values: Any) -> dict[str, Any]:
    return {**made_customers(1, first=number)[0], **values}


def started(config: SyncConfig) -> SyncRun:
    return run_start(config=config, trigger=RunTrigger.MANUAL)


def execute(run: SyncRun) -> Ended:
    ended = run_execute(run_id=run.pk, budget_s=30)
    run.refresh_from_db()
    return ended


# --- the API's answers ---


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda _r: answer("<html><body>Please log in</body></html>"), "web page in place of JSON: check the URL"),
        (lambda _r: answer(b'[{"email": "customer-0001@exam'), "no whole JSON"),
        (lambda _r: answer(b""), "without anything in it"),
        (lambda _r: answer(b'[{"email": NaN}]'), "NaN is no JSON"),
        (lambda _r: answer(b'[{"size": 1e999}]'), "too large"),
        (lambda _r: answer(b"[" * 100_000), "no whole JSON"),
        (lambda _r: answer({}, status=503), "503"),
        (lambda _r: answer({}, status=429, headers={"Retry-After": "120"}), "429"),
    ],
)
def test_an_answer_that_may_be_better_the_next_time_is_waited_for(
    connection: OdooConnection,
    api: Receiver,
    demo_odoo: DemoOdoo,
    given: Callable[[Request], Response],
    words: str,
) -> None:
    config = make_pull(connection, api.url)
    run = started(config)
    api.answering = given

    assert execute(run) is Ended.WAITS
    assert words in run.error
    assert run.next_attempt_at is not None
    if "429" in words:
        assert run.next_attempt_at >= timezone.now() + timedelta(seconds=100)

    api.answering = lambda _request: answer([customer(1)])
    assert execute(run) is Ended.DONE
    assert len(partners(demo_odoo)) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda _r: answer({}, status=401), "Check the sync's authorization"),
        (lambda _r: answer({}, status=403), "what it may see there"),
        (lambda _r: answer({}, status=404), "Check the URL"),
        (lambda _r: answer({}, status=400), "Check the parameters"),
        (lambda _r: answer({}, status=302, headers={"Location": "http://127.0.0.1:1/x"}), "Redirects are not followed"),
        (lambda _r: answer({"data": [1]}), "The answer is no list: it is an object with data. Write where"),
        (lambda _r: answer("[" + "1," * 700_000 + "1]"), "Set a smaller page size"),
    ],
)
def test_an_answer_that_stays_as_it_is_fails_the_run_with_the_cure(
    connection: OdooConnection,
    api: Receiver,
    settings: Any,
    given: Callable[[Request], Response],
    words: str,
) -> None:
    settings.SYNC_MAX_RESPONSE_BYTES = 1_000_000
    api.answering = given
    run = started(make_pull(connection, api.url))

    assert execute(run) is Ended.FAILED
    assert words in run.error
    assert not Delivery.objects.exists()


def test_an_error_within_a_200_is_seen_where_the_config_says(connection: OdooConnection, api: Receiver) -> None:
    config = make_pull(connection, api.url, pull={"items_path": "items"})
    DeliveryPolicy.objects.create(config=config, error_path="error")
    api.answering = lambda _request: answer({"error": {"message": "quota used up"}, "items": []})

    run = started(config)
    assert execute(run) is Ended.FAILED
    assert "quota used up" in run.error


def test_204_and_null_are_an_empty_page(connection: OdooConnection, api: Receiver) -> None:
    config = make_pull(connection, api.url, pull={"items_path": "items"})
    for given in (answer(None, status=204), answer({"items": None})):
        api.answering = lambda _request, given=given: given
        run = sync(config)
        assert (run.state, run.read_count) == (RunState.DONE, 0)


def test_a_run_goes_on_behind_the_last_page_that_it_has(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(30)
    config = shop_pull(connection, shop, "page", page_size=10)
    run = started(config)
    original, is_down = shop.respond, True

    def respond(request: Request) -> Response:
        if is_down and request.query.get("page") == "3":
            return answer({}, status=503)
        return original(request)

    shop.respond = respond  # type: ignore[method-assign]
    assert execute(run) is Ended.WAITS
    assert run.read_count == 20

    is_down = False
    asked = len(shop.received)
    assert execute(run) is Ended.DONE
    assert [call.query["page"] for call in shop.received[asked:]] == ["3", "4"]
    assert len(partners(demo_odoo)) == 30


def test_a_next_link_to_another_host_is_not_followed_unless_it_is_named(
    connection: OdooConnection, api: Receiver, demo_odoo: DemoOdoo
) -> None:
    with Receiver(lambda _request: answer([customer(2)])) as other:
        config = make_pull(connection, api.url, pull={"pages": "link"})
        api.answering = lambda _request: answer([customer(1)], headers={"Link": f'<{other.url}/page2>; rel="next"'})
        run = started(config)
        assert execute(run) is Ended.FAILED
        assert f"leads to {other.url}" in run.error
        assert "further hosts" in run.error
        assert other.received == []

        PullPolicy.objects.update(other_hosts="127.0.0.1")
        assert run_resume(run_id=run.pk)
        assert execute(run) is Ended.DONE
        assert other.received[0].headers["Authorization"] == "Bearer shop-token"
    assert len(partners(demo_odoo)) == 2


def test_a_next_link_gets_no_parameters_of_the_config(connection: OdooConnection, api: Receiver) -> None:
    config = make_pull(
        connection, f"{api.url}/list", pull={"pages": "next_url", "next_path": "next", "items_path": "i"}
    )
    config.params.create(name="status", value="any")
    api.answering = lambda request: answer(
        {"i": [customer(2)]} if "page_info" in request.query else {"i": [customer(1)], "next": "/list?page_info=x"}
    )
    assert sync(config).state == RunState.DONE
    assert [request.query for request in api.received] == [{"status": "any"}, {"page_info": "x"}]


@pytest.mark.parametrize(
    ("pull", "given", "words"),
    [
        (PAGED, lambda _r: {"items": [customer(1)], "next": "A"}, "“position parameter”"),
        (
            PAGED,
            lambda r: {
                "items": [customer(1)],
                "next": {None: "A", "A": "B", "B": "C", "C": "B"}[r.query.get("cursor")],
            },
            "leads back to a page that was read already",
        ),
        (
            {"items_path": "items", "pages": "offset", "position_param": "skip"},
            lambda _r: {"items": [customer(1), customer(2)]},
            "does not follow the parameter 'skip'",
        ),
        (
            {"items_path": "items", "pages": "page", "position_param": "p"},
            lambda _r: {"items": [customer(1)]},
            "does not follow the parameter 'p'",
        ),
        (
            {"items_path": "items", "pages": "after", "position_param": "after", "next_path": "uid"},
            lambda _r: {"items": [customer(1)]},
            "holds nothing at uid",
        ),
        (
            {"items_path": "items", "pages": "offset", "position_param": "skip", "total_path": "total"},
            lambda _r: {"items": [customer(1)], "total": "many"},
            "“total in the answer”",
        ),
    ],
)
def test_pages_that_would_never_end_end_with_the_setting_to_change(
    connection: OdooConnection, api: Receiver, pull: dict[str, Any], given: Callable[[Request], Any], words: str
) -> None:
    api.answering = lambda request: answer(given(request))
    run = started(make_pull(connection, api.url, pull=pull))

    assert execute(run) is Ended.FAILED
    assert words in run.error
    assert len(api.received) <= 6


def test_a_run_stops_at_the_most_pages_and_goes_on_when_it_is_let(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(50)
    config = shop_pull(connection, shop, "cursor", page_size=10, pull={"max_pages": 2})
    run = started(config)

    assert execute(run) is Ended.FAILED
    assert "2 pages were read, and there are more" in run.error
    for expected in (Ended.FAILED, Ended.DONE):
        assert run_resume(run_id=run.pk)
        assert execute(run) is expected
    assert len(shop.received) == 5
    send(config)
    assert len(partners(demo_odoo)) == 50


def test_a_full_first_page_without_a_next_one_is_told_of(connection: OdooConnection, api: Receiver) -> None:
    api.answering = lambda _request: answer({"items": [customer(1), customer(2)], "paging": {"next": "A"}})
    run = sync(make_pull(connection, api.url, pull=PAGED, page_size=2))

    assert run.state == RunState.DONE
    (problem,) = run.problems
    assert "nothing at next" in problem["reason"]


# --- items ---


def test_an_item_that_cannot_be_taken_is_kept_and_the_others_go_on(
    connection: OdooConnection, api: Receiver, demo_odoo: DemoOdoo
) -> None:
    items = [customer(1), "text", None, 17, {"name": "nobody"}, customer(2, name=""), customer(3)]
    api.answering = lambda _request: answer(items)
    config = make_pull(connection, api.url)

    run = sync(config)

    assert run.state == RunState.DONE
    assert (run.read_count, run.delivered_count, run.dead_count, run.rejected_count) == (7, 2, 4, 1)
    assert [problem["record_id"] for problem in run.problems] == [f"page 1, item {number}" for number in (2, 3, 4, 5)]
    assert "no email" in run.problems[3]["reason"]
    dead = {json.dumps(each.payload): each.last_error for each in Delivery.objects.filter(state=DeliveryState.DEAD)}
    assert "must be a JSON object" in dead['"text"']
    assert any("name" in reason for payload, reason in dead.items() if "customer-0002" in payload)
    assert set(partners(demo_odoo)) == {"customer-0001@example.com", "customer-0003@example.com"}

    # They are held, as what a receiver refused is, and not dead anew with every run.
    again = sync(config)
    assert (again.held_count, again.queued_count, again.rejected_count) == (4, 0, 1)


def test_a_dead_item_is_mapped_anew_when_it_is_sent_again(
    connection: OdooConnection, api: Receiver, demo_odoo: DemoOdoo
) -> None:
    api.answering = lambda _request: answer([customer(1, name="")])
    config = make_pull(connection, api.url)
    assert sync(config).dead_count == 1
    SyncConfigLine.objects.filter(config=config, field="name").update(key="email")
    config.save()

    assert delivery_replay(ids=Delivery.objects.values_list("pk", flat=True), user=None) == 1
    config.refresh_from_db()
    assert send(config).delivered == 1
    assert partners(demo_odoo)["customer-0001@example.com"]["name"] == "customer-0001@example.com"


def test_of_two_items_of_a_page_with_one_identifier_the_later_one_counts_and_it_is_told(
    connection: OdooConnection, api: Receiver, demo_odoo: DemoOdoo
) -> None:
    api.answering = lambda _request: answer([customer(1, name="First"), customer(1, name="Second")])
    run = sync(make_pull(connection, api.url))

    assert run.delivered_count == 1
    assert "the same identifier (customer-0001@example.com)" in run.problems[0]["reason"]
    assert partners(demo_odoo)["customer-0001@example.com"]["name"] == "Second"


def test_what_databases_refuse_is_taken_out(connection: OdooConnection, api: Receiver, demo_odoo: DemoOdoo) -> None:
    body = json.dumps([customer(1, name="Nul\x00l", phone="\ud83d")]).encode()
    assert b"\\u0000" in body
    api.answering = lambda _request: answer(body)

    assert sync(make_pull(connection, api.url)).delivered_count == 1
    assert partners(demo_odoo)["customer-0001@example.com"]["name"] == "Null"


def test_scripts_shape_items_and_leave_some_out(connection: OdooConnection, api: Receiver, demo_odoo: DemoOdoo) -> None:
    script = "if record['kind'] == 'test':\n    skip('a test')\nresult = record['customer']"
    api.answering = lambda _request: answer(
        [{"kind": "real", "customer": customer(1)}, {"kind": "test", "customer": customer(2)}]
    )
    config = make_pull(connection, api.url, before_script=script)

    run = sync(config)
    assert (run.queued_count, run.delivered_count, run.unchanged_count) == (1, 1, 1)
    assert set(partners(demo_odoo)) == {"customer-0001@example.com"}
    assert sync(config).unchanged_count == 2


# --- Odoo ---


def test_what_odoo_refuses_is_that_item_alone(connection: OdooConnection, api: Receiver, demo_odoo: DemoOdoo) -> None:
    good = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
    items = [customer(number, photo=good) for number in range(1, 21)]
    items[12]["photo"] = "bm8gaW1hZ2U="
    api.answering = lambda _request: answer(items)
    config = make_pull(connection, api.url, lines=[*CUSTOMERS, {"field": "image_1920", "key": "photo"}])

    run = sync(config)

    assert (run.delivered_count, run.dead_count) == (19, 1)
    dead = Delivery.objects.get(state=DeliveryState.DEAD)
    assert dead.external_id == "customer-0013@example.com"
    assert "could not be decoded as an image" in dead.last_error
    assert len(partners(demo_odoo)) == 19


def test_a_number_that_no_database_takes_is_no_id(connection: OdooConnection, api: Receiver) -> None:
    lines = [{"field": "id", "key": "odoo_id", "is_identifier": True}, {"field": "name", "key": "name"}]
    api.respond = lambda _request: answer([{"odoo_id": 10**30, "name": "A"}, {"odoo_id": 2**40, "name": "B"}])
    run = sync(make_pull(connection, api.url, lines=lines))
    assert (run.state, run.read_count, run.dead_count) == (RunState.DONE, 2, 2), run.error


def test_two_items_that_turn_out_to_be_one_record_do_not_stop_the_others(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(3)
    config = shop_pull(connection, shop)
    sync(config)
    known = RecordLink.objects.get(config=config, external_id="customer-0001@example.com")
    # Somebody gave the record the address that the other item is recognised by.
    demo_odoo.call("res.partner", "write", [known.odoo_id], {"email": "customer-0009@example.com"})
    shop.customers = [{**each, "phone": "1"} for each in made_customers(3)]
    shop.customers.insert(1, {**made_customers(1, first=9)[0], "phone": "1"})
    run = sync(config)
    assert (run.state, run.delivered_count, run.error) == (RunState.DONE, 4, "")


def test_while_odoo_is_down_items_wait_by_the_schedule(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(5)
    config = shop_pull(connection, shop, retry_schedule="600, 600")
    sync(config)
    shop.customers = made_customers(40)
    demo_odoo.stop()

    run = sync(config)
    assert (run.state, run.queued_count, run.delivered_count, run.dead_count) == (RunState.DONE, 35, 0, 0)
    assert set(Delivery.objects.filter(run=run).values_list("state", flat=True)) == {DeliveryState.PENDING}
    host = Host.objects.get(address=demo_odoo.url)
    assert host.state == BreakerState.CLOSED

    demo_odoo.start()
    make_due()
    send(config)
    assert len(partners(demo_odoo)) == 40


def test_the_breaker_of_odoo_opens_and_items_wait_in_the_table(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(5)
    config = shop_pull(connection, shop, retry_schedule="0.01, 0.01, 0.01, 600")
    DeliveryPolicy.objects.create(config=config, breaker_failures=2, breaker_pause_s=600)
    sync(config)
    shop.customers = made_customers(10)
    demo_odoo.stop()
    sync(config)
    send(config, seconds=1)
    assert Host.objects.get(address=demo_odoo.url).state == BreakerState.OPEN

    shop.customers = made_customers(20)
    run = sync(config)
    assert (run.state, run.queued_count, run.delivered_count) == (RunState.DONE, 10, 0)
    assert Delivery.objects.filter(run=run, attempts=0).count() == 10
    assert sweep().enqueued_configs == 0


def test_a_withdrawn_key_lets_items_wait_instead_of_dying(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(3)
    config = shop_pull(connection, shop, retry_schedule="600, 600")
    sync(config)
    shop.customers = made_customers(6)
    secret = connection.secret
    connection.secret = "wrong"
    connection.save()

    run = sync(SyncConfig.objects.get(pk=config.pk))
    assert (run.queued_count, run.dead_count) == (3, 0)
    connection.secret = secret
    connection.save()
    make_due()
    send(SyncConfig.objects.get(pk=config.pk))
    assert len(partners(demo_odoo)) == 6


def make_due() -> None:
    """The time of the next attempts has come."""
    Delivery.objects.filter(state=DeliveryState.PENDING).update(next_attempt_at=timezone.now())


def lapse() -> None:
    """The leases and claims of a worker that was killed run out."""
    long_ago = timezone.now() - timedelta(hours=1)
    Delivery.objects.filter(state=DeliveryState.SENDING).update(claimed_until=long_ago)
    SyncRun.objects.filter(state=RunState.RUNNING).update(claimed_until=long_ago)
    RecordClaim.objects.update(claimed_until=long_ago)


@pytest.mark.parametrize("place", ["before the link is written", "before the outcome is written"])
def test_a_worker_killed_after_the_create_doubles_nothing(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    shop.customers = made_customers(20)
    config = shop_pull(connection, shop, page_size=10)
    run = started(config)

    def killed(**_values: object) -> None:
        raise SystemExit

    module, name = (links, "settle") if "link" in place else (sending, "outcomes_write")
    with monkeypatch.context() as patched:
        patched.setattr(module, name, killed)
        with pytest.raises(SystemExit):
            run_execute(run_id=run.pk, budget_s=30)
    assert len(partners(demo_odoo)) in (10, 20)

    lapse()
    sweep()
    SyncRun.objects.filter(pk=run.pk).update(next_attempt_at=F("created_at"))
    assert execute(run) is Ended.DONE
    make_due()
    send_until_settled(config)
    run.refresh_from_db()
    assert (run.queued_count, run.delivered_count, run.dead_count) == (20, 20, 0)
    assert len(partners(demo_odoo)) == 20
    assert demo_odoo.calls["res.partner", "create"] <= 2


def test_a_lost_answer_of_odoo_doubles_nothing(connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo) -> None:
    shop.customers = made_customers(10)
    config = shop_pull(connection, shop)
    demo_odoo.fail_next(1, mode="drop_after", only='"create"')

    sync(config)
    assert ApiLog.objects.get(summary="res.partner.create").error_kind == Kind.AMBIGUOUS
    RecordClaim.objects.update(claimed_until=timezone.now())
    make_due()
    send_until_settled(config)
    assert len(partners(demo_odoo)) == 10
    assert Delivery.objects.filter(state=DeliveryState.DELIVERED).count() == 10


def test_a_record_that_somebody_else_is_creating_holds_up_no_other(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(5)
    config = shop_pull(connection, shop, retry_schedule="600, 600")
    place = place_of(client_for(connection))
    key = record_claims.claim_key(
        place=place, model="res.partner", match_field="email", value="customer-0003@example.com"
    )
    (claim,) = record_claims.take([key], ttl_s=600).values()

    run = sync(config)
    assert run.delivered_count == 4
    waiting = Delivery.objects.get(state=DeliveryState.PENDING)
    assert waiting.external_id == "customer-0003@example.com"
    assert "is creating this record" in waiting.last_error
    assert waiting.next_attempt_at is not None
    assert waiting.next_attempt_at > timezone.now() + timedelta(minutes=5)

    record_claims.release([claim])
    make_due()
    assert send(config).delivered == 1
    assert len(partners(demo_odoo)) == 5


def test_while_it_is_paused_pages_are_kept_and_nothing_is_written(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(10)
    config = shop_pull(connection, shop)
    policy = DeliveryPolicy.objects.create(config=config, is_paused=True)
    run = sync(config)
    assert (run.queued_count, run.delivered_count) == (10, 0)
    assert partners(demo_odoo) == {}

    policy.is_paused = False
    policy.save()
    assert send(config).delivered == 10


def test_a_run_that_is_cancelled_while_it_sends_is_fetched_again(
    connection: OdooConnection, api: Receiver, demo_odoo: DemoOdoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [customer(number, updated_at=f"2026-01-0{number}T00:00:00Z") for number in (1, 2)]
    api.respond = lambda _request: answer(items)
    config = make_pull(connection, api.url, pull={"since_param": "since", "since_path": "updated_at"})
    DeliveryPolicy.objects.create(config=config, is_paused=True)
    run = started(config)
    real = pull_runs.due_send

    def interrupted(**options: Any) -> None:
        # Every page is in the table, and nothing of it has been sent.
        run_cancel(run_id=run.pk)
        real(**options)

    monkeypatch.setattr(pull_runs, "due_send", interrupted)
    assert execute(run) == Ended.NOT_OURS
    assert run.state == RunState.CANCELLED
    assert PullPolicy.objects.get(config=config).since_value == ""

    monkeypatch.undo()
    DeliveryPolicy.objects.update(is_paused=False)
    assert sync(config).delivered_count == 2
    assert PullPolicy.objects.get(config=config).since_value == "2026-01-02T00:00:00Z"


# --- authorization ---


def test_a_token_that_was_withdrawn_is_fetched_anew(connection: OdooConnection, api: Receiver) -> None:
    out_auth._kept.clear()
    tokens: list[str] = []

    def respond(request: Request) -> Response:
        if request.path == "/token":
            tokens.append(f"token-{len(tokens) + 1}")
            return answer({"access_token": tokens[-1], "token_type": "bearer", "expires_in": 3600})
        if request.headers.get("Authorization") != "Bearer token-2":
            return answer({}, status=401)
        return answer([customer(1)])

    api.answering = respond
    config = make_pull(connection, f"{api.url}/customers")
    OutAuth.objects.create(
        config=config, kind="oauth2", token_url=f"{api.url}/token", client_id="hub", secret="client-secret"
    )
    assert sync(config).delivered_count == 1
    assert tokens == ["token-1", "token-2"]
