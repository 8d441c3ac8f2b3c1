"""Replaying and discarding: what becomes of keys, batches and the run's counts."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from demo.shop import DemoShop
from outbound.claims import deliveries_claim
from outbound.models import Delivery, DeliveryState
from outbound.replay import delivery_discard, delivery_hurry, delivery_replay
from syncconfig.models import SyncConfig
from tests.outbound.conftest import make_delivery, send, sync

pytestmark = pytest.mark.django_db
BATCH = uuid.UUID(int=5)


def test_a_replay_begins_the_attempts_anew_and_names_who_asked(config: SyncConfig, admin_user: User) -> None:
    delivery = make_delivery(config, 1, state=DeliveryState.DEAD, attempts=10, next_attempt_at=None)
    assert delivery_replay(ids=[delivery.pk], user=admin_user) == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("pending", 0, "Replayed by admin.")
    assert delivery.next_attempt_at is not None


def test_open_deliveries_are_not_replayed(config: SyncConfig) -> None:
    ids = [make_delivery(config, 1).pk, make_delivery(config, 2, state=DeliveryState.SENDING).pk]
    assert delivery_replay(ids=ids, user=None) == 0


def test_the_counts_of_the_run_follow(config: SyncConfig, shop: DemoShop) -> None:
    shop.fail_next(1, status=400, only="DEMO-0001")
    run = sync(config)
    assert (run.delivered_count, run.dead_count) == (11, 1)
    delivery_replay(ids=Delivery.objects.filter(state="dead").values_list("pk", flat=True), user=None)
    run.refresh_from_db()
    assert (run.delivered_count, run.dead_count) == (11, 0)
    send(config)
    run.refresh_from_db()
    assert (run.delivered_count, run.dead_count) == (12, 0)


def test_a_whole_batch_keeps_its_key_and_a_part_gets_its_own(page_config: SyncConfig) -> None:
    rows = [make_delivery(page_config, number, batch=BATCH, state=DeliveryState.DEAD) for number in (1, 2, 3)]
    delivery_replay(ids=[row.pk for row in rows], user=None)
    assert set(Delivery.objects.values_list("batch", flat=True)) == {BATCH}
    Delivery.objects.update(state=DeliveryState.DEAD)
    delivery_replay(ids=[rows[0].pk, rows[1].pk], user=None)
    first, second, third = Delivery.objects.order_by("pk").values_list("batch", flat=True)
    assert first == second != BATCH
    assert third == BATCH


def test_what_is_left_of_a_batch_after_discarding_travels_under_a_new_key(
    page_config: SyncConfig, shop: DemoShop
) -> None:
    rows = [make_delivery(page_config, number, batch=BATCH) for number in (1, 2, 3)]
    assert delivery_discard(ids=[rows[0].pk], user=None) == 1
    send(page_config)
    assert [item["sku"] for item in shop.received[0].json["products"]] == ["SKU-2", "SKU-3"]
    assert shop.received[0].idempotency_key != BATCH.hex
    rows[0].refresh_from_db()
    assert rows[0].state == DeliveryState.DISCARDED
    assert rows[0].discarded_at is not None


def test_a_discarded_one_says_who_when_and_why_until_it_is_sent_again(config: SyncConfig, admin_user: User) -> None:
    delivery = make_delivery(config, 1, state=DeliveryState.DEAD, last_error="Refused.")
    delivery_discard(ids=[delivery.pk], user=admin_user, reason="Entered by hand.")
    delivery.refresh_from_db()
    assert (delivery.discard_reason, delivery.discarded_by) == ("Entered by hand.", admin_user)
    assert delivery.last_error == "Refused."
    delivery_replay(ids=[delivery.pk], user=None)
    delivery.refresh_from_db()
    assert (delivery.discard_reason, delivery.discarded_by, delivery.discarded_at) == ("", None, None)


def test_a_waiting_one_is_sent_now_with_its_whole_batch(page_config: SyncConfig, shop: DemoShop) -> None:
    later = timezone.now() + timedelta(hours=1)
    rows = [make_delivery(page_config, number, batch=BATCH, next_attempt_at=later) for number in (1, 2)]
    assert send(page_config).delivered == 0
    assert delivery_hurry(ids=[rows[0].pk]) == 2
    assert send(page_config).delivered == 2
    assert delivery_hurry(ids=[rows[0].pk]) == 0


def test_what_is_being_sent_cannot_be_discarded(config: SyncConfig) -> None:
    delivery = make_delivery(config, 1)
    deliveries_claim(config_id=config.pk, limit=1)
    assert delivery_discard(ids=[delivery.pk], user=None) == 0
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.SENDING
