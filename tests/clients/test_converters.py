"""A converter is a shortcut, so what it gives is compared with the full conversion, value by value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.odoo.schema import FIELD_TYPES, Field, ValueRefused

AWKWARD = [
    None, True, False, 0, 1, -1, 7, 2**31 - 1, 2**31, -(2**31), 10**400, 0.0, -0.0, 1.5, 2.0, 1e300, float("inf"),
    float("nan"), Decimal("1.25"), "", " ", "a", "false", "Yes", "1", "1_000", "٣", "²", "1.", ".5", "1.5.5", "1e3",
    "1e999", 1e308, -1e290, 9e289, "nan", "-2", "+2", " 7 ", "12,50", "9" * 60, "2026-01-15", "2026-W03-4", "20260115",
    "draft", "2", "nothing", "2026-02-30", "2026-01-15T10:30:00",
    "2026-01-15 10:30:00", "2026-01-15T10:30:00Z", " 2026-01-15T10:30:00.9+05:30 ",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01 00:00:00", date(2026, 1, 15),
    datetime(2026, 7, 15, 12), [], [7], [7, "Name"], [1, 2], (7, "Name"), {"id": 7}, {}, b"x", "aGVsbG8=",
    "res.partner,7", object,
]  # fmt: skip

anything = (
    st.sampled_from(AWKWARD)
    | st.text(max_size=12)
    | st.from_regex(r"-?[0-9_]{0,4}[.,]?[0-9e]{0,4}", fullmatch=True)
    | st.integers()
    | st.floats()
    | st.datetimes().map(lambda moment: moment.isoformat())
    | st.dates().map(str)
)
zones = st.sampled_from(["UTC", "Europe/Brussels", "America/New_York", "Asia/Kolkata"])
kinds = st.sampled_from([*sorted(FIELD_TYPES), "of_a_later_odoo"])


def field(kind: str) -> Field:
    return Field("x", kind, selection=(("draft", "Draft"), ("2", "Two")) if kind == "selection" else None)


def outcome(convert: Callable[[Any], Any], value: Any) -> tuple[str, ...]:
    """The result with its type, which 1, 1.0 and True would hide; or the refusal with its reason."""
    try:
        result = convert(value)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other side must do the same
        return type(error).__name__, str(error)
    return type(result).__name__, repr(result)


@given(kind=kinds, value=anything, tz=zones)
def test_a_converter_to_odoo_is_the_full_conversion(kind: str, value: Any, tz: str) -> None:
    one = field(kind)
    assert outcome(one.converter_in(tz), value) == outcome(lambda each: one.to_odoo(each, tz=tz), value)


@given(kind=kinds, value=anything, tz=zones)
def test_a_converter_from_odoo_is_the_full_conversion(kind: str, value: Any, tz: str) -> None:
    one = field(kind)
    assert outcome(one.converter_out(tz), value) == outcome(lambda each: one.from_odoo(each, tz=tz), value)


@pytest.mark.parametrize("kind", sorted(FIELD_TYPES))
def test_every_awkward_value_meets_the_same_end_both_ways(kind: str) -> None:
    one = field(kind)
    into, out = one.converter_in("Europe/Brussels"), one.converter_out("Europe/Brussels")
    for value in AWKWARD:
        assert outcome(into, value) == outcome(lambda each: one.to_odoo(each, tz="Europe/Brussels"), value)
        assert outcome(out, value) == outcome(lambda each: one.from_odoo(each, tz="Europe/Brussels"), value)


def test_a_converter_refuses_with_the_reason_for_people() -> None:
    with pytest.raises(ValueRefused, match="has a comma"):
        Field("x", "float").converter_in()("12,50")
