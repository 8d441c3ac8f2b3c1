"""One record and lists of them, through the endpoint and into the demo Odoo, over real sockets."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from demo.odoo import DemoOdoo
from outbound.models import RecordLink
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine, SyncHeader
from tests.inbound.conftest import CUSTOMER_LINES, Api, ConfigMaker, logged

ANN = {"code": "C1", "name": "Ann", "email": "ann@example.com", "address": {"city": "Ghent"}, "country": "BE"}


def partners(demo_odoo: DemoOdoo, *domain: Any) -> list[dict[str, Any]]:
    fields = ["name", "email", "ref", "city", "country_id", "active", "credit_limit"]
    found = demo_odoo.call("res.partner", "search_read", list(domain), fields, context={"active_test": False})
    return list(found)


@pytest.fixture(params=[(18, "xmlrpc"), (18, "jsonrpc"), (19, "json2")], ids=lambda param: f"{param[0]}-{param[1]}")
def any_odoo(request: pytest.FixtureRequest, connection: OdooConnection, demo_odoo: DemoOdoo) -> Any:
    """The connection leads to an Odoo of this version, spoken to in this way."""
    version, protocol = request.param
    server = demo_odoo if version == 18 else DemoOdoo(version=version)
    server.start()
    connection.url, connection.protocol = server.url, protocol
    connection.save()
    yield server
    server.stop()


def test_a_record_is_created_read_changed_and_archived_on_every_protocol(
    any_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    made = api.call("POST", "customers", ANN)
    odoo_id = made.json()["data"]["id"]
    fetched = api.call("GET", f"customers/{odoo_id}")
    changed = api.call("PUT", f"customers/{odoo_id}", {"address": {"city": "Bruges"}})
    removed = api.call("DELETE", f"customers/{odoo_id}")

    assert (made.status_code, fetched.status_code, changed.status_code, removed.status_code) == (201, 200, 200, 200)
    assert made.json()["status"] == "success"
    assert made.json()["data"] == {"id": odoo_id, **ANN}
    assert made.headers["X-Odoo-Id"] == str(odoo_id)
    assert fetched.json()["data"] == {"id": odoo_id, **ANN, "company": False, "credit": 0.0, "color": 0}
    assert changed.json()["data"] == {"id": odoo_id, "address": {"city": "Bruges"}}
    assert removed.json()["data"] == {"id": odoo_id, "archived": True}
    assert removed.json()["request_id"] == removed.headers["X-Request-ID"]
    (partner,) = partners(any_odoo, ["ref", "=", "C1"])
    assert (partner["name"], partner["city"], partner["active"]) == ("Ann", "Bruges", False)
    assert partner["country_id"][1] == "Belgium"


def test_posting_again_updates_and_makes_no_second_record(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> None:
    first = api.call("POST", "customers", ANN)
    second = api.call("POST", "customers", {**ANN, "name": "Ann B"})

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["data"]["id"] == second.json()["data"]["id"]
    assert [partner["name"] for partner in partners(demo_odoo, ["ref", "=", "C1"])] == ["Ann B"]


def test_an_unknown_record_costs_a_search_and_a_create_and_a_known_one_a_write(
    demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api
) -> None:
    make_config(CUSTOMER_LINES[:3])
    api.call("POST", "customers", {"code": "warm", "name": "The schema is known now"})
    demo_odoo.calls.clear()

    api.call("POST", "customers", {"code": "C1", "name": "Ann"})
    created = dict(demo_odoo.calls)
    demo_odoo.calls.clear()
    api.call("POST", "customers", {"code": "C1", "name": "Ann"})

    assert created == {("res.partner", "search_read"): 1, ("res.partner", "create"): 1}
    assert dict(demo_odoo.calls) == {("res.partner", "write"): 1}


def test_an_emptied_number_is_shown_as_0_as_a_get_shows_it(customers: SyncConfig, api: Api) -> None:
    sent = {"code": "C1", "name": "Ann", "color": None, "credit": None, "email": None}

    answer = api.call("POST", "customers", sent).json()["data"]

    read = api.call("GET", f"customers/{answer['id']}").json()["data"]
    shown = {key: read[key] for key in sent}
    assert {key: answer[key] for key in sent} == shown == {**sent, "color": 0, "credit": 0}
    assert answer["color"] is not False


def test_a_record_deleted_in_odoo_is_made_anew(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> None:
    first = api.call("POST", "customers", ANN).json()["data"]["id"]
    demo_odoo.call("res.partner", "unlink", [first])

    again = api.call("POST", "customers", ANN)

    assert again.status_code == 201
    (partner,) = partners(demo_odoo, ["ref", "=", "C1"])
    assert again.json()["data"]["id"] == partner["id"] != first
    assert RecordLink.objects.get(config=customers).odoo_id == partner["id"]


def test_an_archived_record_is_updated_and_stays_archived(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> None:
    partner_id = demo_odoo.call("res.partner", "create", {"name": "Old", "ref": "C1", "active": False})

    answer = api.call("POST", "customers", ANN)

    assert (answer.status_code, answer.json()["data"]["id"]) == (200, partner_id)
    (partner,) = partners(demo_odoo, ["ref", "=", "C1"])
    assert (partner["name"], partner["active"]) == ("Ann", False)


def test_a_record_that_odoo_had_before_the_hub_is_found_by_its_identifier(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    partner_id = demo_odoo.call("res.partner", "create", {"name": "Old", "ref": "C1"})

    answer = api.call("POST", "customers", ANN)

    assert (answer.status_code, answer.json()["data"]["id"]) == (200, partner_id)


def test_two_records_with_the_identifier_are_refused_by_name(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    ids = demo_odoo.call("res.partner", "create", [{"name": "One", "ref": "C1"}, {"name": "Two", "ref": "C1"}])

    answer = api.call("POST", "customers", ANN)

    assert answer.status_code == 409
    assert f"ids {ids[0]}, {ids[1]}" in answer.json()["message"]
    (error,) = answer.json()["errors"]
    assert (error["external_key"], error["field"]) == (answer.json()["key"], "ref") == ("code", "ref")
    assert error["line_id"] == SyncConfigLine.objects.get(config=customers, field="ref").pk
    assert not RecordLink.objects.filter(config=customers).exists()


def test_the_identifier_is_compared_with_its_case(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> None:
    api.call("POST", "customers", ANN)
    api.call("POST", "customers", {**ANN, "code": "c1"})

    assert sorted(partner["ref"] for partner in partners(demo_odoo, ["ref", "in", ["C1", "c1"]])) == ["C1", "c1"]


def test_an_existing_record_is_rejected_with_409_where_the_config_says_so(
    demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api
) -> None:
    make_config(on_existing="reject")
    first = api.call("POST", "customers", ANN)
    second = api.call("POST", "customers", {**ANN, "name": "Ann B"})

    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["error"] == "DUPLICATE_RECORD"
    assert second.json()["id"] == first.json()["data"]["id"]
    assert [partner["name"] for partner in partners(demo_odoo, ["ref", "=", "C1"])] == ["Ann"]


def test_an_existing_record_is_left_alone_where_the_config_says_so(
    demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api
) -> None:
    make_config(on_existing="ignore")
    first = api.call("POST", "customers", ANN).json()["data"]["id"]
    second = api.call("POST", "customers", {**ANN, "name": "Ann B"})

    assert (second.status_code, second.json()["data"]) == (200, {"id": first})
    assert [partner["name"] for partner in partners(demo_odoo, ["ref", "=", "C1"])] == ["Ann"]


def test_a_put_leaves_absent_keys_alone(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> None:
    odoo_id = api.call("POST", "customers", ANN).json()["data"]["id"]

    api.call("PUT", f"customers/{odoo_id}", {"email": None})

    (partner,) = partners(demo_odoo, ["id", "=", odoo_id])
    assert (partner["name"], partner["email"], partner["city"]) == ("Ann", False, "Ghent")


def test_a_put_that_changes_the_identifier_moves_the_link(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> None:
    odoo_id = api.call("POST", "customers", ANN).json()["data"]["id"]

    api.call("PUT", f"customers/{odoo_id}", {"code": "C2"})
    answer = api.call("POST", "customers", ANN)

    assert answer.status_code == 201
    assert RecordLink.objects.get(config=customers, external_id="C2").odoo_id == odoo_id


def test_an_empty_put_changes_nothing_and_knows_whether_the_record_is_there(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    odoo_id = api.call("POST", "customers", ANN).json()["data"]["id"]

    assert api.call("PUT", f"customers/{odoo_id}", {}).json()["data"] == {"id": odoo_id}
    assert api.call("PUT", "customers/99999", {}).status_code == 404


def test_delete_deletes_where_the_config_says_so(demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api) -> None:
    config = make_config(delete_mode="unlink")
    odoo_id = api.call("POST", "customers", ANN).json()["data"]["id"]

    removed = api.call("DELETE", f"customers/{odoo_id}")

    assert removed.json()["data"] == {"id": odoo_id, "deleted": True}
    assert partners(demo_odoo, ["id", "=", odoo_id]) == []
    assert not RecordLink.objects.filter(config=config).exists()
    assert api.call("DELETE", f"customers/{odoo_id}").status_code == 404


def test_archived_records_are_hidden_unless_a_line_maps_active(make_config: ConfigMaker, api: Api) -> None:
    make_config()
    make_config([*CUSTOMER_LINES, {"field": "active", "key": "active"}], endpoint="all-customers")
    odoo_id = api.call("POST", "customers", ANN).json()["data"]["id"]
    api.call("DELETE", f"customers/{odoo_id}")

    assert api.call("GET", f"customers/{odoo_id}").status_code == 404
    assert api.call("GET", f"all-customers/{odoo_id}").json()["data"]["active"] is False
    assert api.call("GET", "all-customers?code=C1").json()["data"] == []
    assert [each["id"] for each in api.call("GET", "all-customers?active=false&code=C1").json()["data"]] == [odoo_id]


def test_the_domain_bounds_what_is_read_changed_and_deleted(
    demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api
) -> None:
    make_config(domain="[('is_company', '=', True)]")
    inside, outside = demo_odoo.call(
        "res.partner", "create", [{"name": "In", "ref": "A", "is_company": True}, {"name": "Out", "ref": "B"}]
    )

    assert api.call("GET", f"customers/{inside}").status_code == 200
    for method, body in (("GET", None), ("PUT", {"name": "X"}), ("DELETE", None)):
        assert api.call(method, f"customers/{outside}", body).status_code == 404, method
    assert [each["code"] for each in api.call("GET", "customers?code=A&code=B").json()["data"]] == ["A"]
    assert api.call("PUT", f"customers/{inside}", {"name": "X"}).status_code == 200
    (untouched,) = partners(demo_odoo, ["id", "=", outside])
    assert (untouched["name"], untouched["active"]) == ("Out", True)


def test_a_known_record_that_left_the_domain_is_neither_changed_nor_doubled(
    demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api
) -> None:
    make_config(domain="[('is_company', '=', True)]")
    odoo_id = api.call("POST", "customers", {**ANN, "company": True}).json()["data"]["id"]
    demo_odoo.call("res.partner", "write", [odoo_id], {"is_company": False})

    answer = api.call("POST", "customers", {**ANN, "name": "Ann B", "company": True})

    assert (answer.status_code, answer.json()["error"]) == (409, "DUPLICATE_RECORD")
    assert [partner["name"] for partner in partners(demo_odoo, ["ref", "=", "C1"])] == ["Ann"]


def test_pages_are_linked_and_only_counted_when_the_page_does_not_tell(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    demo_odoo.call("res.partner", "create", [{"name": f"P{number}", "ref": "many"} for number in range(5)])
    api.call("GET", "customers?limit=1")
    demo_odoo.calls.clear()

    page = api.call("GET", "customers?name=P0&name=P1&name=P2&limit=2&offset=0").json()
    counted = demo_odoo.calls["res.partner", "search_count"]
    last = api.session.get(page["pagination"]["next"], timeout=10).json()

    assert [each["name"] for each in page["data"]] == ["P0", "P1"]
    assert (page["pagination"]["total"], page["pagination"]["previous"], counted) == (3, None, 1)
    assert [each["name"] for each in last["data"]] == ["P2"]
    assert (last["pagination"]["total"], last["pagination"]["next"]) == (3, None)
    assert demo_odoo.calls["res.partner", "search_count"] == 1
    assert "offset=0" in last["pagination"]["previous"]


def test_a_page_beyond_the_end_is_empty_and_knows_the_total(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    demo_odoo.call("res.partner", "create", [{"name": "P", "ref": "one"}])

    page = api.call("GET", "customers?code=one&offset=50").json()

    assert page["data"] == []
    assert (page["pagination"]["total"], page["pagination"]["next"]) == (1, None)


def test_the_request_id_is_echoed_and_an_unfit_one_replaced(customers: SyncConfig, api: Api) -> None:
    kept = api.call("GET", "customers?limit=1", headers={"X-Request-ID": "order-1001/retry:2"})
    replaced = api.call("GET", "customers?limit=1", headers={"X-Request-ID": "a b<script>"})
    made = api.call("GET", "customers?limit=1")

    assert kept.headers["X-Request-ID"] == "order-1001/retry:2"
    assert uuid.UUID(replaced.headers["X-Request-ID"]).version == 4
    assert uuid.UUID(made.headers["X-Request-ID"]).version == 4
    assert logged(kept).request_id == "order-1001/retry:2"


def test_the_exchange_and_its_calls_to_odoo_are_logged_without_secrets(customers: SyncConfig, api: Api) -> None:
    answer = api.call("POST", "customers", ANN)

    row = logged(answer)
    assert (row.method, row.status, row.config_id) == ("POST", 201, customers.pk)
    assert row.record_ref == str(answer.json()["data"]["id"])
    assert "ann@example.com" in row.request_body
    assert '"status":"success"' in row.response_body.replace(" ", "")
    everything = "".join(str(vars(each)) for each in type(row).objects.filter(request_id=row.request_id))
    assert "inbound-token" not in everything
    assert "demo-api-key" not in everything
    assert type(row).objects.filter(request_id=row.request_id, direction="out", party="odoo").exists()


def test_the_headers_of_the_config_come_with_every_answer(customers: SyncConfig, api: Api) -> None:
    SyncHeader.objects.create(config=customers, key="X-Hub", value="main")

    answer = api.call("GET", "customers?limit=1")

    assert answer.headers["X-Hub"] == "main"
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_slash_at_the_end_is_as_good_as_none(customers: SyncConfig, api: Api) -> None:
    made = api.call("POST", "customers/", ANN)

    assert made.status_code == 201
    assert api.call("GET", f"customers/{made.json()['data']['id']}/").status_code == 200


def test_head_answers_like_get_without_a_body_and_options_names_the_methods(customers: SyncConfig, api: Api) -> None:
    head = api.call("HEAD", "customers?limit=1")
    allowed = {
        path: api.call("OPTIONS", path).headers["Allow"] for path in ("customers", "customers/7", "customers/batch")
    }

    assert (head.status_code, head.content) == (200, b"")
    assert allowed == {
        "customers": "GET, HEAD, POST, OPTIONS",
        "customers/7": "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
        "customers/batch": "POST, OPTIONS",
    }


def test_a_key_called_id_is_the_callers_own(demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api) -> None:
    make_config([{"field": "ref", "key": "id", "is_identifier": True}, {"field": "name", "key": "name"}])

    made = api.call("POST", "customers", {"id": 4711, "name": "Ann"})

    assert made.json()["data"] == {"id": "4711", "name": "Ann"}
    odoo_id = int(made.headers["X-Odoo-Id"])
    assert api.call("GET", f"customers/{odoo_id}").json()["data"] == {"id": "4711", "name": "Ann"}
    assert [each["name"] for each in api.call("GET", "customers?id=4711").json()["data"]] == ["Ann"]


def test_a_change_whose_keys_nobody_reads_is_told_so(customers: SyncConfig, api: Api) -> None:
    odoo_id = api.call("POST", "customers", {"code": "C1", "name": "Ann"}).json()["data"]["id"]

    misspelt = api.call("PUT", f"customers/{odoo_id}", {"nmae": "Anna"})

    assert misspelt.status_code == 400
    assert "reads no key of the body ('nmae'). It reads: code, name, email" in misspelt.json()["message"]
    assert api.call("PUT", f"customers/{odoo_id}", {}).status_code == 200
    assert api.call("PUT", f"customers/{odoo_id}", {"nmae": "Anna", "city": "x", "name": "Anna"}).status_code == 200
