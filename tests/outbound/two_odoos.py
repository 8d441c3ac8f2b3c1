"""Two Odoos on loopback, an 18 and a 19, and syncs of contacts between them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from demo.odoo import DemoOdoo
from outbound.models import Delivery, DeliveryPolicy, RunTrigger, SyncRun
from outbound.runs import Ended, run_execute, run_start
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine

CONTACT: list[dict[str, Any]] = [
    {"field": "ref", "key": "ref", "is_identifier": True},
    {"field": "name", "key": "name"},
    {"field": "phone", "key": "phone"},
    {"field": "city", "key": "city"},
    {"field": "country_id", "key": "country_id", "calculation": "relational", "match_field": "code"},
]
RETRIES = "0.05, 0.05, 0.05"


@pytest.fixture
def here() -> Iterator[DemoOdoo]:
    """An Odoo 18, called over XML-RPC."""
    with DemoOdoo(version=18, database="here") as server:
        yield server


@pytest.fixture
def there() -> Iterator[DemoOdoo]:
    """An Odoo 19, called over JSON-2."""
    with DemoOdoo(version=19, database="there") as server:
        # Ids must not be the same on both sides by chance.
        server.seed_partners(7)
        yield server


@pytest.fixture
def connections(db: None, here: DemoOdoo, there: DemoOdoo) -> tuple[OdooConnection, OdooConnection]:
    return connect(here, "Here", protocol="xmlrpc"), connect(there, "There", protocol="json2")


def connect(server: DemoOdoo, name: str, **fields: Any) -> OdooConnection:
    return OdooConnection.objects.create(
        name=name, url=server.url, database=server.db, login=server.login, secret=server.api_key, **fields
    )


@pytest.fixture
def one_way(connections: tuple[OdooConnection, OdooConnection]) -> SyncConfig:
    """Contacts with a reference, from here to there."""
    return make_sync(*connections, name="Contacts there")


@pytest.fixture
def pair(connections: tuple[OdooConnection, OdooConnection], one_way: SyncConfig) -> tuple[SyncConfig, SyncConfig]:
    """The same, and the way back."""
    back = make_sync(*reversed(connections), name="Contacts back")
    back.pair = one_way
    back.full_clean()
    back.save()
    return fresh(one_way), fresh(back)


def make_sync(source: OdooConnection, target: OdooConnection, **fields: Any) -> SyncConfig:
    lines = fields.pop("lines", CONTACT)
    config = SyncConfig(
        **{
            "request_type": "out",
            "connection": source,
            "target_connection": target,
            "model": "res.partner",
            "domain": "[('ref', '!=', False), ('ref', 'not like', 'C-')]",
            "method_post": True,
            "retry_schedule": RETRIES,
            **fields,
        }
    )
    config.full_clean()
    config.save()
    for position, line in enumerate(lines):
        SyncConfigLine.objects.create(config=config, position=position, **line)
    return fresh(config)


def fresh(config: SyncConfig) -> SyncConfig:
    return SyncConfig.objects.get(pk=config.pk)


def policy(config: SyncConfig, **fields: Any) -> DeliveryPolicy:
    return DeliveryPolicy.objects.update_or_create(config=config, defaults=fields)[0]


def run(config: SyncConfig, **options: Any) -> SyncRun:
    """Run it to its end, with every attempt that falls due meanwhile."""
    started = run_start(config=fresh(config), trigger=RunTrigger.MANUAL, **options)
    ended = run_execute(run_id=started.pk, budget_s=30)
    assert ended in (Ended.DONE, Ended.FAILED), ended
    started.refresh_from_db()
    return started


def states(config: SyncConfig) -> dict[int, str]:
    """The state of each record's latest delivery."""
    return dict(Delivery.objects.filter(config=config).order_by("id").values_list("record_id", "state"))


def country(server: DemoOdoo, code: str) -> int:
    return int(server.call("res.country", "search", [["code", "=", code]])[0])


def add(server: DemoOdoo, ref: str, **values: Any) -> int:
    vals = {"ref": ref, "name": f"Name {ref}", **values}
    return int(server.call("res.partner", "create", [vals])[0])


def write(server: DemoOdoo, record_id: int, **values: Any) -> None:
    server.call("res.partner", "write", [record_id], values)


def by_ref(server: DemoOdoo, ref: str) -> dict[str, Any]:
    """The one record of this reference, archived or not."""
    fields = ["name", "phone", "city", "country_id", "active", "email", "parent_id", "category_id", "write_date"]
    found = server.call("res.partner", "search_read", [["ref", "=", ref]], fields, context={"active_test": False})
    assert len(found) == 1, found
    return dict(found[0])


def refs(server: DemoOdoo) -> list[str]:
    found = server.call("res.partner", "search_read", [["ref", "not like", "C-"]], ["ref"])
    return sorted(record["ref"] for record in found if record["ref"])


def writes(server: DemoOdoo) -> int:
    """How often contacts were created, changed or deleted over the wire."""
    return sum(server.calls["res.partner", method] for method in ("create", "write", "unlink"))


def next_second() -> None:
    """Odoo's times of changes have whole seconds."""
    time.sleep(1.05)
