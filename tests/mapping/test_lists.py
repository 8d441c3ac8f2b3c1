"""Lists that are matched, and the shapes of relations, where the cases do not say it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.engine import map_in
from mapping.plan import LineSpec, Plan, PlanError, PlanSpec, compile_plan
from tests.mapping.conftest import FakeOdoo
from tests.mapping.schema import FakeSchema

MakePlan = Callable[..., Plan]

REF = {"field": "ref", "key": "id", "is_identifier": True}


def relational(field: str, key: str, **options: object) -> dict[str, Any]:
    return {"field": field, "key": key, "calculation": "relational", "options": options}


MATCHED = relational("child_ids", "kids[]", mode="match", match_key="ref")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([relational("child_ids", "kids[]", mode="match")], "match_key is missing: name the field of a sub-line"),
        ([MATCHED, {"field": "child_ids.name", "key": "kids[].name"}], "no line writes child_ids.ref, by which"),
        (
            [
                {**MATCHED, "options": {"mode": "match", "match_key": "active"}},
                {"field": "child_ids.active", "key": "kids[].a"},
            ],
            "records cannot be matched by active, a boolean",
        ),
        ([relational("category_id", "t[]", match_field="name", mode="match")], "mode match is for lists made from"),
        ([{**MATCHED, "options": {**MATCHED["options"], "unmatched": "x"}}], "unmatched is 'x'; write one of"),
        ([relational("country_id", "c", match_field="xml_id", on_missing="create")], "created with a given xml_id"),
        ([relational("country_id", "c", match_field="display_name", on_missing="create")], "a given display_name"),
        ([relational("country_id", "c", match_field="code", out_as="x")], "out_as is 'x'; write one of id"),
        ([{"field": "name", "key": "n", "options": {"out_as": "id"}}], "out_as is for relations, and name is a char"),
        (
            [relational("country_id", "c", match_field="code", out_as="object"), {"field": "city", "key": "c.city"}],
            "cannot both be written",
        ),
    ],
)
def test_a_line_that_cannot_work_is_a_problem_with_its_cure(
    make_plan: MakePlan, lines: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(PlanError) as caught:
        make_plan("res.partner", REF, *lines)
    assert message in str(caught.value)


def test_a_list_is_not_matched_within_a_record_that_a_match_updates(make_plan: MakePlan) -> None:
    with pytest.raises(PlanError, match="cannot be matched within parent_id, which a match updates"):
        make_plan(
            "res.partner",
            REF,
            relational("parent_id", "company.ref", match_field="ref", on_match="update"),
            relational("parent_id.child_ids", "company.kids[]", mode="match", match_key="ref"),
            {"field": "parent_id.child_ids.ref", "key": "company.kids[].ref"},
        )


@pytest.fixture
def plan(make_plan: MakePlan) -> Plan:
    return make_plan(
        "res.partner",
        REF,
        MATCHED,
        {"field": "child_ids.ref", "key": "kids[].ref"},
        {"field": "child_ids.name", "key": "kids[].name"},
    )


def test_a_plan_that_matches_lists_must_be_given_the_way_to_read_them(plan: Plan) -> None:
    with pytest.raises(ValueError, match="needs `related`"):
        map_in(plan, [{"id": 1}], lookup=FakeOdoo().lookup)


def test_new_records_read_nothing(plan: Plan) -> None:
    odoo = FakeOdoo()
    record = {"id": 1, "kids": [{"ref": "a", "name": "A"}]}
    (result,) = map_in(plan, [record], lookup=odoo.lookup, related=odoo.related, existing=False)
    assert result.values == {"ref": "1", "child_ids": [[0, 0, {"ref": "a", "name": "A"}]]}
    assert odoo.calls == []


def test_ids_that_the_caller_knows_are_not_looked_up_again(plan: Plan) -> None:
    odoo = FakeOdoo({"res.partner": [{"id": 7, "child_ids": [8]}, {"id": 8, "ref": "a"}]})
    records = [{"id": 1, "kids": [{"ref": "a", "name": "A"}]}, {"id": 2, "kids": [{"ref": "a", "name": "A"}]}]
    old, new = map_in(plan, records, lookup=odoo.lookup, related=odoo.related, ids=[7, None])
    assert old.values == {"ref": "1", "child_ids": [[1, 8, {"name": "A"}]]}
    assert new.values == {"ref": "2", "child_ids": [[0, 0, {"ref": "a", "name": "A"}]]}
    assert [call[0] for call in odoo.calls] == ["related", "related"]


def test_a_page_reads_each_list_once_however_many_records(plan: Plan) -> None:
    parents = [{"id": number, "ref": str(number), "child_ids": [1000 + number]} for number in range(1, 51)]
    kids = [{"id": 1000 + number, "ref": "a", "child_ids": []} for number in range(1, 51)]
    odoo = FakeOdoo({"res.partner": [*parents, *kids]})
    records = [{"id": number, "kids": [{"ref": "a", "name": "A"}]} for number in range(1, 51)]
    results = map_in(plan, records, lookup=odoo.lookup, related=odoo.related)
    for number, result in enumerate(results, 1):
        assert result.values == {"ref": str(number), "child_ids": [[1, 1000 + number, {"name": "A"}]]}
    assert [call[:2] for call in odoo.calls] == [
        ("lookup", "res.partner"),
        ("related", "res.partner"),
        ("related", "res.partner"),
    ]


def test_an_element_without_its_key_is_refused(plan: Plan) -> None:
    (result,) = map_in(plan, [{"id": 1, "kids": [{"ref": "", "name": 1.5}]}], lookup=FakeOdoo().lookup, existing=False)
    assert [(error.key, error.rule) for error in result.errors] == [
        ("kids[0].ref", "required"),
        ("kids[0].name", "type"),
    ]


PROPERTY_PLAN = compile_plan(
    PlanSpec(
        model="res.partner",
        lines=(
            LineSpec("ref", "id", is_identifier=True),
            LineSpec(**MATCHED),
            LineSpec("child_ids.ref", "kids[].ref"),
            LineSpec("child_ids.city", "kids[].city"),
        ),
    ),
    FakeSchema(),
)
keys = st.lists(st.sampled_from("abcde"), max_size=6)


@given(before=keys, coming=keys)
def test_after_a_match_the_list_holds_what_came_and_shared_records_are_the_same_ones(
    before: list[str], coming: list[str]
) -> None:
    kids = {100 + place: {"id": 100 + place, "ref": key, "city": "old"} for place, key in enumerate(before)}
    odoo = FakeOdoo({"res.partner": [{"id": 1, "ref": "x", "child_ids": list(kids)}, *kids.values()]})
    record = {"id": "x", "kids": [{"ref": key, "city": str(place)} for place, key in enumerate(coming)]}
    (result,) = map_in(PROPERTY_PLAN, [record], lookup=odoo.lookup, related=odoo.related)
    assert result.values is not None
    commands: Any = result.values["child_ids"]
    created = []
    for code, record_id, values in commands:
        if code == 0:
            created.append(values)
        elif code == 1:
            kids[record_id].update(values)
        else:
            del kids[record_id]
    after = [(kid["ref"], kid["city"]) for kid in [*kids.values(), *created]]
    assert sorted(after) == sorted((key, str(place)) for place, key in enumerate(coming))
    shared = sum(min(before.count(key), coming.count(key)) for key in set(before))
    assert len(kids) == shared
