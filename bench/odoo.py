"""The Odoo client against the same calls made raw, over each transport: what it costs to be told apart from them.

Raw is `requests.Session` and the transport's own parsing (`json`, `xmlrpc.client`), as a careful script would do it;
both sides parse the whole answer.
"""

from __future__ import annotations

import json
import sys
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from statistics import median
from time import perf_counter
from typing import Any

import requests

from bench.servers import wait_for
from bench.table import Result, measures
from clients.guard import AddressPolicy
from clients.http import Timeouts
from clients.odoo import OdooClient, OdooSettings, connect
from demo.odoo import ADMIN_LOGIN, DATABASE
from demo.site import free_port
from syncproject.processes import Processes

KEY = "bench-odoo-key"
READ, CREATED = 5000, 1000
FIELDS = ["default_code", "name", "list_price", "type", "barcode", "active", "sale_ok", "categ_id", "uom_id", "weight"]
PAIRS = 15
TRANSPORTS = {"jsonrpc": 18, "xmlrpc": 18, "json2": 19}

Call = Callable[[str, str, dict[str, Any]], Any]


@measures("odoo.search_read_5000")
def search_read() -> list[Result]:
    def work(client: OdooClient, raw: Call) -> tuple[Callable[[], object], Callable[[], object]]:
        return (
            lambda: _needs(READ, client.search_read("product.product", [], FIELDS, limit=READ, order="id")),
            lambda: _needs(
                READ,
                raw(
                    "product.product",
                    "search_read",
                    {"domain": [], "fields": FIELDS, "limit": READ, "order": "id"},
                ),
            ),
        )

    return [_measured("odoo.search_read_5000", work, products=READ)]


@measures("odoo.create_1000")
def create() -> list[Result]:
    values = [
        {"name": f"Bench {number}", "email": f"b{number}@example.com", "phone": f"+32 2 {number:07d}", "city": "Gent"}
        for number in range(CREATED)
    ]

    def work(client: OdooClient, raw: Call) -> tuple[Callable[[], object], Callable[[], object]]:
        return (
            lambda: _needs(CREATED, client.create("res.partner", values)),
            lambda: _needs(CREATED, raw("res.partner", "create", {"vals_list": values})),
        )

    return [_measured("odoo.create_1000", work, products=0)]


def _needs(count: int, answer: Any) -> None:
    if len(answer) != count:
        raise RuntimeError(f"{len(answer)} records instead of {count}")


def _measured(
    name: str,
    work: Callable[[OdooClient, Call], tuple[Callable[[], object], Callable[[], object]]],
    *,
    products: int,
) -> Result:
    """The worst of the transports."""
    told: dict[str, tuple[float, float]] = {}
    for transport, version in TRANSPORTS.items():
        with _demo(version, products) as url:
            ours, theirs = work(_client(url, transport), _RAW[transport](url))
            told[transport] = _ratio(ours, theirs)
    detail = ", ".join(
        f"{transport} {ratio:.2f} of {raw_s * 1000:.0f} ms" for transport, (ratio, raw_s) in told.items()
    )
    worst = max(ratio for ratio, _raw in told.values())
    return Result(name, worst, f"client by raw call: {detail}; the worst of them, median of {PAIRS} pairs")


def _ratio(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """The median of ours by theirs over pairs of calls, and of theirs in seconds.

    Pairs, because the machine's pace changes from one second to the next; in turn the one first and the other, because
    what one leaves behind in caches must not always help the same.
    """
    pairs: list[tuple[float, float]] = []
    for number in range(PAIRS + 1):
        times_s = [0.0, 0.0]
        for side in (0, 1) if number % 2 else (1, 0):
            began = perf_counter()
            (ours, theirs)[side]()
            times_s[side] = perf_counter() - began
        pairs.append((times_s[0], times_s[1]))
    warm = pairs[1:]
    return median(one / other for one, other in warm), median(other for _one, other in warm)


@contextmanager
def _demo(version: int, products: int) -> Iterator[str]:
    port = free_port(0)
    options = {"--port": port, "--version": version, "--products": products, "--api-key": KEY}
    command = [sys.executable, "-m", "demo.odoo", *(str(part) for option in options.items() for part in option)]
    with Processes(output=sys.stderr) as processes:
        processes.start("odoo", command, env={})
        wait_for(port, processes)
        yield f"http://127.0.0.1:{port}"


def _client(url: str, transport: str) -> OdooClient:
    policy = AddressPolicy(allowed_networks=(ip_network("127.0.0.0/8"),))
    timeouts = Timeouts(connect_s=5, read_s=120)
    client = connect(OdooSettings(url, DATABASE, ADMIN_LOGIN, KEY, transport, policy=policy, timeouts=timeouts))
    client.authenticate()
    return client


def _json_rpc(url: str) -> Call:
    session = requests.Session()

    def rpc(service: str, method: str, *args: Any) -> Any:
        params = {"service": service, "method": method, "args": args}
        body = {"jsonrpc": "2.0", "method": "call", "params": params, "id": 1}
        answer = session.post(f"{url}/jsonrpc", json=body, timeout=120)
        return json.loads(answer.content)["result"]

    uid = rpc("common", "authenticate", DATABASE, ADMIN_LOGIN, KEY, {})
    return lambda model, method, named: rpc("object", "execute_kw", DATABASE, uid, KEY, model, method, [], named)


def _xml_rpc(url: str) -> Call:
    session = requests.Session()

    def rpc(service: str, method: str, *args: Any) -> Any:
        body = xmlrpc.client.dumps(args, method, allow_none=True)
        headers = {"Content-Type": "text/xml"}
        answer = session.post(f"{url}/xmlrpc/2/{service}", data=body.encode(), headers=headers, timeout=120)
        return xmlrpc.client.loads(answer.content, use_builtin_types=True)[0][0]

    uid = rpc("common", "authenticate", DATABASE, ADMIN_LOGIN, KEY, {})
    return lambda model, method, named: rpc("object", "execute_kw", DATABASE, uid, KEY, model, method, [], named)


def _json_2(url: str) -> Call:
    session = requests.Session()
    session.headers.update({"Authorization": f"bearer {KEY}", "X-Odoo-Database": DATABASE})

    def call(model: str, method: str, named: dict[str, Any]) -> Any:
        return json.loads(session.post(f"{url}/json/2/{model}/{method}", json=named, timeout=120).content)

    return call


_RAW: dict[str, Callable[[str], Call]] = {"jsonrpc": _json_rpc, "xmlrpc": _xml_rpc, "json2": _json_2}
