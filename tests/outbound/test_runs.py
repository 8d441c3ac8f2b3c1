"""Runs: pages by key, what is unchanged or rejected, leases, crashes in between, and an Odoo that is away."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from django_q.models import OrmQ

import outbound.page_commits
import outbound.runs
from auditlog.models import ApiLog
from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from outbound.models import Delivery, DeliveryPolicy, DeliveryState, RecordLink, RunState, RunTrigger, SyncRun
from outbound.needs import waiting_need
from outbound.pausing import config_pause
from outbound.run_control import run_cancel, run_resume
from outbound.run_leases import LeaseLost, run_hold, run_take
from outbound.runs import Ended, RunAlreadyActive, RunRefused, run_execute, run_start
from outbound.sending import Sending
from outbound.sweeps import sweep
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine
from tests.outbound.conftest import MakeConfig, make_delivery, send_until_settled, set_price, sync

pytestmark = pytest.mark.django_db


def test_records_are_read_in_pages_by_key(make_config: MakeConfig, demo_odoo: DemoOdoo, products: list[int]) -> None:
    config = make_config(page_size=5)
    run = sync(config)
    # Five, and then, since Odoo answers fast, two pages at once.
    assert demo_odoo.calls["product.product", "search_read"] == 2
    assert demo_odoo.calls["product.category", "read"] == 2
    assert (run.read_count, run.delivered_count, run.cursor) == (12, 12, products[-1])


def test_a_run_is_enqueued_when_the_transaction_commits(
    config: SyncConfig, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        run = run_start(config=config, trigger=RunTrigger.MANUAL)
        assert not OrmQ.objects.exists()
    task = OrmQ.objects.get().task
    assert (task["func"], task["args"]) == ("outbound.tasks.run_sync", (run.pk,))


def test_a_config_has_one_run_at_a_time(config: SyncConfig) -> None:
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    with pytest.raises(RunAlreadyActive, match=rf"Catalogue is running already \(run #{run.pk}\)") as caught:
        run_start(config=config, trigger=RunTrigger.MANUAL)
    assert caught.value.run_id == run.pk


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"active": False}, "is not active"),
        ({"request_type": "in"}, "is an In sync"),
        ({"method_get": True}, "exactly one HTTP method"),
        ({"method_put": True}, "exactly one HTTP method"),
    ],
)
def test_a_config_that_cannot_run_says_why(make_config: MakeConfig, fields: dict[str, Any], words: str) -> None:
    config = make_config(**fields)
    with pytest.raises(RunRefused, match=words):
        run_start(config=config, trigger=RunTrigger.MANUAL)


def test_only_chosen_records_are_sent_and_the_absent_are_named(
    make_config: MakeConfig, shop: DemoShop, products: list[int]
) -> None:
    config = make_config(page_size=2)
    run = sync(config, record_ids=[products[4], products[1], products[1], products[8], 999_999])
    assert sorted(shop.products) == ["DEMO-0002", "DEMO-0005", "DEMO-0009"]
    assert (run.read_count, run.rejected_count) == (3, 1)
    assert run.problems[0]["record_id"] == 999_999
    assert "filter domain leaves it out" in run.problems[0]["reason"]


def test_no_chosen_record_is_a_run_of_nothing(config: SyncConfig) -> None:
    run = sync(config, record_ids=[])
    assert (run.state, run.read_count) == (RunState.DONE, 0)


def test_a_record_whose_mapping_fails_is_held_alone(
    make_config: MakeConfig, demo_odoo: DemoOdoo, products: list[int], shop: DemoShop
) -> None:
    config = make_config()
    SyncConfigLine.objects.create(config=config, field="barcode", key="barcode", required=True)
    demo_odoo.call("product.product", "write", [products[0]], {"barcode": False})
    config.refresh_from_db()
    run = sync(config)
    assert (run.state, run.rejected_count, run.delivered_count) == (RunState.DONE, 1, 11)
    assert run.problems[0]["record_id"] == products[0]
    assert "barcode" in run.problems[0]["reason"]


def test_a_full_run_sends_the_unchanged_too(config: SyncConfig, shop: DemoShop) -> None:
    sync(config)
    assert sync(config, is_full=True).queued_count == 12
    assert len(shop.received) == 24


def test_without_only_changed_everything_goes_out_each_time(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config(only_changed=False)
    sync(config)
    assert sync(config).unchanged_count == 0
    assert len(shop.received) == 24


def test_what_waits_for_its_retry_is_not_queued_again(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config(retry_schedule="60")
    shop.fail_next(12, status=503)
    sync(config)
    run = sync(config)
    assert (run.unchanged_count, run.queued_count) == (12, 0)


def test_what_was_refused_is_sent_again_only_when_it_changed(
    config: SyncConfig, shop: DemoShop, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    shop.fail_next(1, status=400, only="DEMO-0002")
    sync(config)
    assert sync(config).queued_count == 0
    set_price(demo_odoo, products[1], 3.25)
    assert sync(config).delivered_count == 1
    assert shop.products["DEMO-0002"]["price"] == 3.25


def test_what_was_discarded_or_forgotten_is_sent_again(config: SyncConfig, products: list[int]) -> None:
    sync(config)
    RecordLink.objects.filter(odoo_id=products[0]).delete()
    assert sync(config).queued_count == 1


def test_a_run_whose_time_is_up_goes_on_in_the_next_task(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config(page_size=5)
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    ends = []
    while not ends or ends[-1] == Ended.CONTINUES:
        ends.append(run_execute(run_id=run.pk, budget_s=0))
    assert ends == [Ended.CONTINUES, Ended.CONTINUES, Ended.DONE]
    send_until_settled(config)
    run.refresh_from_db()
    assert (run.queued_count, run.delivered_count, len(shop.received)) == (12, 12, 12)


@pytest.mark.parametrize(
    ("place", "stored"),
    [
        ("page_commits.parcels_insert", 5),
        ("runs.Sending.add", 10),
    ],
    ids=["before the page is stored", "between storing and sending"],
)
def test_a_crash_loses_and_doubles_nothing(
    make_config: MakeConfig, shop: DemoShop, monkeypatch: pytest.MonkeyPatch, place: str, stored: int
) -> None:
    config = make_config(page_size=5)
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    _die_at(monkeypatch, place, call=2)
    with pytest.raises(Killed):
        run_execute(run_id=run.pk, budget_s=30)
    assert Delivery.objects.count() == stored
    _recover(run)
    assert run_execute(run_id=run.pk, budget_s=30) == Ended.DONE
    send_until_settled(config)
    run.refresh_from_db()
    assert (run.queued_count, run.delivered_count, len(shop.products)) == (12, 12, 12)
    assert sorted(Delivery.objects.values_list("payload__sku", flat=True)) == sorted(shop.products)
    # What was under way when it died is asked for again, under the same key.
    assert set(shop.writes.values()) == {1}


def test_two_executors_of_one_run_exclude_each_other(config: SyncConfig) -> None:
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    assert run_take(run.pk) is not None
    assert run_execute(run_id=run.pk, budget_s=1) == Ended.NOT_OURS


def test_an_executor_that_lost_its_lease_cannot_write_any_more(config: SyncConfig) -> None:
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    first = run_take(run.pk)
    assert first is not None
    _leases_run_out()
    assert run_take(run.pk) is not None
    with pytest.raises(LeaseLost):
        run_hold(first, cursor=99)
    run.refresh_from_db()
    assert run.cursor == 0


def test_a_run_that_kills_its_worker_every_time_fails_in_the_end(config: SyncConfig) -> None:
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    for _ in range(6):
        assert run_take(run.pk) is not None
        _leases_run_out()
        sweep()
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "stopped 6 times" in run.error


def test_while_odoo_is_away_the_run_waits_and_then_goes_on(config: SyncConfig, demo_odoo: DemoOdoo) -> None:
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    demo_odoo.stop()
    assert run_execute(run_id=run.pk, budget_s=30) == Ended.WAITS
    run.refresh_from_db()
    assert run.state == RunState.PENDING
    assert timedelta(seconds=3) < run.next_attempt_at - timezone.now() < timedelta(seconds=7)
    assert "No connection" in run.error
    (need,) = waiting_need(timezone.now())
    assert need.title == config.name
    assert need.text.startswith(f"Run #{run.pk} waits. {run.error}")
    assert "tried again in less than a minute" in need.text
    demo_odoo.start()
    assert run_execute(run_id=run.pk, budget_s=30) == Ended.DONE
    run.refresh_from_db()
    assert (run.error, run.delivered_count) == ("", 12)
    assert list(waiting_need(timezone.now())) == []


def test_a_run_does_not_wait_for_odoo_for_ever(config: SyncConfig, demo_odoo: DemoOdoo) -> None:
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    demo_odoo.stop()
    ends = [run_execute(run_id=run.pk, budget_s=30) for _ in range(6)]
    assert ends == [Ended.WAITS] * 5 + [Ended.FAILED]
    run.refresh_from_db()
    assert run.error.endswith("Given up after 6 attempts.")


def test_an_odoo_that_refuses_fails_the_run_at_once(config: SyncConfig, connection: OdooConnection) -> None:
    connection.secret = "wrong"
    connection.save()
    run = sync(config)
    assert run.state == RunState.FAILED
    assert "Access Denied" in run.error
    assert "wrong" not in run.error.replace("is wrong", "")


def test_lines_that_do_not_fit_the_model_fail_the_run_and_are_named(config: SyncConfig) -> None:
    SyncConfigLine.objects.create(config=config, field="no_such_field", key="x")
    run = sync(config)
    assert run.state == RunState.FAILED
    assert "no_such_field" in run.error


def test_a_secret_that_cannot_be_decrypted_fails_the_run(config: SyncConfig) -> None:
    SyncConfig.objects.filter(pk=config.pk).update(auth_secret=F("name"))
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    assert run_execute(run_id=run.pk, budget_s=30) == Ended.FAILED
    run = SyncRun.objects.defer("config").get(pk=run.pk)
    assert "SYNC_SECRET_KEYS" in run.error


def test_cancelling_discards_what_waits_and_stops_the_executor(make_config: MakeConfig, shop: DemoShop) -> None:
    config = make_config(retry_schedule="60")
    shop.fail_next(12, status=503)
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    mine = run_take(run.pk)
    assert mine is not None
    Delivery.objects.create(config=config, run=run, record_id=1, method="POST", payload={}, payload_hash="x")
    assert run_cancel(run_id=run.pk)
    assert not run_cancel(run_id=run.pk)
    assert Delivery.objects.get().state == DeliveryState.DISCARDED
    with pytest.raises(LeaseLost):
        run_hold(mine, cursor=5)
    assert run_execute(run_id=run.pk, budget_s=1) == Ended.NOT_OURS


def once_under_way(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Do it, as another process might, when a run has begun to send."""
    step, is_done = Sending.step, []

    def stepping(self: Sending, *args: float) -> None:
        step(self, *args)
        if not is_done and not self.is_idle:
            is_done.append(do())

    monkeypatch.setattr(Sending, "step", stepping)


