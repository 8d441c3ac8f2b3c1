"""Hosts that do not answer, ask for a pause, or may only be called so often."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone

from clients.errors import Kind, RemoteError
from demo.shop import DemoShop
from outbound.alert_mail import letter
from outbound.alerts import Trouble
from outbound.hosts import Gate, Passage, breaker_close, host_address
from outbound.models import BreakerState, Delivery, DeliveryPolicy, DeliveryState, Host
from outbound.sweeps import sweep
from outbound.targets.base import Answer
from syncconfig.models import SyncConfig
from tests.outbound.conftest import MakeConfig, make_delivery, send, send_until_settled, sync

pytestmark = pytest.mark.django_db


@pytest.fixture
def other_shop() -> Iterator[DemoShop]:
    with DemoShop(token="shop-token") as server:
        yield server


def policy(config: SyncConfig, **fields: Any) -> DeliveryPolicy:
    return DeliveryPolicy.objects.create(config=config, **{"breaker_failures": 3, "breaker_pause_s": 30, **fields})


def let_pause_end() -> None:
    Host.objects.update(probe_at=timezone.now() - timedelta(seconds=1))


def broken(config: SyncConfig, shop: DemoShop, *, deliveries: int = 20) -> Host:
    """A host whose breaker has opened."""
    for record_id in range(1, deliveries + 1):
        make_delivery(config, record_id)
    shop.stop()
    send(config)
    return Host.objects.get()


def test_a_host_that_fails_again_and_again_is_left_alone(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config(retry_schedule="60")
    policy(config)
    host = broken(config, shop)
    assert (host.state, host.address) == (BreakerState.OPEN, host_address(shop.url))
    assert "No connection to" in host.last_error
    tried = Delivery.objects.filter(attempts__gt=0).count()
    assert 3 <= tried < 20
    report = send(config)
    assert (report.is_shut, Delivery.objects.filter(attempts__gt=0).count()) == (True, tried)


def test_failures_count_only_in_a_row(config: SyncConfig) -> None:
    gate = Gate(url=config.url, policy=policy(config))

    def failure() -> RemoteError:
        return RemoteError("It answered 503.", kind=Kind.RETRYABLE, status=503)

    for _round in range(5):
        assert not gate.report([failure(), failure(), Answer(200), failure(), failure()], first_delay_s=5)
        assert not gate.report([Answer(200)], first_delay_s=5)
    assert gate.passage() is Passage.FREE
    assert not gate.report([Answer(200), failure(), failure()], first_delay_s=5)
    assert gate.report([failure()], first_delay_s=5)
    assert gate.passage() is Passage.SHUT


def test_what_waits_for_a_host_uses_up_no_attempt_and_no_task(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config(retry_schedule="0.01, 60")
    policy(config)
    broken(config, shop)
    assert set(Delivery.objects.filter(last_error="").values_list("attempts", "state")) == {(0, "pending")}
    assert sweep().enqueued_configs == 0


def test_after_the_pause_one_is_tried_and_then_all_go_on(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config(retry_schedule="0.01, 0.01, 60")
    policy(config)
    broken(config, shop)
    shop.start()
    let_pause_end()
    assert sweep().enqueued_configs == 1
    send_until_settled(config)
    assert Delivery.objects.filter(state=DeliveryState.DELIVERED).count() == len(shop.products) == 20
    assert Host.objects.get().state == BreakerState.CLOSED


def test_a_probe_that_fails_makes_the_pause_longer_and_tries_one_only(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config(retry_schedule="60, 60")
    policy(config)
    broken(config, shop)
    tried = Delivery.objects.filter(attempts__gt=0).count()
    let_pause_end()
    send(config)
    assert Delivery.objects.filter(attempts__gt=0).count() == tried + 1
    host = Host.objects.get()
    assert host.probe_at is not None
    assert 50 < (host.probe_at - timezone.now()).total_seconds() <= 60


def test_one_probe_at_a_time(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config()
    made = policy(config)
    Host.objects.create(address=host_address(shop.url), state=BreakerState.OPEN, probe_at=timezone.now())
    gates = [Gate(url=config.url, policy=made) for _number in range(3)]
    assert [gate.passage() for gate in gates] == [Passage.PROBE, Passage.SHUT, Passage.SHUT]


def test_a_host_that_fails_does_not_stop_another(make_config: MakeConfig, shop: DemoShop, other_shop: DemoShop) -> None:
    config = make_config(retry_schedule="60")
    other = make_config(name="Other", url=f"{other_shop.url}/api/products")
    policy(config)
    policy(other)
    broken(config, shop)
    for record_id in range(1, 6):
        make_delivery(other, record_id)
    assert sweep().enqueued_configs == 1
    assert send(other).delivered == 5


def test_a_run_goes_on_reading_while_its_host_is_left_alone(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config()
    policy(config)
    Host.objects.create(
        address=host_address(shop.url), state=BreakerState.OPEN, probe_at=timezone.now() + timedelta(minutes=1)
    )
    run = sync(config)
    assert (run.state, run.queued_count, run.delivered_count, len(shop.received)) == ("done", 12, 0, 0)
    breaker_close(Host.objects.get())
    assert send(config).delivered == 12


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_refusal_is_an_answer_and_opens_nothing(config: SyncConfig, shop: DemoShop, status: int) -> None:
    policy(config)
    for record_id in range(1, 21):
        make_delivery(config, record_id)
    shop.fail_next(20, status=status)
    assert send(config).dead == 20
    assert not Host.objects.filter(state=BreakerState.OPEN).exists()


def test_a_host_that_asks_for_a_pause_gets_it_for_all_its_deliveries(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config()
    policy(config)
    for record_id in range(1, 31):
        make_delivery(config, record_id)
    shop.fail_next(4, status=429, retry_after_s=1)
    assert send(config).is_shut
    asked_at = shop.received[0].at
    early = len(shop.received)
    assert early < 30
    send_until_settled(config)
    assert Delivery.objects.filter(state=DeliveryState.DELIVERED).count() == 30
    assert min(call.at for call in shop.received[early:]) - asked_at >= 1


def test_a_rate_is_kept_by_all_who_send(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config()
    policy(config, rate_per_minute=1200)
    for record_id in range(1, 31):
        make_delivery(config, record_id)
    began = time.monotonic()
    send_until_settled(config)
    assert time.monotonic() - began >= 29 / 20 - 0.1
    times = [call.at for call in shop.received]
    assert max(sum(start <= at < start + 1 for at in times) for start in times) <= 22


def test_calls_under_a_rate_are_given_away_once(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config()
    made = policy(config, rate_per_minute=600)
    gates = [Gate(url=config.url, policy=made) for _number in range(3)]
    given = [moment for gate in gates for moment in gate.give(4)]
    assert len(given) == len(set(given))
    assert (max(given) - min(given)).total_seconds() <= 1.2


def test_a_paused_config_sends_nothing_until_it_goes_on(config: SyncConfig, shop: DemoShop) -> None:
    made = policy(config, is_paused=True)
    make_delivery(config, 1)
    assert sweep().enqueued_configs == 0
    assert send(config).is_shut
    made.is_paused = False
    made.save()
    assert sweep().enqueued_configs == 1
    assert send(config).delivered == 1


def test_staff_are_told_once_when_a_breaker_opens(
    make_config: MakeConfig, shop: DemoShop, other_shop: DemoShop
) -> None:
    config = make_config(retry_schedule="60")
    policy(config, alert_emails="ops@example.com, it@example.com", alert_url=f"{other_shop.url}/alerts")
    broken(config, shop)
    host = Host.objects.get()
    breaker_close(host)
    for record_id in range(100, 110):
        make_delivery(config, record_id)
    send(config)
    assert Host.objects.get().state == BreakerState.OPEN
    assert [message.to for message in mail.outbox] == [["ops@example.com", "it@example.com"]]
    assert "does not answer and is left alone" in mail.outbox[0].body
    assert [call.json["trouble"] for call in other_shop.received] == ["breaker_open"]


def test_staff_are_told_what_is_dead(config: SyncConfig, shop: DemoShop) -> None:
    policy(config, alert_emails="ops@example.com")
    make_delivery(config, 1)
    shop.fail_next(1, status=422)
    send(config)
    assert mail.outbox[0].subject == "[Sync hub] Catalogue: something could not be delivered"
    assert "1 of its deliveries is dead." in mail.outbox[0].body
    assert "422" in mail.outbox[0].body
    assert "http" not in mail.outbox[0].body.replace(shop.url, "")


@override_settings(SYNC_SITE_URL="https://sync.example.com/", TIME_ZONE="Europe/Brussels", LANGUAGE_CODE="en")
def test_an_alert_leads_to_where_it_is_mended_and_tells_the_time_with_its_zone(
    config: SyncConfig, client: Client, admin_user: User
) -> None:
    client.force_login(admin_user)
    at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    for trouble in Trouble:
        subject, body = letter(config, trouble, "What happened.", at)
        assert subject.startswith("[Sync hub] Catalogue: ")
        assert "Time: 2026-07-02 00:30:00 CEST" in body
        (url,) = [line.removeprefix("Look: ") for line in body.splitlines() if line.startswith("Look: ")]
        assert client.get(url.removeprefix("https://sync.example.com")).status_code == 200


def test_an_alert_that_cannot_be_given_breaks_nothing(config: SyncConfig, shop: DemoShop) -> None:
    policy(config, alert_url="http://127.0.0.1:1/nobody")
    make_delivery(config, 1)
    shop.fail_next(1, status=422)
    assert send(config).dead == 1
