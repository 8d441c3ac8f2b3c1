"""What Odoo tells of, what changed since the last run, and what is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clients.odoo.changes import SETTLE_S
from demo.httpserver import Request, Response
from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from outbound import runs
from outbound.models import Delivery, DeliveryPolicy, Notice, RecordLink, RunState, RunTrigger, SyncRun
from outbound.needs import deletions_need
from outbound.noticed import changes_noticed, notices_start
from outbound.run_control import run_cancel
from outbound.runs import run_execute, run_start
from outbound.schedules import missed_start, promises_check, scheduled_start
from outbound.sweeps import sweep
from outbound.windows import is_open, parse_windows
from syncconfig.models import OdooConnection, SyncConfig
from tests.outbound.conftest import MakeConfig, send_until_settled, set_price, sync
from tests.outbound.receiver import Receiver, answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(lambda request: answer({"id": "x"} if request.method == "POST" else None)) as server:
        yield server


def policy(config: SyncConfig, **fields: Any) -> DeliveryPolicy:
    return DeliveryPolicy.objects.create(config=config, **fields)


def let_notices_come_due() -> None:
    Notice.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def execute_waiting() -> SyncRun:
    run = SyncRun.objects.get(state=RunState.PENDING)
    run_execute(run_id=run.pk, budget_s=30)
    run.refresh_from_db()
    return run


# --- what Odoo tells of ---


def test_a_dozen_notices_are_one_look_at_the_record(config: SyncConfig, shop: DemoShop, products: list[int]) -> None:
    for _number in range(13):
        changes_noticed(config_id=config.pk, record_id=products[4], action="on_create")
    assert Notice.objects.count() == 1
    assert notices_start(timezone.now()) == 0
    let_notices_come_due()
    assert notices_start(timezone.now()) == 1
    run = execute_waiting()
    assert (run.trigger, run.read_count, [call.json["sku"] for call in shop.received]) == (
        RunTrigger.CHANGES,
        1,
        ["DEMO-0005"],
    )


def test_a_notice_costs_one_statement(config: SyncConfig) -> None:
    with CaptureQueriesContext(database) as queries:
        changes_noticed(config_id=config.pk, record_id=1, action="x")
    assert len(queries) == 1


def test_a_record_is_looked_at_again_for_the_sake_of_slow_transactions(
    config: SyncConfig, shop: DemoShop, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    changes_noticed(config_id=config.pk, record_id=products[0])
    let_notices_come_due()
    notices_start(timezone.now())
    execute_waiting()
    # Odoo's transaction commits only now.
    set_price(demo_odoo, products[0], 5)
    let_notices_come_due()
    assert notices_start(timezone.now()) == 1
    execute_waiting()
    assert [call.json["price"] for call in shop.received][1:] == [5]
    assert not Notice.objects.exists()


def test_what_is_told_during_a_run_waits_for_its_end(config: SyncConfig, products: list[int]) -> None:
    run_start(config=config, trigger=RunTrigger.MANUAL)
    changes_noticed(config_id=config.pk, record_id=products[0])
    let_notices_come_due()
    assert notices_start(timezone.now()) == 0
    execute_waiting()
    assert notices_start(timezone.now()) == 1


def test_what_is_told_of_a_template_leads_to_its_variants(
    config: SyncConfig, shop: DemoShop, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    (record,) = demo_odoo.call("product.product", "read", [products[4]], ["product_tmpl_id"])
    changes_noticed(config_id=config.pk, record_id=record["product_tmpl_id"][0], through="product_tmpl_id")
    let_notices_come_due()
    assert notices_start(timezone.now()) == 1
    execute_waiting()
    assert [call.json["sku"] for call in shop.received] == ["DEMO-0005"]
    # And once more, as with every record: Odoo may not have committed yet.
    set_price(demo_odoo, products[4], 7)
    let_notices_come_due()
    assert notices_start(timezone.now()) == 1
    execute_waiting()
    assert [call.json["price"] for call in shop.received][1:] == [7]
    assert not Notice.objects.exists()


def test_what_is_told_of_a_template_waits_while_odoo_does_not_answer(
    config: SyncConfig, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    changes_noticed(config_id=config.pk, record_id=1, through="product_tmpl_id")
    let_notices_come_due()
    OdooConnection.objects.update(url="http://127.0.0.1:1")
    assert notices_start(timezone.now()) == 0
    assert Notice.objects.get().due_at > timezone.now() + timedelta(minutes=9)


def test_a_record_that_is_told_of_and_not_there_is_no_problem(config: SyncConfig, shop: DemoShop) -> None:
    changes_noticed(config_id=config.pk, record_id=987654)
    let_notices_come_due()
    notices_start(timezone.now())
    run = execute_waiting()
    assert (run.state, run.rejected_count, run.problems, shop.received) == (RunState.DONE, 0, [], [])


@pytest.mark.parametrize("is_paused", [True, False])
def test_what_is_told_of_a_config_that_rests_waits_until_it_is_on_again(
    config: SyncConfig, shop: DemoShop, products: list[int], is_paused: bool
) -> None:
    resting = policy(config, is_paused=is_paused)
    SyncConfig.objects.filter(pk=config.pk).update(active=is_paused)
    changes_noticed(config_id=config.pk, record_id=products[4])
    let_notices_come_due()
    assert notices_start(timezone.now()) == 0
    DeliveryPolicy.objects.filter(pk=resting.pk).update(is_paused=False)
    SyncConfig.objects.filter(pk=config.pk).update(active=True)
    assert notices_start(timezone.now()) == 1
    execute_waiting()
    assert [call.json["sku"] for call in shop.received] == ["DEMO-0005"]


def test_what_odoo_told_of_is_looked_at_again_after_a_run_that_failed(
    config: SyncConfig, shop: DemoShop, products: list[int]
) -> None:
    SyncConfig.objects.filter(pk=config.pk).update(domain="[('no_such_field', '=', 1)]")
    changes_noticed(config_id=config.pk, record_id=products[4])
    let_notices_come_due()
    notices_start(timezone.now())
    assert execute_waiting().state == RunState.FAILED
    assert notices_start(timezone.now() + timedelta(minutes=9)) == 1  # the second look, for slow transactions
    assert execute_waiting().state == RunState.FAILED
    SyncConfig.objects.filter(pk=config.pk).update(domain="[]")
    assert notices_start(timezone.now() + timedelta(minutes=9)) == 0
    assert notices_start(timezone.now() + timedelta(minutes=11)) == 1
    execute_waiting()
    assert [call.json["sku"] for call in shop.received] == ["DEMO-0005"]


# --- what changed since the last run ---


def test_after_the_first_run_only_what_was_written_since_is_read(
    make_config: MakeConfig, shop: DemoShop, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    config = make_config(lines=[{"field": "default_code", "key": "sku", "is_identifier": True}])
    made = policy(config, reads_changes=True)
    assert sync(config).read_count == 12
    made.refresh_from_db()
    assert made.change_cursor
    later = datetime.now(UTC) + timedelta(minutes=10)
    made.change_cursor = later.strftime("%Y-%m-%d %H:%M:%S") + "/0"
    made.save()
    assert sync(config).read_count == 0
    assert sync(config, is_full=True).read_count == 12


def test_a_run_that_fails_leaves_its_changes_to_the_next(
    make_config: MakeConfig, shop: DemoShop, products: list[int]
) -> None:
    config = make_config()
    made = policy(config, reads_changes=True, change_cursor="2020-01-01 00:00:00/0")
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    SyncConfig.objects.filter(pk=config.pk).update(active=False)
    run_execute(run_id=run.pk, budget_s=5)
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    SyncConfig.objects.filter(pk=config.pk).update(active=True)
    made.refresh_from_db()
    assert made.change_cursor == "2020-01-01 00:00:00/0"
    # A second is read once it is over, and what was written in it is settled.
    time.sleep(SETTLE_S + 1)
    assert sync(config).read_count == 12
    made.refresh_from_db()
    assert made.change_cursor > "2020-01-02"


def test_a_run_that_is_cancelled_while_it_sends_leaves_its_changes_to_the_next(
    make_config: MakeConfig, shop: DemoShop, products: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_config()
    made = policy(config, reads_changes=True, change_cursor="2020-01-01 00:00:00/0", is_paused=True)
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    real = runs.due_send

    def interrupted(**options: Any) -> None:
        run_cancel(run_id=run.pk)
        real(**options)

    monkeypatch.setattr(runs, "due_send", interrupted)
    time.sleep(SETTLE_S + 1)
    run_execute(run_id=run.pk, budget_s=5)
    assert Delivery.objects.filter(run=run, state="discarded").count() == len(products)
    made.refresh_from_db()
    assert made.change_cursor == "2020-01-01 00:00:00/0"


def test_what_odoo_told_of_is_looked_at_again_when_every_worker_of_the_run_was_lost(
    config: SyncConfig, shop: DemoShop, products: list[int]
) -> None:
    policy(config, alert_emails="ops@example.com")
    changes_noticed(config_id=config.pk, record_id=products[4])
    let_notices_come_due()
    assert notices_start(timezone.now()) == 1
    execute_waiting()
    let_notices_come_due()
    assert notices_start(timezone.now()) == 1
    # That was the last look.
    assert not Notice.objects.exists()
    run = SyncRun.objects.get(state=RunState.PENDING)
    SyncRun.objects.filter(pk=run.pk).update(
        state=RunState.RUNNING, failures=99, claimed_until=timezone.now() - timedelta(seconds=1)
    )
    sweep()
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert list(Notice.objects.values_list("record_id", flat=True)) == [products[4]]
    assert f"Run #{run.pk} failed" in mail.outbox[-1].body


def test_only_watched_keys_make_a_record_a_changed_one(
    config: SyncConfig, shop: DemoShop, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    policy(config, watched_fields="price")
    sync(config)
    demo_odoo.call("product.product", "write", [products[0]], {"default_code": "RENAMED"})
    assert sync(config).unchanged_count == 12
    set_price(demo_odoo, products[0], 3)
    assert sync(config).delivered_count == 1
    assert (shop.received[-1].json["sku"], shop.received[-1].json["price"]) == ("RENAMED", 3)


# --- what is gone ---


@pytest.fixture
def deleting(make_config: MakeConfig, receiver: Receiver) -> SyncConfig:
    return make_config(url=f"{receiver.url}/items", answer_id_path="id")


def deletes(receiver: Receiver) -> list[str]:
    return [request.path for request in receiver.received if request.method == "DELETE"]


def test_what_is_gone_is_reported_and_not_deleted_unless_wished(
    deleting: SyncConfig, receiver: Receiver, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    policy(deleting, deletions="report")
    sync(deleting)
    demo_odoo.call("product.product", "unlink", products[:1])
    run = sync(deleting)
    assert run.problems == [{"record_id": products[0], "reason": "It is gone from Odoo."}]
    assert (run.rejected_count, deletes(receiver)) == (0, [])


def test_what_is_gone_is_deleted_once(
    deleting: SyncConfig, receiver: Receiver, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    policy(deleting, deletions="delete", linked_url=f"{receiver.url}/items/{{sku}}")
    sync(deleting)
    demo_odoo.call("product.product", "unlink", products[:2])
    run = sync(deleting)
    assert sorted(deletes(receiver)) == ["/items/DEMO-0001", "/items/DEMO-0002"]
    assert run.delivered_count == 2
    assert not RecordLink.objects.filter(odoo_id__in=products[:2]).exists()
    sync(deleting)
    assert len(deletes(receiver)) == 2


def test_an_archived_record_is_not_gone(
    deleting: SyncConfig, receiver: Receiver, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    policy(deleting, deletions="delete", linked_url=f"{receiver.url}/items/{{sku}}")
    sync(deleting)
    demo_odoo.call("product.product", "write", products[:1], {"active": False})
    sync(deleting)
    assert deletes(receiver) == []


def test_what_left_the_filter_domain_is_deleted_where_the_policy_counts_it_and_sent_anew_when_it_is_back(
    deleting: SyncConfig, receiver: Receiver, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    SyncConfig.objects.filter(pk=deleting.pk).update(domain="[('sale_ok', '=', True)]")
    deleting.refresh_from_db()
    policy(deleting, deletions="delete", deletes_left=True, linked_url=f"{receiver.url}/items/{{sku}}")
    sync(deleting)
    posted = len(receiver.received)
    demo_odoo.call("product.product", "write", products[:1], {"active": False})
    demo_odoo.call("product.product", "write", products[1:2], {"sale_ok": False})
    demo_odoo.call("product.product", "unlink", products[2:3])
    run = sync(deleting)
    assert sorted(deletes(receiver)) == ["/items/DEMO-0001", "/items/DEMO-0002", "/items/DEMO-0003"]
    assert run.problems[0]["reason"] == "It is gone from Odoo, or from the filter domain; a DELETE is sent."
    sync(deleting)
    assert len(receiver.received) == posted + 3
    demo_odoo.call("product.product", "write", products[1:2], {"sale_ok": True})
    sync(deleting)
    assert (receiver.received[-1].method, len(receiver.received)) == ("POST", posted + 4)


def test_what_odoo_tells_of_may_have_left_the_filter_domain(
    deleting: SyncConfig, receiver: Receiver, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    policy(deleting, deletions="delete", deletes_left=True, linked_url=f"{receiver.url}/items/{{sku}}")
    sync(deleting)
    demo_odoo.call("product.product", "write", products[:2], {"active": False})
    changes_noticed(config_id=deleting.pk, record_id=products[0], action="on_create_or_write")
    let_notices_come_due()
    notices_start(timezone.now())
    execute_waiting()
    assert deletes(receiver) == ["/items/DEMO-0001"]


@pytest.mark.parametrize("status", [404, 410])
def test_what_was_gone_there_already_is_done(
    deleting: SyncConfig, receiver: Receiver, demo_odoo: DemoOdoo, products: list[int], status: int
) -> None:
    policy(deleting, deletions="delete", linked_url=f"{receiver.url}/items/{{sku}}")
    sync(deleting)

    def gone(_request: Request) -> Response:
        return answer(status=status)

    receiver.answering = gone
    demo_odoo.call("product.product", "unlink", products[:1])
    assert sync(deleting).delivered_count == 1


def test_a_ceiling_stops_a_mass_delete_and_asks(
    deleting: SyncConfig, receiver: Receiver, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    policy(
        deleting,
        deletions="delete",
        deletion_ceiling=3,
        linked_url=f"{receiver.url}/items/{{sku}}",
        alert_emails="ops@example.com",
    )
    sync(deleting)
    demo_odoo.call("product.product", "unlink", products[:4])
    run = sync(deleting)
    assert deletes(receiver) == []
    assert "too many to delete without being asked" in run.problems[0]["reason"]
    assert "--agree 4" in mail.outbox[0].body
    with pytest.raises(CommandError, match="--agree 4"):
        call_command("sync_deletions", deleting.name, "--delete")
    call_command("sync_deletions", deleting.name, "--agree", "4")
    sync(deleting)
    assert len(deletes(receiver)) == 4
    assert DeliveryPolicy.objects.get().agreed_deletions == 0


def test_staff_agree_to_a_mass_delete_by_button(
    deleting: SyncConfig, receiver: Receiver, demo_odoo: DemoOdoo, products: list[int], admin_client: Client
) -> None:
    policy(deleting, deletions="delete", deletion_ceiling=3, linked_url=f"{receiver.url}/items/{{sku}}")
    sync(deleting)
    form = reverse("admin:syncconfig_syncconfig_change", args=[deleting.pk])
    button = reverse("admin:syncconfig_syncconfig_agree_deletions", args=[deleting.pk])
    assert button not in admin_client.get(form).content.decode()
    demo_odoo.call("product.product", "unlink", products[:4])
    sync(deleting)
    (need,) = deletions_need(timezone.now())
    assert need.text.startswith("4 records are gone from Odoo, more than may be deleted at once.")
    assert button in admin_client.get(form).content.decode()
    admin_client.post(button, {"_form_submitted": "on"})
    assert LogEntry.objects.get().change_message == "Agreed to 4 deletions."
    # One more is gone meanwhile, which nobody has agreed to.
    demo_odoo.call("product.product", "unlink", products[4:5])
    sync(deleting)
    assert deletes(receiver) == []
    admin_client.post(button, {"_form_submitted": "on"})
    sync(deleting)
    assert len(deletes(receiver)) == 5
    assert list(deletions_need(timezone.now())) == []
    assert button not in admin_client.get(form).content.decode()


def test_a_deletion_that_odoo_tells_of_is_believed_only_when_the_record_is_gone(
    deleting: SyncConfig, receiver: Receiver, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    policy(deleting, deletions="delete", linked_url=f"{receiver.url}/items/{{sku}}")
    sync(deleting)
    demo_odoo.call("product.product", "unlink", products[:1])
    for record_id in products[:2]:
        changes_noticed(config_id=deleting.pk, record_id=record_id, action="on_unlink")
    let_notices_come_due()
    notices_start(timezone.now())
    execute_waiting()
    assert deletes(receiver) == ["/items/DEMO-0001"]


def test_a_record_that_is_deleted_while_it_is_on_its_way_is_taken_back(
    deleting: SyncConfig, receiver: Receiver, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    policy(deleting, deletions="delete", linked_url=f"{receiver.url}/items/{{external_id}}?sku={{sku}}")
    receiver.answering = lambda _request: answer(status=503)
    for action in ("on_create", "on_unlink"):
        changes_noticed(config_id=deleting.pk, record_id=products[0], action=action)
        let_notices_come_due()
        notices_start(timezone.now())
        execute_waiting()
        if action == "on_create":
            demo_odoo.call("product.product", "unlink", products[:1])
    receiver.answering = lambda request: answer({"id": "x1"} if request.method == "POST" else None)
    send_until_settled(deleting)
    arrived = [(request.method, request.path) for request in receiver.received][-2:]
    assert arrived == [("POST", "/items"), ("DELETE", "/items/x1")]
    assert not RecordLink.objects.filter(odoo_id=products[0]).exists()


# --- when it may run ---


def test_windows_may_reach_over_midnight_and_know_their_days() -> None:
    windows = parse_windows("Mon-Fri 22:00-06:00, Sun 08:00-12:00")
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    hours = [0, 5, 7, 21, 22, 23]
    assert [is_open(windows, monday.replace(hour=hour)) for hour in hours] == [False, False, False, False, True, True]
    tuesday, saturday, sunday = (monday + timedelta(days=days) for days in (1, 5, 6))
    assert is_open(windows, tuesday.replace(hour=5, minute=59))
    assert not is_open(windows, tuesday.replace(hour=6))
    assert is_open(windows, saturday.replace(hour=3))
    assert not is_open(windows, saturday.replace(hour=23))
    assert is_open(windows, sunday.replace(hour=8))


def test_schedules_that_were_missed_run_once(config: SyncConfig) -> None:
    made = policy(config, is_paused=True)
    assert [scheduled_start(config) for _number in range(3)] == [None, None, None]
    assert missed_start(timezone.now()) == 0
    made.refresh_from_db()
    made.is_paused = False
    made.save()
    assert [missed_start(timezone.now()) for _number in range(2)] == [1, 0]
    assert SyncRun.objects.count() == 1


def test_nothing_starts_outside_the_window(config: SyncConfig) -> None:
    closed = (datetime.now(UTC) + timedelta(hours=3)).strftime("%H:00")
    after = (datetime.now(UTC) + timedelta(hours=4)).strftime("%H:00")
    policy(config, run_windows=f"{closed}-{after}")
    config.connection.timezone = "UTC"
    assert scheduled_start(config) is None
    assert DeliveryPolicy.objects.get().is_run_due


def test_a_promise_that_is_not_kept_is_told_once(config: SyncConfig) -> None:
    policy(config, promised_minutes=30, alert_emails="ops@example.com")
    assert promises_check(timezone.now()) == []
    later = timezone.now() + timedelta(minutes=45)
    assert promises_check(later) == [config.pk]
    assert promises_check(later) == [config.pk]
    assert len(mail.outbox) == 1
    assert "It has not succeeded for 45 minutes; promised are 30." in mail.outbox[0].body
    sync(config)
    assert promises_check(timezone.now() + timedelta(minutes=29)) == []
    assert Delivery.objects.filter(state="delivered").count() == 12
