"""One record through the hub, against the calls that a hand-written script makes to Odoo for the same effect."""

from __future__ import annotations

from itertools import count
from statistics import median
from time import perf_counter
from typing import Any

import requests

from bench.direct import DirectOdoo
from bench.servers import Bench, bench_servers
from bench.table import Result, measures

# What a real Odoo takes for a call and for each record in it.
SERVICE_TIME_MS = 15
PER_RECORD_MS = 1
PAIRS = 150
WARM_UP = 10

_numbers = count(1)


@measures("inbound.post_one.p50", "inbound.post_one.p95")
def post_one() -> list[Result]:
    with bench_servers(service_time_ms=SERVICE_TIME_MS, per_record_ms=PER_RECORD_MS) as bench:
        return _post_one(bench)


def _post_one(bench: Bench) -> list[Result]:
    direct = DirectOdoo(bench.demo)
    hub = requests.Session()
    hub.headers["Authorization"] = f"Bearer {bench.demo.inbound_token}"
    url = f"{bench.site.url}/bj_api_sync/v1/customers"

    def by_hand() -> None:
        values = _values("hand")
        if direct.call("res.partner", "search", [["email", "=", values["email"]]], limit=1):
            raise RuntimeError("the record is there already")
        direct.call("res.partner", "create", values)

    def through_hub() -> None:
        answer = hub.post(url, json=_values("hub"), timeout=60)
        if answer.status_code != 201:
            raise RuntimeError(f"{answer.status_code}: {answer.text}")

    # One after the other in turn, so that whatever else the machine does falls on both alike.
    ours, theirs = [], []
    for number in range(WARM_UP + PAIRS):
        hand_s, hub_s = _timed(by_hand), _timed(through_hub)
        if number >= WARM_UP:
            theirs.append(hand_s)
            ours.append(hub_s)
    return [
        _result("inbound.post_one.p50", median(ours), median(theirs)),
        _result("inbound.post_one.p95", _p95(ours), _p95(theirs)),
    ]


def _result(name: str, ours: float, theirs: float) -> Result:
    detail = (
        f"{ours * 1000:.1f} ms through the hub, {theirs * 1000:.1f} ms for search and create by hand, {PAIRS} pairs"
    )
    return Result(name, ours / theirs, detail)


def _values(prefix: str) -> dict[str, Any]:
    number = next(_numbers)
    return {"name": f"Bench {number}", "email": f"{prefix}-{number}@example.com", "phone": f"+32 2 {number:07d}"}


def _timed(call: Any) -> float:
    began = perf_counter()
    call()
    return perf_counter() - began


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]
