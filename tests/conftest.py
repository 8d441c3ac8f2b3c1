"""What every test may ask for: a demo Odoo, a demo shop, and a stored connection to that Odoo."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from inbound import endpoints
from outbound import noticed
from syncconfig import connections, plans, receiving
from syncconfig.models import OdooConnection


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    """Ids and revisions begin anew with every test, as they never do in a process that lives on."""
    for known in (
        connections._clients,
        plans._plans,
        receiving._receivers,
        endpoints._configs,
        endpoints._extras,
        noticed._used,
    ):
        known.clear()


@pytest.fixture
def demo_odoo() -> Iterator[DemoOdoo]:
    """A fresh demo Odoo 18 on loopback."""
    server = DemoOdoo(version=18)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def shop() -> Iterator[DemoShop]:
    """A fresh demo shop on loopback."""
    server = DemoShop(token="shop-token")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def connection(db: None, demo_odoo: DemoOdoo) -> OdooConnection:
    """A stored connection to the demo Odoo."""
    return OdooConnection.objects.create(
        name="Demo Odoo", url=demo_odoo.url, database=demo_odoo.db, login=demo_odoo.login, secret=demo_odoo.api_key
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of another database run where `DATABASE_URL` names it, and say so where it does not."""
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        skip = pytest.mark.skip(reason="needs DATABASE_URL of a PostgreSQL; `make test` runs these where one answers")
        for item in items:
            if "postgres" in item.keywords:
                item.add_marker(skip)
