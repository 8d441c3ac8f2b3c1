from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from clients.odoo.schema import Field, ValueRefused

BRUSSELS = "Europe/Brussels"


def field(type_: str) -> Field:
    return Field("x", type_, selection=(("draft", "Draft"), ("2", "Two")) if type_ == "selection" else None)


@pytest.mark.parametrize(
    ("type_", "value", "sent"),
    [
        ("char", "a", "a"),
        ("char", "", ""),
        ("char", 12, "12"),
        ("text", 1.5, "1.5"),
        ("html", "<p>x</p>", "<p>x</p>"),
        ("integer", 7, 7),
        ("integer", "7", 7),
        ("integer", " -7.00 ", -7),
        ("integer", 7.0, 7),
        ("float", "12.50", 12.5),
        ("float", Decimal("1.25"), 1.25),
        ("monetary", 3, 3.0),
        ("float", "1e3", 1000.0),
        ("boolean", "false", False),
        ("boolean", "Yes", True),
        ("boolean", 0, False),
        ("date", "2026-01-15", "2026-01-15"),
        ("date", date(2026, 1, 15), "2026-01-15"),
        ("date", "2026-01-15T23:30:00Z", "2026-01-16"),
        ("date", "2026-01-15T23:30:00", "2026-01-15"),
        ("datetime", "2026-01-15T10:30:00Z", "2026-01-15 10:30:00"),
        ("datetime", "2026-01-15T10:30:00.123456+05:30", "2026-01-15 05:00:00"),
        ("datetime", "2026-01-15 10:30:00", "2026-01-15 09:30:00"),
        ("datetime", "2026-07-15", "2026-07-14 22:00:00"),
        ("datetime", datetime(2026, 1, 15, 10, 30, tzinfo=UTC), "2026-01-15 10:30:00"),
        ("selection", "draft", "draft"),
        ("selection", 2, "2"),
        ("binary", "aGVsbG8=", "aGVsbG8="),
        ("binary", b"hello", "aGVsbG8="),
        ("many2one", 7, 7),
        ("many2one", {"id": 7, "name": "B"}, 7),
        ("many2one", [7, "Belgium"], 7),
        ("many2one_reference", 7, 7),
        ("reference", "res.partner,7", "res.partner,7"),
        ("one2many", [7, 8], [[6, 0, [7, 8]]]),
        ("many2many", [], [[6, 0, []]]),
        ("many2many", [{"id": 3}], [[6, 0, [3]]]),
        ("one2many", [(0, 0, {"a": 1}), [1, 2, {"b": 2}]], [[0, 0, {"a": 1}], [1, 2, {"b": 2}]]),
        (
            "one2many",
            [[2, 3], [3, 4, 0], [4, 5], [5], [6, 0, [1]]],
            [[2, 3, 0], [3, 4, 0], [4, 5, 0], [5, 0, 0], [6, 0, [1]]],
        ),
        ("json", {"a": [1]}, {"a": [1]}),
        ("properties", {"a": 1}, {"a": 1}),
        ("char", None, False),
        ("many2one", None, False),
        ("boolean", None, False),
        *((type_, "", False) for type_ in ("integer", "float", "monetary", "date", "datetime", "selection", "binary")),
        *((type_, "", False) for type_ in ("many2one", "reference", "many2one_reference")),
        ("many2many", "", [[5, 0, 0]]),
        ("many2many", None, [[5, 0, 0]]),
    ],
)
def test_values_are_sent_as_odoo_takes_them(type_: str, value: Any, sent: Any) -> None:
    got = field(type_).to_odoo(value, tz=BRUSSELS)
    assert got == sent
    assert type(got) is type(sent)


