from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.engine import identify_in, map_in, map_out
from mapping.plan import LineSpec, Plan, PlanSpec, compile_plan
from tests.mapping.conftest import FakeOdoo
from tests.mapping.schema import FakeSchema

MakePlan = Callable[..., Plan]

REF = {"field": "ref", "key": "id", "is_identifier": True}
NOBODY = FakeOdoo()

CONTACT = compile_plan(
    PlanSpec(
        model="res.partner",
        lines=(
            LineSpec("ref", "id", is_identifier=True),
            LineSpec("name", "name.full", required=True),
            LineSpec("email", 'contact."e.mail"'),
            LineSpec("city", "addresses[0].city"),
            LineSpec("active", "flags.active"),
            LineSpec("parent_id", "parent"),
            LineSpec("category_id", "tags[].id"),
        ),
    ),
    FakeSchema(),
)

words = st.text(min_size=1, max_size=8)
unset = st.just(False)
contacts = st.fixed_dictionaries(
    {
        "ref": words,
        "name": words,
        "email": words | unset,
        "city": words | unset,
        "active": st.booleans(),
        "parent_id": st.integers(1, 2**31 - 1) | unset,
        "category_id": st.lists(st.integers(1, 1000), max_size=4),
    }
)


@given(record=contacts)
def test_what_goes_out_and_comes_back_is_the_same(record: dict[str, Any]) -> None:
    (sent,) = map_out(CONTACT, [record], related=NOBODY.related)
    (back,) = map_in(CONTACT, [sent.values], lookup=NOBODY.lookup)
    assert back.values == {**record, "category_id": [[6, 0, record["category_id"]]]}
    assert (sent.identifier, back.identifier) == (("id", record["ref"]), ("ref", record["ref"]))


@given(
    record=st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "name", "full", "tags", "parent", "flags"]), inner)
        ),
    )
)
def test_any_json_is_mapped_or_refused_and_never_raises(record: object) -> None:
    (result,) = map_in(CONTACT, [record], lookup=NOBODY.lookup)
    assert result.ok is not bool(result.errors)


def test_a_bad_record_does_not_touch_its_neighbours(make_plan: MakePlan) -> None:
    plan = make_plan("res.partner", REF, {"field": "name", "key": "name"})
    good = {"id": 1, "name": "Ann"}
    results = map_in(plan, [good, {"id": 2, "name": 1.5}, good], lookup=NOBODY.lookup)
    assert [result.values for result in results] == [{"ref": "1", "name": "Ann"}, None, {"ref": "1", "name": "Ann"}]
    assert [len(result.errors) for result in results] == [0, 1, 0]


def test_the_record_that_came_in_is_not_changed(make_plan: MakePlan) -> None:
    plan = make_plan("res.partner", REF, {"field": "category_id", "key": "tags"}, {"field": "name", "key": "name"})
    record = {"id": 1, "name": "Ann", "tags": [1, 2]}
    (result,) = map_in(plan, [record], lookup=NOBODY.lookup)
    assert result.ok
    assert record == {"id": 1, "name": "Ann", "tags": [1, 2]}


def test_odoos_own_id_may_identify_and_is_never_written(make_plan: MakePlan) -> None:
    plan = make_plan(
        "res.partner", {"field": "id", "key": "odoo_id", "is_identifier": True}, {"field": "name", "key": "name"}
    )
    old, new = map_in(plan, [{"odoo_id": 7, "name": "Ann"}, {"name": "Bob"}], lookup=NOBODY.lookup)
    assert (old.identifier, old.values) == (("id", 7), {"name": "Ann"})
    assert (new.identifier, new.values) == (None, {"name": "Bob"})
    assert plan.writable_in == ("name",)
    (out,) = map_out(plan, [{"id": 7, "name": "Ann"}], related=NOBODY.related)
    assert (out.identifier, out.values) == (("odoo_id", 7), {"odoo_id": 7, "name": "Ann"})


def test_the_identifier_is_known_although_the_record_has_errors(make_plan: MakePlan) -> None:
    plan = make_plan("res.partner", REF, {"field": "name", "key": "name"})
    (result,) = map_in(plan, [{"id": 1, "name": None}], lookup=NOBODY.lookup)
    assert (result.ok, result.identifier) == (False, ("ref", "1"))


def test_a_whole_record_that_exists_already_empties_lists_and_takes_defaults(make_plan: MakePlan) -> None:
    plan = make_plan(
        "res.partner",
        REF,
        {"field": "name", "key": "name", "absent": "default", "default": "Unnamed"},
        {"field": "child_ids", "key": "children[]", "calculation": "relational"},
        {"field": "child_ids.name", "key": "children[].name"},
    )
    (result,) = map_in(plan, [{"id": 1, "children": [{"name": "Kid"}]}], lookup=NOBODY.lookup, existing=True)
    assert result.values == {"ref": "1", "name": "Unnamed", "child_ids": [[5, 0, 0], [0, 0, {"name": "Kid"}]]}


