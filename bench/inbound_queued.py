"""Queued requests: what accepting one costs, and how long a thousand take until they stand in Odoo."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from time import perf_counter

import requests

from bench.direct import DirectOdoo
from bench.inbound import PER_RECORD_MS, SERVICE_TIME_MS, UNLIMITED, caller, result
from bench.servers import Bench, bench_servers, wait_for
from bench.table import Result, measures
from demo.site import free_port
from syncproject.processes import Processes
from syncproject.serve import GUNICORN, MANAGE

CLIENTS = 4
ROUNDS = 6
PER_ROUND = 120
RECORDS = 1000
PAIRS = 200

_numbers = count(1)


def _queue(bench: Bench) -> tuple[requests.Session, str]:
    from inbound.models import EndpointPolicy
    from syncconfig.models import SyncConfig

    session, url = caller(bench)
    policy = EndpointPolicy.objects.get(config=SyncConfig.objects.get(endpoint="customers"))
    policy.mode, policy.per_minute, policy.per_hour = "queued", UNLIMITED["per_minute"], UNLIMITED["per_hour"]
    policy.save()
    return session, url


def _body() -> dict[str, str]:
    number = next(_numbers)
    return {"name": f"Bench {number}", "email": f"queued-{number}@example.com", "phone": f"+32 2 {number:07d}"}


def _load(url: str, token: str, requests_count: int, clients: int) -> float:
    """Seconds for so many posts by so many clients at once; every one must be accepted."""

    def send(how_many: int) -> None:
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {token}"
        for _number in range(how_many):
            answer = session.post(url, json=_body(), timeout=60)
            if answer.status_code != 202:
                raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")

    began = perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(send, [requests_count // clients] * clients))
    return perf_counter() - began


@measures("inbound.queued")
def queued() -> list[Result]:
    """Accepting, under load from several clients, against a bare DRF view that inserts one row."""
    with bench_servers() as bench, Processes() as processes:
        _session, url = _queue(bench)
        port = free_port(0)
        env = {**bench.site.env, "DJANGO_SETTINGS_MODULE": "bench.bare_site", "SYNC_BIND": f"127.0.0.1:{port}"}
        processes.start("bare", GUNICORN, env=env)
        wait_for(port, processes)
        bare = f"http://127.0.0.1:{port}/insert"
        token = bench.demo.inbound_token
        _session.get(url, params={"limit": 1}, timeout=60)
        ours = theirs = 0.0
        for number in range(ROUNDS + 1):
            their_s = _load(bare, token, PER_ROUND, CLIENTS)
            our_s = _load(url, token, PER_ROUND, CLIENTS)
            if number:
                ours, theirs = ours + our_s, theirs + their_s
    each = ROUNDS * PER_ROUND
    by = f"a bare DRF view that inserts one row, {CLIENTS} clients, {each} requests each"
    return [result("inbound.queued", ours / each, theirs / each, by)]


@measures("inbound.queued_1000")
def queued_1000() -> list[Result]:
    """From the first of 1,000 single posts to the last record in Odoo, against 1,000 searches and creates by hand."""
    with bench_servers(service_time_ms=SERVICE_TIME_MS, per_record_ms=PER_RECORD_MS) as bench, Processes() as processes:
        from inbound.models import InboundRequest

        session, url = _queue(bench)
        session.get(url, params={"limit": 1}, timeout=60)
        processes.start("worker", [*MANAGE, "syncworker"], env=bench.site.env)
        direct = DirectOdoo(bench.demo)
        # The worker is up once it has done the first one.
        _load(url, bench.demo.inbound_token, 1, 1)
        _wait(InboundRequest, 1)
        began = perf_counter()
        _load(url, bench.demo.inbound_token, RECORDS, CLIENTS)
        accepted_s = perf_counter() - began
        _wait(InboundRequest, RECORDS + 1)
        ours = perf_counter() - began
        made = direct.call("res.partner", "search_count", [["email", "like", "queued-"]])
        if made != RECORDS + 1:
            raise RuntimeError(f"{made} records in Odoo")
        began = perf_counter()
        for _number in range(PAIRS):
            values = {**_body()}
            direct.call("res.partner", "search", [["email", "=", values["email"]]], limit=1)
            direct.call("res.partner", "create", values)
        theirs = (perf_counter() - began) * RECORDS / PAIRS
    detail = (
        f"{ours:.1f} s for {RECORDS} through the queue (accepted within {accepted_s:.1f} s), {theirs:.1f} s by hand "
        f"({PAIRS} pairs, scaled)"
    )
    return [Result("inbound.queued_1000", ours / theirs, detail)]


def _wait(rows: type, done: int) -> None:
    deadline = time.monotonic() + 120
    while rows.objects.filter(state="done").count() < done:  # type: ignore[attr-defined]
        if time.monotonic() > deadline:
            raise RuntimeError("the queue did not get done within two minutes")
        time.sleep(0.05)
