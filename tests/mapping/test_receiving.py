from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from mapping.engine import map_in, map_out
from mapping.plan import LineSpec, PlanSpec, compile_plan
from mapping.receiving import Leg, Receiving, keys_turned_round, receiving
from tests.mapping.schema import FakeSchema

REF = {"field": "ref", "key": "ref", "is_identifier": True}


def relational(field: str, key: str, **options: object) -> dict[str, Any]:
    return {"field": field, "key": key, "calculation": "relational", "options": options}


def received(
    *lines: dict[str, Any], source: str = "res.partner", target: str = "", further: Iterable[str] = ()
) -> Receiving:
    specs = tuple(LineSpec(**{"line_id": number, **line}) for number, line in enumerate(lines))
    spec = PlanSpec(source, specs, direction="out")
    return receiving(spec, source=FakeSchema(), model=target or source, target=FakeSchema(), further=further)


def messages(found: Receiving) -> list[str]:
    return [problem.message for problem in found.problems]


def test_a_key_is_the_name_of_the_field_there() -> None:
    found = received(REF, {"field": "name", "key": "city"}, {"field": "city", "key": "name", "direction": "in"})
    assert not found.problems
    assert [(line.field, line.key, line.is_identifier) for line in found.spec.lines] == [
        ("ref", "ref", True),
        ("city", "city", False),
    ]


@pytest.mark.parametrize("key", ["country_id", "country_id.code"])
def test_a_relation_is_found_by_its_match_field(key: str) -> None:
    found = received(REF, relational("country_id", key, match_field="code", on_missing="empty"))
    line = found.spec.lines[1]
    assert (line.field, line.key, dict(line.options)) == (
        "country_id",
        key,
        {"match_field": "code", "on_missing": "empty"},
    )


def test_it_may_be_found_there_by_another_field() -> None:
    found = received(REF, relational("parent_id", "parent_id.ref", match_field="email"))
    assert dict(found.spec.lines[1].options) == {"match_field": "ref"}


def test_lists_go_by_their_sub_lines_and_keep_their_ways() -> None:
    found = received(
        {"field": "client_order_ref", "key": "client_order_ref", "is_identifier": True},
        relational("order_line", "order_line[]", mode="match", match_key="name", unmatched="keep"),
        {"field": "order_line.name", "key": "order_line[].name"},
        relational("order_line.product_id", "order_line[].product_id", match_field="default_code"),
        source="sale.order",
    )
    assert not found.problems
    lines = {line.field: line for line in found.spec.lines}
    assert dict(lines["order_line"].options) == {"mode": "match", "match_key": "name", "unmatched": "keep"}
    assert dict(lines["order_line.product_id"].options) == {"match_field": "default_code"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"field": "name", "key": "full_name"}, "res.partner has no field 'full_name' in the other Odoo"),
        ({"field": "name", "key": "country_id.nmae"}, "res.country has no field 'nmae' in the other Odoo"),
        ({"field": "name", "key": "name.first"}, "res.partner has no field 'name.first' in the other Odoo"),
        ({"field": "country_id", "key": "country_id"}, "the ids of one Odoo mean nothing in the other"),
        (relational("country_id", "country_id", match_field="id"), "the ids of one Odoo mean nothing in the other"),
        (relational("country_id", "country_id", match_field="code", out_as="name"), "without “out as”"),
        (
            {"field": "name", "key": "country_id"},
            "country_id of the other Odoo is a relation; make the line relational",
        ),
        ({"field": "name", "key": "credit"}, "credit is read-only in the other Odoo"),
        ({"field": "name", "key": "names[0]"}, "the key names[0] holds a number"),
        (relational("country_id", "country_id.iso", match_field="code"), "res.country has no field 'iso'"),
    ],
)
def test_what_cannot_be_received_says_what_to_do(line: dict[str, Any], message: str) -> None:
    (found,) = messages(received(REF, line))
    assert message in found


def test_an_id_of_odoo_identifies_nothing_elsewhere() -> None:
    (found,) = messages(received({"field": "id", "key": "id", "is_identifier": True}))
    assert "read-only" in found or "Odoo gives its ids itself" in found


def test_names_and_ids_may_go_into_fields_that_are_no_relations() -> None:
    found = received(REF, relational("country_id", "city", match_field="code"), {"field": "id", "key": "name"})
    assert not found.problems
    assert [line.calculation for line in found.spec.lines] == ["plain", "plain", "plain"]


def test_what_scripts_add_is_received_where_it_is_named() -> None:
    found = received(REF, further=("city", "ref", "nonsense"))
    assert [line.field for line in found.spec.lines] == ["ref", "city"]


def test_a_record_goes_over_and_reads_back_the_same() -> None:
    found = received(
        REF,
        relational("parent_id", "parent_id.email", match_field="email", on_missing="create"),
        {"field": "parent_id.name", "key": "parent_id.name"},
        relational("category_id", "category_id", match_field="name"),
    )
    assert not found.problems
    plan = compile_plan(found.spec, FakeSchema())
    payload = {"ref": "R1", "parent_id": {"email": "a@b.c", "name": "Azure"}, "category_id": ["Gold"]}
    known = {("res.partner", "email"): {"a@b.c": [7]}, ("res.partner.category", "name"): {"Gold": [3]}}
    (result,) = map_in(plan, [payload], lookup=lambda model, field, _values: known[model, field], existing=True)
    assert result.values is not None
    assert result.values["parent_id"] == 7
    records = {
        "res.partner": {7: {"id": 7, "email": "a@b.c", "name": "Azure"}},
        "res.partner.category": {3: {"name": "Gold"}},
    }
    (back,) = map_out(
        plan,
        [{"id": 1, "ref": "R1", "parent_id": [7, "Azure"], "category_id": [3]}],
        related=lambda model, _ids, _fields: records[model],
    )
    assert back.values == payload
    assert [str(path) for path in found.not_compared] == ["parent_id.name"]


def test_related_records_that_are_updated_are_compared_whole() -> None:
    parent = relational("parent_id", "parent_id.email", match_field="email", on_match="update")
    assert received(REF, parent, {"field": "parent_id.name", "key": "parent_id.name"}).not_compared == ()


def test_a_key_has_a_way_back_where_the_other_sync_takes_it_as_it_is() -> None:
    country = relational("country_id", "country_id", match_field="code")
    out = received(REF, {"field": "city", "key": "name"}, country, {"field": "email", "key": "email"})
    back = received(
        REF,
        {"field": "name", "key": "city"},
        country,
        {"field": "email", "key": "email", "calculation": "value_map", "options": {"map": {"a": "b"}}},
    )
    assert out.legs["name"] == {Leg("name", "city", "plain", "")}
    assert keys_turned_round(out.legs, back.legs) == {"ref": "ref", "name": "city", "country_id": "country_id"}
