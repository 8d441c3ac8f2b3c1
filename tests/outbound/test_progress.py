"""How far a run has come, in the admin while it runs, and on the terminal."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clients.errors import Kind, RemoteError
from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from outbound.management.commands import sync_run
from outbound.models import Delivery, RunState, RunTrigger, SyncRun
from outbound.progress import progress_of
from outbound.replay import delivery_discard, delivery_replay
from outbound.runs import run_start
from outbound.selection import Selection
from outbound.terminal import duration
from syncconfig.models import SyncConfig
from tests.outbound.conftest import MakeConfig, sync

pytestmark = pytest.mark.django_db


def running(config: SyncConfig, **counts: Any) -> SyncRun:
    """A run that was started ten seconds ago."""
    return SyncRun.objects.create(
        config=config,
        trigger=RunTrigger.MANUAL,
        state=RunState.RUNNING,
        started_at=timezone.now() - timedelta(seconds=10),
        claimed_until=timezone.now() + timedelta(minutes=2),
        **counts,
    )


def test_rate_and_time_left_come_from_what_is_settled(config: SyncConfig) -> None:
    run = running(
        config, total_count=100, read_count=50, unchanged_count=5, rejected_count=2, queued_count=43,
        delivered_count=12, dead_count=1,
    )  # fmt: skip
    found = progress_of(run, now=run.started_at + timedelta(seconds=10))
    assert (found.total, found.settled, found.percent) == (100, 20, 20)
    assert found.rate == pytest.approx(2.0)
    assert found.left_s == pytest.approx(40.0)


def test_what_was_given_up_waits_for_nothing(config: SyncConfig, products: list[int], shop: DemoShop) -> None:
    shop.fail_next(1, status=400, only="DEMO-0001")
    run = sync(config)
    assert run.dead_count == 1
    delivery_discard(ids=Delivery.objects.filter(run=run).values_list("pk", flat=True), user=None)
    run.refresh_from_db()
    found = progress_of(run, now=timezone.now())
    assert (found.waiting, found.is_live) == (0, False)
    delivery_replay(ids=Delivery.objects.filter(run=run, state="discarded").values_list("pk", flat=True), user=None)
    assert progress_of(run, now=timezone.now()).waiting == 1


def test_before_anything_is_known_there_is_no_telling(config: SyncConfig) -> None:
    found = progress_of(running(config), now=timezone.now())
    assert (found.total, found.left_s, found.percent) == (None, None, 0)


def test_a_done_run_whose_deliveries_wait_is_still_live(make_config: MakeConfig, shop: DemoShop) -> None:
    shop.fail_next(1, status=503, only="DEMO-0001")
    run = sync(make_config(retry_schedule="600"))
    found = progress_of(run, now=timezone.now())
    assert (found.is_active, found.waiting, found.is_live) == (False, 1, True)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.6, "1 min 0 s"), (125, "2 min 5 s"), (7800, "2 h 10 min")]
)
def test_durations_are_written_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_odoo_counts_once_and_only_where_there_is_more_than_a_page(
    make_config: MakeConfig, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    one_page = make_config(name="One page")
    several = make_config(name="Several", page_size=5)
    assert sync(one_page).total_count is None
    assert ("product.product", "search_count") not in demo_odoo.calls
    assert sync(several).total_count == len(products)
    assert demo_odoo.calls["product.product", "search_count"] == 1


def test_of_chosen_records_nobody_is_asked(make_config: MakeConfig, demo_odoo: DemoOdoo, products: list[int]) -> None:
    run = sync(make_config(page_size=5), record_ids=products[:7])
    assert run.total_count == 7
    assert ("product.product", "search_count") not in demo_odoo.calls


def test_an_odoo_that_cannot_count_stops_no_run(
    make_config: MakeConfig, shop: DemoShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count(self: Selection, after_id: int) -> int:
        raise RemoteError("Too slow.", kind=Kind.RETRYABLE, code="timeout")

    monkeypatch.setattr(Selection, "count", count)
    run = sync(make_config(page_size=5))
    assert (run.state, run.delivered_count, run.total_count) == (RunState.DONE, 12, None)


def fragment(client: Client, run: SyncRun) -> BeautifulSoup:
    response = client.get(reverse("admin:outbound_syncrun_progress", args=[run.pk]))
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def test_the_page_shows_the_progress_and_says_where_to_fetch_it(admin_client: Client, config: SyncConfig) -> None:
    run = running(config, total_count=100, unchanged_count=25, read_count=25)
    page = admin_client.get(reverse("admin:outbound_syncrun_change", args=[run.pk]))
    live = BeautifulSoup(page.content, "html.parser").select_one("[data-live]")
    assert live is not None
    assert live["data-live"] == reverse("admin:outbound_syncrun_progress", args=[run.pk])
    assert live.select_one("[data-is-live]") is not None
    assert "25 of 100 records settled" in live.get_text(" ")
    assert re.search(r"\b3\d s left", live.get_text(" "))
    assert "outbound/live.js" in page.content.decode()


def test_what_is_fetched_ends_when_the_run_does(admin_client: Client, config: SyncConfig) -> None:
    run = running(config, total_count=100, unchanged_count=25, read_count=25)
    first = fragment(admin_client, run)
    assert first.select_one("[data-is-live]") is not None
    assert first.select_one("html") is None
    SyncRun.objects.update(state=RunState.DONE, finished_at=timezone.now())
    last = fragment(admin_client, run)
    assert last.select_one("[data-is-live]") is None
    assert "The run is over." in last.get_text(" ")


def test_who_may_not_see_runs_fetches_nothing(client: Client, config: SyncConfig) -> None:
    run = running(config)
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert client.get(reverse("admin:outbound_syncrun_progress", args=[run.pk])).status_code == 403


def test_a_rejected_record_leads_to_its_story(admin_client: Client, config: SyncConfig) -> None:
    run = sync(config, record_ids=[999_999])
    page = admin_client.get(reverse("admin:outbound_syncrun_change", args=[run.pk])).content.decode()
    assert f"{reverse('admin:auditlog_apilog_story')}?config={config.pk}&amp;id=999999" in page


def test_who_cancelled_a_run_is_recorded(admin_client: Client, config: SyncConfig) -> None:
    run = SyncRun.objects.create(config=config, trigger=RunTrigger.MANUAL)
    admin_client.post(reverse("admin:outbound_syncrun_cancel", args=[run.pk]), {"_form_submitted": "on"})
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.change_message) == (str(run.pk), "Cancelled the run.")


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.django_db(transaction=True)
def test_a_terminal_gets_a_bar_with_counts_and_rate(make_config: MakeConfig, shop: DemoShop) -> None:
    make_config(page_size=5)
    output = Terminal()
    call_command("sync_run", "Catalogue", "--inline", stdout=output, stderr=output)
    shown = output.getvalue()
    assert "12 of 12" in shown
    assert "/s" in shown
    assert "Done: read 12" in shown
    assert len(shop.products) == 12


def test_a_run_is_cancelled_by_name(config: SyncConfig) -> None:
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    output = StringIO()
    call_command("sync_run", "Catalogue", "--cancel", stdout=output)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert f"Run #{run.pk} is cancelled." in output.getvalue()
    with pytest.raises(CommandError, match="No run of Catalogue is waiting or running"):
        call_command("sync_run", "Catalogue", "--cancel")


def test_ctrl_c_cancels_what_is_worked_on_here(config: SyncConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sync_run, "run_execute", interrupted)
    with pytest.raises(CommandError, match="is cancelled"):
        call_command("sync_run", "Catalogue", "--inline", stdout=StringIO())
    assert SyncRun.objects.get().state == RunState.CANCELLED


def test_ctrl_c_ends_the_waiting_and_not_the_run(config: SyncConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sync_run.time, "sleep", interrupted)
    with pytest.raises(CommandError, match="goes on without being watched"):
        call_command("sync_run", "Catalogue", "--wait", stdout=StringIO())
    assert SyncRun.objects.get().state == RunState.PENDING
