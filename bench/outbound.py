"""Records of Odoo to a receiver on loopback, against a bare loop of requests with the same bodies."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import requests

from bench.servers import SHOP_TOKEN, Bench, bench_servers
from bench.table import Result, measures

RECORDS = 2000


@measures("outbound.single")
def single() -> list[Result]:
    with bench_servers(products=RECORDS, with_web=False) as bench:
        return [_single(bench)]


def _single(bench: Bench) -> Result:
    """One request per record: what the hub takes from the start of the run to the last answer, reading from Odoo,
    mapping, storing and logging included, divided by what the bare loop takes."""
    from django.conf import settings

    from outbound.models import Delivery, RunTrigger
    from outbound.runs import Ended, run_execute, run_start
    from syncconfig.models import SyncConfig

    config = SyncConfig.objects.get(name="Catalogue out")
    config.url = f"{bench.demo.shop_url}/api/products"
    config.request_shape = "record"
    config.wrap_key = ""
    config.page_size = 100
    config.save()

    run = run_start(config=config, trigger=RunTrigger.COMMAND)
    began = perf_counter()
    ended = run_execute(run_id=run.pk, budget_s=3600)
    hub_s = perf_counter() - began
    delivered = Delivery.objects.filter(run=run, state="delivered").count()
    if ended is not Ended.DONE or delivered != RECORDS:
        raise RuntimeError(f"the run ended as {ended}, with {delivered} of {RECORDS} delivered")

    payloads = list(Delivery.objects.filter(run=run).values_list("payload", flat=True))
    connections = settings.SYNC_CONNECTIONS_PER_HOST
    loop_s = _bare_loop(config.url, payloads, connections)
    detail = (
        f"{RECORDS / hub_s:.0f} records/s through the hub, {RECORDS / loop_s:.0f}/s by a bare loop, "
        f"{RECORDS} records, {connections} connections"
    )
    return Result("outbound.single", hub_s / loop_s, detail)


def _bare_loop(url: str, payloads: list[dict[str, object]], connections: int) -> float:
    def send(share: list[dict[str, object]]) -> None:
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {SHOP_TOKEN}"
        for payload in share:
            answer = session.post(url, json=payload, headers={"Idempotency-Key": uuid.uuid4().hex}, timeout=30)
            answer.raise_for_status()

    shares = [payloads[start::connections] for start in range(connections)]
    began = perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(send, shares))
    return perf_counter() - began
