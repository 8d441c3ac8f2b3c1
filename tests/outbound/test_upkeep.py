"""What the sweep's task looks after besides runs and deliveries."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from auditlog.models import ApiLog, TrafficHour, TrafficMark
from demo.odoo import DemoOdoo
from outbound.tasks import run_sweep
from syncconfig.models import ModelSchema, SyncConfig
from syncconfig.plans import plan_for


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
