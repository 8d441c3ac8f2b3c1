"""What the sweep's task looks after besides runs and deliveries."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from auditlog.models import ApiLog, TrafficHour, TrafficMark
from demo.odoo import DemoOdoo
from outbound.models import Delivery, DeliveryState, RunState, RunTrigger, SyncRun
from outbound.tasks import run_purge, run_sweep
from syncconfig.models import ModelSchema, SyncConfig
from syncconfig.plans import plan_for
from tests.outbound.conftest import make_delivery


def test_old_fields_are_read_anew_and_lines_compared_with_them(config: SyncConfig, demo_odoo: DemoOdoo) -> None:
    plan_for(config)
    ModelSchema.objects.update(fetched_at=timezone.now() - timedelta(days=2))
    demo_odoo.calls.clear()
    run_sweep()
    assert demo_odoo.calls["product.product", "fields_get"] == 1
    assert not ModelSchema.objects.filter(fetched_at__lt=timezone.now() - timedelta(hours=1)).exists()
    assert SyncConfig.objects.get().drift_checked_at
    demo_odoo.calls.clear()
    run_sweep()
    assert not demo_odoo.calls


def test_the_log_is_counted_and_old_counts_forgotten(config: SyncConfig) -> None:
    now = timezone.now()
    old = {"hour": now - timedelta(days=500), "direction": "in", "party": "api", "count": 1}
    TrafficHour.objects.create(**old)
    ApiLog.objects.create(
        created_at=now, direction="out", party="api", config=config, method="POST", url="/", status=200, duration_ms=1
    )
    run_sweep()
    TrafficMark.objects.update(seen_at=now - timedelta(minutes=1))
    run_sweep()
    assert TrafficHour.objects.filter(config_id=config.pk, party="api", count=1).exists()
    assert not TrafficHour.objects.filter(hour=old["hour"]).exists()


def test_what_is_old_and_over_is_forgotten_but_for_the_last_delivery_of_each_record(config: SyncConfig) -> None:
    def run(days_old: int, state: RunState = RunState.DONE) -> SyncRun:
        ended = timezone.now() - timedelta(days=days_old)
        return SyncRun.objects.create(config=config, trigger=RunTrigger.MANUAL, state=state, finished_at=ended)

    full, young = run(100), run(1)
    run(100)
    arrived, dead = DeliveryState.DELIVERED, DeliveryState.DEAD
    _superseded, last, refused, later = (
        make_delivery(config, record_id, state=state, run=of)
        for record_id, state, of in ((1, arrived, full), (1, arrived, full), (2, dead, full), (2, arrived, young))
    )
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=100))
    fresh = [make_delivery(config, 3, state=arrived) for _ in range(2)]
    ApiLog.objects.create(
        created_at=timezone.now() - timedelta(days=100), direction="out", party="api", method="GET", url="/",
        status=200, duration_ms=1,
    )  # fmt: skip

    run_purge()

    assert not ApiLog.objects.exists()
    kept = set(Delivery.objects.values_list("pk", flat=True))
    assert kept == {last.pk, refused.pk, later.pk, *(each.pk for each in fresh)}
    assert set(SyncRun.objects.values_list("pk", flat=True)) == {full.pk, young.pk}
