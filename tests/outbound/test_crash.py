"""Everything arrives, and nothing has an effect twice, while workers and whole clusters are killed again and again.

The small one is part of the suite. The large one takes a minute or two for each broker and runs with
`make crash`, on the database of DATABASE_URL, over the ORM broker and, where one answers, over Redis.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.utils import timezone

from demo.shop import DemoShop
from mapping.results import payload_hash
from outbound.models import Delivery, DeliveryState
from outbound.parcels import Parcel, parcels_insert
from syncconfig.models import SyncConfig
from tests.outbound.conftest import MakeConfig
from tests.outbound.test_worker import QUEUE_KEY, REDIS_URL
from tests.outbound.worker import alive, descendants, running_worker

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc"),
]
FAULTS = ("503", "503", "500", "drop_before", "drop_after", "truncate", "429")


def insert(config: SyncConfig, count: int) -> None:
    parcels = []
    for number in range(1, count + 1):
        payload = {"sku": f"CRASH-{number}", "title": f"Product {number}", "price": 1}
        parcels.append(
            Parcel.new(
                run_id=None,
                record_id=number,
                external_id="",
                method="POST",
                payload=payload,
                payload_hash=payload_hash(payload),
                batch=None,
            )
        )
    parcels_insert(parcels, config_id=config.pk, now=timezone.now())


@contextmanager
def misbehaving(shop: DemoShop, dice: random.Random) -> Iterator[None]:
    """The receiver fails now and then, in every way it knows."""
    stopping = threading.Event()

    def misbehave() -> None:
        while not stopping.wait(0.05):
            mode = dice.choice(FAULTS)
            shop.fail_next(1, mode=None if mode.isdigit() else mode, status=int(mode) if mode.isdigit() else 503)

    thread = threading.Thread(target=misbehave)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
        shop.clear_faults()


def kill_something(supervisors: list[int], dice: random.Random) -> None:
    """A worker, or any other process of a cluster, busy or idle; or a whole cluster."""
    processes = descendants(dice.choice(supervisors))
    if not processes:
        return
    with suppress(ProcessLookupError):
        if dice.random() < 0.3:
            os.killpg(processes[0], signal.SIGKILL)
        else:
            os.kill(dice.choice(processes), signal.SIGKILL)


def crash(
    config: SyncConfig,
    shop: DemoShop,
    tmp_path: Path,
    *,
    count: int,
    kills: int,
    nodes: int,
    timeout_s: float,
    lets_time_pass: bool = False,
    **env: str,
) -> None:
    """`lets_time_pass`: leases run out at once after a kill; otherwise after their half minute, as in production."""
    dice = random.Random(count)
    end_s = time.monotonic() + timeout_s
    insert(config, count)
    with ExitStack() as stack:
        logs = [tmp_path / f"node-{node}.log" for node in range(nodes)]
        workers = [stack.enter_context(running_worker(log, **env)) for log in logs]
        supervisors = [worker.pid for worker in workers]
        with misbehaving(shop, dice):
            for _number in range(kills):
                time.sleep(dice.uniform(0.5, 2.5))
                if delivered() == count:
                    break
                kill_something(supervisors, dice)
                if lets_time_pass:
                    past = timezone.now() - timedelta(seconds=1)
                    Delivery.objects.filter(state=DeliveryState.SENDING).update(claimed_until=past)
        while delivered() < count:
            assert time.monotonic() < end_s, {
                state: Delivery.objects.filter(state=state).count() for state in DeliveryState
            }
            time.sleep(0.5)
        assert alive(supervisors) == supervisors
    assert not Delivery.objects.exclude(state=DeliveryState.DELIVERED).exists()
    assert len(shop.products) == count
    # By idempotency key: what was sent again was answered from memory.
    assert shop.effects["created"] == sum(shop.effects.values()) == count
    assert len({call.idempotency_key for call in shop.received}) == count


def counts() -> dict[str, int]:
    return {state: Delivery.objects.filter(state=state).count() for state in DeliveryState}


def delivered() -> int:
    return Delivery.objects.filter(state=DeliveryState.DELIVERED).count()


@pytest.fixture
def crashing(make_config: MakeConfig) -> SyncConfig:
    return make_config(retry_schedule=", ".join(["0.5"] * 40), read_timeout_s=3)


def test_what_is_killed_in_the_middle_arrives_once(crashing: SyncConfig, shop: DemoShop, tmp_path: Path) -> None:
    shop.service_time_s = 0.02
    crash(crashing, shop, tmp_path, count=300, kills=4, nodes=1, timeout_s=60, lets_time_pass=True)


@pytest.mark.crash
@pytest.mark.parametrize("broker", ["orm", "redis"])
def test_two_thousand_arrive_once_whatever_is_killed(
    crashing: SyncConfig, shop: DemoShop, tmp_path: Path, broker: str
) -> None:
    env = {}
    if broker == "redis":
        queue = redis.from_url(REDIS_URL)
        try:
            queue.ping()
        except redis.ConnectionError:
            pytest.skip(f"no Redis answers at {REDIS_URL}")
        queue.delete(QUEUE_KEY)
        queue.close()
        env = {"REDIS_URL": REDIS_URL}
    shop.service_time_s = 0.03
    crash(crashing, shop, tmp_path, count=2000, kills=25, nodes=2, timeout_s=240, **env)
