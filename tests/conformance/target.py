"""Which Odoo the suite runs against: the demo Odoo, or the real one that the environment names.

`ODOO_TEST_URL`, `ODOO_TEST_DB`, `ODOO_TEST_LOGIN` and `ODOO_TEST_KEY` name a real one. It needs the sales app, a user
who may do everything, and the settings of a new database, such as how taxes are rounded; what the tests create begins
with `conf-` and is deleted again.

Last run against real ones in November 2026: Odoo 18.0 Community over XML-RPC and JSON-RPC, 19.0 Community over XML-RPC,
JSON-RPC and JSON-2, both with Sales and Inventory.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from clients.guard import AddressPolicy
from clients.http import HttpClient, Timeouts
from clients.odoo.client import OdooClient, OdooSettings, connect
from demo.odoo import DemoOdoo

TRANSPORTS = {18: ("xmlrpc", "jsonrpc"), 19: ("xmlrpc", "jsonrpc", "json2")}
POLICY = AddressPolicy(allow_private=True)
VARIABLES = ("ODOO_TEST_URL", "ODOO_TEST_DB", "ODOO_TEST_LOGIN", "ODOO_TEST_KEY")


@dataclass(frozen=True)
class Target:
    """One Odoo. `demo_version` is the version that the demo plays, None for a real Odoo."""

    url: str
    database: str
    login: str
    key: str = field(repr=False)
    demo_version: int | None = None

    def client(self, protocol: str, *, http: HttpClient | None = None, **changes: object) -> OdooClient:
        """A new client; `changes` are other settings than the target's own."""
        settings = {"url": self.url, "database": self.database, "login": self.login, "secret": self.key, **changes}
        timeouts = Timeouts(connect_s=5, read_s=60)
        return connect(OdooSettings(protocol=protocol, timeouts=timeouts, policy=POLICY, **settings), http)  # type: ignore[arg-type]


def is_real() -> bool:
    return bool(os.environ.get("ODOO_TEST_URL"))


def variants() -> list[tuple[int | None, str]]:
    """(version, transport) for the demo Odoo; (None, transport) for a real one, whose version only a call can tell.

    Raises UsageError where a real one is named by halves.
    """
    if is_real():
        if missing := [name for name in VARIABLES if not os.environ.get(name)]:
            raise pytest.UsageError(f"ODOO_TEST_URL names a real Odoo; set {', '.join(missing)} too")
        return [(None, transport) for transport in TRANSPORTS[19]]
    return [(version, transport) for version, transports in TRANSPORTS.items() for transport in transports]


@contextmanager
def running(version: int | None) -> Iterator[Target]:
    """The target, for as long as the block runs."""
    if version is None:
        url, database, login, key = (os.environ[name] for name in VARIABLES)
        yield Target(url, database, login, key)
        return
    # Connections are kept as by a proxy before Odoo; closing after every answer costs three times the call here.
    with DemoOdoo(version=version, keep_alive=True) as server:
        yield Target(server.url, server.db, server.login, server.api_key, version)
