"""Deliveries over real sockets: what the shop gets, and what becomes of them when it misbehaves."""

from __future__ import annotations

import pytest

from auditlog.models import ApiLog
from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from outbound.models import Delivery, DeliveryState, RecordLink
from outbound.sweeps import sweep
from syncconfig.models import SyncConfig, SyncHeader, SyncParam
from tests.outbound.conftest import MakeConfig, make_delivery, send, send_until_settled, set_price, sync

pytestmark = pytest.mark.django_db


def keys(shop: DemoShop) -> list[str | None]:
    return [call.idempotency_key for call in shop.received]


def test_every_record_arrives_as_mapped(
    config: SyncConfig, shop: DemoShop, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    run = sync(config)
    assert (run.state, run.read_count, run.queued_count, run.delivered_count, run.dead_count) == ("done", 12, 12, 12, 0)
    for record in demo_odoo.call("product.product", "read", products, ["default_code", "name", "list_price"]):
        sku = record["default_code"]
        assert shop.products[sku] == {
            "id": shop.products[sku]["id"],
            "sku": sku,
            "title": record["name"],
            "price": record["list_price"],
            "category": "All",
        }
    assert len(set(keys(shop))) == len(shop.received) == 12
    assert RecordLink.objects.filter(config=config).exclude(payload_hash="").count() == 12


def test_the_request_carries_what_the_receiver_needs_to_recognise_it(config: SyncConfig, shop: DemoShop) -> None:
    SyncHeader.objects.create(config=config, key="X-Shop-Domain", value="my-shop")
    delivery = make_delivery(config, 7)
    send(config)
    headers = shop.received[0].headers
    assert headers["Idempotency-Key"] == headers["webhook-id"] == delivery.idempotency_key
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Shop-Domain"] == "my-shop"
    assert len(headers["X-Request-ID"]) == 32
    assert shop.received[0].json == delivery.payload


def test_two_failures_and_a_success_are_three_attempts_with_one_key(config: SyncConfig, shop: DemoShop) -> None:
    delivery = make_delivery(config, 1)
    shop.fail_next(2, status=503)
    send_until_settled(config)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.last_status) == (DeliveryState.DELIVERED, 3, 201)
    assert keys(shop) == [delivery.idempotency_key] * 3
    assert len({call.headers["X-Request-ID"] for call in shop.received}) == 3
    assert ApiLog.objects.filter(delivery_id=delivery.pk).count() == 3


def test_a_receiver_that_stays_down_makes_it_dead_when_the_schedule_is_used_up(
    config: SyncConfig, shop: DemoShop
) -> None:
    delivery = make_delivery(config, 1)
    shop.fail_next(9, status=500)
    send_until_settled(config)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.next_attempt_at) == (DeliveryState.DEAD, 4, None)
    assert delivery.last_error.endswith(
        "500 Internal Server Error: The shop answers 500 as it was told to. Given up after 4 attempts."
    )


def test_retry_after_is_honoured(config: SyncConfig, shop: DemoShop) -> None:
    delivery = make_delivery(config, 1)
    shop.fail_next(1, status=429, retry_after_s=1)
    send_until_settled(config)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DELIVERED
    assert shop.received[1].at - shop.received[0].at >= 1


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
def test_a_refusal_is_dead_at_once(config: SyncConfig, shop: DemoShop, status: int) -> None:
    delivery = make_delivery(config, 1)
    shop.fail_next(1, status=status)
    report = send(config)
    delivery.refresh_from_db()
    assert (report.dead, delivery.state, delivery.attempts) == (1, DeliveryState.DEAD, 1)
    assert delivery.last_status == status
    assert len(shop.received) == 1


