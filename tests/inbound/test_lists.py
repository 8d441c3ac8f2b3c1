"""Many records in one request: lists, batches, and what is all or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from demo.odoo import DemoOdoo
from inbound.models import EndpointPolicy
from outbound.models import RecordClaim, RecordLink
from syncconfig.models import SyncConfig
from tests.inbound.conftest import CUSTOMER_LINES, Api, ConfigMaker


@pytest.fixture
def plain(make_config: ConfigMaker, api: Api) -> SyncConfig:
    """An endpoint without relations, whose schema is known already."""
    config = make_config(CUSTOMER_LINES[:4])
    api.call("GET", "customers?limit=1")
    return config


def people(count: int) -> list[dict[str, Any]]:
    return [{"code": f"C{number}", "name": f"P{number}"} for number in range(count)]


def names(demo_odoo: DemoOdoo, *refs: str) -> list[str]:
    found = demo_odoo.call(
        "res.partner", "search_read", [["ref", "in", list(refs)]], ["name"], order="ref", context={"active_test": False}
    )
    return [each["name"] for each in found]


@pytest.mark.parametrize("is_wrapped", [True, False])
def test_a_list_is_one_search_and_one_create(
    demo_odoo: DemoOdoo, plain: SyncConfig, api: Api, *, is_wrapped: bool
) -> None:
    demo_odoo.calls.clear()

    answer = api.call("POST", "customers", {"records": people(30)} if is_wrapped else people(30))

    body = answer.json()
    assert (answer.status_code, body["status"]) == (201, "success"), answer.text
    assert body["summary"] == {"total": 30, "succeeded": 30, "failed": 0}
    assert [entry["index"] for entry in body["data"]] == list(range(30))
    assert body["data"][7] == {
        "index": 7, "status": "success", "code": 201, "id": body["data"][7]["id"],
        "data": {"id": body["data"][7]["id"], "code": "C7", "name": "P7"},
    }  # fmt: skip
    assert dict(demo_odoo.calls) == {("res.partner", "search_read"): 1, ("res.partner", "create"): 1}


def test_one_bad_entry_leaves_the_others_alone_and_says_which_line(
    demo_odoo: DemoOdoo, plain: SyncConfig, api: Api
) -> None:
    answer = api.call("POST", "customers", [{"code": "A", "name": "Ann"}, {"code": "B"}, {"code": "C", "name": "Cy"}])

    body = answer.json()
    assert (answer.status_code, body["status"]) == (207, "partial")
    assert [(entry["status"], entry["code"]) for entry in body["data"]] == [
        ("success", 201),
        ("error", 400),
        ("success", 201),
    ]
    assert body["data"][1]["errors"][0]["external_key"] == "name"
    assert names(demo_odoo, "A", "B", "C") == ["Ann", "Cy"]


def test_a_list_of_which_nothing_can_be_written_now_is_a_503_to_send_again(
    demo_odoo: DemoOdoo, plain: SyncConfig, api: Api
) -> None:
    demo_odoo.stop()
    try:
        answer = api.call("POST", "customers", people(3))
    finally:
        demo_odoo.start()

    assert (answer.status_code, answer.json()["error"]) == (503, "ODOO_UNAVAILABLE")
    assert "Retry-After" in answer.headers


def test_more_records_than_the_policy_allows_are_a_413(plain: SyncConfig, api: Api) -> None:
    EndpointPolicy.objects.create(config=plain, max_records=2, max_depth=3)

    assert api.call("POST", "customers", people(3)).status_code == 413
    assert api.call("POST", "customers", people(2)).status_code == 201
    deep = api.call("POST", "customers", {"code": {"a": {"b": {}}}})
    assert (deep.status_code, "3 levels" in deep.json()["message"]) == (400, True)


def batch(api: Api, *operations: dict[str, Any], **options: Any) -> Any:
    return api.call("POST", "customers/batch", {"operations": list(operations), **options})


def test_a_batch_creates_changes_and_deletes_in_order(demo_odoo: DemoOdoo, plain: SyncConfig, api: Api) -> None:
    first, second = demo_odoo.call("res.partner", "create", [{"name": "1", "ref": "A"}, {"name": "2", "ref": "B"}])

    answer = batch(
        api,
        {"action": "create", "data": {"code": "N", "name": "New"}},
        {"action": "update", "identifier": "N", "data": {"name": "Newer"}},
        {"action": "update", "id": first, "data": {"name": "One"}},
        {"action": "delete", "identifier": "B"},
        {"action": "update", "id": 99999, "data": {"name": "Nobody"}},
        {"action": "create", "data": {"code": "Z", "name": "Last"}},
    )

    assert answer.status_code == 207, answer.text
    assert [entry["code"] for entry in answer.json()["data"]] == [201, 200, 200, 200, 404, 201]
    assert names(demo_odoo, "A", "B", "N", "Z") == ["One", "2", "Newer", "Last"]
    (deleted,) = demo_odoo.call("res.partner", "read", [second], ["active"])
    assert deleted["active"] is False


def test_a_batch_that_does_not_continue_stops_at_the_first_error(
    demo_odoo: DemoOdoo, plain: SyncConfig, api: Api
) -> None:
    answer = batch(
        api,
        {"action": "create", "data": {"code": "A", "name": "Ann"}},
        {"action": "create", "data": {"code": "B", "name": None}},
        {"action": "create", "data": {"code": "C", "name": "Cy"}},
        continue_on_error=False,
    )

    entries = answer.json()["data"]
    assert [entry["code"] for entry in entries] == [201, 400, 424]
    assert entries[2]["error"] == "NOT_ATTEMPTED"
    assert names(demo_odoo, "A", "B", "C") == ["Ann"]


def test_new_records_are_made_all_or_none(demo_odoo: DemoOdoo, plain: SyncConfig, api: Api) -> None:
    good = [{"action": "create", "data": record} for record in people(3)]

    bad = batch(api, *good, {"action": "create", "data": {"code": "X", "name": None}}, transaction=True)
    # The mapping has nothing against it; Odoo does.
    api.call("POST", "customers", {"code": "warm", "name": "Warm"})
    made = batch(api, *good, transaction=True)

    assert (bad.status_code, bad.json()["index"]) == (400, 3), bad.text
    assert "Nothing was done" in bad.json()["message"]
    assert (made.status_code, made.json()["summary"]["succeeded"]) == (201, 3)
    assert names(demo_odoo, "C0", "C1", "C2", "X") == ["P0", "P1", "P2"]
    assert RecordLink.objects.filter(external_id__startswith="C").count() == 3
    assert not RecordClaim.objects.exists()


@pytest.mark.parametrize(
    ("operations", "part"),
    [
        (
            [{"action": "create", "data": {"code": "N", "name": "N"}}, {"action": "delete", "identifier": "A"}],
            "create and delete",
        ),
        (
            [
                {"action": "create", "data": {"code": "N", "name": "N"}},
                {"action": "create", "data": {"code": "A", "name": "A"}},
            ],
            "exists already",
        ),
        (
            [
                {"action": "create", "data": {"code": "N", "name": "N"}},
                {"action": "create", "data": {"code": "N", "name": "A"}},
            ],
            "same code",
        ),
        (
            [
                {"action": "update", "identifier": "A", "data": {"name": "X"}},
                {"action": "update", "identifier": "B", "data": {"name": "Y"}},
            ],
            "these differ",
        ),
    ],
)  # fmt: skip
def test_what_one_call_of_odoo_cannot_hold_is_refused_with_the_reason(
    demo_odoo: DemoOdoo, plain: SyncConfig, api: Api, operations: list[dict[str, Any]], part: str
) -> None:
    demo_odoo.call("res.partner", "create", [{"name": "1", "ref": "A"}, {"name": "2", "ref": "B"}])

    answer = batch(api, *operations, transaction=True)

    assert answer.status_code == 400, answer.text
    assert part in answer.json()["message"]
    assert answer.json()["key"] == "transaction"
    assert names(demo_odoo, "A", "B", "N") == ["1", "2"]
    assert not RecordClaim.objects.exists()


def test_changes_and_deletions_are_done_all_or_none(demo_odoo: DemoOdoo, plain: SyncConfig, api: Api) -> None:
    ids = demo_odoo.call("res.partner", "create", [{"name": "1", "ref": "A"}, {"name": "2", "ref": "B"}])
    same = {"action": "update", "data": {"email": "same@example.com"}}
    demo_odoo.calls.clear()

    changed = batch(api, *({**same, "id": each} for each in ids), transaction=True)
    calls = dict(demo_odoo.calls)
    missing = batch(api, {"action": "delete", "id": ids[0]}, {"action": "delete", "id": 99999}, transaction=True)

    assert (changed.status_code, calls) == (200, {("res.partner", "write"): 1})
    assert missing.status_code in (400, 404)
    found = demo_odoo.call("res.partner", "read", ids, ["email", "active"])
    assert {(each["email"], each["active"]) for each in found} == {("same@example.com", True)}


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ([], "operations"),
        ({}, "operations"),
        ({"operations": []}, "empty"),
        ({"operations": [3]}, "Entry 0"),
        ({"operations": [{"action": "upsert"}]}, "create, update, delete"),
        ({"operations": [{"action": "create"}]}, "data must be"),
        ({"operations": [{"action": "create", "id": 3, "data": {}}]}, "takes no id"),
        ({"operations": [{"action": "update", "data": {}}]}, "id or by its identifier"),
        ({"operations": [{"action": "update", "id": True, "data": {}}]}, "whole number above 0"),
        ({"operations": [{"action": "delete", "id": 3, "data": {}}]}, "takes no data"),
        ({"operations": [{"action": "delete", "id": 3}], "atomic": True}, "'atomic'"),
        ({"operations": [{"action": "delete", "id": 3}], "transaction": 1}, "true or false"),
        ({"operations": [{"action": "delete", "id": 3}], "transaction": True, "continue_on_error": True}, "nothing"),
    ],
)  # fmt: skip
def test_a_batch_that_cannot_be_understood_is_a_400(plain: SyncConfig, api: Api, body: Any, part: str) -> None:
    answer = api.call("POST", "customers/batch", body)

    assert (answer.status_code, answer.json()["error"]) == (400, "VALIDATION_ERROR")
    assert part in answer.json()["message"]


def test_a_batch_may_do_only_what_the_endpoint_allows(make_config: ConfigMaker, api: Api) -> None:
    make_config(CUSTOMER_LINES[:3], method_delete=False)

    answer = batch(api, {"action": "delete", "id": 3})

    assert (answer.status_code, answer.json()["index"]) == (405, 0)
    assert api.call("GET", "customers/batch").status_code == 405


def test_fields_that_only_odoo_knows_are_read_once_for_all(
    demo_odoo: DemoOdoo, make_config: ConfigMaker, api: Api
) -> None:
    make_config([*CUSTOMER_LINES[:3], {"field": "display_name", "key": "shown", "direction": "out"}])
    api.call("GET", "customers?limit=1")
    demo_odoo.calls.clear()

    told = api.call("POST", "customers?return_fields=code", people(3))
    without = demo_odoo.calls["res.partner", "search_read"]
    asked = api.call("POST", "customers?return_fields=id,shown", people(3))

    assert [entry["data"] for entry in told.json()["data"]] == [{"code": f"C{n}"} for n in range(3)]
    assert without == 1
    assert [entry["data"]["shown"] for entry in asked.json()["data"]] == ["P0", "P1", "P2"]
    assert demo_odoo.calls["res.partner", "search_read"] == 2
    unknown = api.call("POST", "customers?return_fields=nothing", people(1))
    assert (unknown.status_code, "'nothing'" in unknown.json()["message"]) == (400, True)
