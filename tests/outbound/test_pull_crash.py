"""What is fetched comes into Odoo once, while workers are killed and the API and Odoo fail. Runs with `make crash`."""

from __future__ import annotations

import random
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from demo.shop_lists import made_customers
from outbound.models import Delivery, DeliveryState, RunState, RunTrigger, SyncRun
from outbound.runs import run_start
from syncconfig.models import OdooConnection
from tests.outbound.pulling import partners, shop_pull
from tests.outbound.test_crash import counts, kill_something, misbehaving
from tests.outbound.worker import running_worker

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.crash,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc"),
]
COUNT = 600


@pytest.mark.parametrize("kind", ["link", "page"])
def test_six_hundred_customers_come_once_whatever_is_killed(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo, tmp_path: Path, kind: str
) -> None:
    dice = random.Random(COUNT)
    connection.connect_timeout_s, connection.read_timeout_s = 1, 2
    connection.save()
    shop.customers = made_customers(COUNT)
    shop.service_time_s = 0.2
    config = shop_pull(connection, shop, kind, page_size=20, retry_schedule=", ".join(["1"] * 60))
    run = run_start(config=config, trigger=RunTrigger.MANUAL)
    end_s = time.monotonic() + 200
    with running_worker(tmp_path / "node.log") as worker:
        with misbehaving(shop, dice):
            for _number in range(6):
                time.sleep(dice.uniform(1.0, 3.0))
                demo_odoo.fail_next(1, mode=dice.choice(["drop_before", "drop_after", "503"]), only='"create"')
                kill_something([worker.pid], dice)
                # The leases run out at once; the claims on records being created in their time.
                past = timezone.now() - timedelta(seconds=1)
                Delivery.objects.filter(state=DeliveryState.SENDING).update(claimed_until=past)
                SyncRun.objects.filter(state=RunState.RUNNING).update(claimed_until=past)
        while counts()[DeliveryState.DELIVERED] < COUNT:
            run.refresh_from_db()
            assert time.monotonic() < end_s, (run.state, run.error, run.read_count, counts())
            SyncRun.objects.filter(state=RunState.PENDING).update(next_attempt_at=timezone.now())
            time.sleep(0.5)
    assert not Delivery.objects.exclude(state=DeliveryState.DELIVERED).exists()
    assert len(partners(demo_odoo)) == COUNT