def test_a_lost_answer_is_asked_for_again_without_a_second_effect(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config(retry_schedule="0.5, 0.5")
    delivery = make_delivery(config, 1)
    shop.fail_next(1, mode="drop_after")
    send(config)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.PENDING
    assert delivery.last_error.endswith("It is sent again with the same Idempotency-Key.")
    send_until_settled(config)
    assert (shop.writes["SKU-1"], shop.replays) == (1, 1)


@pytest.mark.parametrize("mode", ["drop_before", "truncate", "502_html", "slow:1.4"])
def test_whatever_breaks_the_exchange_it_arrives_once(config: SyncConfig, shop: DemoShop, mode: str) -> None:
    delivery = make_delivery(config, 1)
    shop.fail_next(1, mode=mode)
    send_until_settled(config)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)
    assert shop.effects["created"] == 1


def test_nobody_listening_is_tried_again(config: SyncConfig, shop: DemoShop) -> None:
    delivery = make_delivery(config, 1)
    shop.stop()
    assert send(config).retried == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_status) == (DeliveryState.PENDING, None)
    shop.start()
    send_until_settled(config)
    assert "SKU-1" in shop.products


def test_an_address_that_may_not_be_called_is_dead_and_says_why(make_config: MakeConfig) -> None:
    config = make_config(url="http://169.254.169.254/latest/meta-data")
    delivery = make_delivery(config, 1)
    send(config)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DEAD
    assert "169.254.169.254" in delivery.last_error


def test_a_page_travels_in_one_request(page_config: SyncConfig, shop: DemoShop) -> None:
    run = sync(page_config)
    assert run.delivered_count == 12
    assert len(shop.received) == 1
    assert len(shop.received[0].json["products"]) == 12
    batch = Delivery.objects.values_list("batch", flat=True).distinct().get()
    assert keys(shop) == [batch.hex]
    assert ApiLog.objects.filter(batch=batch).count() == 1


def test_a_page_keeps_its_key_over_its_attempts(page_config: SyncConfig, shop: DemoShop) -> None:
    shop.fail_next(2, status=503)
    sync(page_config)
    send_until_settled(page_config)
    assert len(keys(shop)) == 3
    assert len(set(keys(shop))) == 1
    assert len({call.body for call in shop.received}) == 1


def test_one_refused_record_of_a_page_does_not_stop_the_others(page_config: SyncConfig, shop: DemoShop) -> None:
    shop.fail_next(100, status=422, only="DEMO-0005")
    run = sync(page_config)
    assert (run.delivered_count, run.dead_count) == (11, 1)
    dead = Delivery.objects.get(state=DeliveryState.DEAD)
    assert dead.payload["sku"] == "DEMO-0005"
    assert set(shop.products) == {f"DEMO-{number:04}" for number in range(1, 13)} - {"DEMO-0005"}
    assert max(shop.writes.values()) == 1


def test_a_refusal_of_the_sender_is_not_searched_for_in_the_page(page_config: SyncConfig, shop: DemoShop) -> None:
    page_config.auth_secret = "wrong"
    page_config.save()
    run = sync(page_config)
    assert (run.dead_count, len(shop.received)) == (12, 1)


def test_a_record_refused_within_a_page_is_dead_and_the_others_are_delivered(
    page_config: SyncConfig, shop: DemoShop
) -> None:
    """The shop takes what it can and answers 207 with one result per record."""
    payload = {"sku": "BAD", "title": "x", "price": -1}
    make_delivery(page_config, 1, batch="0" * 32)
    bad = make_delivery(page_config, 2, batch="0" * 32, payload=payload)
    report = send(page_config)
    bad.refresh_from_db()
    assert (report.delivered, report.dead) == (1, 1)
    assert (bad.state, bad.last_status) == (DeliveryState.DEAD, 207)
    assert bad.last_error == "Refused by the receiver: price must be a number of 0 or more."


def test_later_deliveries_of_a_record_wait_for_the_earlier_one(config: SyncConfig, shop: DemoShop) -> None:
    make_delivery(config, 1, payload={"sku": "A", "price": 1})
    make_delivery(config, 1, payload={"sku": "A", "price": 2})
    make_delivery(config, 2, payload={"sku": "B", "price": 1})
    shop.fail_next(2, status=503, only='"A"')
    send_until_settled(config)
    prices = [call.json["price"] for call in shop.received if call.json["sku"] == "A"]
    assert prices == [1, 1, 1, 2]
    assert shop.products["A"]["price"] == 2


