"""Many dead letters at once: which are chosen, what would be sent, and what is."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from outbound.models import Delivery, DeliveryState, SyncRun
from outbound.replay_many import replay_choose, replay_simulate
from outbound.runs import run_execute
from syncconfig.models import SyncConfig
from tests.outbound.conftest import make_delivery, send, set_price, sync

pytestmark = pytest.mark.django_db


def dead(config: SyncConfig, shop: DemoShop) -> None:
    """All twelve records refused."""
    shop.fail_next(12, status=422)
    assert sync(config).dead_count == 12


def command(*args: str) -> str:
    out = StringIO()
    call_command("sync_replay", *args, stdout=out, stderr=out)
    return out.getvalue()


def test_all_dead_ones_are_sent_again_under_their_keys(config: SyncConfig, shop: DemoShop) -> None:
    dead(config, shop)
    assert command(config.name) == "12 will be sent again.\n"
    assert send(config).delivered == 12
    assert len({call.idempotency_key for call in shop.received}) == 12
    assert command(config.name).startswith("There is nothing to send again: ")


def test_they_are_chosen_by_time_and_by_error(config: SyncConfig) -> None:
    now = timezone.now()
    old, fresh, other = (
        make_delivery(config, record_id, state=DeliveryState.DEAD, last_error=text)
        for record_id, text in ((1, "Price missing"), (2, "price missing"), (3, "no sku"))
    )
    Delivery.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=3))
    day = timedelta(days=1)
    assert replay_choose(config=config, since=now - day) == [fresh.pk, other.pk]
    assert replay_choose(config=config, until=now - day) == [old.pk]
    assert replay_choose(config=config, error="price") == [old.pk, fresh.pk]


def test_what_is_outdated_is_not_brought_back(config: SyncConfig) -> None:
    first = make_delivery(config, 1, state=DeliveryState.DEAD)
    make_delivery(config, 2, state=DeliveryState.DEAD)
    make_delivery(config, 2, state=DeliveryState.DELIVERED)
    make_delivery(config, 3, state=DeliveryState.DEAD)
    latest = make_delivery(config, 3, state=DeliveryState.DEAD)
    assert replay_choose(config=config) == [first.pk, latest.pk]


def test_the_button_of_an_outdated_delivery_sends_nothing_and_says_why(
    config: SyncConfig, admin_client: Client
) -> None:
    old = make_delivery(config, 2, state=DeliveryState.DEAD)
    make_delivery(config, 2, state=DeliveryState.DELIVERED)
    pressed = {"_form_submitted": "on"}
    admin_client.post(f"/admin/outbound/delivery/{old.pk}/replay/", pressed)
    answer = admin_client.get(f"/admin/outbound/delivery/{old.pk}/change/")
    assert "something newer of this record was sent" in answer.content.decode()
    old.refresh_from_db()
    assert old.state == DeliveryState.DEAD


def test_a_simulation_says_what_would_change_and_sends_nothing(
    config: SyncConfig, shop: DemoShop, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    dead(config, shop)
    set_price(demo_odoo, products[1], 42.5)
    demo_odoo.call("product.product", "unlink", products[:1])
    preview = replay_simulate(config=config, ids=replay_choose(config=config), anew=True)
    assert (preview.deliveries, preview.requests) == (11, 12)
    assert [line.partition(":")[0] for line in preview.changes] == [str(products[1])]
    assert preview.changes[0].endswith("→ 42.5")
    assert [line.partition(":")[0] for line in preview.lost] == [str(products[0])]
    assert "11 would be sent again, in up to 12 requests." in command(config.name, "--simulate", "--anew")
    assert len(shop.received) == 12
    assert Delivery.objects.filter(state=DeliveryState.DEAD).count() == 12


def test_mapped_anew_they_go_out_as_they_are_now(
    config: SyncConfig, shop: DemoShop, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    dead(config, shop)
    set_price(demo_odoo, products[1], 42.5)
    command(config.name, "--anew")
    assert Delivery.objects.filter(state=DeliveryState.DISCARDED).count() == 12
    run_execute(run_id=SyncRun.objects.latest("pk").pk, budget_s=30)
    assert shop.products["DEMO-0002"]["price"] == 42.5
    assert len(shop.products) == 12
    assert len({call.idempotency_key for call in shop.received}) == 24


def test_a_time_that_is_none_is_refused(config: SyncConfig) -> None:
    with pytest.raises(CommandError, match="--since takes a date or a time"):
        command(config.name, "--since", "yesterday")
