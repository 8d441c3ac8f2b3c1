from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from mapping.engine import map_in, map_out
from mapping.plan import Plan
from mapping.results import RelatedRecord, related_records
from tests.mapping.conftest import FakeOdoo

MakePlan = Callable[..., Plan]
MakeOdoo = Callable[..., FakeOdoo]

ORDER_REF = {"field": "client_order_ref", "key": "name", "is_identifier": True}


def relational(field: str, key: str, **options: object) -> dict[str, Any]:
    return {"field": field, "key": key, "calculation": "relational", "options": options}


@pytest.fixture
def order_plan(make_plan: MakePlan) -> Plan:
    return make_plan(
        "sale.order",
        ORDER_REF,
        relational("partner_id", "customer.email", match_field="email", on_missing="create"),
        {"field": "partner_id.name", "key": "customer.name"},
        {**relational("partner_shipping_id", "ship_to", match_field="email"), "direction": "in"},
        relational("order_line", "lines[]"),
        relational("order_line.product_id", "lines[].sku", match_field="default_code"),
    )


def order(number: int, *, email: str, **more: object) -> dict[str, object]:
    return {"name": f"#{number}", "customer": {"email": email, "name": f"Customer {number}"}, **more}


def test_a_page_makes_one_lookup_per_relation_however_many_records(order_plan: Plan, make_odoo: MakeOdoo) -> None:
    odoo = make_odoo({"product.product": [{"id": 5, "default_code": "MUG"}], "res.partner": []})
    records = [order(number, email=f"{number % 7}@x", lines=[{"sku": "MUG"}] * 3) for number in range(50)]
    results = map_in(order_plan, records, lookup=odoo.lookup)
    assert all(result.ok for result in results)
    assert [call[:3] for call in odoo.calls] == [
        ("lookup", "res.partner", "email"),
        ("lookup", "product.product", "default_code"),
    ]
    assert sorted(odoo.calls[0][3]) == [f"{number}@x" for number in range(7)]
    assert odoo.calls[1][3] == ["MUG"]


def test_two_relations_to_one_model_by_one_field_share_a_lookup(order_plan: Plan, make_odoo: MakeOdoo) -> None:
    odoo = make_odoo({"res.partner": [{"id": 3, "email": "a@x"}, {"id": 4, "email": "b@x"}]})
    (result,) = map_in(order_plan, [order(1, email="a@x", ship_to="b@x")], lookup=odoo.lookup)
    assert odoo.calls == [("lookup", "res.partner", "email", ["a@x", "b@x"])]
    assert result.values == {"client_order_ref": "#1", "partner_id": 3, "partner_shipping_id": 4}


def test_nothing_is_asked_where_there_is_nothing_to_look_up(order_plan: Plan, make_odoo: MakeOdoo) -> None:
    odoo = make_odoo()
    map_in(order_plan, [{"name": "#1"}, {"name": "#2", "ship_to": "", "customer": None}], lookup=odoo.lookup)
    assert odoo.calls == []


def test_a_related_record_to_create_is_one_object_for_the_whole_page(order_plan: Plan, make_odoo: MakeOdoo) -> None:
    records = [order(1, email="new@x"), order(2, email="new@x"), order(3, email="other@x")]
    first, second, third = map_in(order_plan, records, lookup=make_odoo().lookup)
    assert first.values is not None
    assert second.values is not None
    assert third.values is not None
    assert first.values["partner_id"] is second.values["partner_id"]
    assert first.values["partner_id"] is not third.values["partner_id"]
    (made,) = related_records([first.values, second.values])
    assert (made.model, made.match_field, made.match_value, made.id) == ("res.partner", "email", "new@x", None)
    assert made.values == {"name": "Customer 1", "email": "new@x"}
    assert (made.line_id, made.path) == (2, "customer.email")


def test_a_related_record_that_lacks_something_spoils_only_the_records_that_describe_it_so(
    order_plan: Plan, make_odoo: MakeOdoo
) -> None:
    poor = {"name": "#1", "customer": {"email": "new@x"}}
    results = map_in(order_plan, [poor, order(2, email="new@x"), poor], lookup=make_odoo().lookup)
    assert [result.ok for result in results] == [False, True, True]
    assert [error.key for error in results[0].errors] == ["customer.name"]


def test_a_related_record_that_exists_needs_no_more_than_its_match_value(order_plan: Plan, make_odoo: MakeOdoo) -> None:
    odoo = make_odoo({"res.partner": [{"id": 3, "email": "a@x"}]})
    (result,) = map_in(order_plan, [{"name": "#1", "customer": {"email": "a@x"}}], lookup=odoo.lookup)
    assert result.values == {"client_order_ref": "#1", "partner_id": 3}


def test_two_matches_are_an_error_that_lists_the_ids(order_plan: Plan) -> None:
    def lookup(model: str, field: str, values: Sequence[object]) -> Mapping[object, Sequence[int]]:
        return {value: list(range(1, 31)) for value in values}

    (result,) = map_in(order_plan, [order(1, email="a@x")], lookup=lookup)
    assert [(error.line_id, error.rule) for error in result.errors] == [(2, "many_matches")]
    listed = ", ".join(map(str, range(1, 21)))
    assert result.errors[0].message == f"30 records of res.partner have email 'a@x': ids {listed}, ..."


@pytest.mark.parametrize("value", [["a@x"], {"email": "a@x"}, True])
def test_a_match_value_of_the_wrong_type_is_an_error_and_never_looked_up(
    order_plan: Plan, make_odoo: MakeOdoo, value: object
) -> None:
    odoo = make_odoo()
    (result,) = map_in(order_plan, [{"name": "#1", "ship_to": value}], lookup=odoo.lookup, partial=True)
    assert [(error.key, error.rule) for error in result.errors] == [("ship_to", "type")]
    assert odoo.calls == []


