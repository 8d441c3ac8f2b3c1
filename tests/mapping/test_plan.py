from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mapping.plan import Plan, PlanError

MakePlan = Callable[..., Plan]

REF = {"field": "ref", "key": "id", "is_identifier": True}
ORDER_REF = {"field": "client_order_ref", "key": "name", "is_identifier": True}


def relational(field: str, key: str, **options: object) -> dict[str, Any]:
    return {"field": field, "key": key, "calculation": "relational", "options": options}


@pytest.mark.parametrize(
    ("model", "line", "message"),
    [
        ("res.partner", {"field": "nmae", "key": "a"}, "res.partner has no field 'nmae'"),
        ("res.partner", {"field": "country_id.cod", "key": "a"}, "res.country has no field 'cod'"),
        ("res.partner", {"field": "name.first", "key": "a"}, "name is a char, no relation to go through"),
        ("res.partner", {"field": "", "key": "a"}, "the Odoo field is missing"),
        ("res.partner", {"field": "name", "key": ""}, "the key is no path: a name is missing"),
        ("res.partner", {"field": "name", "key": "a["}, "the key is no path: write [0], [1], ... or []"),
        ("res.partner", {"field": "name", "key": "a", "calculation": "magic"}, "there is no calculation 'magic'"),
        ("res.partner", {"field": "name", "key": "a", "direction": "up"}, "direction is 'up'; write one of both, in"),
        ("res.partner", {"field": "name", "key": "a", "absent": "x"}, "absent is 'x'; write one of skip, error"),
        ("res.partner", {"field": "name", "key": "a", "options": {"match": 1}}, "unknown option match; there are"),
        ("res.partner", {"field": "name", "key": "a", "absent": "default"}, "takes the default, but there is none"),
        ("res.partner", {"field": "name", "key": "a", "absent": "clear"}, "would clear a field that must have"),
        ("res.partner", {"field": "name", "key": "a[].b"}, "the key a[].b gives a list, but name is a char"),
        (
            "res.partner",
            {"field": "active", "key": "a", "absent": "default", "default": "maybe"},
            "the default cannot be used: true or false is expected",
        ),
        ("res.partner", {"field": "id", "key": "odoo_id", "direction": "in"}, "Odoo gives its ids itself"),
        (
            "res.partner",
            {"field": "parent_id.name", "key": "a", "direction": "in"},
            "no line writes parent_id; add a relational line for it",
        ),
        ("res.partner", {"field": "active", "key": "", "calculation": "constant"}, "a constant needs a value"),
        (
            "res.partner",
            {"field": "active", "key": "", "calculation": "constant", "default": "x"},
            "the constant cannot be used: true or false is expected",
        ),
        ("res.partner", relational("name", "a", match_field="x"), "relational needs a relation, and name is a char"),
        ("res.partner", relational("country_id", "a"), "match_field is missing: name the field of res.country"),
        ("res.partner", relational("country_id", "a", match_field="iso"), "res.country has no field 'iso'"),
        ("res.partner", relational("country_id", "a[]", match_field="code"), "country_id holds one record"),
        ("res.partner", relational("country_id", "a", match_field="code", on_missing="no"), "on_missing is 'no'"),
        ("res.partner", relational("parent_id", "a", match_field="category_id"), "cannot be matched by category_id"),
        ("res.partner", relational("parent_id", "a", match_field="id", on_missing="create"), "with a given id"),
        ("res.partner", relational("child_ids", "a[].b", match_field="ref"), "a one2many is made from sub-lines"),
        ("res.partner", relational("child_ids", "a[]"), "has no sub-lines; add lines such as child_ids.name"),
        ("res.partner", relational("child_ids", "a"), "the key of a list made from sub-lines ends in []"),
        ("res.partner", relational("category_id", "a[].b[]", match_field="name"), "gives lists within a list"),
    ],
)
def test_a_line_that_cannot_work_is_a_problem_with_its_cure(
    make_plan: MakePlan, model: str, line: dict[str, Any], message: str
) -> None:
    with pytest.raises(PlanError) as caught:
        make_plan(model, REF, line)
    assert [(problem.line_id, problem.field) for problem in caught.value.problems] == [(2, line["field"])]
    assert message in caught.value.problems[0].message


