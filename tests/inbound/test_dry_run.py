"""X-Dry-Run: told, and not done."""

from __future__ import annotations

from typing import Any

import pytest

from demo.odoo import DemoOdoo
from inbound.models import EndpointPolicy, InboundRequest
from outbound.models import RecordLink
from syncconfig.models import SyncConfig
from tests.inbound.conftest import Api, logged

DRY = {"X-Dry-Run": "1"}
ANN: dict[str, Any] = {"code": "C1", "name": "Ann"}


@pytest.fixture(autouse=True)
def _nothing_is_written(demo_odoo: DemoOdoo) -> Any:
    yield
    assert not {method for _model, method in demo_odoo.calls} & {"create", "write", "unlink"}


def test_a_new_record_would_be_created(demo_odoo: DemoOdoo, customers: SyncConfig, api: Api) -> None:
    answer = api.call("POST", "customers", ANN, headers=DRY)

    body = answer.json()
    assert (answer.status_code, body["dry_run"], body["data"]["effect"]) == (200, True, "create"), answer.text
    assert body["data"]["values"]["name"] == "Ann"
    assert logged(answer).is_dry_run is True
    assert not RecordLink.objects.exists()


def test_changes_and_removals_are_told_by_id_and_identifier(
    demo_odoo: DemoOdoo, customers: SyncConfig, api: Api
) -> None:
    odoo_id = demo_odoo.call("res.partner", "create", {"name": "Ann", "ref": "C1"})
    demo_odoo.calls.clear()

    by_id = api.call("PUT", f"customers/{odoo_id}", {"name": "Eve"}, headers=DRY).json()["data"]
    by_name = api.call("PATCH", "customers/by/C1", {"name": "Eve"}, headers=DRY).json()["data"]
    removed = api.call("DELETE", "customers/by/C1", headers=DRY).json()["data"]

    for told in (by_id, by_name):
        assert (told["effect"], told["odoo_id"]) == ("update", odoo_id)
        assert told["changes"] == [{"field": "name", "old": "Ann", "new": "Eve"}]
    assert removed["effect"] == "archive"


def test_a_queued_endpoint_tells_at_once_and_accepts_nothing(customers: SyncConfig, api: Api) -> None:
    EndpointPolicy.objects.create(config=customers, mode="queued")

    answer = api.call("POST", "customers", [ANN, {"code": "C2"}], headers={**DRY, "Idempotency-Key": "k"})

    assert [each["effect"] for each in answer.json()["data"]] == ["create", "refuse"]
    assert not InboundRequest.objects.exists()


def test_what_cannot_be_told_is_refused_and_not_done(customers: SyncConfig, api: Api) -> None:
    batch = {"operations": [{"action": "create", "data": ANN}]}

    assert api.call("POST", "customers/batch", batch, headers=DRY).status_code == 400
    assert api.call("POST", "customers", ANN, headers={"X-Dry-Run": "maybe"}).status_code == 400
