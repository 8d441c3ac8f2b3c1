"""The rules in Odoo, against the demo Odoo and a real one: `ODOO_TEST_URL` and its companions name it (see
`tests/conformance`).

It needs the module base_automation, and to reach loopback of this machine.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from clients.odoo.client import OdooClient
from demo.odoo import DemoOdoo
from outbound.hook_watch import CHECK_EVERY, hooks_check
from outbound.hooks import HookExists, hook_check, hook_create, hook_remove, hook_show
from outbound.models import DeliveryPolicy, OdooHook
from outbound.needs import hooks_need
from outbound.noticed import HookTarget, hook_target
from syncconfig.connections import client_for
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine
from tests.outbound.receiver import Receiver

pytestmark = pytest.mark.django_db
RULES = "base.automation"
IS_REAL = pytest.mark.skipif(not os.environ.get("ODOO_TEST_URL"), reason="ODOO_TEST_URL names no real Odoo")


@pytest.fixture(params=[18, 19, pytest.param("real", marks=IS_REAL)])
def connection(request: pytest.FixtureRequest, db: None) -> Iterator[OdooConnection]:
    if request.param == "real":
        yield OdooConnection.objects.create(
            name="Real",
            url=os.environ["ODOO_TEST_URL"],
            database=os.environ["ODOO_TEST_DB"],
            login=os.environ["ODOO_TEST_LOGIN"],
            secret=os.environ["ODOO_TEST_KEY"],
        )
        return
    with DemoOdoo(version=request.param) as server:
        yield OdooConnection.objects.create(
            name="Demo", url=server.url, database=server.db, login=server.login, secret=server.api_key
        )


@pytest.fixture
def config(connection: OdooConnection) -> Iterator[SyncConfig]:
    made = SyncConfig.objects.create(
        name=f"hook-test-{uuid.uuid4().hex[:6]}",
        request_type="out",
        connection=connection,
        model="res.partner",
        domain="[('is_company', '=', False)]",
        url="http://127.0.0.1:1/",
        method_post=True,
    )
    for position, field in enumerate(("ref", "name", "email", "country_id.name")):
        SyncConfigLine.objects.create(
            config=made, position=position, field=field, key=field, is_identifier=field == "ref"
        )
    DeliveryPolicy.objects.create(config=made, deletions="report")
    yield made
    hook_remove(config=made)


@pytest.fixture
def odoo(config: SyncConfig) -> OdooClient:
    return client_for(config.connection)


@pytest.fixture
def hub() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


@pytest.fixture
def told(hub: Receiver) -> Callable[[], list[int]]:
    def ids() -> list[int]:
        """The records that were told of since the last time."""
        time.sleep(0.4)
        requests, hub.received = hub.received, []
        return [json.loads(request.body)["_id"] for request in requests]

    return ids


def test_what_will_be_made_is_shown_without_its_secret(config: SyncConfig) -> None:
    first, second = hook_show(config=config, site_url="https://sync.example.com/").lines()
    assert "on_create_or_write, when one of these changes: country_id, email, is_company, name, ref" in first
    assert first.endswith("it calls https://sync.example.com/bj_api_sync/hooks/***")
    assert "on_unlink" in second
    assert not OdooHook.objects.exists()


def test_a_rule_tells_once_of_what_is_mapped_and_of_nothing_else(
    config: SyncConfig, odoo: OdooClient, hub: Receiver, told: Callable[[], list[int]]
) -> None:
    hook = hook_create(config=config, site_url=hub.url)
    assert hook_target(hook.secret) == HookTarget(config.pk, "res.partner")
    assert hook_target(hook.secret + "x") is None
    (partner_id,) = odoo.create("res.partner", [{"name": config.name, "email": "a@example.com"}])
    assert told() == [partner_id]
    odoo.write("res.partner", [partner_id], {"phone": "1"})
    assert told() == []
    odoo.write("res.partner", [partner_id], {"email": "b@example.com"})
    assert told() == [partner_id]
    odoo.unlink("res.partner", [partner_id])
    assert told() == [partner_id]


def test_what_was_changed_in_odoo_is_found(config: SyncConfig, odoo: OdooClient, hub: Receiver) -> None:
    hook = hook_create(config=config, site_url=hub.url)
    assert hook_check(config=config, site_url=hub.url) == []
    odoo.write(RULES, hook.rule_ids[:1], {"active": False})
    odoo.write("ir.actions.server", hook.action_ids[:1], {"webhook_url": "http://127.0.0.1/other"})
    SyncConfigLine.objects.create(config=config, position=9, field="city", key="city")
    problems = " ".join(hook_check(config=config, site_url=hub.url))
    for words in ("is switched off", "does not call our address", "does not look at city"):
        assert words in problems
    odoo.unlink(RULES, hook.rule_ids[1:])
    assert "One of its rules is gone." in hook_check(config=config)


def test_it_is_made_once_and_removed_whole(config: SyncConfig, odoo: OdooClient, hub: Receiver) -> None:
    hook = hook_create(config=config, site_url=hub.url)
    with pytest.raises(HookExists):
        hook_create(config=config, site_url=hub.url)
    # As if the answers to the creates had been lost.
    OdooHook.objects.update(rule_ids=[], action_ids=[])
    assert hook_remove(config=config)
    assert odoo.search(RULES, [["id", "in", hook.rule_ids]], context={"active_test": False}) == []
    assert odoo.search("ir.actions.server", [["id", "in", hook.action_ids]]) == []
    assert not hook_remove(config=config)


@pytest.fixture
def catalogue(connection: OdooConnection) -> Iterator[SyncConfig]:
    made = SyncConfig.objects.create(
        name=f"hook-test-{uuid.uuid4().hex[:6]}",
        request_type="out",
        connection=connection,
        model="product.product",
        domain="[('sale_ok', '=', True)]",
        url="http://127.0.0.1:1/",
        method_post=True,
    )
    for position, field in enumerate(("default_code", "name", "list_price", "barcode")):
        SyncConfigLine.objects.create(
            config=made, position=position, field=field, key=field, is_identifier=field == "default_code"
        )
    yield made
    hook_remove(config=made)


def test_rules_that_somebody_deletes_in_odoo_are_missed_within_the_hour(config: SyncConfig, hub: Receiver) -> None:
    DeliveryPolicy.objects.update_or_create(config=config, defaults={"alert_emails": "ops@example.com"})
    hook = hook_create(config=config, site_url=hub.url)
    assert (hooks_check(limit=5), hooks_check(limit=5)) == (1, 0)
    hook.refresh_from_db()
    assert (hook.problem, len(mail.outbox)) == ("", 0)
    client_for(config.connection).unlink(RULES, hook.rule_ids)
    assert hooks_check(limit=5) == 0
    for _round in range(2):
        OdooHook.objects.update(checked_at=timezone.now() - CHECK_EVERY - timedelta(minutes=1))
        assert hooks_check(limit=5) == 1
    hook.refresh_from_db()
    assert hook.problem.startswith(
        "2 of its rules are gone." if len(hook.rule_ids) == 2 else "One of its rules is gone."
    )
    assert [letter.subject for letter in mail.outbox] == [
        f"[Sync hub] {config.name}: its rule in Odoo is not as it was made"
    ]
    assert [need.title for need in hooks_need(timezone.now())] == [config.name]


def test_an_odoo_that_is_away_says_nothing_about_its_rules(config: SyncConfig, hub: Receiver) -> None:
    hook_create(config=config, site_url=hub.url)
    connection = OdooConnection.objects.get()
    url, connection.url = connection.url, "http://127.0.0.1:9"
    connection.save()
    assert hooks_check(limit=5) == 0
    assert OdooHook.objects.get().problem == ""
    connection.url = url
    connection.save()


def test_a_price_that_is_computed_from_the_template_is_told_of(catalogue: SyncConfig, hub: Receiver) -> None:
    SyncConfigLine.objects.filter(config=catalogue, field="list_price").update(field="lst_price")
    shown = hook_show(config=catalogue, site_url=hub.url).lines()
    assert "on product.template, on_create_or_write, when one of these changes: list_price, name, sale_ok" in shown[1]
    assert "lst_price, price_extra: kept on another model or computed" in shown[-1]
    hook_create(config=catalogue, site_url=hub.url)
    assert hook_check(config=catalogue, site_url=hub.url) == []


def test_a_price_that_is_kept_on_the_template_is_told_of(
    catalogue: SyncConfig, hub: Receiver, told: Callable[[], list[int]]
) -> None:
    odoo = client_for(catalogue.connection)
    code = catalogue.name.upper()
    (variant_id,) = odoo.create("product.product", [{"name": code, "default_code": code, "list_price": 5}])
    (record,) = odoo.read("product.product", [variant_id], ["product_tmpl_id"])
    template_id = record["product_tmpl_id"][0]

    shown = hook_show(config=catalogue, site_url=hub.url).lines()
    hook = hook_create(config=catalogue, site_url=hub.url)

    assert "on product.template, on_create_or_write, when one of these changes: list_price, name, sale_ok" in shown[1]
    assert len(shown) == 2
    assert hook_target(hook.secret) == HookTarget(
        catalogue.pk, "product.product", {"product.template": "product_tmpl_id"}
    )
    assert hook_check(config=catalogue, site_url=hub.url) == []
    for price, model, record_id in ((6, "product.template", template_id), (7, "product.product", variant_id)):
        odoo.write(model, [record_id], {"list_price": price})
        assert template_id in told()
    odoo.unlink(RULES, hook.rule_ids[1:])
    assert "There is no rule on product.template for on_create_or_write." in hook_check(config=catalogue)
    odoo.unlink("product.template", [template_id])
