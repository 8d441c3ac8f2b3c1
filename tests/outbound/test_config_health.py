"""How each sync does, as its badge, the filter and the home page say it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import Schedule

from auditlog.models import ApiLog, TrafficHour
from auditlog.rollup import hour_of
from auditlog.traffic import Rate
from inbound.models import InboundRequest
from outbound.config_health import MOST_COUNTED, Facts, Health, facts_of, with_health
from outbound.models import Delivery, DeliveryPolicy, OdooHook, SyncRun
from syncconfig.models import OdooConnection, SyncConfig, SyncTrigger

pytestmark = pytest.mark.django_db


@pytest.fixture
def odoo(db: None) -> OdooConnection:
    return OdooConnection.objects.create(name="Odoo", url="http://127.0.0.1:9", database="d", login="l", secret="s")


@pytest.fixture
def out(odoo: OdooConnection) -> SyncConfig:
    return SyncConfig.objects.create(
        name="Catalogue", request_type="out", connection=odoo, model="product.product", method_post=True,
        url="https://shop.example.com/items",
    )  # fmt: skip


@pytest.fixture
def into(odoo: OdooConnection) -> SyncConfig:
    return SyncConfig.objects.create(
        name="Orders", request_type="in", connection=odoo, model="sale.order", endpoint="orders", method_post=True
    )


def facts(config: SyncConfig) -> Facts:
    found = facts_of([config], timezone.now())[config.pk]
    # What the filter finds is what the badge says.
    for health in Health:
        rows = with_health(SyncConfig.objects.all(), timezone.now()).filter(health=health)
        assert rows.filter(pk=config.pk).exists() == (health == found.health)
    return found


def run(config: SyncConfig, state: str, *, minutes_ago: int = 5, **fields: Any) -> SyncRun:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    ended = {} if state in ("pending", "running") else {"finished_at": at}
    return SyncRun.objects.create(config=config, trigger="manual", state=state, started_at=at, **ended, **fields)


def traffic(config: SyncConfig, *, count: int, failed: int, hours_ago: int = 0, **fields: Any) -> None:
    hour = hour_of(timezone.now()) - timedelta(hours=hours_ago)
    TrafficHour.objects.create(
        **{
            "hour": hour, "config_id": config.pk, "direction": config.request_type, "party": "api", "count": count,
            "failed": failed, "last_ok_at": hour if count > failed else None, **fields,
        }
    )  # fmt: skip


def test_a_new_sync_never_ran(out: SyncConfig, into: SyncConfig) -> None:
    assert facts(out).health == facts(into).health == Health.NEVER
    assert facts(out).last_success is None
    assert facts(into).rate is None


def test_a_first_call_is_seen_before_the_hours_count_it(into: SyncConfig) -> None:
    at = timezone.now()
    ApiLog.objects.create(
        created_at=at, direction="in", party="api", config=into, method="POST", url="/", status=201, duration_ms=5
    )
    found = facts_of([into], timezone.now())[into.pk]
    assert (found.health, found.last_success, found.rate) == (Health.HEALTHY, at, Rate(1, 0, at))


def test_the_last_run_that_ended_decides(out: SyncConfig) -> None:
    run(out, "failed", error="AccessError")
    assert (facts(out).health, facts(out).last_run_error) == (Health.FAILING, "AccessError")
    run(out, "done")
    assert facts(out).health == Health.HEALTHY
    run(out, "running")
    assert facts(out).health == Health.HEALTHY
    assert facts(out).is_running


def test_nothing_but_errors_in_the_last_hours_is_failing(into: SyncConfig) -> None:
    traffic(into, count=90, failed=0, hours_ago=5)
    assert facts(into).health == Health.HEALTHY
    traffic(into, count=3, failed=3)
    assert facts(into).health == Health.FAILING
    assert facts(into).rate is not None
    assert facts(into).rate.percent == 97


def test_one_success_lately_is_enough(into: SyncConfig) -> None:
    traffic(into, count=10, failed=9)
    assert facts(into).health == Health.HEALTHY


def test_a_quiet_sync_is_judged_by_the_day(into: SyncConfig) -> None:
    traffic(into, count=4, failed=4, hours_ago=20)
    assert facts(into).health == Health.FAILING
    TrafficHour.objects.update(hour=hour_of(timezone.now()) - timedelta(hours=40))
    assert facts(into).health == Health.HEALTHY


def test_errors_of_odoo_and_of_the_other_direction_are_not_its_own(into: SyncConfig) -> None:
    traffic(into, count=5, failed=5, party="odoo")
    traffic(into, count=5, failed=5, direction="out")
    assert facts(into).health != Health.FAILING


def test_paused_and_off_are_no_failures(out: SyncConfig) -> None:
    run(out, "failed")
    DeliveryPolicy.objects.create(config=out, is_paused=True)
    assert facts(out).health == Health.PAUSED
    out.active = False
    out.save()
    assert facts(out).health == Health.OFF


def test_success_is_a_run_that_is_done_or_an_exchange_that_went_well(out: SyncConfig) -> None:
    done = run(out, "done", minutes_ago=300)
    assert facts(out).last_success == done.finished_at
    traffic(out, count=2, failed=1)
    assert facts(out).last_success == hour_of(timezone.now())


def test_a_promise_that_is_not_kept_is_late(out: SyncConfig) -> None:
    run(out, "done", minutes_ago=90)
    DeliveryPolicy.objects.create(config=out, promised_minutes=120)
    assert not facts(out).is_late(timezone.now())
    DeliveryPolicy.objects.update(promised_minutes=60)
    assert facts(out).is_late(timezone.now())


def test_the_backlog_is_counted_to_a_limit(out: SyncConfig) -> None:
    for state, count in (("pending", 3), ("delivered", 4), ("dead", MOST_COUNTED + 20)):
        Delivery.objects.bulk_create(
            Delivery(config=out, record_id=number, method="POST", payload={}, state=state) for number in range(count)
        )
    found = facts(out)
    assert (found.pending, found.dead) == (3, MOST_COUNTED + 1)


def test_behind_odoo_is_the_age_of_the_cursor_or_of_the_last_full_read(out: SyncConfig) -> None:
    assert facts(out).behind is None
    run(out, "done", minutes_ago=30)
    assert facts(out).behind // timedelta(minutes=1) == 30
    cursor = (timezone.now() - timedelta(minutes=7)).strftime("%Y-%m-%d %H:%M:%S")
    DeliveryPolicy.objects.create(config=out, reads_changes=True, change_cursor=f"{cursor}/0")
    assert facts(out).behind // timedelta(minutes=1) == 7


def test_the_next_run_is_the_first_of_its_schedules(out: SyncConfig) -> None:
    for minutes in (30, 600):
        SyncTrigger.objects.create(config=out, kind="interval", interval_minutes=minutes)
    assert facts(out).next_run == Schedule.objects.order_by("next_run").first().next_run
    SyncTrigger.objects.all().delete()
    assert facts(out).next_run is None


# --- the list ---


def listed(client: Client, query: str = "") -> dict[str, str]:
    """The text of each row by its sync's name."""
    answer = client.get(reverse("admin:syncconfig_syncconfig_changelist") + query)
    assert answer.status_code == 200
    soup = BeautifulSoup(answer.content, "html.parser")
    rows = soup.select("#result_list tbody tr")
    return {row.select_one(".field-name").get_text(strip=True): " ".join(row.get_text(" ").split()) for row in rows}


