"""Records through the hub, against the calls that a hand-written script makes to Odoo for the same effect."""

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


UNLIMITED = {"per_minute": 1_000_000, "per_hour": 10_000_000}
"""Counted like any other limit, but never reached."""


@measures("inbound.post_one.p50", "inbound.post_one.p95")
def post_one() -> list[Result]:
    with bench_servers(service_time_ms=SERVICE_TIME_MS, per_record_ms=PER_RECORD_MS) as bench:
        return _post_one(bench)


def _post_one(bench: Bench) -> list[Result]:
    direct = DirectOdoo(bench.demo)
    hub, url = caller(bench)

    def by_hand() -> None:
        values = _values("hand")
        if direct.call("res.partner", "search", [["email", "=", values["email"]]], limit=1):
            raise RuntimeError("the record is there already")
        direct.call("res.partner", "create", values)

    def through_hub() -> None:
        answer = hub.post(url, json=_values("hub"), timeout=60)
        if answer.status_code != 201:
            raise RuntimeError(f"{answer.status_code}: {answer.text}")

    ours, theirs = _in_turn(through_hub, by_hand, pairs=PAIRS, warm_up=WARM_UP)
    by = f"search and create by hand, {PAIRS} pairs"
    return [
        result("inbound.post_one.p50", median(ours), median(theirs), by),
        result("inbound.post_one.p95", _p95(ours), _p95(theirs), by),
    ]


@measures("inbound.post_1000")
def post_1000() -> list[Result]:
    """A list of 1,000 against one search and one create."""
    with bench_servers(service_time_ms=SERVICE_TIME_MS, per_record_ms=PER_RECORD_MS) as bench:
        direct = DirectOdoo(bench.demo)
        hub, url = caller(bench)

        def by_hand() -> None:
            values = [_values("hand") for _number in range(1000)]
            emails = [each["email"] for each in values]
            if direct.call("res.partner", "search_read", [["email", "in", emails]], ["email"]):
                raise RuntimeError("the records are there already")
            direct.call("res.partner", "create", values)

        def through_hub() -> None:
            answer = hub.post(url, json=[_values("hub") for _number in range(1000)], timeout=120)
            if answer.status_code != 201:
                raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")

        ours, theirs = _in_turn(through_hub, by_hand, pairs=5, warm_up=1)
    return [result("inbound.post_1000", median(ours), median(theirs), "one search and one create, 5 pairs")]


@measures("inbound.get_100")
def get_100() -> list[Result]:
    """A page of 100 against the direct `search_read` of the same fields."""
    with bench_servers(service_time_ms=SERVICE_TIME_MS, per_record_ms=PER_RECORD_MS) as bench:
        direct = DirectOdoo(bench.demo)
        hub, url = caller(bench)
        direct.call("res.partner", "create", [_values("page") for _number in range(150)])
        fields = ["email", "name", "phone", "street", "zip", "city", "country_id", "active"]

        def by_hand() -> None:
            found = direct.call("res.partner", "search_read", [["name", "like", "Bench"]], fields, limit=100)
            if len(found) != 100:
                raise RuntimeError(f"{len(found)} records")

        def through_hub() -> None:
            answer = hub.get(url, params={"limit": 100, "cursor": "", "name__contains": "Bench"}, timeout=60)
            if answer.status_code != 200 or len(answer.json()["data"]) != 100:
                raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")

        ours, theirs = _in_turn(through_hub, by_hand, pairs=60, warm_up=WARM_UP)
    return [result("inbound.get_100", median(ours), median(theirs), "search_read by hand, 60 pairs")]


def caller(bench: Bench) -> tuple[requests.Session, str]:
    """A session that may call the customers' endpoint as often as it likes, and the endpoint's address."""
    from inbound.models import EndpointPolicy
    from syncconfig.models import SyncConfig

    config = SyncConfig.objects.get(endpoint="customers")
    EndpointPolicy.objects.get_or_create(config=config, defaults=UNLIMITED)
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {bench.demo.inbound_token}"
    return session, f"{bench.site.url}/bj_api_sync/v1/customers"


def _in_turn(ours: Any, theirs: Any, *, pairs: int, warm_up: int) -> tuple[list[float], list[float]]:
    """The times of each, one after the other in turn, so that whatever else the machine does falls on both alike."""
    our_times, their_times = [], []
    for number in range(warm_up + pairs):
        their_s, our_s = _timed(theirs), _timed(ours)
        if number >= warm_up:
            their_times.append(their_s)
            our_times.append(our_s)
    return our_times, their_times


def result(name: str, ours: float, theirs: float, by: str) -> Result:
    """`ours` and `theirs` in seconds; `by` says what the latter was spent on."""
    return Result(name, ours / theirs, f"{ours * 1000:.1f} ms through the hub, {theirs * 1000:.1f} ms for {by}")


def _values(prefix: str) -> dict[str, Any]:
    number = next(_numbers)
    return {"name": f"Bench {number}", "email": f"{prefix}-{number}@example.com", "phone": f"+32 2 {number:07d}"}


def _timed(call: Any) -> float:
    began = perf_counter()
    call()
    return perf_counter() - began


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]
