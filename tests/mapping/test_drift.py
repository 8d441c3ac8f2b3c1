from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from clients.odoo.schema import Field
from mapping.drift import Drift, Snapshot, find_drift, take_snapshot
from mapping.spec import LineSpec, PlanSpec

Models = dict[str, dict[str, Field]]

SPEC = PlanSpec(
    model="sale.order",
    lines=(
        LineSpec("client_order_ref", "name", line_id=1, is_identifier=True),
        LineSpec("state", "status", line_id=2),
        LineSpec("partner_id", "email", line_id=3, calculation="relational", options={"match_field": "email"}),
        LineSpec("partner_id.name", "who", line_id=4, direction="out"),
        LineSpec("order_line.price_unit", "lines[].price", line_id=5),
        LineSpec("", "source", line_id=6, calculation="constant", default="x", direction="out"),
        LineSpec("warehouse_id", "wh", line_id=7, calculation="relational", options={"match_field": "xml_id"}),
    ),
)


def models() -> Models:
    found = {
        "sale.order": [
            Field("client_order_ref", "char"),
            Field("state", "selection", selection=(("draft", "Quotation"), ("sent", "Sent"), ("sale", "Order"))),
            Field("partner_id", "many2one", relation="res.partner", required=True),
            Field("order_line", "one2many", relation="sale.order.line"),
            Field("warehouse_id", "many2one", relation="stock.warehouse"),
            Field("company_id", "many2one", relation="res.company", required=True),
            Field("team", "char"),
        ],
        "res.partner": [Field("name", "char"), Field("email", "char"), Field("lang", "char")],
        "sale.order.line": [Field("price_unit", "float"), Field("name", "char")],
        "stock.warehouse": [Field("name", "char")],
    }
    return {model: {field.name: field for field in fields} for model, fields in found.items()}


def drift(changed: Mapping[str, Field | None], spec: PlanSpec = SPEC) -> list[Drift]:
    """What is found after these fields (`model:name`) have changed or, with None, gone."""
    before, after = models(), models()
    for place, field in changed.items():
        model, name = place.split(":")
        if field is None:
            del after[model][name]
        else:
            after[model][name] = field
    snapshot = Snapshot.from_dict(json.loads(json.dumps(take_snapshot(spec, before.get).as_dict())))
    return find_drift(spec, snapshot, after.get)


def told(found: list[Drift]) -> list[tuple[Any, ...]]:
    return [(each.kind.value, each.line_id, each.field) for each in found]


def test_nothing_is_found_where_nothing_has_changed() -> None:
    assert drift({}) == []


def test_changes_that_no_line_relies_on_are_nobodys_business() -> None:
    assert drift({"sale.order:team": None, "res.partner:lang": Field("lang", "selection")}) == []


@pytest.mark.parametrize(
    ("place", "field", "expected"),
    [
        ("sale.order:client_order_ref", None, ("vanished", 1, "client_order_ref")),
        ("sale.order:order_line", None, ("vanished", 5, "order_line")),
        ("res.partner:name", None, ("vanished", 4, "partner_id.name")),
        ("res.partner:email", None, ("vanished", 3, "partner_id.email")),
        ("sale.order.line:price_unit", Field("price_unit", "char"), ("type_changed", 5, "order_line.price_unit")),
        (
            "sale.order:warehouse_id",
            Field("warehouse_id", "many2one", relation="stock.location"),
            ("relation_changed", 7, "warehouse_id"),
        ),
        ("sale.order:state", Field("state", "selection", readonly=True), ("now_readonly", 2, "state")),
        ("sale.order:team", Field("team", "char", required=True), ("now_required", None, "sale.order.team")),
        (
            "sale.order.line:name",
            Field("name", "char", required=True),
            ("now_required", None, "sale.order.line.name"),
        ),
    ],
)
def test_a_change_is_told_once_with_its_line(place: str, field: Field | None, expected: tuple[Any, ...]) -> None:
    assert expected in told(drift({place: field}))
    assert len({(each.kind, each.field) for each in drift({place: field})}) == len(drift({place: field}))


def test_selection_values_that_are_gone_are_named() -> None:
    found = drift({"sale.order:state": Field("state", "selection", selection=(("draft", "Quotation"),))})
    assert told(found) == [("selection_gone", 2, "state")]
    assert "state does not know sent, sale any more" in found[0].message


def test_a_field_that_was_required_before_or_has_a_line_is_no_news() -> None:
    assert drift({"sale.order:client_order_ref": Field("client_order_ref", "char", required=True)}) == []
    assert drift({"sale.order:company_id": Field("company_id", "many2one", relation="x", required=True)}) == []


def test_a_read_only_field_is_no_trouble_to_a_line_or_config_that_only_reads() -> None:
    locked = {"res.partner:name": Field("name", "char", readonly=True)}
    assert drift(locked) == []
    out = PlanSpec(model="sale.order", lines=SPEC.lines, direction="out")
    assert (
        drift(
            {
                "sale.order:state": Field(
                    "state", "selection", readonly=True, selection=models()["sale.order"]["state"].selection
                )
            },
            out,
        )
        == []
    )
    assert drift({"sale.order:team": Field("team", "char", required=True)}, out) == []


def test_a_model_that_is_gone_takes_its_fields_with_it() -> None:
    before = models()
    after = {name: fields for name, fields in models().items() if name != "res.partner"}
    found = find_drift(SPEC, take_snapshot(SPEC, before.get), after.get)
    assert told(found) == [("vanished", 3, "partner_id.email"), ("vanished", 4, "partner_id.name")]