def test_the_list_says_in_words_how_each_sync_does(staff: Client, out: SyncConfig, into: SyncConfig) -> None:
    run(out, "failed", error="AccessError: account.move")
    traffic(out, count=200, failed=1)
    Delivery.objects.create(config=out, record_id=1, method="POST", payload={}, state="dead")
    SyncTrigger.objects.create(config=out, kind="interval", interval_minutes=30)
    for _each in range(2):
        InboundRequest.objects.create(config=into, method="POST", is_queued=True, created_at=timezone.now())
    rows = listed(staff)
    for words in ("Failing", "AccessError", "99 %", "of 200", "1 dead", "in 29", "Out: POST"):
        assert words in rows["Catalogue"], words
    for words in ("Never ran", "no traffic", "2 waiting", "when called", "In: POST"):
        assert words in rows["Orders"], words


def test_a_rule_in_odoo_says_when_it_runs(staff: Client, out: SyncConfig) -> None:
    assert "by hand" in listed(staff)["Catalogue"]
    OdooHook.objects.create(config=out, secret="s", secret_hash="h")
    assert "when Odoo tells" in listed(staff)["Catalogue"]


@pytest.mark.parametrize("health", list(Health))
def test_the_filter_finds_what_the_badges_say(
    health: Health, staff: Client, out: SyncConfig, into: SyncConfig, odoo: OdooConnection
) -> None:
    run(out, "failed")
    traffic(into, count=1, failed=0)
    made = {
        name: SyncConfig.objects.create(
            name=name, request_type="out", connection=odoo, model="res.partner", url="https://x.example.com", active=on
        )
        for name, on in (("New", True), ("Resting", True), ("Old", False))
    }
    DeliveryPolicy.objects.create(config=made["Resting"], is_paused=True)
    wanted = {"healthy": "Orders", "failing": "Catalogue", "paused": "Resting", "never": "New", "off": "Old"}
    rows = listed(staff, f"?health={health.value}")
    assert list(rows) == [wanted[health]]
    assert str(health.label) in rows[wanted[health]]


def test_an_unknown_filter_is_no_filter(staff: Client, out: SyncConfig) -> None:
    assert list(listed(staff, "?health=nonsense")) == ["Catalogue"]


def test_pausing_and_resuming_several_at_once(staff: Client, out: SyncConfig, into: SyncConfig) -> None:
    url = reverse("admin:syncconfig_syncconfig_changelist")
    chosen = [out.pk, into.pk]
    answer = staff.post(url, {"action": "pause_chosen", "_selected_action": chosen}, follow=True)
    assert "Paused: Catalogue, Orders." in answer.content.decode()
    into.refresh_from_db()
    assert DeliveryPolicy.objects.get(config=out).is_paused
    assert not into.active
    answer = staff.post(url, {"action": "resume_chosen", "_selected_action": chosen}, follow=True)
    assert "Resumed: Catalogue, Orders." in answer.content.decode()
    into.refresh_from_db()
    assert not DeliveryPolicy.objects.get(config=out).is_paused
    assert into.active


def test_pausing_makes_a_new_revision_of_an_endpoint(staff: Client, into: SyncConfig) -> None:
    before = into.revision
    url = reverse("admin:syncconfig_syncconfig_changelist")
    staff.post(url, {"action": "pause_chosen", "_selected_action": [into.pk]})
    into.refresh_from_db()
    assert into.revision > before


def test_a_sync_that_is_switched_off_is_not_switched_on_by_resuming(staff: Client, out: SyncConfig) -> None:
    SyncConfig.objects.filter(pk=out.pk).update(active=False)
    url = reverse("admin:syncconfig_syncconfig_changelist")
    staff.post(url, {"action": "resume_chosen", "_selected_action": [out.pk]})
    out.refresh_from_db()
    assert not out.active
