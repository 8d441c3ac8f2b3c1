"""Records come into another Odoo once, while workers are killed and that Odoo fails. Runs with `make crash`."""

from __future__ import annotations

import random
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from demo.odoo import DemoOdoo
from outbound.models import Delivery, DeliveryState, RecordLink, RunState, RunTrigger, SyncRun
from outbound.runs import run_start
from syncconfig.models import OdooConnection, SyncConfig
from tests.outbound.test_crash import counts, kill_something
from tests.outbound.two_odoos import connections, here, make_sync, refs, there
from tests.outbound.worker import running_worker

__all__ = ["connections", "here", "there"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.crash,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc"),
]
COUNT = 400


def test_four_hundred_records_come_once_whatever_is_killed(
    connections: tuple[OdooConnection, OdooConnection], here: DemoOdoo, there: DemoOdoo, tmp_path: Path
) -> None:
    dice = random.Random(COUNT)
    OdooConnection.objects.update(connect_timeout_s=1, read_timeout_s=2)
    here.call("res.partner", "create", [{"ref": f"R{number}", "name": f"Name {number}"} for number in range(COUNT)])
    here.database.service_time_s = there.database.service_time_s = 0.05
    config = make_sync(*connections, name="Contacts", page_size=20)
    # Longer than the claim of a killed worker on a record that it was creating.
    SyncConfig.objects.update(retry_schedule=",".join(["2"] * 100))
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    end_s = time.monotonic() + 200
    with running_worker(tmp_path / "node.log") as worker:
        for _number in range(6):
            time.sleep(dice.uniform(1.0, 3.0))
            there.fail_next(1, dice.choice(["drop_before", "drop_after", "503"]), only="/json/2/res.partner/create")
            kill_something([worker.pid], dice)
            # The leases run out at once; the claims on records being created in their time.
            past = timezone.now() - timedelta(seconds=1)
            Delivery.objects.filter(state=DeliveryState.SENDING).update(claimed_until=past)
            SyncRun.objects.filter(state=RunState.RUNNING).update(claimed_until=past)
        while counts()[DeliveryState.DELIVERED] < COUNT:
            run.refresh_from_db()
            dead = Delivery.objects.filter(state=DeliveryState.DEAD).values_list("last_error", flat=True)[:3]
            assert not dead, (list(dead), counts())
            assert time.monotonic() < end_s, (run.state, run.error, run.read_count, counts())
            SyncRun.objects.filter(state=RunState.PENDING).update(next_attempt_at=timezone.now())
            time.sleep(0.5)
    assert not Delivery.objects.exclude(state=DeliveryState.DELIVERED).exists()
    assert refs(there) == sorted(f"R{number}" for number in range(COUNT))
    assert RecordLink.objects.filter(config=config, external_id__isnull=False).count() == COUNT
