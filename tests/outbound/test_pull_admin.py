"""Fetching in the admin: its settings, what is shown of what was fetched, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from demo.shop_lists import made_customers
from outbound.hook_plans import hook_plan
from outbound.models import Delivery, DeliveryPolicy, DeliveryState, PullPolicy, RunTrigger, SyncRun
from outbound.replay_many import replay_anew, replay_choose, replay_simulate
from outbound.runs import RunRefused
from outbound.schedules import scheduled_start
from syncconfig.connections import client_for
from syncconfig.models import OdooConnection, SyncConfig
from syncconfig.rights import rights_needed
from tests.outbound.conftest import sync
from tests.outbound.pulling import partners, shop_pull
from tests.outbound.test_admin import press
from tests.outbound.test_settings_admin import save

pytestmark = pytest.mark.django_db


@pytest.fixture
def config(connection: OdooConnection, shop: DemoShop) -> SyncConfig:
    shop.customers = made_customers(3)
    return shop_pull(connection, shop)


def test_settings_are_made_on_the_config_and_checked_there(staff: Client, config: SyncConfig) -> None:
    assert save(staff, config, **{"pull_policy-0-pages": "page", "pull_policy-0-position_param": "page"}) is None
    assert PullPolicy.objects.get().pages == "page"

    page = save(staff, config, **{"pull_policy-0-pages": "cursor", "pull_policy-0-next_path": "a[x"})
    assert page is not None
    assert "write [0], [1], ... or []" in page.text


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"pages": "offset"}, "position_param", "where a page begins"),
        ({"pages": "cursor", "position_param": "c"}, "next_path", "meta.next_cursor"),
        ({"pages": "next_url"}, "next_path", "meta.next_cursor"),
        ({"pages": "page", "position_param": "p", "size_param": "p"}, "position_param", "the same parameter"),
        ({"size_param": "s", "since_param": "s", "since_path": "t"}, "size_param", "the same parameter"),
        ({"since_param": "since"}, "since_path", "updated_at"),
        ({"since_path": "t"}, "since_param", "updated_at_min"),
        ({"other_hosts": "https://x.example.com/"}, "other_hosts", "without https"),
        ({"max_pages": 0}, "max_pages", "greater than or equal to 1"),
    ],
)
def test_settings_that_cannot_work_name_the_field_and_the_cure(
    config: SyncConfig, values: dict[str, Any], field: str, words: str
) -> None:
    PullPolicy.objects.all().delete()
    with pytest.raises(ValidationError) as refusal:
        PullPolicy(config=config, **values).full_clean()
    assert list(refusal.value.message_dict) == [field]
    assert words in str(refusal.value.message_dict[field])


def test_what_is_for_sending_alone_is_refused(config: SyncConfig) -> None:
    given = {"reads_changes": True, "write_back_field": "ref", "deletions": "report", "puts_linked": True}
    with pytest.raises(ValidationError) as refusal:
        DeliveryPolicy(config=config, **given).full_clean()
    assert set(refusal.value.message_dict) == set(given)


def test_the_url_takes_path_parameters_but_no_mapped_keys(staff: Client, config: SyncConfig) -> None:
    page = save(staff, config, url="https://api.example.com/{email}/list")
    assert page is not None
    assert "no path parameter has that name" in page.text


def test_pages_show_the_identifier_and_the_odoo_id_and_no_number_of_ours(
    staff: Client, config: SyncConfig, demo_odoo: DemoOdoo
) -> None:
    sync(config)
    delivery = Delivery.objects.get(external_id="customer-0002@example.com")
    found = partners(demo_odoo)["customer-0002@example.com"]
    changelist = staff.get(reverse("admin:outbound_delivery_changelist")).content.decode()
    page = staff.get(reverse("admin:outbound_delivery_change", args=[delivery.pk])).content.decode()

    for text in (changelist, page):
        assert "customer-0002@example.com" in text
        assert str(delivery.record_id) not in text
    shown = BeautifulSoup(page, "html.parser").text
    assert str(found["id"]) in shown
    assert "res.partner.create" in shown
    search = staff.get(reverse("admin:outbound_delivery_changelist"), {"q": "customer-0002@example.com"})
    assert b"customer-0002@example.com" in search.content
    assert b"customer-0003@example.com" not in search.content


def test_run_now_says_that_ids_make_no_sense(staff: Client, config: SyncConfig) -> None:
    press(staff, "syncconfig_syncconfig_run_now", config.pk, record_ids="1, 2")
    assert b"cannot be limited to ids of Odoo" in staff.get(reverse("admin:index"), follow=True).content
    assert not SyncRun.objects.exists()


def test_schedules_and_the_command_start_it(config: SyncConfig, demo_odoo: DemoOdoo) -> None:
    run = scheduled_start(config)
    assert run is not None
    assert run.trigger == RunTrigger.SCHEDULE
    SyncRun.objects.all().delete()
    call_command("sync_run", config.name, "--inline")
    assert len(partners(demo_odoo)) == 3


def test_the_command_names_what_could_not_be_taken(
    config: SyncConfig, shop: DemoShop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.customers[1] = {**shop.customers[1], "email": ""}
    with pytest.raises(CommandError, match="1 could not be delivered"):
        call_command("sync_run", config.name, "--inline")
    told = capsys.readouterr().err
    assert "Page 1, item 2: email: is empty" in told
    assert f"Delivery #{Delivery.objects.get(state=DeliveryState.DEAD).pk} could not be delivered: email: " in told


def test_dead_items_are_simulated_as_odoo_is_now_and_mapped_anew_by_being_sent_again(
    config: SyncConfig, shop: DemoShop
) -> None:
    shop.customers[0] = {**shop.customers[0], "address": {"country": "XX"}}
    sync(config)
    ids = replay_choose(config=config, state=DeliveryState.DEAD)
    assert len(ids) == 1

    preview = replay_simulate(config=config, ids=ids, anew=True)
    assert preview.deliveries == 0
    assert "address.country" in preview.lost[0]
    with pytest.raises(RunRefused, match="mapped anew with every attempt"):
        replay_anew(config=config, ids=ids)
    assert Delivery.objects.get(pk=ids[0]).state == DeliveryState.DEAD


def test_odoo_has_no_rule_to_set_up_for_it(config: SyncConfig) -> None:
    with pytest.raises(ValueError, match="Odoo has nothing to tell it"):
        hook_plan(config=config, client=client_for(config.connection), site_url="https://hub.example.com/")


def test_the_rights_it_needs_are_asked_for(config: SyncConfig, connection: OdooConnection) -> None:
    needs = rights_needed(connection)
    assert {"read", "create", "write"} <= set(needs["res.partner"])
