"""A target that needs the database: sent to by the thread that owns it, many at once, and in all else like others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

import pytest
from django.db import connection

from auditlog.models import ApiLog
from clients.errors import Kind, RemoteError
from outbound.budget import Budget
from outbound.claims import Unit
from outbound.deliveries import SendReport, deliveries_send
from outbound.models import Delivery, DeliveryState, Host, RecordLink
from outbound.order_keys import is_odoo_id, order_key, record_name
from outbound.synced import Synced
from outbound.targets.base import Answer, Target
from syncconfig.connections import client_for
from syncconfig.models import SyncConfig
from tests.outbound.conftest import make_delivery

pytestmark = pytest.mark.django_db

Result = Answer | RemoteError


class Ledger(Target):
    """Keeps what it gets, asks Odoo once per bundle, and answers as `judge` says."""

    is_inline = True

    def __init__(self, config: SyncConfig, judge: Callable[[Sequence[Unit]], list[Result]] | None = None) -> None:
        super().__init__(config)
        self.bundles: list[list[int]] = []
        self.threads: set[int] = set()
        self._judge = judge or (lambda units: [Answer(None, odoo_id=unit.deliveries[0].record_id) for unit in units])

    @classmethod
    def host_url(cls, config: SyncConfig) -> str:
        return config.connection.url

    def secrets(self) -> tuple[str, ...]:
        return ()

    def secret_keys(self) -> tuple[str, ...]:
        return ()

    def send_all(self, units: Sequence[Unit]) -> list[Result]:
        self.threads.add(threading.get_ident())
        self.bundles.append([unit.deliveries[0].record_id for unit in units])
        client_for(self.config.connection).search_count(self.config.model, [])
        assert Delivery.objects.filter(pk__in=[unit.deliveries[0].pk for unit in units]).count() == len(units)
        return self._judge(units)

    def remember(self, synced: Sequence[Synced], now: datetime) -> None:
        assert connection.in_atomic_block
        RecordLink.objects.bulk_create(
            RecordLink(config=self.config, odoo_id=each.odoo_id, external_id=f"L{each.odoo_id}", synced_at=now)
            for each in synced
        )


def send(config: SyncConfig, target: Target) -> SendReport:
    return deliveries_send(config=config, budget=Budget(10), target=target)


def test_many_deliveries_are_one_bundle_in_the_thread_of_the_database(config: SyncConfig) -> None:
    for number in range(1, 31):
        make_delivery(config, number)
    target = Ledger(config)

    report = send(config, target)

    assert report.delivered == 30
    assert target.bundles == [list(range(1, 31))]
    assert target.threads == {threading.get_ident()}
    assert RecordLink.objects.filter(config=config, external_id="L30", odoo_id=30).exists()


def test_each_of_a_bundle_gets_what_became_of_it(config: SyncConfig) -> None:
    for number in range(1, 4):
        make_delivery(config, number)
    results: list[Result] = [
        Answer(None),
        RemoteError("No such country.", kind=Kind.PERMANENT, code="rejected"),
        RemoteError("Another request has it.", kind=Kind.RETRYABLE, code="busy", retry_after_s=300),
    ]

    report = send(config, Ledger(config, lambda _units: results))

    states = dict(Delivery.objects.values_list("record_id", "state"))
    assert states == {1: DeliveryState.DELIVERED, 2: DeliveryState.DEAD, 3: DeliveryState.PENDING}
    assert (report.delivered, report.dead, report.retried) == (1, 1, 1)
    # One that is busy is no reason to leave the whole host alone.
    assert not Host.objects.filter(not_before__isnull=False).exists()


def test_one_failed_call_is_one_failure_of_the_host(config: SyncConfig) -> None:
    for number in range(1, 31):
        make_delivery(config, number)
    down = RemoteError("Odoo does not answer.", kind=Kind.RETRYABLE, code="connection_lost")

    send(config, Ledger(config, lambda units: [down] * len(units)))

    assert Host.objects.get(address=config.connection.url).failures < 10
    assert Delivery.objects.filter(state=DeliveryState.PENDING).count() == 30


def test_two_deliveries_of_one_record_are_not_in_one_bundle(config: SyncConfig) -> None:
    first, second = make_delivery(config, 7), make_delivery(config, 7)
    target = Ledger(config, lambda units: [Answer(None) for _unit in units])
    target.remember = lambda synced, now: None  # type: ignore[method-assign]

    send(config, target)

    assert target.bundles == [[7], [7]]
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    assert first.pk < second.pk


def test_the_log_of_a_bundle_is_found_from_each_of_its_deliveries(config: SyncConfig) -> None:
    for number in range(1, 4):
        make_delivery(config, number)

    send(config, Ledger(config))

    (sent_with,) = set(Delivery.objects.values_list("sent_with", flat=True))
    rows = ApiLog.objects.filter(batch=sent_with)
    assert any("search_count" in row.summary for row in rows)


def test_a_fault_of_ours_in_a_bundle_leaves_its_deliveries_waiting(config: SyncConfig) -> None:
    make_delivery(config, 1)

    def fails(units: Sequence[Unit]) -> list[Result]:
        raise ZeroDivisionError

    report = send(config, Ledger(config, fails))

    assert report.delivered == 0
    assert Delivery.objects.get().state in (DeliveryState.PENDING, DeliveryState.DEAD)
    assert "The hub failed" in Delivery.objects.get().last_error


def test_an_order_key_is_no_odoo_id_and_the_same_for_one_identifier() -> None:
    key = order_key("ada@example.com")

    assert key == order_key("ada@example.com")
    assert key != order_key("bob@example.com")
    assert -(2**63) <= key < 0
    assert not is_odoo_id(key)
    assert record_name(key, "ada@example.com") == "ada@example.com"
    assert record_name(7, "ada@example.com") == "7"
