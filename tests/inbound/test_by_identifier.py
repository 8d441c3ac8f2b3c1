"""Records named by their identifier, in the ways of PUT, PATCH, DELETE and GET; and forms, ETags and compression."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from demo.odoo import DemoOdoo
from outbound.models import RecordLink
from syncconfig.models import SyncConfig
from tests.inbound.conftest import CUSTOMER_LINES, Api, ConfigMaker, logged

ANN: dict[str, Any] = {"code": "C/1 ä", "name": "Ann", "email": "ann@example.com"}
BY = "customers/by/C%2F1%20%C3%A4"


@pytest.fixture
def ann(customers: SyncConfig, api: Api) -> int:
    return int(api.call("POST", "customers", ANN).json()["data"]["id"])


def partner(demo_odoo: DemoOdoo, odoo_id: int) -> dict[str, Any]:
    (found,) = demo_odoo.call("res.partner", "read", [odoo_id], ["name", "email", "active", "ref", "city"])
    return dict(found)


def test_a_record_is_read_changed_and_removed_by_its_identifier(demo_odoo: DemoOdoo, ann: int, api: Api) -> None:
    assert api.call("GET", BY).json()["data"]["id"] == ann
    assert api.call("PATCH", BY, {"name": "Ann B"}).json()["data"] == {"id": ann, "name": "Ann B"}
    assert api.call("PUT", f"{BY}/", {"address": {"city": "Ghent"}}).status_code == 200
    assert partner(demo_odoo, ann)["name"] == "Ann B"
    assert partner(demo_odoo, ann)["city"] == "Ghent"
    assert api.call("DELETE", BY).json()["data"] == {"id": ann, "archived": True}
    assert partner(demo_odoo, ann)["active"] is False


def test_a_known_identifier_costs_no_search(demo_odoo: DemoOdoo, ann: int, api: Api) -> None:
    demo_odoo.calls.clear()

    api.call("PATCH", BY, {"name": "Ann B"})

    assert dict(demo_odoo.calls) == {("res.partner", "write"): 1}


def test_a_link_that_leads_nowhere_is_healed_by_a_search(demo_odoo: DemoOdoo, ann: int, api: Api) -> None:
    demo_odoo.call("res.partner", "unlink", [ann])
    new = demo_odoo.call("res.partner", "create", {"name": "Other", "ref": ANN["code"]})

    answer = api.call("PATCH", BY, {"email": "new@example.com"})

    assert (answer.status_code, answer.json()["data"]["id"]) == (200, new), answer.text
    assert partner(demo_odoo, new)["email"] == "new@example.com"


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_an_unknown_identifier_is_a_404_and_makes_nothing(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api, method: str
) -> None:
    answer = api.call(method, "customers/by/nobody", None if method in ("GET", "DELETE") else {"name": "N"})

    assert (answer.status_code, answer.json()["error"]) == (404, "NOT_FOUND"), answer.text
    assert "'nobody'" in answer.json()["message"]
    assert demo_odoo.call("res.partner", "search_count", [["ref", "=", "nobody"]]) == 0


def test_an_identifier_of_two_records_is_a_409(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> None:
    demo_odoo.call("res.partner", "create", [{"name": "1", "ref": "D"}, {"name": "2", "ref": "D"}])

    for method, body in (("GET", None), ("PATCH", {"name": "X"}), ("DELETE", None)):
        assert api.call(method, "customers/by/D", body).status_code == 409, method


def test_the_domain_bounds_identifiers_too(demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api) -> None:
    make_config(domain="[('is_company', '=', True)]")
    outside = demo_odoo.call("res.partner", "create", {"name": "Out", "ref": "B"})

    for method, body in (("GET", None), ("PUT", {"name": "X"}), ("DELETE", None)):
        assert api.call(method, "customers/by/B", body).status_code == 404, method
    found = api.call("POST", "customers/batch", {"operations": [{"action": "delete", "id": outside}]})
    assert found.json()["data"][0]["code"] == 404
    assert partner(demo_odoo, outside)["active"] is True
    assert not RecordLink.objects.exists()


def test_a_put_that_is_not_partial_wants_the_whole_record(ann: int, api: Api) -> None:
    refused = api.call("PUT", f"customers/{ann}?partial=false", {"email": "b@example.com"})
    taken = api.call("PUT", f"customers/{ann}?partial=false", {**ANN, "email": "b@example.com"})

    assert (refused.status_code, refused.json()["errors"][0]["rule"]) == (400, "required")
    assert taken.status_code == 200
    assert api.call("PUT", f"customers/{ann}?partial=perhaps", ANN).status_code == 400
    assert api.call("PATCH", f"customers/{ann}?whole=1", ANN).json()["parameter"] == "whole"


def test_a_form_is_a_record(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> None:
    form = b"code=F1&name=Ann%20%C3%84&address[city]=Ghent&company=true&credit=12.50"

    answer = api.call("POST", "customers", form, headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert answer.status_code == 201, answer.text
    found = partner(demo_odoo, answer.json()["data"]["id"])
    assert (found["name"], found["city"]) == ("Ann Ä", "Ghent")


@pytest.mark.parametrize(
    ("form", "part"),
    [
        (b"code=A&code=B", "stands twice"),
        (b"code=A&code[x]=B", "at the same time"),
        (b"code=%FF", "not UTF-8"),
        (b"code=%00", "u0000"),
        (b"a[[b=1", "cannot be understood"),
        (b"code=A&a[%C2%B2]=1&a[%C2%B2]=2", "stands twice"),
        (b"a[1000]=1", "positions"),
        (b"a[][b]=1", "positions"),
    ],
)
def test_a_form_that_means_no_record_is_a_400(customers: SyncConfig, api: Api, form: bytes, part: str) -> None:
    answer = api.call("POST", "customers", form, headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert (answer.status_code, answer.json()["error"]) == (400, "VALIDATION_ERROR")
    assert part in answer.json()["message"]


def test_an_answer_that_is_known_is_a_304(ann: int, api: Api) -> None:
    first = api.call("GET", f"customers/{ann}")
    again = api.call("GET", f"customers/{ann}", headers={"If-None-Match": first.headers["ETag"]})
    api.call("PATCH", f"customers/{ann}", {"name": "Changed"})
    changed = api.call("GET", f"customers/{ann}", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert (changed.status_code, changed.json()["data"]["name"]) == (200, "Changed")


def test_a_long_answer_is_compressed_and_logged_as_text(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> None:
    demo_odoo.call("res.partner", "create", [{"name": f"A rather long name {n}", "ref": f"R{n}"} for n in range(40)])

    packed = api.session.get(f"{api.url}/bj_api_sync/v1/customers?limit=40", stream=True, timeout=10)
    raw = packed.raw.read()
    plain = api.call("GET", "customers?limit=40", headers={"Accept-Encoding": "identity"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(raw).startswith(b'{"status":"success"')
    assert "Content-Encoding" not in plain.headers
    assert "A rather long name" in logged(packed).response_body


def test_lists_are_sorted_searched_and_cut_to_fields(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> None:
    rows = [("S1", "Zoe", 3), ("S2", "Adam", 1), ("S3", "Mia", 2)]
    demo_odoo.call(
        "res.partner", "create", [{"ref": ref, "name": name, "credit_limit": limit} for ref, name, limit in rows]
    )

    def got(query: str) -> list[Any]:
        answer = api.call("GET", f"customers?{query}")
        assert answer.status_code == 200, answer.text
        return [record["code"] for record in answer.json()["data"]]

    assert got("code__in=S1,S2,S3&sort=name") == ["S2", "S3", "S1"]
    assert got("code__in=S1,S2,S3&sort=-credit") == ["S1", "S3", "S2"]
    assert got("credit__gte=2&code__contains=S") == ["S1", "S3"]
    assert got("code__in=S1,S2,S3&name__ne=Mia") == ["S1", "S2"]
    assert got("q=zoe") == ["S1"]
    cut = api.call("GET", "customers?code=S1&fields=code,address").json()["data"]
    assert cut == [{"code": "S1", "address": {"city": None}}]
    one = api.call("GET", "customers/by/S1?fields=name").json()["data"]
    assert one == {"name": "Zoe"}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("sort=nothing", "sort"),
        ("sort=", "sort"),
        ("sort=country", "sort"),
        ("fields=nothing", "fields"),
        ("fields=", "fields"),
        ("q=%20", "q"),
        ("cursor=abc", "cursor"),
        ("cursor=&offset=3", "offset"),
        ("cursor=&sort=name", "sort"),
        ("credit__contains=3", "credit__contains"),
        ("company__gte=true", "company__gte"),
        ("credit__gte=", "credit__gte"),
        ("name__like=x", "name__like"),
    ],
)
def test_a_wrong_way_of_listing_is_a_400_that_names_it(
    customers: SyncConfig, api: Api, query: str, parameter: str
) -> None:
    answer = api.call("GET", f"customers?{query}")

    assert (answer.status_code, answer.json().get("parameter")) == (400, parameter), answer.text


def test_a_cursor_walks_the_list_without_counting(demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api) -> None:
    make_config(CUSTOMER_LINES[:3])
    made = demo_odoo.call("res.partner", "create", [{"name": f"P{n}", "ref": "walk"} for n in range(5)])
    api.call("GET", "customers?limit=1")
    demo_odoo.calls.clear()

    page = api.call("GET", "customers?code=walk&limit=2&cursor=").json()
    seen = [each["id"] for each in page["data"]]
    while page["pagination"]["next"]:
        # A record that disappears behind the cursor shifts nothing.
        demo_odoo.call("res.partner", "unlink", [seen[-2]])
        page = api.session.get(page["pagination"]["next"], timeout=10).json()
        seen += [each["id"] for each in page["data"]]

    assert seen == made
    assert demo_odoo.calls["res.partner", "search_count"] == 0
    back = api.call("GET", "customers?code=walk&limit=1&sort=-id&cursor=").json()
    assert back["data"][0]["id"] == made[-1]
