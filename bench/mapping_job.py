"""The job of the mapping measurements: 20 lines of mixed kinds, and contacts as another system writes them."""

from __future__ import annotations

from typing import Any

from clients.odoo.schema import Field
from mapping.spec import LineSpec

TZ = "Europe/Brussels"
COUNTRIES = {"BE": 20, "FR": 75, "NL": 165, "DE": 57, "US": 233}
KINDS = {"retail": "customer", "wholesale": "reseller", "staff": "internal"}
STATES = (("draft", "Draft"), ("open", "Open"), ("done", "Done"))

_FIELDS = [
    Field("ref", "char"),
    Field("name", "char", required=True),
    Field("display", "char"),
    Field("email", "char"),
    Field("phone", "char"),
    Field("street", "char"),
    Field("city", "char"),
    Field("zip", "char"),
    Field("country_id", "many2one", relation="res.country"),
    Field("parent_id", "many2one", relation="res.partner"),
    Field("active", "boolean"),
    Field("color", "integer"),
    Field("credit", "float"),
    Field("discount", "float"),
    Field("amount", "float"),
    Field("birthday", "date"),
    Field("deadline", "date"),
    Field("seen_at", "datetime"),
    Field("state", "selection", selection=STATES),
    Field("kind", "char"),
]
_MODELS = {
    "res.partner": {field.name: field for field in _FIELDS},
    "res.country": {"code": Field("code", "char")},
}

LINES = (
    LineSpec("ref", "id", is_identifier=True),
    LineSpec("name", "name", required=True),
    LineSpec("display", "", calculation="template", options={"template": "{name} ({address.city})"}),
    LineSpec("email", "contact.email"),
    LineSpec("phone", "contact.phone"),
    LineSpec("street", "address.street"),
    LineSpec("city", "address.city"),
    LineSpec("zip", "address.zip"),
    LineSpec("country_id", "address.country", calculation="relational", options={"match_field": "code"}),
    LineSpec("parent_id", "company"),
    LineSpec("active", "active"),
    LineSpec("color", "colour"),
    LineSpec("credit", "credit"),
    LineSpec("discount", "discount"),
    LineSpec(
        "amount",
        "amount",
        calculation="number_format",
        options={"decimal_separator": ",", "thousands_separator": "."},
    ),
    LineSpec("birthday", "birthday"),
    LineSpec("deadline", "deadline", calculation="date_format", options={"format": "%d/%m/%Y"}),
    LineSpec("seen_at", "seen_at"),
    LineSpec("state", "state"),
    LineSpec("kind", "kind", calculation="value_map", options={"map": KINDS}),
)


class _Schema:
    def field(self, model: str, name: str, /) -> Field | None:
        return _MODELS.get(model, {}).get(name)


def job_schema() -> _Schema:
    return _Schema()


def records(count: int, *, start: int = 0) -> list[dict[str, Any]]:
    codes, kinds = list(COUNTRIES), list(KINDS)
    return [
        {
            "id": f"C{number}",
            "name": f"Customer {number}",
            "contact": {"email": f"c{number}@example.com", "phone": None if number % 7 == 0 else "+32 2 000"},
            "address": {
                "street": f"Street {number}",
                "city": "Gent",
                "zip": str(1000 + number % 9000),
                "country": codes[number % 5],
            },
            "company": number + 1,
            "active": number % 3 != 0,
            "colour": number % 12,
            "credit": f"{number % 1000}.50",
            "discount": number / 8,
            "amount": f"{number % 900 + 1}.{number % 900 + 100:03d},25",
            "birthday": f"19{number % 80 + 10}-0{number % 9 + 1}-15",
            "deadline": f"{number % 28 + 1:02d}/{number % 12 + 1:02d}/2026",
            "seen_at": f"2026-{number % 12 + 1:02d}-15T10:{number % 60:02d}:00" + ("" if number % 2 else "+05:30"),
            "state": STATES[number % 3][0],
            "kind": kinds[number % 3],
        }
        for number in range(start, start + count)
    ]


def broken_records() -> list[dict[str, Any]]:
    """One record for each way in which a value can be wrong; every one must be refused."""
    wrong: list[tuple[str, object]] = [
        ("id", None),
        ("id", ["x"]),
        ("name", ""),
        ("name", None),
        ("contact.email", {"a": 1}),
        ("address.country", "XX"),
        ("address.city", ["Gent"]),
        ("company", "seven"),
        ("company", 0),
        ("active", "maybe"),
        ("colour", 1.5),
        ("colour", 2**31),
        ("credit", "12,50"),
        ("credit", float("nan")),
        ("discount", True),
        ("amount", "1.23,45"),
        ("amount", "x"),
        ("birthday", "2026-02-30"),
        ("deadline", "2026-01-01"),
        ("seen_at", "yesterday"),
        ("state", "gone"),
        ("kind", "unknown"),
    ]
    broken = []
    for path, value in wrong:
        (record,) = records(1, start=8)
        *outer, last = path.split(".")
        holder = record
        for key in outer:
            holder = holder[key]
        holder[last] = value
        broken.append(record)
    return broken
