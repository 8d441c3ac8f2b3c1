"""What a list may be asked for: mapped keys, ids, and the filters that the config offers."""

from __future__ import annotations

import pytest

from demo.odoo import DemoOdoo
from syncconfig.models import SyncConfig, SyncConfigLine, SyncParam
from tests.inbound.conftest import CUSTOMER_LINES, Api, ConfigMaker


@pytest.fixture
def three(demo_odoo: DemoOdoo, customers: SyncConfig) -> list[int]:
    """A contact in Belgium with a credit of 10, B, an address in France, with 20, and C, a company nowhere, with 30."""
    SyncConfigLine.objects.create(config=customers, field="type", key="kind", position=9)
    countries = demo_odoo.call("res.country", "search_read", [["code", "in", ["BE", "FR"]]], ["code"])
    by_code = {country["code"]: country["id"] for country in countries}
    made = demo_odoo.call(
        "res.partner",
        "create",
        [
            {"name": "Ann, Ghent", "ref": "A", "country_id": by_code["BE"], "credit_limit": 10, "color": 1},
            {
                "name": "Bob",
                "ref": "B",
                "type": "delivery",
                "country_id": by_code["FR"],
                "credit_limit": 20,
                "color": 2,
            },
            {"name": "Cy", "ref": "C", "credit_limit": 30, "is_company": True, "color": 3, "city": "Ghent"},
        ],
    )
    return list(made)


def codes(api: Api, query: str) -> list[str]:
    answer = api.call("GET", f"customers?{query}")
    assert answer.status_code == 200, answer.text
    return [record["code"] for record in answer.json()["data"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("code=A", ["A"]),
        ("code=A&code=C", ["A", "C"]),
        ("name=Ann,%20Ghent", ["A"]),
        ("country=BE", ["A"]),
        ("country=BE&country=FR", ["A", "B"]),
        ("address.city=Ghent", ["C"]),
        ("company=true&color=3", ["C"]),
        ("credit=20", ["B"]),
        ("color=2", ["B"]),
        ("color=1,%203", ["A", "C"]),
        ("kind=other,delivery", ["B"]),
        ("kind=other,delivery&kind=contact&code=C", ["C"]),
        ("code=A&color=2", []),
        ("code=B&address.city=", ["B"]),
    ],
)
def test_a_mapped_key_is_a_filter(three: list[int], api: Api, query: str, expected: list[str]) -> None:
    assert codes(api, query) == expected


def test_ids_are_a_filter(three: list[int], api: Api) -> None:
    assert codes(api, f"id={three[0]},{three[2]}") == ["A", "C"]
    assert codes(api, f"id={three[1]}") == ["B"]


@pytest.mark.parametrize(
    ("param", "query", "expected"),
    [
        ({"name": "credit__gte", "field": "credit_limit", "operator": ">="}, "credit__gte=20", ["B", "C"]),
        ({"name": "any", "field": "ref", "operator": "in"}, "any=A,%20B", ["A", "B"]),
        ({"name": "colors", "field": "color", "operator": "in"}, "colors=1,3", ["A", "C"]),
        ({"name": "q", "field": "name", "operator": "ilike"}, "q=ann", ["A"]),
        ({"name": "not", "field": "ref", "operator": "!="}, "not=A&credit__lt=40&code=A&code=B", ["B"]),
        ({"name": "land", "field": "country_id.code", "operator": "="}, "land=FR", ["B"]),
        ({"name": "firm", "field": "is_company", "operator": "="}, "firm=yes&code=C", ["C"]),
    ],
)
def test_a_filter_of_the_config_compares_as_it_says(
    customers: SyncConfig, three: list[int], api: Api, param: dict[str, str], query: str, expected: list[str]
) -> None:
    SyncParam.objects.create(config=customers, kind="filter", **param)
    SyncParam.objects.create(config=customers, kind="filter", name="credit__lt", field="credit_limit", operator="<")

    assert codes(api, query) == expected


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("credit__gte=many", "credit__gte must be a float"),
        ("credit__gte=1&credit__gte=2", "came 2 times"),
        ("since=yesterday", "since must be a datetime"),
        ("colors=1,red", "colors must be a whole number, not 'red'"),
        ("limit=1&limit=2", "limit came 2 times"),
        ("sort=name&sort=code", "sort came 2 times"),
        ("credit=12,50", "credit must be a float"),
        (f"code__in={'x,' * 1001}", "code__in has 1001 values; 1000 may be asked for"),
        (f"id={'1,' * 1000}1", "id has 1001 values"),
        ("price__lte=3", "Known are: limit, offset, cursor, sort, fields, q, id, code, name, email"),
    ],
)
def test_a_filter_with_a_wrong_value_is_a_400_that_names_it(
    customers: SyncConfig, three: list[int], api: Api, query: str, part: str
) -> None:
    for name, field, operator in (
        ("credit__gte", "credit_limit", ">="),
        ("since", "write_date", ">="),
        ("colors", "color", "in"),
    ):
        SyncParam.objects.create(config=customers, kind="filter", name=name, field=field, operator=operator)

    answer = api.call("GET", f"customers?{query}")

    assert (answer.status_code, answer.json()["parameter"]) == (400, query.partition("=")[0])
    assert part in answer.json()["message"]


@pytest.mark.parametrize("query", ["q={}", "name__contains={}", "like={}"])
@pytest.mark.parametrize("text", ["%25", "n%25", "A_n", "_", "%5C", "%5C%25"])
def test_a_text_is_looked_for_as_it_is(
    customers: SyncConfig, three: list[int], api: Api, query: str, text: str
) -> None:
    """To Odoo % is any text, and _ any character."""
    SyncParam.objects.create(config=customers, kind="filter", name="like", field="name", operator="ilike")
    api.call("POST", "customers", {"code": "D", "name": "A_n% \\%"})

    assert codes(api, query.format(text)) == ["D"]


def test_a_text_with_a_character_that_cannot_be_stored_is_a_400_in_a_filter_too(
    customers: SyncConfig, api: Api
) -> None:
    SyncParam.objects.create(config=customers, kind="filter", name="like", field="name", operator="ilike")

    answer = api.call("GET", "customers?like=a%00b")

    assert (answer.status_code, answer.json()["parameter"]) == (400, "like")


def test_a_filter_comes_on_top_of_the_domain(
    demo_odoo: DemoOdoo, three: list[int], make_config: ConfigMaker, api: Api
) -> None:
    make_config(endpoint="firms", domain="['|', ('is_company', '=', True), ('ref', '=', 'B')]")

    answer = api.call("GET", "firms?code=A&code=B&code=C").json()

    assert [record["code"] for record in answer["data"]] == ["B", "C"]
    assert answer["pagination"]["total"] == 2


def test_a_secret_key_is_no_filter(make_config: ConfigMaker, api: Api) -> None:
    make_config([*CUSTOMER_LINES[:2], {"field": "vat", "key": "tax_id", "is_secret": True}])

    answer = api.call("GET", "customers?tax_id=BE0477472701")

    assert answer.status_code == 400
    assert "tax_id" not in answer.json()["message"].partition("Known are")[2]
