"""What goes out and comes back is the same, through every kind of line that can be reversed at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clients.odoo.schema import Field
from mapping.engine import map_in, map_out
from mapping.plan import LineSpec, PlanSpec, compile_plan
from tests.mapping.conftest import FakeOdoo

STATES = (("draft", "Draft"), ("sale", "Order"), ("cancel", "Cancelled"))
FIELDS = {
    "sale.order": [
        Field("client_order_ref", "char", required=True),
        Field("note", "text"),
        Field("state", "selection", selection=STATES),
        Field("date_order", "datetime"),
        Field("commitment_date", "datetime"),
        Field("validity_date", "date"),
        Field("amount", "float"),
        Field("count", "integer"),
        Field("done", "boolean"),
        Field("partner_id", "many2one", relation="res.partner"),
        Field("country_id", "many2one", relation="res.country"),
        Field("team_id", "many2one", relation="crm.team"),
        Field("tag_ids", "many2many", relation="crm.tag"),
        Field("order_line", "one2many", relation="sale.order.line"),
    ],
    "sale.order.line": [
        Field("sequence", "integer"),
        Field("price_unit", "float"),
        Field("product_id", "many2one", relation="product.product"),
    ],
    "res.country": [Field("code", "char")],
    "product.product": [Field("default_code", "char")],
}


class Schema:
    def field(self, model: str, name: str, /) -> Field | None:
        return next((field for field in FIELDS.get(model, []) if field.name == name), None)


def relational(field: str, key: str, **options: object) -> LineSpec:
    return LineSpec(field, key, calculation="relational", options=options)


PLAN = compile_plan(
    PlanSpec(
        model="sale.order",
        tz="America/New_York",
        lines=(
            LineSpec("client_order_ref", "order.number", is_identifier=True),
            LineSpec("note", 'texts."a.b"'),
            LineSpec(
                "state",
                "status",
                calculation="value_map",
                options={"map": {"open": "draft", "paid": "sale", "void": "cancel"}},
            ),
            LineSpec("date_order", "at"),
            LineSpec(
                "commitment_date",
                "due",
                calculation="date_format",
                options={"format": "%d.%m.%Y %H:%M:%S %z", "timezone": "Asia/Tokyo"},
            ),
            LineSpec("validity_date", "until", calculation="date_format", options={"format": "%d/%m/%Y"}),
            LineSpec(
                "amount",
                "money[0].amount",
                calculation="number_format",
                options={"decimal_separator": ",", "thousands_separator": "."},
            ),
            LineSpec("count", "count"),
            LineSpec("done", "flags.done"),
            LineSpec("partner_id", "partner", options={"out_as": "object"}),
            relational("country_id", "country", match_field="code"),
            relational("team_id", "team", match_field="display_name"),
            relational("tag_ids", "tags[].label", match_field="display_name"),
            relational("order_line", "lines[]"),
            LineSpec("order_line.sequence", "lines[].at"),
            LineSpec("order_line.price_unit", "lines[].price"),
            relational("order_line.product_id", "lines[].sku", match_field="default_code"),
        ),
    ),
    Schema(),
)

COUNTRIES = [{"id": 20, "code": "BE"}, {"id": 75, "code": "FR"}]
PRODUCTS = [{"id": 5, "default_code": "MUG"}, {"id": 6, "default_code": "PEN"}]
TEAMS = [{"id": 1, "display_name": "Web"}, {"id": 2, "display_name": "Shop, Gent"}]
TAGS = [{"id": 11, "display_name": "Vip"}, {"id": 12, "display_name": "New"}]

unset = st.just(False)
moments = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2090, 1, 1)).map(
    lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S")
)
prices = st.integers(-(10**7), 10**7).map(lambda cents: cents / 100)
lines = st.fixed_dictionaries(
    {
        "sequence": st.integers(0, 100),
        "price_unit": prices,
        "product_id": st.sampled_from([[5, "Mug"], [6, "Pen"], False]),
    }
)
orders = st.fixed_dictionaries(
    {
        "client_order_ref": st.text(min_size=1, max_size=8),
        "note": st.text(min_size=1, max_size=8) | unset,
        "state": st.sampled_from(["draft", "sale", "cancel"]) | unset,
        "date_order": moments | unset,
        "commitment_date": moments | unset,
        "validity_date": st.dates().map(str) | unset,
        "amount": prices,
        "count": st.integers(-(2**31), 2**31 - 1),
        "done": st.booleans(),
        "partner_id": st.integers(1, 2**31 - 1).map(lambda number: [number, f"Partner {number}"]) | unset,
        "country_id": st.sampled_from([[20, "Belgium"], [75, "France"], False]),
        "team_id": st.sampled_from([[1, "Web"], [2, "Shop, Gent"], False]),
        "tag_ids": st.lists(st.sampled_from([11, 12]), unique=True),
    }
)


def written(record: dict[str, Any]) -> dict[str, Any]:
    """What must be written to have the record that was read."""
    ones = {name: value[0] if isinstance(value, list) else value for name, value in record.items() if name != "tag_ids"}
    return {**ones, "tag_ids": [[6, 0, record["tag_ids"]]]}


@given(order=orders, rows=st.lists(lines, max_size=3))
def test_what_goes_out_and_comes_back_is_the_same(order: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    odoo = FakeOdoo(
        {
            "sale.order.line": [{"id": 100 + at, **row} for at, row in enumerate(rows)],
            "res.country": COUNTRIES,
            "product.product": PRODUCTS,
            "crm.team": TEAMS,
            "crm.tag": TAGS,
        }
    )
    record = {**order, "order_line": [100 + at for at in range(len(rows))]}
    (sent,) = map_out(PLAN, [record], related=odoo.related)
    assert sent.errors == ()
    (back,) = map_in(PLAN, [sent.values], lookup=odoo.lookup)
    assert back.errors == ()
    expected_rows = [[0, 0, {**row, "product_id": row["product_id"] and row["product_id"][0]}] for row in rows]
    assert back.values == {**written(order), "order_line": expected_rows}
    assert back.identifier == ("client_order_ref", order["client_order_ref"])