def test_every_problem_of_every_line_is_reported_at_once(make_plan: MakePlan) -> None:
    with pytest.raises(PlanError) as caught:
        make_plan(
            "res.partner",
            {"field": "nmae", "key": "a[", "calculation": "magic"},
            {"field": "city", "key": "city"},
            relational("country_id", "country"),
        )
    assert [problem.line_id for problem in caught.value.problems] == [1, 1, 1, 3, None]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([{"field": "name", "key": "name"}], "no line is the record identifier"),
        ([REF, {"field": "email", "key": "email", "is_identifier": True}], "is a second record identifier"),
        ([{**REF, "direction": "in"}], "must serve both directions"),
        ([{**REF, "key": "ids[]"}], "gives a list, but ref is a char"),
        (
            [{"field": "ref", "key": "", "calculation": "constant", "default": "x", "is_identifier": True}],
            "constant cannot",
        ),
        ([{"field": "category_id", "key": "tags", "is_identifier": True}], "a list cannot be the record identifier"),
        ([{"field": "parent_id.ref", "key": "x", "is_identifier": True}], "must be a field of res.partner itself"),
        (
            [{**relational("country_id", "c", match_field="code", on_missing="create"), "is_identifier": True}],
            "must be a value that is known",
        ),
    ],
)
def test_exactly_one_plain_known_value_identifies_records(
    make_plan: MakePlan, lines: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(PlanError, match=r".") as caught:
        make_plan("res.partner", *lines)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ({"field": "name", "key": "a"}, {"field": "name", "key": "b"}, "another line writes this field too"),
        ({"field": "name", "key": "a"}, {"field": "city", "key": "a", "direction": "out"}, "cannot both be written"),
        ({"field": "name", "key": "a"}, {"field": "city", "key": "a.b"}, "cannot both be written"),
        ({"field": "name", "key": "a.b"}, {"field": "city", "key": "a"}, "cannot both be written"),
        ({"field": "name", "key": "a[0]"}, {"field": "city", "key": "a.b"}, "cannot both be written"),
        (
            {"field": "category_id.name", "key": "a[].b", "direction": "out"},
            {"field": "child_ids.name", "key": "a[].c", "direction": "out"},
            "the list of the key a[].c is already made from category_id",
        ),
        (
            {"field": "name", "key": "a"},
            {"field": "parent_id.name", "key": "b[].c", "direction": "out"},
            "wants a list, but the field gives a single value",
        ),
    ],
)
def test_lines_that_contradict_each_other_are_a_problem_of_the_later_one(
    make_plan: MakePlan, one: dict[str, Any], other: dict[str, Any], message: str
) -> None:
    with pytest.raises(PlanError) as caught:
        make_plan("res.partner", REF, one, other)
    assert [problem.line_id for problem in caught.value.problems] == [3]
    assert message in caught.value.problems[0].message


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ({"field": "credit", "key": "credit"}, "way out only: Odoo calls the field read-only"),
        ({"field": "id", "key": "odoo_id"}, "way out only: Odoo gives its ids itself"),
        ({"field": "parent_id.name", "key": "parent"}, "way out only: no line writes parent_id"),
        ({"field": "city", "key": "id"}, "way in only: id is already given by ref"),
    ],
)
def test_a_line_for_both_ways_that_serves_only_one_is_noted(
    make_plan: MakePlan, line: dict[str, Any], note: str
) -> None:
    plan = make_plan("res.partner", REF, line)
    assert [(found.line_id, note in found.message) for found in plan.notes] == [(2, True)]