def test_a_constant_list_is_a_new_one_in_every_record(make_plan: MakePlan) -> None:
    plan = make_plan("res.partner", REF, {"field": "category_id", "key": "", "calculation": "constant", "default": [3]})
    first, second = map_in(plan, [{"id": 1}, {"id": 2}], lookup=NOBODY.lookup)
    assert first.values is not None
    assert second.values is not None
    assert first.values["category_id"] == second.values["category_id"] == [[6, 0, [3]]]
    assert first.values["category_id"] is not second.values["category_id"]


def test_datetimes_without_an_offset_are_of_the_plans_timezone(make_plan: MakePlan) -> None:
    plan = make_plan(
        "sale.order",
        {"field": "client_order_ref", "key": "name", "is_identifier": True},
        {"field": "date_order", "key": "at"},
        tz="Europe/Brussels",
    )
    (result,) = map_in(plan, [{"name": "1", "at": "2026-07-01T12:00:00"}], lookup=NOBODY.lookup)
    assert result.values == {"client_order_ref": "1", "date_order": "2026-07-01 10:00:00"}
    record = {"id": 1, "client_order_ref": "1", "date_order": "2026-07-01 10:00:00"}
    (out,) = map_out(plan, [record], related=NOBODY.related)
    assert out.values == {"name": "1", "at": "2026-07-01T12:00:00+02:00"}


def test_a_record_read_without_a_field_of_the_plan_is_an_error(make_plan: MakePlan) -> None:
    plan = make_plan("res.partner", REF, {"field": "city", "key": "address.city"}, {"field": "name", "key": "name"})
    (result,) = map_out(plan, [{"id": 1, "ref": "1"}], related=NOBODY.related)
    assert [(error.key, error.rule) for error in result.errors] == [("address.city", "absent"), ("name", "absent")]


@pytest.mark.parametrize(("enforce", "ok"), [(True, False), (False, True)])
def test_required_is_enforced_on_the_way_out_unless_the_caller_only_reads(
    make_plan: MakePlan, enforce: bool, ok: bool
) -> None:
    plan = make_plan("res.partner", REF, {"field": "name", "key": "deep.name", "required": True})
    (result,) = map_out(plan, [{"id": 1, "ref": "1", "name": False}], related=NOBODY.related, enforce_required=enforce)
    assert result.ok is ok


def test_a_value_that_odoo_should_never_give_is_an_error_and_no_crash(make_plan: MakePlan) -> None:
    plan = make_plan(
        "sale.order",
        {"field": "client_order_ref", "key": "name", "is_identifier": True},
        {"field": "date_order", "key": "at"},
    )
    (result,) = map_out(plan, [{"client_order_ref": "1", "date_order": "soon"}], related=NOBODY.related)
    assert [(error.key, error.rule, error.value) for error in result.errors] == [("at", "type", "soon")]


def test_errors_show_long_values_shortened(make_plan: MakePlan) -> None:
    plan = make_plan("res.partner", REF, {"field": "active", "key": "active"})
    (result,) = map_in(plan, [{"id": 1, "active": "x" * 5000}], lookup=NOBODY.lookup)
    assert result.errors[0].value == "x" * 199 + "…"


def test_what_odoo_requires_and_fills_by_itself_may_be_left_out_but_not_emptied(make_plan: MakePlan) -> None:
    number = {"field": "client_order_ref", "key": "name", "is_identifier": True}
    plan = make_plan("sale.order", number, {"field": "company_id", "key": "company"})
    left_out, emptied = map_in(plan, [{"name": "#1"}, {"name": "#2", "company": None}], lookup=NOBODY.lookup)
    assert left_out.values == {"client_order_ref": "#1"}
    assert [(error.key, error.rule) for error in emptied.errors] == [("company", "required")]


def test_items_are_identified_without_being_mapped_or_looked_up() -> None:
    named = identify_in(CONTACT, [{"id": "C-1"}, {"id": 7, "name": 3}, {"name": {}}, {"id": ["x"]}, "text", None])

    assert [result.identifier for result in named] == [("ref", "C-1"), ("ref", "7"), None, None, None, None]
    assert [result.values for result in named] == [None] * 6
    assert [bool(result.errors) for result in named] == [False, False, False, True, True, True]


def test_items_are_identified_as_they_are_mapped() -> None:
    record = {"id": 42, "name": {"full": "Ada"}}
    (mapped,) = map_in(CONTACT, [record], lookup=NOBODY.lookup)
    (named,) = identify_in(CONTACT, [record])
    assert named.identifier == mapped.identifier
