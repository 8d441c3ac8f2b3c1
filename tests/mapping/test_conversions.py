"""Value maps, templates and formats: what they refuse when a plan is compiled, and that what goes out comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.dates import DateFormat
from mapping.engine import map_in, map_out
from mapping.numbers import NumberFormat
from mapping.plan import LineSpec, Plan, PlanError, PlanSpec, compile_plan
from tests.mapping.conftest import FakeOdoo
from tests.mapping.schema import FakeSchema

MakePlan = Callable[..., Plan]

REF = {"field": "client_order_ref", "key": "name", "is_identifier": True}
NOBODY = FakeOdoo()


def line(field: str, kind: str, **options: object) -> dict[str, Any]:
    return {"field": field, "key": "k", "calculation": kind, "options": options}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (line("note", "value_map"), "the map is missing"),
        (line("note", "value_map", map={}), "the map is missing"),
        (line("note", "value_map", map="a=b"), "the map is missing"),
        (line("note", "value_map", map={"a": ["b"]}), "the map holds single values"),
        (line("note", "value_map", map=[["a"]]), "the map holds single values"),
        (line("priority", "value_map", map={"a": "x"}), "the value for 'a' cannot be used"),
        (line("priority", "value_map", map={"a": 1}, rest="value", rest_value="x"), "rest_value cannot be used"),
        (line("note", "value_map", map={"a": "b"}, rest="drop"), "rest is 'drop'; write one of error, keep, value"),
        (line("note", "value_map", map=[[1, "a"], ["1", "b"]]), "holds a value of the other side twice"),
        (line("note", "value_map", map={"a": "x", "b": "y", "c": "x"}), "'x' could be 'a' and 'c'; keep one of them"),
        (line("order_line", "value_map", map={"a": 1}), "gives one value, and order_line is a one2many"),
        ({**line("note", "value_map", map={"a": "b"}), "key": "k[].x"}, "the key k[].x gives a list"),
        (
            {**line("note", "value_map", map={"a": "b"}), "absent": "default", "default": "c"},
            "the default cannot be used: 'c' is not in the line's map; it holds 'a'",
        ),
        (line("note", "template"), "the template is missing"),
        (line("note", "template", template="Hello"), "the template names no key"),
        (line("note", "template", template="{a} {b"), "write {{ for a brace itself (at character 5"),
        (line("note", "template", template="{a}}"), "write }} for a brace itself"),
        (line("note", "template", template="{a..b}"), "the template cannot be used: a name is missing"),
        (line("note", "template", template="{a.__class__[x]}"), "the template cannot be used: write [0]"),
        (line("note", "template", template="{a[].b}"), "the template's {a[].b} gives a list; write [0]"),
        (line("order_line", "template", template="{a}"), "a template gives a text, and order_line is a one2many"),
        ({**line("note", "template", template="{a}"), "direction": "out"}, "cannot be used on the way out: a template"),
        (line("note", "date_format", format="%d"), "date_format is for dates and datetimes, and note is a char"),
        (line("date_order", "date_format"), "the format is missing"),
        (line("date_order", "date_format", format="dd/mm/yyyy"), "the format is missing"),
        (line("date_order", "date_format", format="%Q"), "the format has an unknown code %Q"),
        (line("date_order", "date_format", format="%d %"), "the format has an unknown code %"),
        (line("date_order", "date_format", format="%d", timezone="Mars"), "there is no timezone 'Mars'"),
        ({**line("date_order", "date_format", format="%B %Y"), "direction": "in"}, "does not tell the day"),
        (line("note", "number_format", decimals=2), "number_format is for numbers, and note is a char"),
        (line("amount_paid", "number_format", decimal_separator=",,"), "decimal_separator is ',,'; write one"),
        (line("amount_paid", "number_format", thousands_separator="0"), "thousands_separator is '0'; write one"),
        (line("amount_paid", "number_format", thousands_separator="."), "both separators are '.'"),
        (line("amount_paid", "number_format", decimals="2.5"), "decimals is '2.5'; write a whole number"),
        (line("amount_paid", "number_format", decimals=99), "write a whole number from 0 to 12"),
    ],
)
def test_a_line_that_cannot_work_is_a_problem_with_its_cure(
    make_plan: MakePlan, line: dict[str, Any], message: str
) -> None:
    with pytest.raises(PlanError) as caught:
        make_plan("sale.order", REF, line)
    assert [problem.line_id for problem in caught.value.problems] == [2]
    assert message in caught.value.problems[0].message


@pytest.mark.parametrize(
    ("line", "note"),
    [
        (line("note", "template", template="{a}"), "way in only: a template cannot be taken apart"),
        (line("date_order", "date_format", format="%B %Y"), "way out only: the format '%B %Y' does not tell the day"),
        (line("date_order", "date_format", format="%d/%m/%Y %I:%M"), "way out only: the format"),
    ],
)
def test_what_cannot_be_reversed_serves_one_way_with_a_note(
    make_plan: MakePlan, line: dict[str, Any], note: str
) -> None:
    plan = make_plan("sale.order", REF, line)
    assert [(found.line_id, note in found.message) for found in plan.notes] == [(2, True)]


def test_an_ambiguous_map_may_still_be_for_the_way_in(make_plan: MakePlan) -> None:
    both = {"field": "note", "calculation": "value_map"}
    plan = make_plan(
        "sale.order",
        REF,
        {**both, "key": "status", "direction": "in", "options": {"map": {"paid": "sale", "done": "sale"}}},
        {**both, "key": "status", "direction": "out", "options": {"map": {"paid": "sale"}}},
    )
    results = map_in(plan, [{"name": "1", "status": "done"}], lookup=NOBODY.lookup)
    results += map_out(plan, [{"id": 1, "client_order_ref": "1", "note": "sale"}], related=NOBODY.related)
    assert [result.values for result in results] == [
        {"client_order_ref": "1", "note": "sale"},
        {"name": "1", "status": "paid"},
    ]


def test_a_filter_on_a_mapped_key_compares_what_the_line_would_write(make_plan: MakePlan) -> None:
    plan = make_plan(
        "sale.order",
        REF,
        {**line("note", "value_map", map={"paid": "sale"}), "key": "status"},
        {**line("validity_date", "date_format", format="%d/%m/%Y"), "key": "until"},
        {**line("amount_paid", "number_format", decimal_separator=","), "key": "paid"},
        {**line("origin", "template", template="{a}"), "key": "from"},
    )
    asked = {"status": "paid", "until": "31/12/2026", "paid": "1,5"}
    assert {key: plan.field_by_key[key][1].to_odoo(text) for key, text in asked.items()} == {
        "status": "sale",
        "until": "2026-12-31",
        "paid": 1.5,
    }
    assert "from" not in plan.field_by_key


def test_a_secret_map_and_a_secret_template_show_nothing(make_plan: MakePlan) -> None:
    plan = make_plan(
        "sale.order",
        REF,
        {**line("note", "value_map", map={"hunter2": "sale"}), "secret": True},
        {**line("origin", "template", template="{pin} {user.code}"), "key": "", "secret": True},
    )
    (result,) = map_in(plan, [{"name": "1", "k": "hunter3", "pin": ["hunter4"]}], lookup=NOBODY.lookup)
    assert len(result.errors) == 2
    assert "hunter" not in repr(result.errors) + repr(plan)
    assert plan.secret_keys == {"k", "pin", "user.code"}
    with pytest.raises(PlanError) as caught:
        make_plan("sale.order", REF, {**line("note", "value_map", map={"hunter2": "x", "b": "x"}), "secret": True})
    assert "hunter2" not in str(caught.value)


def test_a_template_is_no_format_string(make_plan: MakePlan) -> None:
    plan = make_plan("sale.order", REF, line("note", "template", template="{a.__class__.__mro__}{b!r}"))
    (result,) = map_in(plan, [{"name": "1", "a": "x", "b!r": "c"}], lookup=NOBODY.lookup)
    assert result.values == {"client_order_ref": "1", "note": "c"}


texts = st.text(max_size=6)
FORMATS = ["%d/%m/%Y %H:%M:%S", "%Y%m%dT%H%M%S%z", "%A %d %B %Y, %I:%M:%S %p", "epoch_s", "epoch_ms", "%c"]


@given(
    moment=st.datetimes(min_value=datetime(1000, 1, 2), max_value=datetime(9999, 12, 30)),
    text=st.sampled_from(FORMATS),
    tz=st.sampled_from(["UTC", "Asia/Tokyo", "Asia/Kolkata"]),
)
def test_a_moment_that_goes_out_in_a_format_comes_back(moment: datetime, text: str, tz: str) -> None:
    stored = moment.strftime("%Y-%m-%d %H:%M:%S")
    format_ = DateFormat(text, tz=tz, has_time=True)
    assert format_.read(format_.write(stored)) == stored


@given(day=st.dates(), text=st.sampled_from(["%d.%m.%Y", "%Y-W%W-%w", "%j/%Y", "epoch_s"]))
def test_a_day_that_goes_out_in_a_format_comes_back(day: date, text: str) -> None:
    format_ = DateFormat(text, tz="UTC", has_time=False)
    assert format_.read(format_.write(day.isoformat())) == day.isoformat()


@given(
    number=st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**31), 2**31 - 1),
    decimal=st.sampled_from([",", ".", "'"]),
    thousands=st.sampled_from(["", " ", "_", "\u00a0"]),
)
def test_a_number_that_goes_out_in_a_format_comes_back(number: float, decimal: str, thousands: str) -> None:
    format_ = NumberFormat(decimal=decimal, thousands=thousands, decimals=None)
    assert float(format_.read(format_.write(number))) == number


@given(number=st.floats(-1e9, 1e9), decimals=st.integers(0, 12))
def test_rounding_out_is_never_off_by_more_than_half_of_the_last_digit(number: float, decimals: int) -> None:
    format_ = NumberFormat(decimal=",", thousands=".", decimals=decimals)
    text = format_.read(format_.write(number))
    assert len(text.partition(".")[2]) == decimals
    assert abs(Decimal(text) - Decimal(repr(number))) <= Decimal(5).scaleb(-decimals - 1)


KEEP = {"rest": "keep", "rest_out": "keep"}
MAPPED = compile_plan(
    PlanSpec(
        model="sale.order",
        lines=(
            LineSpec("client_order_ref", "name", is_identifier=True),
            LineSpec("note", "a", calculation="value_map", options={"map": {"paid": "sale", "open": "draft"}}),
            LineSpec("origin", "b", calculation="value_map", options={"map": {"x": "y"}, **KEEP}),
            LineSpec("priority", "c", calculation="value_map", options={"map": [[True, 1], [False, 0]]}),
        ),
    ),
    FakeSchema(),
)


@given(
    record=st.fixed_dictionaries(
        {
            "client_order_ref": texts.filter(bool),
            "note": st.sampled_from(["sale", "draft", False]),
            "origin": texts.filter(lambda text: text not in ("x", "y", "")),
            "priority": st.sampled_from([0, 1]),
        }
    )
)
def test_a_mapped_value_that_goes_out_comes_back(record: dict[str, Any]) -> None:
    (sent,) = map_out(MAPPED, [record], related=NOBODY.related)
    (back,) = map_in(MAPPED, [sent.values], lookup=NOBODY.lookup)
    assert back.values == record


def test_an_epoch_beyond_the_calendar_is_refused() -> None:
    format_ = DateFormat("epoch_s", tz="UTC", has_time=True)
    with pytest.raises(ValueError, match="is not written as seconds since 1970"):
        format_.read(10**15)


def test_milliseconds_are_kept_apart_from_seconds() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=1)
    seconds = DateFormat("epoch_s", tz="UTC", has_time=True).write("2026-01-01 01:00:00")
    milliseconds = DateFormat("epoch_ms", tz="UTC", has_time=True).write("2026-01-01 01:00:00")
    assert (seconds, milliseconds) == (int(moment.timestamp()), int(moment.timestamp() * 1000))


@pytest.mark.parametrize(
    "text", ["%d/%m/%Y", "%d.%m.%Y %H:%M:%S", "%Y-%m-%d", "%H:%M %d/%m/%Y", "%Y%m%d", "%d/%d/%Y %m"]
)
@given(written=st.from_regex(r"\A[0-9]{1,4}[/.:-]?[0-9]{1,2}[/. -]?[0-9]{0,4}( [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?\Z"))
def test_the_shortcut_for_numbers_reads_what_strptime_reads(text: str, written: str) -> None:
    for has_time in (False, True):
        try:
            moment = datetime.strptime(written.strip(), text)
            expected = moment.strftime("%Y-%m-%d %H:%M:%S" if has_time else "%Y-%m-%d").zfill(19 if has_time else 10)
        except ValueError:
            expected = None
        except re.error:
            return
        try:
            found = DateFormat(text, tz="UTC", has_time=has_time).read(written)
        except ValueError:
            found = None
        assert found == expected
