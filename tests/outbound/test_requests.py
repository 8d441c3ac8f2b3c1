"""What is sent, and what answers mean, by the config's delivery settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.exceptions import ValidationError

from demo.httpserver import Request, Response
from demo.odoo import DemoOdoo
from outbound.models import Delivery, DeliveryPolicy, DeliveryState, RecordLink, WriteBack
from outbound.sweeps import sweep
from outbound.write_backs import write_backs_run
from syncconfig.models import SyncConfig
from tests.outbound.conftest import MakeConfig, make_delivery, send, set_price, sync
from tests.outbound.receiver import Receiver, answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


@pytest.fixture
def config(make_config: MakeConfig, receiver: Receiver) -> SyncConfig:
    return make_config(url=f"{receiver.url}/items", answer_id_path="id")


@pytest.fixture
def page_config(make_config: MakeConfig, receiver: Receiver) -> SyncConfig:
    return make_config(url=f"{receiver.url}/items", request_shape="page")


def policy(config: SyncConfig, **fields: Any) -> DeliveryPolicy:
    made = DeliveryPolicy(config=config, **fields)
    made.full_clean()
    made.save()
    return made


def state_of(delivery: Delivery) -> tuple[str, str]:
    delivery.refresh_from_db()
    return delivery.state, delivery.last_error


def with_ids(request: Request) -> Response:
    return answer({"id": f"ext-{json.loads(request.body)['sku']}"})


def test_what_is_unknown_is_posted_and_what_is_known_is_put(
    config: SyncConfig, receiver: Receiver, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    policy(config, puts_linked=True, linked_url=f"{receiver.url}/items/{{external_id}}")
    receiver.answering = with_ids
    sync(config)
    assert {(each.method, each.path) for each in receiver.received} == {("POST", "/items")}
    set_price(demo_odoo, products[2], 77)
    sync(config)
    assert (receiver.received[-1].method, receiver.received[-1].path) == ("PUT", "/items/ext-DEMO-0003")
    assert len(receiver.received) == 13


def test_a_change_that_waited_for_the_first_answer_is_put(config: SyncConfig, receiver: Receiver) -> None:
    policy(config, puts_linked=True, linked_url=f"{receiver.url}/items/{{external_id}}")
    receiver.answering = with_ids
    make_delivery(config, 1, payload={"sku": "A", "price": 1})
    make_delivery(config, 1, payload={"sku": "A", "price": 2})
    assert send(config).delivered == 2
    assert [(each.method, each.path) for each in receiver.received] == [("POST", "/items"), ("PUT", "/items/ext-A")]


def test_ndjson_is_a_record_per_line(page_config: SyncConfig, receiver: Receiver) -> None:
    policy(page_config, body_format="ndjson")
    sync(page_config)
    (request,) = receiver.received
    assert request.headers["Content-Type"] == "application/x-ndjson"
    lines = request.body.decode().splitlines()
    assert [json.loads(line)["sku"] for line in lines] == [f"DEMO-{number:04}" for number in range(1, 13)]


def test_a_form_writes_lists_and_objects_as_php_reads_them(config: SyncConfig, receiver: Receiver) -> None:
    policy(config, body_format="form")
    make_delivery(
        config, 1, payload={"sku": "a&b", "tags": ["x", "y"], "at": {"city": "Liège", "zip": None}, "on": True}
    )
    send(config)
    assert receiver.received[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert sorted(receiver.received[0].body.split(b"&")) == [
        b"at%5Bcity%5D=Li%C3%A8ge",
        b"on=true",
        b"sku=a%26b",
        b"tags%5B%5D=x",
        b"tags%5B%5D=y",
    ]


def test_xml_by_template_is_escaped_and_repeated_for_each_record(page_config: SyncConfig, receiver: Receiver) -> None:
    policy(
        page_config,
        body_format="xml",
        body_template='<items>{each}<item sku="{sku}"><n>{title}</n><c>{at.city}</c></item>{/each}</items>',
    )
    hard = 'a<b & "c" \x01'
    make_delivery(page_config, 1, batch="0" * 32, payload={"sku": hard, "title": "{sku}", "at": {"city": "Gent"}})
    make_delivery(page_config, 2, batch="0" * 32, payload={"sku": "2", "title": None})
    send(page_config)
    (request,) = receiver.received
    items = ElementTree.fromstring(request.body)
    assert [item.get("sku") for item in items] == ['a<b & "c" ', "2"]
    assert [[part.text for part in item] for item in items] == [["{sku}", "Gent"], [None, None]]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"body_format": "xml"}, "body_template"),
        ({"body_format": "xml", "body_template": "<a>{b}"}, "body_template"),
        ({"body_format": "xml", "body_template": "<a>{b</a>"}, "body_template"),
        ({"success_statuses": "200-20"}, "success_statuses"),
        ({"run_windows": "Funday 10:00-12:00"}, "run_windows"),
        ({"run_windows": "Mon 10:00-25:00"}, "run_windows"),
        ({"alert_emails": "ops"}, "alert_emails"),
        ({"watched_fields": "a..b"}, "watched_fields"),
    ],
)
def test_settings_that_cannot_work_are_refused(config: SyncConfig, fields: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        policy(config, **fields)
    assert set(error.value.message_dict) == {field}


@pytest.mark.parametrize(
    ("status", "state"), [(200, "delivered"), (409, "delivered"), (201, "dead"), (404, "dead"), (503, "pending")]
)
def test_success_is_what_the_list_says(config: SyncConfig, receiver: Receiver, status: int, state: str) -> None:
    policy(config, success_statuses="200, 409")
    receiver.answering = lambda _request: answer({"id": 1}, status=status)
    delivery = make_delivery(config, 1)
    send(config)
    assert state_of(delivery)[0] == state


def test_200_with_an_error_is_a_refusal(config: SyncConfig, receiver: Receiver) -> None:
    policy(config, error_path="error")
    receiver.answering = lambda _request: answer({"error": {"message": "price is missing"}})
    delivery = make_delivery(config, 1)
    send(config)
    assert state_of(delivery) == (DeliveryState.DEAD, "The answer is 200 with an error: price is missing")


def test_200_with_a_web_page_is_asked_for_again(config: SyncConfig, receiver: Receiver) -> None:
    receiver.answering = lambda _request: answer("<html>We are down for maintenance</html>")
    delivery = make_delivery(config, 1)
    send(config)
    state, text = state_of(delivery)
    assert (state, text.partition(".")[0]) == ("pending", "The answer is 200 with a web page in place of JSON")


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b'"ok"'])
def test_an_answer_that_says_nothing_is_a_delivery_with_a_note(
    config: SyncConfig, receiver: Receiver, body: bytes
) -> None:
    receiver.answering = lambda _request: answer(body)
    delivery = make_delivery(config, 1)
    send(config)
    state, note = state_of(delivery)
    assert (state, note.startswith("Delivered, but the answer")) == (DeliveryState.DELIVERED, True)


def test_204_is_a_delivery(config: SyncConfig, receiver: Receiver) -> None:
    receiver.answering = lambda _request: answer(status=204)
    delivery = make_delivery(config, 1)
    send(config)
    assert state_of(delivery)[0] == DeliveryState.DELIVERED


def test_a_redirect_is_not_followed_and_says_where_it_led(config: SyncConfig, receiver: Receiver) -> None:
    receiver.answering = lambda _request: answer(status=307, headers={"Location": "http://169.254.169.254/"})
    delivery = make_delivery(config, 1)
    send(config)
    state, text = state_of(delivery)
    assert (state, len(receiver.received)) == (DeliveryState.DEAD, 1)
    assert "169.254.169.254" in text


def test_too_large_a_page_is_halved_until_it_is_taken(page_config: SyncConfig, receiver: Receiver) -> None:
    receiver.answering = lambda request: answer(status=413 if len(json.loads(request.body)) > 3 else 200)
    run = sync(page_config)
    assert (run.delivered_count, run.dead_count) == (12, 0)
    taken = [len(body) for body in receiver.bodies() if len(body) <= 3]
    assert sum(taken) == 12


@pytest.mark.parametrize(
    ("status", "fields", "state", "words"),
    [
        (200, {}, "delivered", "Delivered, but the answer was too large to be read, so no id at id."),
        (200, {"success_statuses": "201"}, "dead", "larger than the limit"),
        (200, {"error_path": "error"}, "dead", "larger than the limit"),
        (422, {}, "dead", "larger than the limit"),
    ],
)
def test_an_endless_answer_is_cut_off(
    config: SyncConfig,
    receiver: Receiver,
    settings: Any,
    status: int,
    fields: dict[str, str],
    state: str,
    words: str,
) -> None:
    settings.SYNC_MAX_RESPONSE_BYTES = 1024 * 1024
    policy(config, **fields)
    receiver.answering = lambda _request: answer(b" " * 5 * 1024 * 1024, status=status)
    delivery = make_delivery(config, 1)
    send(config)
    found, text = state_of(delivery)
    assert (found, words in text) == (state, True)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (422, {"errors": {"email": ["is not valid"]}}, '422 Unprocessable Entity: {"email": ["is not valid"]}'),
        (400, {"error": {"code": 7, "message": "price is missing"}}, "400 Bad Request: price is missing"),
        (409, b"Order 5 exists\n already", "409 Conflict: Order 5 exists already"),
        (401, {}, "401 Unauthorized. Check the authorization of this sync: the token may have ended."),
        (
            410,
            {"message": "Moved to v2"},
            "410 Gone: Moved to v2. Nobody will answer at this address any more: correct",
        ),
        (404, "<!DOCTYPE html><h1>Not found</h1>", "404 Not Found. Check the URL and its placeholders."),
        (413, {}, "413 Request Entity Too Large. It takes no request of this size: map fewer fields"),
        (403, {"message": "wrong key shop-secret-0123 given"}, "403 Forbidden: wrong key *** given."),
        (422, {"password": "hunter22", "detail2": 1}, '{"password": "***", "detail2": 1}'),
        (422, b"\xff" * 5000, "422 Unprocessable Entity: "),
    ],
)
def test_a_refusal_says_what_the_receiver_said_and_what_to_do(
    config: SyncConfig, receiver: Receiver, status: int, body: object, words: str
) -> None:
    SyncConfig.objects.filter(pk=config.pk).update(auth_secret="")
    config.auth_secret = "shop-secret-0123"
    config.save()
    receiver.answering = lambda _request: answer(body, status=status)
    delivery = make_delivery(config, 1)
    send(config)
    state, text = state_of(delivery)
    assert state == DeliveryState.DEAD
    assert words in text
    assert len(text) < 500


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<!DOCTYPE html><html>Log in</html>", "The answer is a web page, as of a login or of maintenance"),
        ({"error": "SKU unknown"}, "The answer holds an error: SKU unknown. If it means that nothing was taken"),
        ({"data": None, "errors": [{"message": "x"}]}, 'The answer holds an error: [{"message": "x"}]'),
        ("OK", ""),
        ({"id": 5, "error": None, "errors": []}, ""),
        (b"", ""),
    ],
)
def test_a_success_that_looks_like_a_refusal_says_so(
    config: SyncConfig, receiver: Receiver, body: object, words: str
) -> None:
    SyncConfig.objects.filter(pk=config.pk).update(answer_id_path="")
    config.refresh_from_db()
    receiver.answering = lambda _request: answer(body)
    delivery = make_delivery(config, 1)
    send(config)
    state, text = state_of(delivery)
    assert (state, text.startswith(words), bool(text)) == (DeliveryState.DELIVERED, True, bool(words))


def test_the_results_of_a_page_are_understood_one_by_one(page_config: SyncConfig, receiver: Receiver) -> None:
    policy(page_config, items_path="data.results", item_id_path="ref.id", item_error_path="problem")

    def results(request: Request) -> Response:
        items = [
            {"problem": {"message": "no price"}} if item["sku"] == "DEMO-0005" else {"ref": {"id": 100 + number}}
            for number, item in enumerate(json.loads(request.body), 1)
        ]
        return answer({"data": {"results": items}})

    receiver.answering = results
    run = sync(page_config)
    assert (run.delivered_count, run.dead_count) == (11, 1)
    assert Delivery.objects.get(state="dead").last_error == "Refused by the receiver: no price"
    ids = RecordLink.objects.filter(config=page_config).order_by("odoo_id").values_list("external_id", flat=True)
    assert list(ids) == [str(100 + number) for number in range(1, 13) if number != 5]


def test_a_page_whose_results_are_missing_is_not_taken_for_delivered(
    page_config: SyncConfig, receiver: Receiver
) -> None:
    policy(page_config, items_path="results")
    receiver.answering = lambda _request: answer({"results": [{}]})
    run = sync(page_config)
    assert (run.delivered_count, run.dead_count) == (0, 12)


def test_the_id_is_written_back_to_odoo(
    config: SyncConfig, receiver: Receiver, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    policy(config, write_back_field="barcode")
    receiver.answering = with_ids
    sync(config)
    assert write_backs_run(config_id=config.pk) == 12
    (record,) = demo_odoo.call("product.product", "read", [products[0]], ["barcode"])
    assert record["barcode"] == "ext-DEMO-0001"
    assert not WriteBack.objects.exists()
    sync(config, is_full=True)
    assert write_backs_run(config_id=config.pk) == 0


def test_an_odoo_that_is_away_gets_the_ids_later(config: SyncConfig, receiver: Receiver, demo_odoo: DemoOdoo) -> None:
    policy(config, write_back_field="barcode")
    receiver.answering = with_ids
    sync(config)
    demo_odoo.stop()
    assert write_backs_run(config_id=config.pk) == 0
    assert set(WriteBack.objects.values_list("attempts", flat=True)) == {1}
    demo_odoo.start()
    WriteBack.objects.update(due_at="2020-01-01T00:00:00Z")
    sweep()
    assert write_backs_run(config_id=config.pk) == 12