@pytest.mark.parametrize(
    ("type_", "value", "reason"),
    [
        ("many2one", "20", "whole number above 0"),
        ("many2one", "Belgium", "relational line"),
        ("many2one", 20.0, "whole number above 0"),
        ("many2one", True, "whole number above 0"),
        ("many2one", 0, "whole number above 0"),
        ("many2one", -1, "whole number above 0"),
        ("many2one", {"name": "x"}, "whole number above 0"),
        ("many2one", [7, 8], "whole number above 0"),
        ("boolean", "maybe", "neither true nor false"),
        ("boolean", 2, "neither true nor false"),
        ("boolean", "", "neither true nor false"),
        ("float", "12,50", "with a point, such as 12.50"),
        ("float", "1.234,50", "comma"),
        ("float", "nan", "no number"),
        ("float", float("nan"), "no number that Odoo can store"),
        ("float", float("inf"), "no number that Odoo can store"),
        ("float", "1e999", "no number that Odoo can store"),
        ("float", 10**400, "no number that Odoo can store"),
        ("float", 1e308, "too large; Odoo takes numbers below 1e.290"),
        ("float", "-1e300", "too large; Odoo takes numbers below 1e.290"),
        ("float", True, "a number is needed"),
        ("integer", "7.5", "no whole number"),
        ("integer", 7.5, "no whole number"),
        ("integer", True, "a whole number is needed"),
        ("integer", 2**31, "32 bits"),
        ("integer", "9" * 5000, "no whole number"),
        ("char", {"a": 1}, "a text is needed, not an object"),
        ("char", [1], "a text is needed, not a list"),
        ("char", True, "is no text"),
        ("date", "15/01/2026", "no date"),
        ("date", 20260115, "not a number"),
        ("datetime", "yesterday", "2026-01-15T10:30:00Z"),
        ("datetime", "0001-01-01T00:00:00+14:00", "outside the years"),
        ("selection", "done", "possible are: draft, 2"),
        ("selection", True, "not true or false"),
        ("binary", "not base64!", "no base64"),
        ("binary", 5, "base64 text is needed"),
        ("reference", "res.partner", "res.partner,7"),
        ("many2many", "1,2", "a list of ids"),
        ("many2many", {"id": 1}, "a list of ids"),
        ("many2many", ["1"], "is neither"),
        ("one2many", [{"name": "x"}], r"New records are written as \[0, 0"),
        ("one2many", [[0, 0]], "needs its values"),
        ("one2many", [[7, 0, 0]], "commands are 0 to 6"),
        ("one2many", [[4, "1"]], "needs the id"),
        ("one2many", [[6, 0, ["1"]]], "needs a list of ids"),
        ("one2many", [[1, 2]], "needs values"),
        ("one2many", [[True, 1]], "commands are 0 to 6"),
        ("many2one_reference", "7", "id of a record"),
    ],
)
def test_what_odoo_would_swallow_or_fault_on_is_refused_with_the_reason(type_: str, value: Any, reason: str) -> None:
    with pytest.raises(ValueRefused, match=reason):
        field(type_).to_odoo(value)


@pytest.mark.parametrize(
    ("type_", "read", "plain"),
    [
        ("char", False, None),
        ("char", "", ""),
        ("selection", False, None),
        ("binary", False, None),
        ("text", "x", "x"),
        ("integer", 0, 0),
        ("boolean", False, False),
        ("date", False, None),
        ("date", "2026-01-15", "2026-01-15"),
        ("datetime", False, None),
        ("datetime", "2026-01-15 10:30:00", "2026-01-15T10:30:00Z"),
        ("many2one", False, None),
        ("many2one", [20, "Belgium"], 20),
        ("many2one", 20, 20),
        ("many2many", [1, 2], [1, 2]),
        ("one2many", False, []),
        ("reference", False, None),
        ("many2one_reference", 0, None),
        ("json", False, None),
    ],
)
def test_values_are_read_as_plain_json(type_: str, read: Any, plain: Any) -> None:
    got = field(type_).from_odoo(read)
    assert got == plain
    assert type(got) is type(plain)


def test_datetimes_are_read_with_the_offset_of_the_timezone() -> None:
    assert field("datetime").from_odoo("2026-07-15 10:30:00", tz=BRUSSELS) == "2026-07-15T12:30:00+02:00"
    assert field("datetime").to_odoo("2026-07-15T12:30:00+02:00", tz="UTC") == "2026-07-15 10:30:00"
