"""The servers that a measurement needs, as processes of their own, so that nothing shares our interpreter lock."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from demo.odoo import ADMIN_LOGIN, DATABASE
from demo.site import Demo, Site, free_port
from syncproject.env import BASE_DIR
from syncproject.processes import Processes

SHOP_TOKEN = "bench-shop-token"
INBOUND_TOKEN = "bench-inbound-token"
ODOO_KEY = "bench-odoo-key"


@dataclass
class Bench:
    """A running hub (web server, no worker) between a demo Odoo and a receiver."""

    site: Site
    demo: Demo


def wait_for(port: int, processes: Processes) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if ended := processes.dead():
            raise RuntimeError(f"{ended[0]} ended with exit code {ended[1]}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")


def _module(name: str, options: Mapping[str, object]) -> list[str]:
    return [sys.executable, "-m", name, *(str(part) for option in options.items() for part in option)]


@contextmanager
def bench_servers(
    *,
    service_time_ms: float = 0,
    per_record_ms: float = 0,
    products: int = 0,
    with_web: bool = True,
    shop_ms: float = 0,
    connections: int | None = None,
) -> Iterator[Bench]:
    """Start a demo Odoo and a receiver that take the given times, and a hub's web server that knows both."""
    if connections is not None:
        os.environ["SYNC_CONNECTIONS_PER_HOST"] = str(connections)
    odoo_port, shop_port = free_port(0), free_port(0)
    site = Site(home=BASE_DIR / "var" / "bench", port=free_port(0))
    site.prepare()
    odoo = {
        "--port": odoo_port,
        "--service-time-ms": service_time_ms,
        "--per-record-ms": per_record_ms,
        "--products": products,
        "--api-key": ODOO_KEY,
    }
    shop = {"--port": shop_port, "--token": SHOP_TOKEN, "--service-time-ms": shop_ms}
    with Processes(output=sys.stderr) as processes:
        processes.start("odoo", _module("demo.odoo", odoo), env={})
        processes.start("shop", _module("demo.shop", shop), env={})
        wait_for(odoo_port, processes)
        wait_for(shop_port, processes)
        demo = Demo(
            odoo_url=f"http://127.0.0.1:{odoo_port}",
            odoo_database=DATABASE,
            odoo_login=ADMIN_LOGIN,
            odoo_key=ODOO_KEY,
            shop_url=f"http://127.0.0.1:{shop_port}",
            shop_token=SHOP_TOKEN,
            inbound_token=INBOUND_TOKEN,
        )
        from demo.configs import create_examples

        create_examples(demo)
        if with_web:
            site.start_web(processes)
            wait_for(site.port, processes)
        yield Bench(site=site, demo=demo)
