"""Records that are found whatever the case of their letters, where the line says so."""

from __future__ import annotations

from typing import Any

import pytest

from mapping.caseless import Caseless
from mapping.engine import identify_in, map_in
from mapping.plan import PlanError
from mapping.results import RelatedRecord

EMAIL = {"field": "email", "key": "email", "is_identifier": True, "options": {"case": "ignore"}}
NAME = {"field": "name", "key": "name"}


def test_an_identifier_is_one_in_every_spelling_and_written_as_it_came(make_plan: Any, make_odoo: Any) -> None:
    plan = make_plan("res.partner", EMAIL, NAME)
    records = [{"email": email, "name": "Ann"} for email in ("Ann@X.be", "ann@x.be")]
    results = map_in(plan, records, lookup=make_odoo().lookup)
    assert [result.identifier for result in results] == [("email", "ann@x.be")] * 2
    assert all(isinstance(result.identifier[1], Caseless) for result in results)
    assert [result.values["email"] for result in results] == ["Ann@X.be", "ann@x.be"]
    assert not isinstance(results[0].values["email"], Caseless)
    assert [each.identifier for each in identify_in(plan, records)] == [("email", "ann@x.be")] * 2


def test_a_line_that_says_nothing_tells_spellings_apart(make_plan: Any, make_odoo: Any) -> None:
    plan = make_plan("res.partner", {**EMAIL, "options": {}}, NAME)
    results = map_in(plan, [{"email": "Ann@X.be", "name": "Ann"}], lookup=make_odoo().lookup)
    assert results[0].identifier == ("email", "Ann@X.be")
    assert not isinstance(results[0].identifier[1], Caseless)


CUSTOMER = {
    "field": "partner_id",
    "key": "customer.email",
    "calculation": "relational",
    "options": {"match_field": "email", "on_missing": "create", "case": "ignore"},
}


def order(number: int, email: str) -> dict[str, Any]:
    return {"ref": f"#{number}", "customer": {"email": email, "name": f"Name {number}"}}


def test_a_related_record_is_asked_for_once_and_made_once_in_every_spelling(make_plan: Any, make_odoo: Any) -> None:
    plan = make_plan(
        "sale.order",
        {"field": "client_order_ref", "key": "ref", "is_identifier": True},
        CUSTOMER,
        {"field": "partner_id.name", "key": "customer.name"},
    )
    odoo = make_odoo()
    results = map_in(plan, [order(1, "New@X.be"), order(2, "new@x.be")], lookup=odoo.lookup)
    assert odoo.calls == [("lookup", "res.partner", "email", ["new@x.be"])]
    assert isinstance(odoo.calls[0][3][0], Caseless)
    one, other = (result.values["partner_id"] for result in results)
    assert one is other
    assert isinstance(one, RelatedRecord)
    assert (one.match_value, one.values) == ("new@x.be", {"email": "New@X.be", "name": "Name 1"})
    assert type(one.values["email"]) is str


def test_a_related_record_is_found_by_the_answer_to_the_caseless_question(make_plan: Any) -> None:
    plan = make_plan("sale.order", {"field": "client_order_ref", "key": "ref", "is_identifier": True}, CUSTOMER)
    results = map_in(plan, [order(1, "ANN@X.be")], lookup=lambda _model, _field, values: {values[0]: [7]})
    assert results[0].values["partner_id"] == 7


def test_a_line_that_tells_spellings_apart_and_one_that_does_not_do_not_mix(make_plan: Any) -> None:
    """Both find by one field of one model, for the same text."""
    by_email = {"calculation": "relational", "direction": "in"}
    plan = make_plan(
        "sale.order",
        {"field": "client_order_ref", "key": "ref", "is_identifier": True},
        {"field": "partner_id", "key": "p", **by_email, "options": {"match_field": "email"}},
        {"field": "partner_shipping_id", "key": "q", **by_email, "options": {"match_field": "email", "case": "ignore"}},
    )

    def lookup(_model: str, _field: str, values: Any) -> dict[object, list[int]]:
        return {value: [7] if isinstance(value, Caseless) else [8] for value in values}

    (result,) = map_in(plan, [{"ref": "1", "p": "ann@x.be", "q": "ann@x.be"}], lookup=lookup)
    assert (result.values["partner_id"], result.values["partner_shipping_id"]) == (8, 7)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"field": "active", "key": "a", "is_identifier": True, "options": {"case": "ignore"}}, "case is for texts"),
        ({**EMAIL, "options": {"case": "upper"}}, "case is 'upper'; write one of ignore"),
        (
            {"field": "country_id", "key": "c", "calculation": "relational",
             "options": {"match_field": "id", "case": "ignore"}},
            "leave it empty",
        ),
        (
            {"field": "country_id", "key": "c", "calculation": "relational",
             "options": {"match_field": "xml_id", "case": "ignore"}},
            "case is for a match field that holds text, such as email; leave it empty",
        ),
    ],
)  # fmt: skip
def test_where_there_is_no_case_to_pass_over_the_line_says_so(make_plan: Any, line: Any, message: str) -> None:
    lines = [line] if line.get("is_identifier") else [EMAIL, line]
    with pytest.raises(PlanError) as caught:
        make_plan("res.partner", *lines)
    assert message in str(caught.value)