def test_a_failing_lookup_passes_its_exception_through(order_plan: Plan) -> None:
    def lookup(model: str, field: str, values: Sequence[object]) -> Mapping[object, Sequence[int]]:
        raise ConnectionError("Odoo is away")

    with pytest.raises(ConnectionError, match="Odoo is away"):
        map_in(order_plan, [order(1, email="a@x")], lookup=lookup)


def test_a_matched_record_is_updated_where_the_line_says_so(make_plan: MakePlan, make_odoo: MakeOdoo) -> None:
    plan = make_plan(
        "sale.order",
        ORDER_REF,
        relational("partner_id", "email", match_field="email", on_match="update"),
        {"field": "partner_id.city", "key": "city"},
        {"field": "partner_id.name", "key": "who"},
    )
    odoo = make_odoo({"res.partner": [{"id": 3, "email": "a@x"}]})
    changed, unchanged = map_in(
        plan, [{"name": "#1", "email": "a@x", "city": "Gent"}, {"name": "#2", "email": "a@x"}], lookup=odoo.lookup
    )
    assert changed.values is not None
    assert isinstance(changed.values["partner_id"], RelatedRecord)
    assert (changed.values["partner_id"].id, changed.values["partner_id"].values) == (3, {"city": "Gent"})
    assert unchanged.values is not None
    assert unchanged.values["partner_id"] is changed.values["partner_id"]


def test_a_list_by_ids_needs_no_lookup(make_plan: MakePlan, make_odoo: MakeOdoo) -> None:
    plan = make_plan(
        "res.partner",
        {"field": "ref", "key": "id", "is_identifier": True},
        {"field": "name", "key": "name"},
        {"field": "category_id", "key": "tags[].id"},
    )
    odoo = make_odoo()
    (result,) = map_in(plan, [{"id": 1, "name": "Ann", "tags": [{"id": 4}, {"id": 2}]}], lookup=odoo.lookup)
    assert result.values == {"ref": "1", "name": "Ann", "category_id": [[6, 0, [4, 2]]]}
    (back,) = map_out(plan, [{"id": 9, "ref": "1", "name": "Ann", "category_id": [4, 2]}], related=odoo.related)
    assert back.values == {"id": "1", "name": "Ann", "tags": [{"id": 4}, {"id": 2}]}
    assert odoo.calls == []


def test_elements_that_are_values_may_make_records(make_plan: MakePlan, make_odoo: MakeOdoo) -> None:
    plan = make_plan(
        "res.partner",
        {"field": "ref", "key": "id", "is_identifier": True},
        {"field": "name", "key": "name"},
        relational("child_ids", "children[]"),
        {"field": "child_ids.name", "key": "children[]"},
    )
    (result,) = map_in(plan, [{"id": 1, "name": "Ann", "children": ["Bob", "Cid"]}], lookup=make_odoo().lookup)
    assert result.values is not None
    assert result.values["child_ids"] == [[0, 0, {"name": "Bob"}], [0, 0, {"name": "Cid"}]]


def test_lines_within_lines_report_the_indexes_of_every_list(make_plan: MakePlan, make_odoo: MakeOdoo) -> None:
    plan = make_plan(
        "res.partner",
        {"field": "ref", "key": "id", "is_identifier": True},
        relational("child_ids", "sites[]"),
        {"field": "child_ids.name", "key": "sites[].name"},
        relational("child_ids.child_ids", "sites[].desks[]"),
        {"field": "child_ids.child_ids.name", "key": "sites[].desks[].name"},
        {"field": "child_ids.child_ids.city", "key": "sites[].city"},
        {"field": "child_ids.child_ids.email", "key": "email"},
    )
    good = {"id": 1, "email": "e", "sites": [{"name": "A", "city": "Gent", "desks": [{"name": "x"}]}]}
    bad = {"id": 2, "email": True, "sites": [{"name": "A", "desks": []}, {"name": "B", "city": 0.5, "desks": [{}, {}]}]}
    first, second = map_in(plan, [good, bad], lookup=make_odoo().lookup)
    assert first.values is not None
    assert first.values["child_ids"] == [
        [0, 0, {"name": "A", "child_ids": [[0, 0, {"name": "x", "city": "Gent", "email": "e"}]]}]
    ]
    assert [error.key for error in second.errors] == [
        "sites[1].desks[0].name",
        "sites[1].desks[1].name",
        "sites[1].city",
        "email",
    ]


def test_the_way_out_asks_once_per_relation_for_a_whole_page(order_plan: Plan, make_odoo: MakeOdoo) -> None:
    odoo = make_odoo(
        {
            "res.partner": [{"id": 3, "email": "a@x", "name": "Ann"}],
            "sale.order.line": [{"id": each, "product_id": [5, "Mug"]} for each in range(100)],
            "product.product": [{"id": 5, "default_code": "MUG"}],
        }
    )
    records = [
        {"id": each, "client_order_ref": f"#{each}", "partner_id": [3, "Ann"], "order_line": [2 * each, 2 * each + 1]}
        for each in range(50)
    ]
    results = map_out(order_plan, records, related=odoo.related)
    assert results[49].values == {
        "name": "#49",
        "customer": {"email": "a@x", "name": "Ann"},
        "lines": [{"sku": "MUG"}, {"sku": "MUG"}],
    }
    assert odoo.calls == [
        ("related", "res.partner", [3], ["email", "name"]),
        ("related", "sale.order.line", list(range(100)), ["product_id"]),
        ("related", "product.product", [5], ["default_code"]),
    ]