def test_a_run_that_is_cancelled_while_it_sends_stops_within_a_second_and_discards_the_rest(
    make_config: MakeConfig, shop: DemoShop, products: list[int], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SYNC_CONNECTIONS_PER_HOST = 1
    shop.service_time_s = 0.4
    config = make_config(read_timeout_s=5, retry_schedule="60")
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    once_under_way(monkeypatch, lambda: run_cancel(run_id=run.pk))
    assert run_execute(run_id=run.pk, budget_s=30) == Ended.NOT_OURS
    arrived = len(shop.products)
    assert arrived < 8
    ended = Counter(Delivery.objects.values_list("state", flat=True))
    assert ended == {"discarded": len(products) - arrived, "delivered": arrived}


def test_a_cancelled_run_goes_on_with_what_was_discarded(
    make_config: MakeConfig, shop: DemoShop, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    config = make_config(retry_schedule="60, 60")
    DeliveryPolicy.objects.create(config=config, breaker_failures=1000)
    shop.fail_next(100, status=503)
    run = sync(config)
    keys = set(Delivery.objects.values_list("idempotency_key", flat=True))
    SyncRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    assert run_cancel(run_id=run.pk)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"discarded"}
    shop.clear_faults()
    # Somebody has given one of them up for good, and of another one something newer was sent since.
    given_up, overtaken = Delivery.objects.order_by("record_id")[:2]
    Delivery.objects.filter(pk=given_up.pk).update(discard_reason="Entered by hand.")
    set_price(demo_odoo, overtaken.record_id, 99)
    sync(config, record_ids=[overtaken.record_id])
    assert run_resume(run_id=run.pk)
    assert run_execute(run_id=run.pk, budget_s=30) == Ended.DONE
    again = Delivery.objects.filter(run=run)
    assert Counter(again.values_list("state", flat=True)) == {"delivered": len(products) - 2, "discarded": 2}
    assert set(again.values_list("idempotency_key", flat=True)) == keys
    assert not again.filter(state="delivered").exclude(discard_reason="", discarded_at=None).exists()
    assert shop.products["DEMO-0002"]["price"] == 99


def test_what_goes_on_of_a_batch_of_which_a_part_is_outdated_has_a_key_of_its_own(
    page_config: SyncConfig, shop: DemoShop
) -> None:
    batch = uuid.uuid4()
    run = SyncRun.objects.create(config=page_config, trigger=RunTrigger.MANUAL)
    rows = [make_delivery(page_config, number, run=run, batch=batch) for number in (1, 2, 3)]
    run_cancel(run_id=run.pk)
    make_delivery(page_config, 2, state="delivered")
    run_resume(run_id=run.pk)
    states = dict(Delivery.objects.filter(run=run).values_list("pk", "state"))
    assert states == dict(zip((row.pk for row in rows), ("pending", "discarded", "pending"), strict=True))
    (new,) = set(Delivery.objects.filter(state="pending").values_list("batch", flat=True))
    assert new != batch


def test_a_sync_that_is_paused_while_its_run_sends_stops_within_a_second(
    make_config: MakeConfig, shop: DemoShop, products: list[int], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SYNC_CONNECTIONS_PER_HOST = 1
    shop.service_time_s = 0.4
    config = make_config(read_timeout_s=5)
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    once_under_way(monkeypatch, lambda: config_pause(config=config))
    run_execute(run_id=run.pk, budget_s=30)
    arrived = len(shop.products)
    assert 0 < arrived < 8
    ended = Counter(Delivery.objects.values_list("state", flat=True))
    assert ended == {"delivered": arrived, "pending": len(products) - arrived}


def test_a_failed_run_goes_on_from_its_cursor(make_config: MakeConfig, shop: DemoShop, products: list[int]) -> None:
    config = make_config()
    run = SyncRun.objects.create(
        config=config, trigger=RunTrigger.MANUAL, state=RunState.FAILED, cursor=products[9], error="x"
    )
    assert run_resume(run_id=run.pk)
    assert not run_resume(run_id=run.pk)
    assert run_execute(run_id=run.pk, budget_s=30) == Ended.DONE
    assert sorted(shop.products) == ["DEMO-0011", "DEMO-0012"]


def test_a_run_cannot_be_resumed_beside_another(config: SyncConfig) -> None:
    failed = SyncRun.objects.create(config=config, trigger=RunTrigger.MANUAL, state=RunState.FAILED)
    active = run_start(config=config, trigger=RunTrigger.MANUAL)
    with pytest.raises(RunAlreadyActive, match=f"#{active.pk}"):
        run_resume(run_id=failed.pk)


def test_the_calls_to_odoo_stand_in_the_log_under_the_run(config: SyncConfig) -> None:
    run = sync(config)
    summaries = set(ApiLog.objects.filter(run_id=run.pk, party="odoo").values_list("summary", flat=True))
    assert "product.product.search_read" in summaries


class Killed(BaseException):
    """What a worker's death looks like from inside: nothing catches it."""


def _die_at(monkeypatch: pytest.MonkeyPatch, name: str, *, call: int) -> None:
    """Let the executor die at the given call of something it calls."""
    calls = 0
    holder: Any = outbound
    *path, last = name.split(".")
    for part in path:
        holder = getattr(holder, part)
    real = getattr(holder, last)

    def die(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            raise Killed
        return real(*args, **kwargs)

    monkeypatch.setattr(holder, last, die)


def _recover(run: SyncRun) -> None:
    """Time passes, and the sweep finds what the dead left."""
    _leases_run_out()
    swept = sweep()
    assert (swept.runs, swept.enqueued_runs) == (1, 1)
    run.refresh_from_db()
    assert run.state == RunState.PENDING


def _leases_run_out() -> None:
    past = timezone.now() - timedelta(seconds=1)
    SyncRun.objects.filter(state="running").update(claimed_until=past)
    Delivery.objects.filter(state="sending").update(claimed_until=past)
