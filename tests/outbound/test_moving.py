"""A sync that is pointed at another Odoo knows nothing of its records yet: an id is of one database only."""

from __future__ import annotations

from typing import Any

import pytest

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from demo.shop_lists import made_customers
from outbound.models import Conflict, ConflictState, Delivery, DeliveryPolicy, DeliveryState, PullPolicy, RecordLink
from outbound.moving import MOVED
from syncconfig.models import OdooConnection, SyncConfig
from tests.outbound.conftest import MakeConfig, sync
from tests.outbound.pulling import partners, shop_pull
from tests.outbound.two_odoos import (
    add,
    by_ref,
    connect,
    connections,
    fresh,
    here,
    one_way,
    policy,
    run,
    there,
    write,
)

__all__ = ["connections", "here", "one_way", "there"]
pytestmark = pytest.mark.django_db


def change(row: Any, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def test_records_of_the_new_target_are_found_by_their_identifiers(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo
) -> None:
    policy(one_way, reads_changes=True)
    add(here, "R1", city="Gent")
    run(one_way)
    link = RecordLink.objects.get(config=one_way)
    with DemoOdoo(version=18, database="production") as production:
        # Whoever has that id there is somebody else.
        production.seed_partners(40)
        (stranger,) = production.call("res.partner", "search", [["id", "=", int(link.external_id or 0)]])
        write(production, stranger, ref="Z9", city="Elsewhere")
        change(fresh(one_way), target_connection=connect(production, "Production"))
        run(one_way)
        assert by_ref(production, "Z9")["city"] == "Elsewhere"
        assert by_ref(production, "R1")["city"] == "Gent"


def test_conflicts_with_the_old_target_end(one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo) -> None:
    change(fresh(one_way), conflict_rule="ask")
    add(there, "R1", city="There")
    add(here, "R1", city="Here")
    run(one_way)
    assert Conflict.objects.get().state == ConflictState.OPEN
    change(fresh(one_way), target_model="res.company")
    assert Conflict.objects.get().state == ConflictState.ENDED
    assert Delivery.objects.get().state == DeliveryState.DISCARDED


def test_what_waits_is_of_a_record_of_the_odoo_of_before(one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo) -> None:
    SyncConfig.objects.filter(pk=one_way.pk).update(retry_schedule="600")
    add(here, "R1")
    run(fresh(one_way))
    waiting = add(here, "R2")
    there.stop()
    run(fresh(one_way))
    assert Delivery.objects.get(record_id=waiting).state == DeliveryState.PENDING
    with DemoOdoo(version=18, database="production") as production:
        change(fresh(one_way), connection=connect(production, "Production"))
    delivery = Delivery.objects.get(record_id=waiting)
    assert (delivery.state, delivery.discard_reason) == (DeliveryState.DISCARDED, MOVED)


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"login": "other", "name": "Renamed", "timeout_s": 7}, True),
        ({"url": "HTTP://127.0.0.1:{port}/"}, True),
        ({"database": "production"}, False),
        ({"url": "http://odoo.example.com"}, False),
    ],
)
def test_the_same_database_under_another_login_is_the_same(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo, values: dict[str, Any], kept: bool
) -> None:
    add(here, "R1")
    run(one_way)
    target = OdooConnection.objects.get(pk=one_way.target_connection_id or 0)
    port = target.url.rpartition(":")[2]
    given = {name: value.format(port=port) if isinstance(value, str) else value for name, value in values.items()}
    change(target, **{name: value for name, value in given.items() if hasattr(target, name)})
    assert RecordLink.objects.filter(config=one_way).exists() is kept
    change(fresh(one_way), name="Another name", page_size=50)
    assert RecordLink.objects.filter(config=one_way).exists() is kept


def test_everything_is_fetched_anew_into_another_odoo(
    connection: OdooConnection, shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.customers = made_customers(3)
    config = shop_pull(connection, shop)
    sync(config)
    PullPolicy.objects.update(since_value="2026-01-01T00:00:00Z")
    with DemoOdoo(version=18, database="production") as production:
        change(fresh(config), connection=connect(production, "Production"))
        assert PullPolicy.objects.get().since_value == ""
        assert sync(fresh(config)).delivered_count == 3
        assert len(partners(production)) == 3


def test_what_an_external_api_calls_a_record_stays_known(
    make_config: MakeConfig, shop: DemoShop, demo_odoo: DemoOdoo, products: list[int]
) -> None:
    config = make_config()
    sync(config)
    DeliveryPolicy.objects.create(config=config, reads_changes=True, change_cursor="2020-01-01 00:00:00/0")
    known = RecordLink.objects.filter(config=config).count()
    change(OdooConnection.objects.get(pk=config.connection_id), url="https://odoo.example.com")
    assert RecordLink.objects.filter(config=config).count() == known == len(products)
    assert DeliveryPolicy.objects.get().change_cursor == "2020-01-01 00:00:00/0"
