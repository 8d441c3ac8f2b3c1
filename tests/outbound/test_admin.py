"""What staff see of runs and deliveries, and what their buttons do."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from demo.shop import DemoShop
from outbound.models import Delivery, DeliveryState, OdooHook, RecordLink, RunState, RunTrigger, SyncRun
from syncconfig.models import SyncConfig, SyncConfigLine
from tests.outbound.conftest import MakeConfig, make_delivery, send, send_until_settled, sync

pytestmark = pytest.mark.django_db
SUBMITTED = {"_form_submitted": "on"}


def page(client: Client, view: str, *args: Any, query: str = "") -> BeautifulSoup:
    response = client.get(reverse(f"admin:{view}", args=args) + query)
    assert response.status_code == 200, response
    return BeautifulSoup(response.content, "html.parser")


def rows(soup: BeautifulSoup) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in soup.select("#result_list tbody tr")]


def press(client: Client, view: str, pk: int, **data: Any) -> Any:
    return client.post(reverse(f"admin:{view}", args=[pk]), {**SUBMITTED, **data})


def limited(client: Client, *permissions: str) -> Client:
    """Staff with these permissions alone."""
    user = User.objects.create_user("limited", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def test_runs_are_listed_with_their_state_and_progress(
    staff: Client, config: SyncConfig, django_assert_max_num_queries: Any
) -> None:
    sync(config)
    with django_assert_max_num_queries(12):
        text = rows(page(staff, "outbound_syncrun_changelist"))[0]
    assert "Done" in text
    assert "12 of 12" in text


def test_a_run_shows_why_records_were_rejected(staff: Client, config: SyncConfig) -> None:
    run = sync(config, record_ids=[999_999])
    text = page(staff, "outbound_syncrun_change", run.pk).get_text(" ")
    assert "999999" in text
    assert "filter domain leaves it out" in text


def test_a_delivery_shows_its_payload_and_every_attempt(staff: Client, config: SyncConfig, shop: DemoShop) -> None:
    delivery = make_delivery(config, 5)
    shop.fail_next(1, status=503)
    send_until_settled(config)
    soup = page(staff, "outbound_delivery_change", delivery.pk)
    assert '"sku": "SKU-5"' in soup.select_one("pre.sync-code").get_text()
    statuses = [link.get_text() for link in soup.select("ol.log-timeline a")]
    assert statuses == ["503", "201"]
    assert not soup.select("input[name=_save]")


def test_the_log_of_a_delivery_has_the_batch_that_carried_it(staff: Client, page_config: SyncConfig) -> None:
    sync(page_config)
    first = Delivery.objects.order_by("pk")[0]
    listed = rows(page(staff, "auditlog_apilog_changelist", query=f"?delivery_id=%23{first.pk}"))
    assert len(listed) == 1
    assert "12 records" in listed[0]


def test_a_waiting_delivery_shows_its_next_attempt(staff: Client, make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config(retry_schedule="600")
    delivery = make_delivery(config, 5)
    shop.fail_next(1, status=503)
    send(config)
    table = page(staff, "outbound_delivery_change", delivery.pk).select_one("ol.log-timeline")
    assert "next attempt" in table.get_text()


def test_the_value_of_a_secret_line_is_not_shown(staff: Client, config: SyncConfig) -> None:
    SyncConfigLine.objects.create(config=config, field="barcode", key="hidden.code", is_secret=True)
    delivery = make_delivery(config, 5, payload={"sku": "A", "hidden": {"code": "top-secret"}})
    html = str(page(staff, "outbound_delivery_change", delivery.pk))
    assert "top-secret" not in html
    assert "***" in html


def test_deliveries_are_found_by_state_record_key_and_batch(staff: Client, config: SyncConfig) -> None:
    waiting = make_delivery(config, 41)
    dead = make_delivery(config, 42, state=DeliveryState.DEAD, batch="a" * 32)
    for query, found in (
        ("?state__exact=dead", dead),
        ("?q=41", waiting),
        (f"?q={waiting.idempotency_key}", waiting),
        ("?q=" + "a" * 32, dead),
    ):
        listed = rows(page(staff, "outbound_delivery_changelist", query=query))
        assert [row.split()[0] for row in listed if row.startswith("#")] == [f"#{found.pk}"], query


def test_the_list_of_deliveries_is_never_counted(
    staff: Client, config: SyncConfig, django_assert_max_num_queries: Any
) -> None:
    make_delivery(config, 1)
    with django_assert_max_num_queries(12) as queries:
        page(staff, "outbound_delivery_changelist")
    counts = [each["sql"] for each in queries if "COUNT(" in each["sql"] and "outbound_delivery" in each["sql"]]
    assert counts == []


def test_a_dead_delivery_is_sent_again_with_its_key(staff: Client, config: SyncConfig, shop: DemoShop) -> None:
    delivery = make_delivery(config, 1)
    shop.fail_next(1, status=400)
    send(config)
    response = press(staff, "outbound_delivery_replay", delivery.pk)
    assert response.headers["HX-Redirect"] == reverse("admin:outbound_delivery_change", args=[delivery.pk])
    send(config)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 1)
    assert {call.idempotency_key for call in shop.received} == {delivery.idempotency_key}


def test_looking_at_the_dialog_changes_nothing(staff: Client, config: SyncConfig) -> None:
    delivery = make_delivery(config, 1, state=DeliveryState.DEAD)
    response = staff.get(reverse("admin:outbound_delivery_replay", args=[delivery.pk]))
    assert "csrfmiddlewaretoken" in response.content.decode()
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DEAD


def test_a_delivery_is_discarded_with_a_reason_and_by_whom(staff: Client, config: SyncConfig) -> None:
    delivery = make_delivery(config, 1, state=DeliveryState.DEAD)
    assert "This field is required" in press(staff, "outbound_delivery_discard", delivery.pk).content.decode()
    press(staff, "outbound_delivery_discard", delivery.pk, reason="Entered by hand.")
    text = page(staff, "outbound_delivery_change", delivery.pk).get_text(" ")
    assert "by admin: Entered by hand." in text
    assert LogEntry.objects.get().change_message == "Discarded. Entered by hand."


def test_a_waiting_delivery_is_sent_now(staff: Client, make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config(retry_schedule="600")
    delivery = make_delivery(config, 1)
    shop.fail_next(1, status=503)
    send(config)
    button = reverse("admin:outbound_delivery_hurry", args=[delivery.pk])
    assert button in str(page(staff, "outbound_delivery_change", delivery.pk))
    press(staff, "outbound_delivery_hurry", delivery.pk)
    send(config)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)
    assert button not in str(page(staff, "outbound_delivery_change", delivery.pk))


def test_who_may_replay_has_the_button(client: Client, config: SyncConfig) -> None:
    delivery = make_delivery(config, 1, state=DeliveryState.DEAD)
    user = limited(client, "view_delivery", "replay_delivery")
    button = reverse("admin:outbound_delivery_replay", args=[delivery.pk])
    assert button in str(page(user, "outbound_delivery_change", delivery.pk))


def test_who_may_only_look_cannot_replay(client: Client, config: SyncConfig) -> None:
    delivery = make_delivery(config, 1, state=DeliveryState.DEAD)
    button = reverse("admin:outbound_delivery_replay", args=[delivery.pk])
    looker = limited(client, "view_delivery")
    assert button not in str(page(looker, "outbound_delivery_change", delivery.pk))
    assert press(looker, "outbound_delivery_replay", delivery.pk).status_code == 403
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DEAD


def test_run_now_starts_a_run_of_chosen_records(staff: Client, config: SyncConfig, products: list[int]) -> None:
    response = press(staff, "syncconfig_syncconfig_run_now", config.pk, record_ids=f"{products[0]}, {products[1]}")
    run = SyncRun.objects.get()
    assert (run.trigger, run.record_ids, run.is_full) == (RunTrigger.MANUAL, products[:2], False)
    assert run.user.username == "admin"
    assert response.headers["HX-Redirect"] == reverse("admin:outbound_syncrun_change", args=[run.pk])


def test_run_now_says_what_is_wrong_with_the_ids(staff: Client, config: SyncConfig) -> None:
    response = press(staff, "syncconfig_syncconfig_run_now", config.pk, record_ids="all of them")
    assert "Write whole numbers" in response.content.decode()
    assert not SyncRun.objects.exists()


def test_run_now_while_it_runs_is_refused_with_a_reason(staff: Client, config: SyncConfig) -> None:
    SyncRun.objects.create(config=config, trigger=RunTrigger.MANUAL)
    press(staff, "syncconfig_syncconfig_run_now", config.pk)
    text = page(staff, "syncconfig_syncconfig_changelist").get_text(" ")
    assert "is running already" in text
    assert SyncRun.objects.count() == 1


def test_the_button_is_there_for_out_syncs_and_who_may_run_them(client: Client, make_config: MakeConfig) -> None:
    out = make_config()
    into = make_config(name="In", request_type="in", endpoint="x")
    user = limited(client, "view_syncconfig", "run_syncconfig")
    assert reverse("admin:syncconfig_syncconfig_run_now", args=[out.pk]) in str(
        page(user, "syncconfig_syncconfig_change", out.pk)
    )
    assert "/run" not in str(page(user, "syncconfig_syncconfig_change", into.pk))


def test_who_may_not_run_gets_403(client: Client, config: SyncConfig) -> None:
    looker = limited(client, "view_syncconfig", "change_syncconfig")
    assert press(looker, "syncconfig_syncconfig_run_now", config.pk).status_code == 403
    assert not SyncRun.objects.exists()


def test_chosen_syncs_are_run_from_the_list(staff: Client, make_config: MakeConfig) -> None:
    ids = [make_config(name=name).pk for name in ("One", "Two")]
    staff.post(reverse("admin:syncconfig_syncconfig_changelist"), {"action": "run_chosen", "_selected_action": ids})
    assert sorted(SyncRun.objects.values_list("config_id", flat=True)) == ids


def test_a_run_is_cancelled_and_resumed_by_button(staff: Client, config: SyncConfig) -> None:
    run = SyncRun.objects.create(config=config, trigger=RunTrigger.MANUAL)
    button = reverse("admin:outbound_syncrun_cancel", args=[run.pk])
    assert button in str(page(staff, "outbound_syncrun_change", run.pk))
    press(staff, "outbound_syncrun_cancel", run.pk)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    press(staff, "outbound_syncrun_resume", run.pk)
    run.refresh_from_db()
    assert run.state == RunState.PENDING


def test_a_run_that_is_over_offers_no_cancelling(staff: Client, config: SyncConfig) -> None:
    run = sync(config)
    assert press(staff, "outbound_syncrun_cancel", run.pk).status_code == 403
    button = reverse("admin:outbound_syncrun_cancel", args=[run.pk])
    assert button not in str(page(staff, "outbound_syncrun_change", run.pk))


def test_links_are_listed_and_can_be_removed(staff: Client, config: SyncConfig) -> None:
    kept = RecordLink.objects.create(config=config, odoo_id=7, external_id="abc")
    assert "abc" in rows(page(staff, "outbound_recordlink_changelist", query="?q=7"))[0]
    story = f"{reverse('admin:auditlog_apilog_story')}?config={config.pk}&id=7"
    assert page(staff, "outbound_recordlink_changelist", query="?q=abc").select_one(f'a[href="{story}"]')
    staff.post(reverse("admin:outbound_recordlink_delete", args=[kept.pk]), {"post": "yes"})
    assert not RecordLink.objects.exists()


def test_whether_odoo_reaches_this_site_is_shown_with_its_rules(staff: Client, config: SyncConfig) -> None:
    hook = OdooHook.objects.create(config=config, secret="s3cret-of-the-rule", secret_hash="x", rule_ids=[1, 2])
    address = reverse("admin:syncconfig_syncconfig_changelist") + f"{config.pk}/odoo-hook/"
    text = staff.get(address).content.decode()
    assert "It has not called yet" in text
    assert hook.secret not in text
    OdooHook.objects.update(told_at=timezone.now())
    assert "It last called" in staff.get(address).content.decode()
