"""Pages of records into the demo Odoo: one call where one will do, and each record for itself where one is bad."""

from __future__ import annotations

from typing import Any

import pytest

from demo.odoo import DemoOdoo
from mapping.engine import map_in
from outbound.models import RecordClaim, RecordLink
from outbound.targets.odoo import Action, WriteOutcome
from outbound.targets.odoo_by_id import remove_records, update_records
from outbound.targets.odoo_lookup import ids_by_value, odoo_lookup
from outbound.targets.odoo_upsert import upsert_records
from syncconfig.connections import client_for
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine
from syncconfig.plans import plan_for

pytestmark = pytest.mark.django_db(transaction=True)

LINES: list[dict[str, Any]] = [
    {"field": "ref", "key": "code", "is_identifier": True},
    {"field": "name", "key": "name"},
    {"field": "barcode", "key": "barcode"},
    {
        "field": "parent_id",
        "key": "firm",
        "calculation": "relational",
        "match_field": "name",
        "on_missing": "create",
    },
]


@pytest.fixture
def config(connection: OdooConnection) -> SyncConfig:
    config = SyncConfig.objects.create(
        name="c", request_type="in", connection=connection, model="res.partner", endpoint="c", method_post=True
    )
    for position, line in enumerate(LINES):
        SyncConfigLine.objects.create(config=config, position=position, **line)
    return SyncConfig.objects.get(pk=config.pk)


def upsert(config: SyncConfig, *records: dict[str, Any]) -> list[WriteOutcome]:
    client, plan = client_for(config.connection), plan_for(config)
    results = map_in(plan, records, lookup=odoo_lookup(client), existing=True)
    return upsert_records(config=config, plan=plan, client=client, results=results)


def actions(outcomes: list[WriteOutcome]) -> list[Action]:
    return [outcome.action for outcome in outcomes]


def test_a_page_of_new_records_is_one_search_and_one_create(demo_odoo: DemoOdoo, config: SyncConfig) -> None:
    upsert(config, {"code": "warm", "name": "The schema is known now"})
    demo_odoo.calls.clear()

    outcomes = upsert(config, *({"code": f"C{number}", "name": f"P{number}"} for number in range(50)))

    assert actions(outcomes) == [Action.CREATED] * 50
    assert demo_odoo.calls == {("res.partner", "search_read"): 1, ("res.partner", "create"): 1}
    assert len({outcome.odoo_id for outcome in outcomes}) == 50


def test_a_page_mixes_new_known_and_found_records(demo_odoo: DemoOdoo, config: SyncConfig) -> None:
    found = demo_odoo.call("res.partner", "create", {"name": "Found", "ref": "F"})
    (known,) = upsert(config, {"code": "K", "name": "Known"})

    outcomes = upsert(
        config, {"code": "N", "name": "New"}, {"code": "F", "name": "Found 2"}, {"code": "K", "name": "Known 2"}
    )

    assert actions(outcomes) == [Action.CREATED, Action.UPDATED, Action.UPDATED]
    assert [outcome.odoo_id for outcome in outcomes[1:]] == [found, known.odoo_id]
    names = demo_odoo.call("res.partner", "search_read", [["ref", "in", ["N", "F", "K"]]], ["name"], order="id")
    assert sorted(each["name"] for each in names) == ["Found 2", "Known 2", "New"]


def test_one_bad_record_does_not_stop_the_others(demo_odoo: DemoOdoo, config: SyncConfig) -> None:
    records: list[dict[str, Any]] = [{"code": f"C{number}", "name": f"P{number}"} for number in range(8)]
    records[5]["name"] = None

    outcomes = upsert(config, *records)

    assert actions(outcomes) == [Action.CREATED] * 5 + [Action.FAILED] + [Action.CREATED] * 2
    assert outcomes[5].error is not None
    assert "Contacts require a name" in outcomes[5].error.message
    assert not RecordLink.objects.filter(external_id="C5").exists()


def test_an_identifier_that_comes_twice_in_a_page_is_created_once(demo_odoo: DemoOdoo, config: SyncConfig) -> None:
    outcomes = upsert(config, {"code": "A", "name": "First"}, {"code": "A", "name": "Second"})

    assert actions(outcomes) == [Action.CREATED, Action.UPDATED]
    assert outcomes[0].odoo_id == outcomes[1].odoo_id
    (partner,) = demo_odoo.call("res.partner", "search_read", [["ref", "=", "A"]], ["name"])
    assert partner["name"] == "Second"


def test_a_related_record_is_created_once_for_a_page(demo_odoo: DemoOdoo, config: SyncConfig) -> None:
    outcomes = upsert(config, *({"code": f"C{number}", "name": f"P{number}", "firm": "Acme"} for number in range(3)))

    assert actions(outcomes) == [Action.CREATED] * 3
    (firm,) = demo_odoo.call("res.partner", "search", [["name", "=", "Acme"]])
    assert demo_odoo.call("res.partner", "search_count", [["parent_id", "=", firm]]) == 3
    assert not RecordClaim.objects.exists()


def test_a_related_record_stays_where_one_of_its_records_was_taken(demo_odoo: DemoOdoo, config: SyncConfig) -> None:
    outcomes = upsert(config, {"code": "A", "name": None, "firm": "Acme"}, {"code": "B", "name": "Bob", "firm": "Acme"})

    assert actions(outcomes) == [Action.FAILED, Action.CREATED]
    assert demo_odoo.call("res.partner", "search_count", [["name", "=", "Acme"]]) == 1