def test_a_dead_one_does_not_hold_its_record_up(config: SyncConfig, shop: DemoShop) -> None:
    make_delivery(config, 1, state=DeliveryState.DEAD)
    make_delivery(config, 1, payload={"sku": "A", "price": 2})
    assert send(config).delivered == 1


def test_the_placeholders_of_the_url_are_filled_and_quoted(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config(
        url=f"{shop.url}/{{zone}}/products/{{sku}}/{{record_id}}/{{external_id}}", method_post=False, method_put=True
    )
    SyncParam.objects.create(config=config, kind="path", name="zone", value="a b")
    SyncParam.objects.create(config=config, kind="query", name="limit", value="5")
    SyncParam.objects.create(
        config=config, kind="query", name="day", value="datetime.now().strftime('%Y')", is_computed=True
    )
    make_delivery(config, 9, payload={"sku": "x/../y?z"}, external_id="77", method="PUT")
    send(config)
    url = ApiLog.objects.get(party="api").url
    assert url.startswith(f"{shop.url}/a%20b/products/x%2F..%2Fy%3Fz/9/77?limit=5&day=20")


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"sku": ".."}, "whose value is '..'"),
        ({"sku": ""}, "whose value is empty"),
        ({"sku": None}, "whose value is empty"),
        ({}, "no mapping line writes the key sku"),
    ],
)
def test_a_url_that_cannot_be_filled_is_not_called(
    make_config: MakeConfig, shop: DemoShop, payload: dict[str, object], words: str
) -> None:
    config = make_config(url=f"{shop.url}/api/products/{{sku}}")
    delivery = make_delivery(config, 1, payload=payload)
    send(config)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DEAD
    assert words in delivery.last_error
    assert shop.received == []


def test_the_id_in_the_answer_becomes_the_external_id(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config(answer_id_path="id")
    sync(config)
    link = RecordLink.objects.filter(config=config).earliest("odoo_id")
    assert link.external_id == str(shop.products["DEMO-0001"]["id"])


def test_an_answer_without_the_id_is_a_delivery_with_a_note(make_config: MakeConfig) -> None:
    config = make_config(answer_id_path="data.id")
    delivery = make_delivery(config, 1)
    send(config)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == (
        DeliveryState.DELIVERED,
        "Delivered, but the answer holds no id at data.id.",
    )


def test_two_records_that_get_the_same_id_do_not_break_the_page(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config(answer_id_path="id")
    for record_id in (1, 2, 3):
        make_delivery(config, record_id, payload={"sku": "SAME"})
    assert send(config).delivered == 3
    ids = RecordLink.objects.filter(config=config).order_by("odoo_id").values_list("odoo_id", "external_id")
    assert list(ids) == [(1, None), (2, None), (3, "1")]


def test_secrets_do_not_reach_the_log(config: SyncConfig, shop: DemoShop) -> None:
    SyncHeader.objects.create(config=config, key="X-Api-Token", value="very-secret-header")
    sync(config)
    for row in ApiLog.objects.all():
        text = f"{row.url} {row.request_headers} {row.request_body} {row.response_body}"
        assert "very-secret-header" not in text
        assert shop.token not in text


def test_a_config_that_is_switched_off_sends_nothing(config: SyncConfig, shop: DemoShop) -> None:
    make_delivery(config, 1)
    SyncConfig.objects.filter(pk=config.pk).update(active=False)
    assert sweep().enqueued_configs == 0
    assert shop.received == []


def test_only_the_changed_price_goes_out_again(
    config: SyncConfig, shop: DemoShop, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    sync(config)
    assert sync(config).unchanged_count == 12
    assert len(shop.received) == 12
    set_price(demo_odoo, products[3], 99.5)
    run = sync(config)
    assert (run.unchanged_count, run.queued_count, run.delivered_count) == (11, 1, 1)
    assert (shop.received[-1].json["sku"], shop.received[-1].json["price"]) == ("DEMO-0004", 99.5)
    assert len(shop.received) == 13