def test_sub_lines_of_a_relation_that_neither_creates_nor_updates_are_read_only(make_plan: MakePlan) -> None:
    plan = make_plan(
        "res.partner",
        REF,
        relational("parent_id", "parent.ref", match_field="ref"),
        {"field": "parent_id.name", "key": "parent.name"},
    )
    assert ["on_missing or on_match" in note.message for note in plan.notes] == [True]


def test_a_config_that_only_reads_has_no_trouble_with_lines_that_cannot_write(make_plan: MakePlan) -> None:
    plan = make_plan(
        "sale.order",
        ORDER_REF,
        {"field": "partner_id.name", "key": "customer"},
        {"field": "order_line.name", "key": "lines[].name"},
        direction="out",
    )
    assert plan.notes == ()
    assert plan.read_fields == ("client_order_ref", "partner_id", "order_line")
    assert plan.writable_in == ()


def test_a_config_that_only_writes_refuses_a_line_that_cannot(make_plan: MakePlan) -> None:
    with pytest.raises(PlanError, match=r"cannot be used on the way in: no line writes partner_id"):
        make_plan("sale.order", ORDER_REF, {"field": "partner_id.name", "key": "customer"}, direction="in")


def test_a_read_only_field_is_written_by_a_line_for_in(make_plan: MakePlan) -> None:
    plan = make_plan("sale.order", ORDER_REF, {"field": "state", "key": "state", "direction": "in"})
    assert plan.writable_in == ("client_order_ref", "state")


def test_the_order_of_lines_does_not_matter_to_sub_lines(make_plan: MakePlan) -> None:
    plan = make_plan(
        "sale.order",
        {"field": "order_line.name", "key": "lines[].name"},
        relational("order_line", "lines[]"),
        ORDER_REF,
    )
    assert plan.notes == ()
    assert plan.writable_in == ("order_line", "client_order_ref")


def test_a_plan_knows_what_filters_may_use(make_plan: MakePlan) -> None:
    plan = make_plan(
        "sale.order",
        ORDER_REF,
        relational("partner_id", "customer.email", match_field="email"),
        {"field": "partner_id.country_id.code", "key": "customer.country", "direction": "out"},
        {"field": "partner_shipping_id", "key": "ship_to"},
        {"field": "note", "key": "pin", "secret": True},
        relational("order_line", "lines[]"),
        {"field": "order_line.name", "key": "lines[].name"},
        {"field": "state", "key": "from", "calculation": "constant", "default": "x", "direction": "out"},
    )
    fields = {key: (name, field.type) for key, (name, field) in plan.field_by_key.items()}
    assert fields == {
        "name": ("client_order_ref", "char"),
        "customer.email": ("partner_id.email", "char"),
        "customer.country": ("partner_id.country_id.code", "char"),
        "ship_to": ("partner_shipping_id", "many2one"),
    }
    assert plan.keys_by_field["partner_id"] == "customer.email"
    assert plan.identifier == ("client_order_ref", "name")
    assert plan.secret_keys == {"pin"}
    assert plan.secret_fields == {"note"}


def test_a_plan_cannot_be_changed(make_plan: MakePlan) -> None:
    plan = make_plan("res.partner", REF)
    with pytest.raises(AttributeError):
        plan.model = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        plan.keys_by_field["ref"] = "other"  # type: ignore[index]


def test_the_secret_default_of_a_line_is_in_no_repr(make_plan: MakePlan) -> None:
    plan = make_plan(
        "res.partner", REF, {"field": "name", "key": "n", "absent": "default", "default": "hunter2", "secret": True}
    )
    assert "hunter2" not in repr(plan) + repr(plan.lines)


@pytest.mark.parametrize("tz", ["Europe/Atlantis", "", "../../etc/passwd"])
def test_a_timezone_that_does_not_exist_is_a_problem_and_no_crash(make_plan: MakePlan, tz: str) -> None:
    with pytest.raises(PlanError, match="there is no timezone"):
        make_plan("res.partner", REF, tz=tz)
