"""What is proposed for a sync from one Odoo into another."""

from __future__ import annotations

from typing import Any

import pytest

from clients.odoo.schema import Field
from mapping.suggest_same import suggest_same, takes


def char(name: str, **more: Any) -> Field:
    return Field(name, "char", **more)


FIELDS = {
    field.name: field
    for field in (
        char("name"), char("ref"), char("email"), char("x_note"), char("x_empty"), char("barcode_x"),
        Field("country_id", "many2one", relation="res.country"),
        Field("line_ids", "one2many", relation="x"),
        Field("id", "integer", readonly=True),
    )
}  # fmt: skip


def test_usual_fields_are_wanted_and_others_only_where_the_record_holds_something() -> None:
    found = {each.line.field: each for each in suggest_same(FIELDS, FIELDS, {"x_note": "n", "ref": "R1", "id": 5})}
    assert list(found) == ["ref", "country_id", "email", "name", "x_note"]
    assert found["ref"].line.is_identifier
    assert found["x_note"].score < 0.7 < found["email"].score
    country = found["country_id"].line
    assert (country.calculation, country.key, dict(country.options)) == (
        "relational",
        "country_id",
        {"match_field": "code"},
    )


def test_the_identifier_is_one_that_the_record_has() -> None:
    found = suggest_same(FIELDS, FIELDS, {"email": "a@example.com"})
    assert [each.line.field for each in found if each.line.is_identifier] == ["email"]
    assert not any(each.line.is_identifier for each in suggest_same(FIELDS, FIELDS, {"name": "Ann"}))


def test_what_the_other_odoo_lacks_or_does_not_let_write_is_not_proposed() -> None:
    there = {
        **FIELDS,
        "email": char("email", readonly=True),
        "country_id": Field("country_id", "many2one", relation="x"),
    }
    del there["ref"]
    found = {each.line.field for each in suggest_same(FIELDS, there, {})}
    assert found == {"name"}


def test_what_the_other_odoo_requires_is_taken() -> None:
    there = {
        **FIELDS,
        "x_empty": char("x_empty", required=True),
        "x_note": char("x_note", required=True, has_default=True),
    }
    found = {each.line.field: each for each in suggest_same(FIELDS, there, {})}
    assert found["x_empty"].reason == "required there"
    assert "x_note" not in found


def test_what_is_read_only_here_goes_one_way() -> None:
    here = {**FIELDS, "email": char("email", readonly=True)}
    (line,) = [each.line for each in suggest_same(here, FIELDS, {"ref": "1"}) if each.line.field == "email"]
    assert line.direction == "out"


@pytest.mark.parametrize(
    ("here", "there", "is_taken"),
    [
        ("char", "char", True), ("char", "text", True), ("integer", "float", True), ("monetary", "float", True),
        ("char", "integer", False), ("selection", "char", False), ("float", "integer", False),
        ("date", "datetime", False),
    ],
)  # fmt: skip
def test_kinds_that_hold_each_others_values(here: str, there: str, is_taken: bool) -> None:
    assert takes(Field("x", here), Field("x", there)) is is_taken
