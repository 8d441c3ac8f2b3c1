"""Dead letters that something newer of their record has overtaken: they are kept, and ask nobody for anything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from outbound.config_health import facts_of
from outbound.models import Delivery, DeliveryState, RunTrigger, SyncRun
from outbound.needs import dead_need
from outbound.overtaken import overtaken_close
from outbound.replay import delivery_replay
from outbound.replay_many import replay_anew
from outbound.runs import run_execute
from outbound.tasks import run_purge
from syncconfig.models import SyncConfig
from tests.outbound.conftest import make_delivery, set_price, sync
from tests.outbound.test_admin import page, press

pytestmark = pytest.mark.django_db


@pytest.fixture
def dead(config: SyncConfig, shop: DemoShop) -> Delivery:
    """Of a run that brought eleven others."""
    shop.fail_next(1, status=400, only="DEMO-0001")
    assert sync(config).dead_count == 1
    return Delivery.objects.get(state=DeliveryState.DEAD)


def overtake(config: SyncConfig, demo_odoo: DemoOdoo, dead: Delivery) -> None:
    set_price(demo_odoo, dead.record_id, 77)
    assert sync(config).delivered_count == 1


def test_a_dead_letter_is_overtaken_when_its_record_arrives(
    config: SyncConfig, demo_odoo: DemoOdoo, dead: Delivery
) -> None:
    assert [each.title for each in dead_need(timezone.now())] == ["Catalogue"]
    overtake(config, demo_odoo, dead)
    dead.refresh_from_db()
    assert (dead.state, dead.last_status) == (DeliveryState.SUPERSEDED, 400)
    assert dead.run is not None
    assert (dead.run.delivered_count, dead.run.dead_count) == (11, 0)
    assert list(dead_need(timezone.now())) == []
    assert facts_of([config], timezone.now())[config.pk].dead == 0


def test_a_dead_letter_that_is_newer_than_what_arrives_stays_dead(config: SyncConfig, shop: DemoShop) -> None:
    older = make_delivery(config, 1, state=DeliveryState.DELIVERED)
    newer = make_delivery(config, 1, state=DeliveryState.DEAD)
    others = make_delivery(config, 2, state=DeliveryState.DEAD)
    delivery_replay(ids=[older.pk], user=None)
    assert overtaken_close(config_id=config.pk, arrived={1: older.pk}) == 0
    assert set(Delivery.objects.filter(pk__in=[newer.pk, others.pk]).values_list("state", flat=True)) == {"dead"}


def test_a_count_that_is_wrong_keeps_nothing_from_being_written(
    config: SyncConfig, demo_odoo: DemoOdoo, dead: Delivery
) -> None:
    SyncRun.objects.update(dead_count=0)
    overtake(config, demo_odoo, dead)
    dead.refresh_from_db()
    assert dead.state == DeliveryState.SUPERSEDED
    assert set(SyncRun.objects.values_list("dead_count", flat=True)) == {0}


def test_one_that_is_refused_anew_stays_dead_until_something_arrives(
    config: SyncConfig, demo_odoo: DemoOdoo, shop: DemoShop, dead: Delivery
) -> None:
    shop.fail_next(1, status=400)
    set_price(demo_odoo, dead.record_id, 77)
    assert sync(config).dead_count == 1
    assert Delivery.objects.filter(state=DeliveryState.DEAD).count() == 2
    set_price(demo_odoo, dead.record_id, 78)
    assert sync(config).delivered_count == 1
    assert Delivery.objects.filter(state=DeliveryState.SUPERSEDED).count() == 2


def test_it_can_be_sent_again_as_it_was_or_mapped_anew(
    config: SyncConfig, demo_odoo: DemoOdoo, shop: DemoShop, dead: Delivery
) -> None:
    overtake(config, demo_odoo, dead)
    run = replay_anew(config=config, ids=[dead.pk])
    assert run.trigger == RunTrigger.REPLAY
    run_execute(run_id=run.pk, budget_s=10)
    assert shop.products["DEMO-0001"]["price"] == 77
    dead.refresh_from_db()
    assert dead.state == DeliveryState.SUPERSEDED
    assert delivery_replay(ids=[dead.pk], user=None) == 1
    dead.refresh_from_db()
    assert dead.state == DeliveryState.PENDING


def test_staff_see_that_it_is_overtaken_and_why_it_is_not_sent_by_a_slip(
    client: Client, admin_user: User, config: SyncConfig, demo_odoo: DemoOdoo, dead: Delivery
) -> None:
    client.force_login(admin_user)
    overtake(config, demo_odoo, dead)
    shown = page(client, "outbound_delivery_change", dead.pk).get_text(" ")
    assert "Overtaken" in shown
    assert "Send again" in shown
    assert "Map anew" in shown
    press(client, "outbound_delivery_replay", dead.pk)
    dead.refresh_from_db()
    assert dead.state == DeliveryState.SUPERSEDED
    assert "Overtaken" in page(client, "outbound_delivery_changelist", query="?state__exact=superseded").get_text(" ")


def test_it_is_forgotten_in_time_as_what_arrived_is(config: SyncConfig, demo_odoo: DemoOdoo, dead: Delivery) -> None:
    overtake(config, demo_odoo, dead)
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=1000))
    run_purge()
    assert not Delivery.objects.filter(pk=dead.pk).exists()
