"""Lines of a sync between two Odoos, turned round."""

from __future__ import annotations

from typing import Any

import pytest

from clients.odoo.schema import Field
from mapping.receiving import receiving
from mapping.spec import LineSpec, PlanSpec
from mapping.turning import turned


class Schema:
    """Both Odoos have these; the other one calls some fields otherwise."""

    def __init__(self, **partner: Field) -> None:
        self._models = {
            "res.partner": {
                **{name: Field(name, "char") for name in ("name", "ref", "email", "x_ref", "state")},
                "country_id": Field("country_id", "many2one", relation="res.country"),
                "parent_id": Field("parent_id", "many2one", relation="res.partner"),
                "category_id": Field("category_id", "many2many", relation="res.partner.category"),
                "child_ids": Field("child_ids", "one2many", relation="res.partner"),
                **partner,
            },
            "res.country": {name: Field(name, "char") for name in ("name", "code")},
            "res.partner.category": {"name": Field("name", "char")},
        }

    def field(self, model: str, name: str, /) -> Field | None:
        return self._models[model].get(name)


HERE = Schema()
THERE = Schema(people=Field("people", "one2many", relation="res.partner"))


def turn(*lines: LineSpec) -> list[LineSpec]:
    """Each line on its way back."""
    numbered = [
        LineSpec(**{**{n: getattr(line, n) for n in line.__slots__}, "line_id": i}) for i, line in enumerate(lines)
    ]
    found = receiving(
        PlanSpec("res.partner", tuple(numbered), direction="out"), source=HERE, model="res.partner", target=THERE
    )
    assert found.problems == ()
    received = {each.line_id: each for each in found.spec.lines}
    return [turned(line, received[line.line_id], model="res.partner", source=HERE) for line in numbered]


def relation(field: str, key: str, match: str = "", **options: Any) -> LineSpec:
    return LineSpec(
        field, key, calculation="relational", options={"match_field": match, **options} if match else options
    )


@pytest.mark.parametrize(
    ("line", "back"),
    [
        (LineSpec("name", "name"), ("name", "name")),
        (LineSpec("ref", "x_ref", is_identifier=True), ("x_ref", "ref")),
        (relation("country_id", "country_id", "code"), ("country_id", "country_id")),
        (relation("category_id", "category_id", "name"), ("category_id", "category_id")),
        (relation("parent_id", "parent_id.ref", "email"), ("parent_id", "parent_id.email")),
        (relation("parent_id", "parent_id.email", "email"), ("parent_id", "parent_id")),
        (relation("child_ids", "people[]"), ("people", "child_ids[]")),
    ],
)
def test_field_and_key_change_places(line: LineSpec, back: tuple[str, str]) -> None:
    (found,) = turn(line)
    assert (found.field, found.key) == back
    assert found.is_identifier == line.is_identifier


def test_the_field_by_which_a_relation_is_found_changes_its_side() -> None:
    (found,) = turn(relation("parent_id", "parent_id.ref", "email", on_missing="empty"))
    assert found.options == {"match_field": "ref", "on_missing": "empty"}


def test_rows_are_lists_again_and_matched_by_their_own_field() -> None:
    rows = relation("child_ids", "people[]", match_key="ref")
    back = turn(
        rows,
        LineSpec("child_ids.ref", "people[].x_ref"),
        relation("child_ids.country_id", "people[].country_id", "code"),
    )
    assert [(each.field, each.key) for each in back] == [
        ("people", "child_ids[]"),
        ("people.x_ref", "child_ids[].ref"),
        ("people.country_id", "child_ids[].country_id"),
    ]
    assert back[0].options["match_key"] == "x_ref"


def test_turned_twice_it_is_the_same_line() -> None:
    line = relation("parent_id", "parent_id.ref", "email")
    (back,) = turn(line)
    (again,) = turn(back)
    assert (again.field, again.key, again.options) == (line.field, line.key, line.options)


@pytest.mark.parametrize("given", [{"gold": "a", "silver": "b"}, [["gold", "a"], ["silver", "b"]]])
def test_a_value_map_is_read_the_other_way(given: Any) -> None:
    line = LineSpec(
        "ref", "state", calculation="value_map", options={"map": given, "rest": "error", "rest_out": "keep"}
    )
    (found,) = turn(line)
    assert (found.field, found.key) == ("state", "ref")
    assert found.options == {"map": [["a", "gold"], ["b", "silver"]], "rest_out": "keep"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (LineSpec("name", "name", calculation="constant", default="x"), "a constant comes from no field"),
        (LineSpec("name", "name", calculation="template", options={"template": "{ref}"}), "not taken apart again"),
        (LineSpec("name", "name", calculation="script"), "not what comes back"),
        (LineSpec("name", "name", calculation="date_format"), "only a text there"),
        (
            LineSpec("ref", "state", calculation="value_map", options={"map": {"a": "b"}, "rest_out": "value"}),
            "may be any of them on the way back",
        ),
        (LineSpec("", "name"), "it comes from no field"),
    ],
)
def test_what_has_no_way_back_says_why(line: LineSpec, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        turned(line, LineSpec(line.key, line.key), model="res.partner", source=HERE)