def test_a_deleted_record_among_known_ones_is_made_anew(demo_odoo: DemoOdoo, config: SyncConfig) -> None:
    records = [{"code": f"C{number}", "name": f"P{number}"} for number in range(3)]
    made = upsert(config, *records)
    demo_odoo.call("res.partner", "unlink", [made[1].odoo_id])

    outcomes = upsert(config, *records)

    assert actions(outcomes) == [Action.UPDATED, Action.CREATED, Action.UPDATED]
    assert demo_odoo.call("res.partner", "search_count", [["ref", "in", ["C0", "C1", "C2"]]]) == 3


def test_odoo_down_fails_every_record_and_leaves_no_claim(demo_odoo: DemoOdoo, config: SyncConfig) -> None:
    upsert(config, {"code": "warm", "name": "The schema is known now"})
    client, plan = client_for(config.connection), plan_for(config)
    results = map_in(plan, [{"code": "A", "name": "A"}, {"code": "B", "name": "B"}], lookup=odoo_lookup(client))
    demo_odoo.stop()

    outcomes = upsert_records(config=config, plan=plan, client=client, results=results)

    demo_odoo.start()
    assert actions(outcomes) == [Action.FAILED] * 2
    assert [outcome.error.code for outcome in outcomes if outcome.error] == ["connection_refused"] * 2
    assert RecordLink.objects.count() == 1
    assert not RecordClaim.objects.exists()


def test_one_active_record_is_meant_among_archived_ones(demo_odoo: DemoOdoo, config: SyncConfig) -> None:
    demo_odoo.call("res.partner", "create", {"name": "Old", "ref": "A", "active": False})
    active = demo_odoo.call("res.partner", "create", {"name": "New", "ref": "A"})

    (outcome,) = upsert(config, {"code": "A", "name": "Ann"})

    assert (outcome.action, outcome.odoo_id) == (Action.UPDATED, active)


def test_an_update_of_a_missing_record_says_so(config: SyncConfig) -> None:
    client, plan = client_for(config.connection), plan_for(config)
    (result,) = map_in(plan, [{"name": "X"}], lookup=odoo_lookup(client), partial=True)

    (outcome,) = update_records(config=config, client=client, updates=[(99999, result)])

    assert outcome.error is not None
    assert outcome.error.code == "missing_record"
    assert "does not exist" in outcome.error.message


@pytest.mark.parametrize("archive", [True, False])
def test_a_removal_whose_answer_was_lost_is_looked_up(
    demo_odoo: DemoOdoo, config: SyncConfig, *, archive: bool
) -> None:
    (made,) = upsert(config, {"code": "A", "name": "Ann"})
    assert made.odoo_id is not None
    demo_odoo.fail_next(1, "drop_after")

    (error,) = remove_records(config=config, client=client_for(config.connection), ids=[made.odoo_id], archive=archive)

    assert error is None

    assert demo_odoo.call("res.partner", "search_count", [["ref", "=", "A"]]) == 0


def test_a_lookup_asks_once_for_many_values_and_tells_ids_by_value(demo_odoo: DemoOdoo, config: SyncConfig) -> None:
    client = client_for(config.connection)
    first, second = demo_odoo.call("res.partner", "create", [{"name": "N", "ref": "A"}, {"name": "N", "ref": "a"}])
    demo_odoo.calls.clear()

    assert ids_by_value(client, "res.partner", "ref", ["A", "a", "none"]) == {"A": [first], "a": [second]}
    assert ids_by_value(client, "res.partner", "name", ["N"]) == {"N": [first, second]}
    assert ids_by_value(client, "res.partner", "name", []) == {}
    assert demo_odoo.calls == {("res.partner", "search_read"): 2}


def test_a_record_may_refer_to_another_new_one_of_its_list(demo_odoo: DemoOdoo, connection: OdooConnection) -> None:
    """The parent comes later in the list, under the same identifier by which the child names it."""
    config = people(connection)

    outcomes = upsert(
        config,
        {"email": "child@example.com", "name": "Child", "firm": "firm@example.com"},
        {"email": "firm@example.com", "name": "Firm"},
    )

    assert actions(outcomes) == [Action.CREATED] * 2
    (child,) = demo_odoo.call("res.partner", "read", [outcomes[0].odoo_id], ["parent_id"])
    assert child["parent_id"][0] == outcomes[1].odoo_id
    assert demo_odoo.call("res.partner", "search_count", [["email", "=", "firm@example.com"]]) == 1
    assert not RecordClaim.objects.exists()


def test_records_that_refer_to_each_other_in_a_circle_are_refused_at_once(
    demo_odoo: DemoOdoo, connection: OdooConnection
) -> None:
    config = people(connection)

    outcomes = upsert(config, {"email": "self@example.com", "name": "Self", "firm": "self@example.com"})

    assert actions(outcomes) == [Action.FAILED]
    assert outcomes[0].error is not None
    assert "refers to itself" in outcomes[0].error.message
    assert demo_odoo.call("res.partner", "search_count", [["email", "=", "self@example.com"]]) == 0
    assert not RecordClaim.objects.exists()


def people(connection: OdooConnection) -> SyncConfig:
    """Contacts by email, whose firm is named by its email too."""
    config = SyncConfig.objects.create(
        name="people", request_type="in", connection=connection, model="res.partner", endpoint="p", method_post=True
    )
    lines = [
        {"field": "email", "key": "email", "is_identifier": True},
        {"field": "name", "key": "name"},
        {**LINES[3], "match_field": "email"},
    ]
    for position, line in enumerate(lines):
        SyncConfigLine.objects.create(config=config, position=position, **line)
    return SyncConfig.objects.get(pk=config.pk)
