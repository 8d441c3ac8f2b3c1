"""A sync with an external API that is pointed elsewhere: nobody but staff can say whether its records are the same."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from demo.shop_lists import made_customers
from outbound.models import Delivery, DeliveryPolicy, DeliveryState, PullPolicy, RecordLink, RunState, RunTrigger
from outbound.runs import run_start
from syncconfig.models import OdooConnection, SyncConfig
from tests.outbound.conftest import MakeConfig, make_delivery, sync
from tests.outbound.pulling import shop_pull
from tests.outbound.test_admin import limited
from tests.outbound.test_settings_admin import save
from tests.outbound.two_odoos import connect

pytestmark = pytest.mark.django_db


@pytest.fixture
def known(config: SyncConfig, products: list[int]) -> SyncConfig:
    """A sync that has brought twelve products to the shop."""
    sync(config)
    DeliveryPolicy.objects.create(config=config, reads_changes=True, change_cursor="2020-01-01 00:00:00/0")
    return config


def links(config: SyncConfig) -> int:
    return RecordLink.objects.filter(config=config).count()


def question(page: BeautifulSoup | None) -> str:
    assert page is not None
    assert [field["value"] for field in page.select("input[type=radio][name=known_records]")] == ["keep", "forget"]
    return " ".join(page.select_one(".errorlist").get_text(" ").split())  # type: ignore[union-attr]


def test_another_host_is_asked_about_and_nothing_saved_before_the_answer(staff: Client, known: SyncConfig) -> None:
    page = save(staff, known, url="https://new.example.com/api/products")
    text = question(page)
    assert "12 records are known from http://127.0.0.1" in text
    assert "the same ones at https://new.example.com?" in text
    known.refresh_from_db()
    assert known.url.startswith("http://127.0.0.1")
    assert links(known) == 12


def test_kept_records_stay_known(staff: Client, known: SyncConfig) -> None:
    assert save(staff, known, url="https://new.example.com/api/products", known_records="keep") is None
    known.refresh_from_db()
    assert (known.url, links(known)) == ("https://new.example.com/api/products", 12)
    assert DeliveryPolicy.objects.get().change_cursor
    texts = LogEntry.objects.values_list("change_message", flat=True)
    assert "Pointed elsewhere: the known records were kept." in texts


def test_forgotten_records_are_made_anew_and_what_waits_is_discarded(
    staff: Client, known: SyncConfig, admin_user: User, make_config: MakeConfig
) -> None:
    waiting = make_delivery(known, 1)
    dead = make_delivery(known, 2, state=DeliveryState.DEAD)
    other = make_config(name="Another")
    theirs = make_delivery(other, 1)
    run = run_start(config=known, trigger=RunTrigger.MANUAL)
    with DemoShop() as new:
        answers = {"url": f"{new.url}/api/products", "known_records": "forget"}
        assert save(staff, known, **answers) is None
        assert links(known) == 0
        assert DeliveryPolicy.objects.get(config=known).change_cursor == ""
        run.refresh_from_db()
        assert run.state == RunState.CANCELLED
        for delivery in (waiting, dead):
            delivery.refresh_from_db()
            assert (delivery.state, delivery.discard_reason) == ("discarded", "The sync was pointed elsewhere.")
        theirs.refresh_from_db()
        assert theirs.state == DeliveryState.PENDING
        entry = LogEntry.objects.get(change_message__startswith="Pointed elsewhere")
        assert (entry.user, entry.object_id) == (admin_user, str(known.pk))
        known.refresh_from_db()
        known.auth_secret = new.token
        known.save()
        assert sync(known).delivered_count == 12
        assert len(new.products) == 12
        assert {call.method for call in new.received} == {"POST"}


@pytest.mark.parametrize("path", ["/api/v2/products", "/api/products?b=1"])
def test_another_path_of_the_host_is_the_same_system(
    staff: Client, known: SyncConfig, shop: DemoShop, path: str
) -> None:
    assert save(staff, known, url=f"{shop.url}{path}", name="Renamed") is None
    assert links(known) == 12


def test_who_has_sent_nothing_yet_is_asked_nothing(staff: Client, config: SyncConfig) -> None:
    assert save(staff, config, url="https://new.example.com/api/products") is None


def test_another_odoo_as_the_source_is_asked_about(staff: Client, known: SyncConfig) -> None:
    with DemoOdoo(version=18, database="production") as production:
        other = connect(production, "Production")
        assert "known from Demo" in question(save(staff, known, connection=str(other.pk)))
        assert save(staff, known, connection=str(other.pk), known_records="forget") is None
    assert links(known) == 0


def test_a_connection_that_leads_elsewhere_asks_for_all_syncs_that_it_feeds(
    staff: Client, known: SyncConfig, make_config: MakeConfig
) -> None:
    second = make_config(name="Another")
    sync(second)
    connection = known.connection
    values = {
        "name": connection.name,
        "url": connection.url,
        "database": "production",
        "login": connection.login,
        "secret": "",
        "protocol": connection.protocol,
        "timezone": connection.timezone,
        "connect_timeout_s": "5",
        "read_timeout_s": "15",
        "verify_tls": "on",
    }
    url = reverse("admin:syncconfig_odooconnection_change", args=[connection.pk])
    page = BeautifulSoup(staff.post(url, values).content, "html.parser")
    assert "24 records are known from" in question(page)
    assert OdooConnection.objects.get(pk=connection.pk).database == connection.database
    assert staff.post(url, {**values, "known_records": "forget"}).status_code == 302
    assert (links(known), links(second)) == (0, 0)
    assert LogEntry.objects.filter(change_message__startswith="Pointed elsewhere").exists()
    # Another login of the same database asks nothing.
    assert staff.post(url, {**values, "login": "somebody"}).status_code == 302


def test_what_is_fetched_from_another_host_is_asked_about_too(
    staff: Client, connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(3)
    config = shop_pull(connection, shop)
    sync(config)
    PullPolicy.objects.update(since_value="2026-01-01T00:00:00Z")
    assert "3 records are known" in question(save(staff, config, url="https://new.example.com/api/customers"))
    changed = {"url": "https://new.example.com/api/customers", "known_records": "forget"}
    assert save(staff, config, **changed) is None
    assert (links(config), PullPolicy.objects.get().since_value) == (0, "")


def test_who_may_only_look_sees_the_form_as_before(client: Client, known: SyncConfig) -> None:
    limited(client, "view_syncconfig")
    answer = client.get(reverse("admin:syncconfig_syncconfig_change", args=[known.pk]))
    assert answer.status_code == 200
    assert b"known_records" not in answer.content
    assert Delivery.objects.filter(state=DeliveryState.DELIVERED).count() == 12
