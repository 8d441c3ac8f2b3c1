"""Every type of Odoo's fields, out and back through a plan, in several zones; and what empties each of them."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.odoo.schema import FIELD_TYPES, Field
from clients.odoo.values import LARGEST_FLOAT
from mapping.engine import map_in, map_out
from mapping.plan import LineSpec, Plan, PlanSpec, compile_plan

RELATIONS = ("many2one", "one2many", "many2many")
ZONES = ("UTC", "Europe/Brussels", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe")
KEYS = ("draft", "2", "")
UNSET = st.just(False)


def field_of(type_: str) -> Field:
    selection = tuple((key, key.title()) for key in KEYS if key) if type_ == "selection" else None
    return Field("it", type_, relation="res.partner" if type_ in RELATIONS else None, selection=selection)


class Schema:
    def __init__(self, type_: str) -> None:
        self.fields = {"ref": Field("ref", "char"), "it": field_of(type_)}

    def field(self, model: str, name: str, /) -> Field | None:
        return self.fields.get(name)


def plan_of(type_: str, tz: str) -> Plan:
    lines = (LineSpec("ref", "ref", is_identifier=True), LineSpec("it", "it"))
    return compile_plan(PlanSpec(model="m", lines=lines, tz=tz), Schema(type_))


PLANS = {(type_, tz): plan_of(type_, tz) for type_ in FIELD_TYPES for tz in ZONES}

texts = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
ids = st.integers(1, 2**31 - 1)
# Larger ones are refused, as Odoo cannot round them.
numbers = st.floats(-LARGEST_FLOAT, LARGEST_FLOAT, exclude_min=True, exclude_max=True)
moments = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)).map(lambda moment: str(moment.replace(microsecond=0)))

READ: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("char", "text", "html"), texts | UNSET),
    **dict.fromkeys(("float", "monetary"), numbers),
    **dict.fromkeys(
        ("binary", "image"), st.binary(min_size=1).map(lambda data: base64.b64encode(data).decode()) | UNSET
    ),
    **dict.fromkeys(("one2many", "many2many"), st.lists(ids, unique=True, max_size=5)),
    **dict.fromkeys(("json", "properties", "properties_definition"), plain),
    "boolean": st.booleans(),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "date": st.dates(date(1, 1, 1)).map(str) | UNSET,
    "datetime": moments | UNSET,
    "selection": st.sampled_from([key for key in KEYS if key]) | UNSET,
    "many2one": st.tuples(ids, texts).map(list) | UNSET,
    "many2one_reference": ids | UNSET,
    "reference": ids.map(lambda number: f"res.partner,{number}") | UNSET,
}


def written(type_: str, read: Any) -> Any:
    """What Odoo has to be given so that it reads `read` again."""
    if type_ in ("one2many", "many2many"):
        return [[6, 0, read]]
    if type_ == "many2one" and read:
        return read[0]
    # JSON's null is how an unset value goes out.
    return False if read is None else read


def test_no_type_is_left_out() -> None:
    assert set(READ) == FIELD_TYPES


@settings(max_examples=600)
@given(st.data())
def test_what_goes_out_and_comes_back_is_the_same(data: st.DataObject) -> None:
    type_, tz = data.draw(st.sampled_from(sorted(FIELD_TYPES))), data.draw(st.sampled_from(ZONES))
    read = data.draw(READ[type_])
    plan = PLANS[type_, tz]
    (out,) = map_out(plan, [{"id": 1, "ref": "1", "it": read}], related=lambda *_: {})
    assert out.errors == ()
    payload = json.loads(json.dumps(out.values))
    (back,) = map_in(plan, [payload], lookup=lambda *_: {}, existing=False)
    assert back.errors == ()
    assert back.values is not None
    assert back.values["it"] == written(type_, read)
    assert isinstance(back.values["it"], bool) == isinstance(written(type_, read), bool)


@pytest.mark.parametrize("type_", sorted(FIELD_TYPES))
def test_null_empties_every_type_and_empty_text_all_that_hold_no_texts(type_: str) -> None:
    emptied: Any = [[5, 0, 0]] if type_ in ("one2many", "many2many") else False
    found = map_in(PLANS[type_, "UTC"], [{"ref": "1", "it": None}, {"ref": "2", "it": ""}], lookup=lambda *_: {})
    assert found[0].values == {"ref": "1", "it": emptied}
    if type_ == "boolean":
        assert "neither true nor false" in found[1].errors[0].message
    elif type_ in ("char", "text", "html", "json", "properties", "properties_definition"):
        assert found[1].values == {"ref": "2", "it": ""}
    else:
        assert found[1].values == {"ref": "2", "it": emptied}


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2026-03-29T01:59:59", "2026-03-29 00:59:59"),
        ("2026-03-29T03:00:00", "2026-03-29 01:00:00"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25 00:30:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25 01:30:00"),
        ("2026-10-25T02:30:00", "2026-10-25 00:30:00"),
    ],
)
def test_around_the_change_of_the_clock_an_offset_decides_and_without_one_the_first_hour(local: str, utc: str) -> None:
    plan = PLANS["datetime", "Europe/Brussels"]
    (result,) = map_in(plan, [{"ref": "1", "it": local}], lookup=lambda *_: {})
    assert result.values == {"ref": "1", "it": utc}
