"""Records of Odoo to a receiver on loopback, against what a careful hand-written script takes for the same effect.

Every time counts from the start of the run to the last answer: reading from Odoo, mapping, storing the deliveries,
logging every exchange and remembering what was sent are all in it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import TYPE_CHECKING, Any

import requests

from bench.direct import DirectOdoo
from bench.memory import resident_mb
from bench.servers import SHOP_TOKEN, Bench, bench_servers
from bench.table import Result, measures

if TYPE_CHECKING:
    from syncconfig.models import SyncConfig

RECORDS = 10_000
TURNS = 5
PAGE_SIZE = 100
LATENCY_S = 0.05
LATENCY_RECORDS = 2_000
LATENCY_CONNECTIONS = 8
MEMORY_RECORDS = 200_000
MEMORY_SAMPLE = 20_000
MEMORY_WARM_UP = 4_000
DOMAIN = [["sale_ok", "=", True], ["default_code", "=like", "DEMO-%"]]


@measures("outbound.single", "outbound.unchanged")
def single() -> list[Result]:
    """One request per record, and the same run again when nothing has changed."""
    with bench_servers(products=RECORDS, with_web=False) as bench:
        config = _config(bench)
        connections = _connections()
        hub_s = loop_s = 0.0
        for domain in _turns(bench):
            hub_s += _run(config, domain=domain)
            loop_s += _bare_loop(config.url, _payloads(), connections)
        unchanged_s = _run(config, domain=DOMAIN, expected=0)
    detail = (
        f"{RECORDS / hub_s:.0f} records/s through the hub, {RECORDS / loop_s:.0f}/s by a bare loop of posts, "
        f"{RECORDS} records, {connections} connections"
    )
    return [
        Result("outbound.single", hub_s / loop_s, detail),
        Result(
            "outbound.unchanged",
            unchanged_s / hub_s,
            f"{unchanged_s:.1f} s when nothing changed, {hub_s:.1f} s for the first time, {RECORDS} records",
        ),
    ]


@measures("outbound.pages")
def pages() -> list[Result]:
    """A hundred records per request, against reading a page, posting it, and reading the next."""
    with bench_servers(products=RECORDS, with_web=False) as bench:
        config = _config(bench, per_page=True)
        odoo = DirectOdoo(bench.demo)
        hub_s = hand_s = 0.0
        for domain in _turns(bench):
            hub_s += _run(config, domain=domain)
            hand_s += _by_hand(odoo, config.url, domain)
    detail = (
        f"{RECORDS / hub_s:.0f} records/s through the hub, {RECORDS / hand_s:.0f}/s read and posted by hand, "
        f"{RECORDS} records in pages of {PAGE_SIZE}"
    )
    return [Result("outbound.pages", hub_s / hand_s, detail)]


@measures("outbound.latency")
def latency() -> list[Result]:
    """A receiver that is far away, against the time that waiting for it takes at least."""
    with bench_servers(
        products=LATENCY_RECORDS, with_web=False, shop_ms=LATENCY_S * 1000, connections=LATENCY_CONNECTIONS
    ) as bench:
        hub_s = _run(_config(bench), domain=DOMAIN, expected=LATENCY_RECORDS)
    least_s = LATENCY_RECORDS * LATENCY_S / LATENCY_CONNECTIONS
    detail = (
        f"{hub_s:.1f} s for {LATENCY_RECORDS} records to a receiver {LATENCY_S * 1000:.0f} ms away over "
        f"{LATENCY_CONNECTIONS} connections, {least_s:.1f} s of it waiting"
    )
    return [Result("outbound.latency", hub_s / least_s, detail)]


@measures("outbound.memory_mb")
def memory() -> list[Result]:
    """By how many MB a worker grows over 200,000 records: measured over fewer, after the caches have filled, and
    extrapolated."""
    with bench_servers(products=MEMORY_SAMPLE + MEMORY_WARM_UP, with_web=False) as bench:
        config = _config(bench, per_page=True)
        before = resident_mb()
        border = _ids(bench)[MEMORY_WARM_UP - 1]
        _run(config, domain=[["id", "<=", border], *DOMAIN], expected=MEMORY_WARM_UP)
        warm = resident_mb()
        _run(config, domain=[["id", ">", border], *DOMAIN], expected=MEMORY_SAMPLE)
        after = resident_mb()
    growth = (warm - before) + max(after - warm, 0) * MEMORY_RECORDS / MEMORY_SAMPLE
    detail = (
        f"MB of growth extrapolated to {MEMORY_RECORDS} records: {warm - before:.1f} over the first {MEMORY_WARM_UP}, "
        f"{after - warm:.1f} over the next {MEMORY_SAMPLE}"
    )
    return [Result("outbound.memory_mb", growth, detail)]


def _config(bench: Bench, *, per_page: bool = False) -> SyncConfig:
    from syncconfig.models import SyncConfig

    config = SyncConfig.objects.get(name="Catalogue out")
    config.url = f"{bench.demo.shop_url}/api/products{'/bulk' if per_page else ''}"
    config.request_shape = "page" if per_page else "record"
    config.wrap_key = "products" if per_page else ""
    config.page_size = PAGE_SIZE
    config.save()
    return config


def _turns(bench: Bench) -> list[list[Any]]:
    """Domains of as many records each. Ours and theirs take turns, so that whatever else the machine does falls on
    both alike."""
    ids = _ids(bench)
    size = RECORDS // TURNS
    parts = [ids[start : start + size] for start in range(0, RECORDS, size)]
    return [[["id", ">=", part[0]], ["id", "<=", part[-1]], *DOMAIN] for part in parts]


def _run(config: SyncConfig, *, domain: list[Any], expected: int = RECORDS // TURNS) -> float:
    """Seconds of a run over these records that must deliver so many."""
    from outbound.models import RunTrigger
    from outbound.runs import Ended, run_execute, run_start

    config.domain = str(domain)
    config.save()
    run = run_start(config=config, trigger=RunTrigger.COMMAND)
    began = perf_counter()
    ended = run_execute(run_id=run.pk, budget_s=3600)
    taken_s = perf_counter() - began
    run.refresh_from_db()
    if ended is not Ended.DONE or run.delivered_count != expected:
        raise RuntimeError(f"the run ended as {ended}, with {run.delivered_count} of {expected} delivered: {run.error}")
    return taken_s


def _connections() -> int:
    from django.conf import settings

    return int(settings.SYNC_CONNECTIONS_PER_HOST)


def _payloads() -> list[dict[str, Any]]:
    from outbound.models import Delivery, SyncRun

    latest = SyncRun.objects.latest("id")
    return list(Delivery.objects.filter(run=latest).order_by("id").values_list("payload", flat=True))


def _bare_loop(url: str, payloads: list[dict[str, Any]], connections: int) -> float:
    def send(share: list[dict[str, Any]]) -> None:
        session = _session()
        for payload in share:
            _post(session, url, payload)

    shares = [payloads[start::connections] for start in range(connections)]
    began = perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(send, shares))
    return perf_counter() - began


def _by_hand(odoo: DirectOdoo, url: str, domain: list[Any]) -> float:
    session = _session()
    began = perf_counter()
    for page in _pages_by_hand(odoo, domain):
        _post(session, url, {"products": page})
    return perf_counter() - began


def _pages_by_hand(odoo: DirectOdoo, domain: list[Any]) -> Iterator[list[dict[str, Any]]]:
    last = 0
    fields = ["default_code", "name", "list_price", "barcode", "categ_id"]
    while True:
        records = odoo.call(
            "product.product", "search_read", [["id", ">", last], *domain], fields=fields, limit=PAGE_SIZE, order="id"
        )
        if not records:
            return
        last = records[-1]["id"]
        categories = sorted({record["categ_id"][0] for record in records})
        names = {each["id"]: each["name"] for each in odoo.call("product.category", "read", categories, ["name"])}
        yield [
            {
                "sku": record["default_code"],
                "title": record["name"],
                "price": record["list_price"],
                "barcode": record["barcode"] or None,
                "category": names[record["categ_id"][0]],
            }
            for record in records
        ]


def _ids(bench: Bench) -> list[int]:
    found: list[int] = DirectOdoo(bench.demo).call("product.product", "search", DOMAIN, order="id")
    return found


def _session() -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {SHOP_TOKEN}"
    return session


def _post(session: requests.Session, url: str, body: dict[str, Any]) -> None:
    answer = session.post(url, json=body, headers={"Idempotency-Key": uuid.uuid4().hex}, timeout=30)
    answer.raise_for_status()
