"""A preview of a config that fetches: the first page is asked for, and nothing is different afterwards."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from auditlog.models import ApiLog
from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from demo.shop_lists import made_customers
from outbound.models import PullPolicy
from outbound.preview import Effect
from outbound.preview_pull import preview_pull
from syncconfig.models import OdooConnection, SyncConfig
from tests.outbound.conftest import sync
from tests.outbound.pulling import shop_pull
from tests.outbound.test_preview import counts, rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def config(connection: OdooConnection, shop: DemoShop) -> SyncConfig:
    shop.customers = made_customers(12)
    return shop_pull(connection, shop, "link", page_size=5)


def test_it_shows_what_would_become_of_each_item_and_changes_nothing(
    config: SyncConfig, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    demo_odoo.call("res.partner", "create", {"name": "Old", "email": "customer-0002@example.com"})
    shop.customers[2] = {**shop.customers[2], "address": {"country": "XX"}}
    odoo, ours = rows(demo_odoo), counts()

    preview = preview_pull(config=config)

    assert rows(demo_odoo) == odoo
    assert counts() == ours
    assert preview.problem == ""
    effects = [record.effect for record in preview.records]
    assert effects == [Effect.CREATE, Effect.UPDATE, Effect.REFUSE, Effect.CREATE, Effect.CREATE]
    assert {change.field for change in preview.records[1].changes or ()} == {"name", "phone", "city", "country_id"}
    assert preview.records[2].errors[0].key == "address.country"
    made, following = preview.calls
    assert made.call == f"GET {shop.url}/api/customers?limit=5"
    assert made.content["answer"] == {"items": 5}  # type: ignore[index]
    assert "page_info=" in following.call
    assert "shop-token" not in json.dumps(preview.as_dict())
    assert len(shop.received) == 1
    assert not ApiLog.objects.exclude(is_dry_run=True).exists()


def test_what_was_fetched_like_this_is_unchanged(config: SyncConfig) -> None:
    sync(config)
    assert {record.effect for record in preview_pull(config=config, limit=3).records} == {Effect.UNCHANGED}


def test_what_does_not_answer_or_cannot_be_followed_is_its_problem(config: SyncConfig, shop: DemoShop) -> None:
    shop.fail_next(1, status=404)
    assert "Check the URL" in preview_pull(config=config).problem

    PullPolicy.objects.filter(config=config).update(items_path="clients")
    config.refresh_from_db()
    preview = preview_pull(config=config)
    assert "no list at clients" in preview.problem
    assert "an object with customers" in preview.problem

    PullPolicy.objects.filter(config=config).update(items_path="customers", pages="next_url", next_path="nowhere")
    preview = preview_pull(config=config)
    assert len(preview.records) == 5
    assert "nothing at nowhere" in preview.problem


def test_the_command_shows_it(config: SyncConfig) -> None:
    out = StringIO()
    call_command("sync_preview", config.name, "--limit", "2", stdout=out)
    assert "customer-0001@example.com: create" in out.getvalue()
    assert "customer-0003" not in out.getvalue()
    assert "GET http" in out.getvalue()


def test_the_page_in_the_admin_shows_it(config: SyncConfig, client: Client, admin_user: User) -> None:
    client.force_login(admin_user)
    address = reverse("admin:syncconfig_syncconfig_preview", args=[config.pk])
    assert b"the first page is fetched" in client.get(address).content
    answer = client.post(address, {"limit": "2"}).content.decode()
    assert "customer-0002@example.com" in answer
    assert "Would be created" in answer
    assert "Called for this" in answer
