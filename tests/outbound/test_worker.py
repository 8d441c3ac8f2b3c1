"""The whole road: a run is started here, and a real worker in other processes does it."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.utils import timezone

from demo.shop import DemoShop
from outbound.models import Delivery, DeliveryState, RunState, RunTrigger, SyncRun
from outbound.runs import run_start
from syncconfig.models import SyncConfig
from tests.outbound.conftest import MakeConfig, make_delivery
from tests.outbound.worker import alive, descendants, running_worker, wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc"),
]
REDIS_URL = os.environ.get("SYNC_TEST_REDIS_URL", "redis://127.0.0.1:6379/13")
QUEUE_KEY = "django_q:sync:q"


def all_delivered(count: int) -> bool:
    return Delivery.objects.filter(state=DeliveryState.DELIVERED).count() == count


def test_a_run_is_done_by_the_worker_and_retries_come_after_seconds(
    make_config: MakeConfig, shop: DemoShop, tmp_path: Path
) -> None:
    config = make_config(retry_schedule="1, 1, 1")
    shop.fail_next(2, status=503, only="DEMO-0007")
    with running_worker(tmp_path / "log") as worker:
        run = run_start(config=config, trigger=RunTrigger.MANUAL)
        wait_for(lambda: all_delivered(12), "everything delivered")
        processes = [worker.pid, *descendants(worker.pid)]
        assert len(processes) >= 6
    calls = [call for call in shop.received if call.json["sku"] == "DEMO-0007"]
    assert len(calls) == 3
    assert len({call.idempotency_key for call in calls}) == 1
    assert calls[2].at - calls[0].at < 8
    run.refresh_from_db()
    assert (run.state, run.delivered_count, run.dead_count) == (RunState.DONE, 12, 0)
    assert worker.returncode == 0
    assert alive(processes) == []


def test_a_killed_cluster_is_started_anew_and_its_deliveries_arrive_once(
    make_config: MakeConfig, shop: DemoShop, tmp_path: Path
) -> None:
    config = make_config(retry_schedule="0.1, 0.1, 0.1", read_timeout_s=5)
    shop.service_time_s = 1.0
    for record_id in range(1, 9):
        make_delivery(config, record_id)
    with running_worker(tmp_path / "log") as worker:
        wait_for(lambda: len(shop.received) >= 2, "the first requests")
        cluster = descendants(worker.pid)
        os.killpg(cluster[0], signal.SIGKILL)
        wait_for(lambda: alive(cluster) == [], "the old cluster gone")
        shop.service_time_s = 0
        # The lease of what was being sent runs out: half a minute, which the test does not wait.
        Delivery.objects.filter(state="sending").update(claimed_until=timezone.now() - timedelta(seconds=1))
        wait_for(lambda: all_delivered(8), "everything delivered")
        assert alive([worker.pid]) == [worker.pid]
        assert descendants(worker.pid)
    assert len(shop.products) == 8
    assert max(shop.writes.values()) == 1
    assert shop.replays >= 1


def test_when_the_supervisor_is_killed_nobody_is_left_behind(config: SyncConfig, tmp_path: Path) -> None:
    with running_worker(tmp_path / "log") as worker:
        # Supervisor, cluster, sentinel, two workers, monitor and pusher.
        wait_for(lambda: len(descendants(worker.pid)) >= 6, "a whole cluster")
        processes = descendants(worker.pid)
        worker.kill()
        wait_for(lambda: alive(processes) == [], "no orphans", timeout_s=5)


def test_stopping_gives_back_what_was_not_begun(make_config: MakeConfig, shop: DemoShop, tmp_path: Path) -> None:
    config = make_config(read_timeout_s=5)
    shop.service_time_s = 0.5
    for record_id in range(1, 41):
        make_delivery(config, record_id)
    with running_worker(tmp_path / "log") as worker:
        wait_for(lambda: len(shop.received) >= 3, "the first requests")
        processes = [worker.pid, *descendants(worker.pid)]
    assert worker.returncode == 0
    assert alive(processes) == []
    counts = {state: Delivery.objects.filter(state=state).count() for state in DeliveryState}
    assert counts[DeliveryState.SENDING] == 0
    assert counts[DeliveryState.DELIVERED] == len(shop.products) == len(shop.received) < 40
    assert set(Delivery.objects.filter(state="pending").values_list("attempts", flat=True)) == {0}


@pytest.mark.redis
def test_a_run_is_done_over_redis_too(config: SyncConfig, shop: DemoShop, tmp_path: Path) -> None:
    queue = redis.from_url(REDIS_URL)
    try:
        queue.ping()
    except redis.ConnectionError:
        pytest.skip(f"no Redis answers at {REDIS_URL}")
    queue.delete(QUEUE_KEY)
    SyncRun.objects.create(config=config, trigger=RunTrigger.MANUAL, next_attempt_at=timezone.now())
    with running_worker(tmp_path / "log", REDIS_URL=REDIS_URL):
        wait_for(lambda: all_delivered(12), "everything delivered")
        wait_for(lambda: SyncRun.objects.get().state == RunState.DONE, "the run done")
    assert len(shop.received) == 12
    queue.close()
