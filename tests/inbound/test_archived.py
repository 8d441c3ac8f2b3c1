"""Archived records as callers see them: gone where a DELETE has archived them, there where people in Odoo have."""

from __future__ import annotations

from typing import Any

import pytest

from demo.odoo import DemoOdoo
from inbound.models import ArchivedRecord
from syncconfig.models import SyncConfig
from tests.inbound.conftest import CUSTOMER_LINES, Api, ConfigMaker

ANN: dict[str, Any] = {"code": "C1", "name": "Ann"}


def ann(demo_odoo: DemoOdoo) -> dict[str, Any]:
    """The only one that Odoo has."""
    (found,) = demo_odoo.call(
        "res.partner", "search_read", [["ref", "=", "C1"]], ["name", "active", "city"], context={"active_test": False}
    )
    return dict(found)


@pytest.fixture
def removed(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> int:
    """The id of a customer whom a DELETE has archived."""
    odoo_id = int(api.call("POST", "customers", ANN).json()["data"]["id"])
    assert api.call("DELETE", f"customers/{odoo_id}").json()["data"] == {"id": odoo_id, "archived": True}
    assert ann(demo_odoo)["active"] is False
    return odoo_id


@pytest.fixture
def put_away(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> int:
    """The id of a customer whom somebody in Odoo has archived."""
    odoo_id = int(api.call("POST", "customers", ANN).json()["data"]["id"])
    demo_odoo.call("res.partner", "write", [odoo_id], {"active": False})
    return odoo_id


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("by", ["{}", "by/C1"])
def test_what_a_delete_has_archived_is_a_404(demo_odoo: DemoOdoo, removed: int, api: Api, method: str, by: str) -> None:
    answer = api.call(method, f"customers/{by.format(removed)}", {"name": "Changed"})

    assert (answer.status_code, answer.json()["error"]) == (404, "NOT_FOUND")
    assert ("code 'C1'" if by == "by/C1" else f"record {removed}") in answer.json()["message"]
    assert ann(demo_odoo)["name"] == "Ann"


@pytest.mark.parametrize("on_existing", ["update", "ignore", "reject"])
def test_posting_what_a_delete_has_archived_brings_it_back(
    demo_odoo: DemoOdoo, removed: int, api: Api, on_existing: str
) -> None:
    """To its caller it did not exist, whatever the sync does with existing ones. No second record is made."""
    SyncConfig.objects.update(on_existing=on_existing)

    again = api.call("POST", "customers", {**ANN, "name": "Ann B"})

    assert (again.status_code, again.json()["data"]) == (200, {"id": removed, "code": "C1", "name": "Ann B"})
    assert ann(demo_odoo) == {"id": removed, "name": "Ann B", "active": True, "city": False}
    assert api.call("GET", f"customers/{removed}").json()["data"]["name"] == "Ann B"
    assert api.call("PATCH", "customers/by/C1", {"name": "Ann C"}).status_code == 200
    assert not ArchivedRecord.objects.exists()


def test_a_list_and_a_batch_bring_it_back_too(demo_odoo: DemoOdoo, removed: int, api: Api) -> None:
    answer = api.call("POST", "customers", [{"code": "C0", "name": "Bob"}, ANN])

    assert [entry["code"] for entry in answer.json()["data"]] == [201, 200]
    assert ann(demo_odoo)["active"] is True

    operations = [{"action": "delete", "identifier": "C1"}, {"action": "update", "id": removed, "data": {"name": "X"}}]
    batch = api.call("POST", "customers/batch", {"operations": [*operations, {"action": "create", "data": ANN}]})

    assert [entry["code"] for entry in batch.json()["data"]] == [200, 404, 200], batch.text
    assert ann(demo_odoo)["active"] is True


def test_all_or_nothing_knows_what_a_delete_has_archived(demo_odoo: DemoOdoo, removed: int, api: Api) -> None:
    api.call("POST", "customers", {"code": "C2", "name": "Bob"})

    def together(*operations: dict[str, Any]) -> Any:
        return api.call("POST", "customers/batch", {"operations": list(operations), "transaction": True})

    refused = together({"action": "delete", "identifier": "C2"}, {"action": "delete", "id": removed})

    assert (refused.status_code, refused.json()["index"]) == (404, 1)
    assert together({"action": "delete", "identifier": "C2"}).status_code == 200
    assert api.call("GET", "customers/by/C2").status_code == 404


def test_what_people_have_archived_is_reached_by_name_and_stays_archived(
    demo_odoo: DemoOdoo, put_away: int, api: Api
) -> None:
    assert api.call("POST", "customers", {**ANN, "name": "Ann B"}).status_code == 200
    assert api.call("GET", f"customers/{put_away}").json()["data"]["name"] == "Ann B"
    assert api.call("GET", "customers/by/C1").json()["data"]["id"] == put_away
    assert api.call("PUT", "customers/by/C1", {"address": {"city": "Ghent"}}).status_code == 200
    assert ann(demo_odoo) == {"id": put_away, "name": "Ann B", "active": False, "city": "Ghent"}
    assert api.call("GET", "customers?code=C1").json()["data"] == []


def test_what_people_bring_back_is_there_again(demo_odoo: DemoOdoo, removed: int, api: Api) -> None:
    demo_odoo.call("res.partner", "write", [removed], {"active": True})

    assert api.call("GET", f"customers/{removed}").status_code == 200
    assert api.call("PUT", f"customers/{removed}", {"name": "Ann B"}).status_code == 200
    assert not ArchivedRecord.objects.exists()


def test_of_an_active_and_an_archived_record_the_active_one_is_meant(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    demo_odoo.call("res.partner", "create", {"name": "Old", "ref": "C1", "active": False})
    new = demo_odoo.call("res.partner", "create", {"name": "New", "ref": "C1"})

    assert api.call("GET", "customers/by/C1").json()["data"]["id"] == new


def test_where_callers_say_what_is_active_nothing_is_brought_back_for_them(
    demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api
) -> None:
    make_config([*CUSTOMER_LINES, {"field": "active", "key": "active"}])
    odoo_id = api.call("POST", "customers", ANN).json()["data"]["id"]
    api.call("DELETE", f"customers/{odoo_id}")

    assert api.call("GET", f"customers/{odoo_id}").json()["data"]["active"] is False
    assert api.call("POST", "customers", {**ANN, "name": "Ann B"}).status_code == 200
    assert ann(demo_odoo)["active"] is False
    assert api.call("PATCH", f"customers/{odoo_id}", {"active": True}).status_code == 200
    assert ann(demo_odoo)["active"] is True


def test_another_endpoint_of_the_same_odoo_sees_it_too(removed: int, make_config: ConfigMaker, api: Api) -> None:
    make_config(endpoint="clients")

    assert api.call("GET", f"clients/{removed}").status_code == 404
    assert api.call("POST", "clients", ANN).status_code == 200
    assert api.call("GET", f"customers/{removed}").status_code == 200


def test_odoo_failing_to_bring_it_back_is_told_and_the_same_request_does_it(
    demo_odoo: DemoOdoo, removed: int, api: Api
) -> None:
    demo_odoo.fail_next(1, "drop_before", only="search")

    failed = api.call("POST", "customers", ANN)
    again = api.call("POST", "customers", ANN)

    assert (failed.status_code, again.status_code) == (503, 200), failed.text
    assert ann(demo_odoo)["active"] is True


def test_nothing_of_this_costs_a_call_where_nothing_was_archived(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    odoo_id = api.call("POST", "customers", ANN).json()["data"]["id"]
    demo_odoo.calls.clear()

    for method in ("POST", "PUT", "DELETE"):
        api.call(method, "customers" if method == "POST" else f"customers/{odoo_id}", ANN)

    assert dict(demo_odoo.calls) == {("res.partner", "write"): 3}
