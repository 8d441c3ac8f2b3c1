"""The documentation: made from what is there, shown to who may call it, and true."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from demo.odoo import DemoOdoo
from inbound.guessing import FAILURES_PER_MINUTE
from inbound.models import Credential, EndpointPolicy
from syncconfig.models import SyncConfig, SyncConfigLine, SyncParam
from tests.inbound.conftest import CUSTOMER_LINES, ORDER_LINES, TOKEN, Api, ConfigMaker


def document(api: Api, **headers: str) -> dict[str, Any]:
    answer = requests.get(f"{api.url}/bj_api_sync/v1/openapi.json", headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


BEARER = {"Authorization": f"Bearer {TOKEN}"}


def test_it_tells_types_required_keys_enums_and_examples(make_config: ConfigMaker, api: Api) -> None:
    make_config([*CUSTOMER_LINES, {"field": "type", "key": "kind"}, {"field": "create_date", "key": "made"}])

    told = document(api, **BEARER)

    assert told["openapi"] == "3.1.0"
    schema = told["components"]["schemas"]["customers.write"]
    assert sorted(schema["required"]) == ["code", "name"]
    assert schema["properties"]["credit"]["type"] == ["number", "null"]
    assert schema["properties"]["company"]["type"] == ["boolean", "null"]
    assert schema["properties"]["address"]["properties"]["city"]["type"][0] == "string"
    assert "invoice" in schema["properties"]["kind"]["enum"]
    read = told["components"]["schemas"]["customers.read"]
    assert read["properties"]["made"]["format"] == "date-time"
    root = told["paths"]["/bj_api_sync/v1/customers"]
    assert set(root) == {"get", "post"}
    example = root["post"]["requestBody"]["content"]["application/json"]["example"]
    assert set(example) >= {"code", "name", "address", "credit"}
    assert {each["name"] for each in root["get"]["parameters"]} >= {"limit", "cursor", "code", "address.city"}


def test_it_tells_of_refusals_of_batches_and_of_what_was_accepted(customers: SyncConfig, api: Api) -> None:
    EndpointPolicy.objects.create(config=customers, mode="queued")
    told = document(api, **BEARER)
    paths = told["paths"]
    operations = [each for path in paths.values() for each in path.values() if isinstance(each, dict)]
    assert all({"429", "default"} <= set(each["responses"]) for each in operations)
    names = [each["operationId"] for each in operations]
    assert len(set(names)) == len(names)
    assert {"customers_list", "customers_batch", "customers_request"} <= set(names)
    assert set(told["components"]["responses"]["TooMany"]["headers"]) >= {"Retry-After", "X-RateLimit-Remaining"}
    entry = told["components"]["schemas"]["Error"]["properties"]["errors"]["items"]
    assert entry["required"] == ["line_id", "external_key", "field", "value", "message"]
    example = paths["/bj_api_sync/v1/customers/batch"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert example["operations"][0]["data"]["code"]
    (parameter,) = paths["/bj_api_sync/v1/customers/requests/{request_id}"]["parameters"]
    assert parameter["schema"]["format"] == "uuid"


def test_it_is_never_stale(customers: SyncConfig, api: Api) -> None:
    before = document(api, **BEARER)
    SyncConfigLine.objects.create(config=customers, field="phone", key="phone", position=9)
    SyncParam.objects.create(config=customers, kind="filter", name="since", field="write_date", operator=">=")
    customers.refresh_from_db()
    customers.method_delete = False
    customers.save()

    after = document(api, **BEARER)

    path = "/bj_api_sync/v1/customers/{record_id}"
    assert ("delete" in before["paths"][path], "delete" in after["paths"][path]) == (True, False)
    assert "phone" in after["components"]["schemas"]["customers.write"]["properties"]
    names = [each["name"] for each in after["paths"]["/bj_api_sync/v1/customers"]["get"]["parameters"]]
    assert "since" in names


def test_each_sees_what_they_may_call(make_config: ConfigMaker, api: Api, client: Client) -> None:
    make_config()
    make_config(CUSTOMER_LINES[:2], endpoint="open", auth_type="none", auth_secret="")
    other = make_config(CUSTOMER_LINES[:2], endpoint="other", auth_secret="other-token")
    Credential.objects.create(config=other, name="Shop", kind="bearer", secret="shop-token")

    def endpoints(told: dict[str, Any]) -> set[str]:
        return {path.split("/")[3] for path in told["paths"]}

    assert endpoints(document(api)) == {"open"}
    assert endpoints(document(api, **BEARER)) == {"open", "customers"}
    assert endpoints(document(api, Authorization="Bearer shop-token")) == {"open", "other"}
    client.force_login(User.objects.create_superuser("chief", password="x"))
    seen = client.get("/bj_api_sync/v1/openapi.json").json()
    assert endpoints(seen) == {"open", "customers", "other"}
    assert "token" not in json.dumps(seen["components"]["securitySchemes"])


def test_an_endpoint_is_not_shown_to_who_may_not_call_it_any_more_or_from_there(
    make_config: ConfigMaker, api: Api
) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    for name, fields in (("late", {"expires_at": yesterday}), ("far", {"allowed_networks": "203.0.113.0/24"})):
        config = make_config(CUSTOMER_LINES[:2], endpoint=name, auth_type="none", auth_secret="")
        Credential.objects.create(config=config, name="Shop", kind="bearer", secret=f"{name}-token", **fields)
    abroad = make_config(CUSTOMER_LINES[:2], endpoint="abroad")
    EndpointPolicy.objects.create(config=abroad, allowed_networks="203.0.113.0/24")

    for token in ("late-token", "far-token", TOKEN):
        assert document(api, Authorization=f"Bearer {token}")["paths"] == {}


def test_who_guesses_at_the_documentation_is_not_heard_any_more(make_config: ConfigMaker, api: Api) -> None:
    make_config(auth_type="header", auth_header="X-Api-Key")

    def status(key: str) -> int:
        url = f"{api.url}/bj_api_sync/v1/openapi.json"
        return requests.get(url, headers={"X-Api-Key": key}, timeout=10).status_code

    # Twice as many, since a minute may end in between.
    assert {status(f"guess-{number}") for number in range(2 * FAILURES_PER_MINUTE + 1)} == {200, 429}


def test_a_config_that_does_not_fit_odoo_breaks_only_itself(make_config: ConfigMaker, api: Api) -> None:
    make_config()
    make_config([*CUSTOMER_LINES, {"field": "no_such_field", "key": "x"}], endpoint="broken")

    assert all("/customers" in path for path in document(api, **BEARER)["paths"])


def test_the_collection_has_every_request_and_no_secret(customers: SyncConfig, api: Api) -> None:
    answer = requests.get(f"{api.url}/bj_api_sync/v1/postman.json", headers=BEARER, timeout=10)

    made = answer.json()
    methods = [each["request"]["method"] for each in made["item"][0]["item"]]
    assert sorted(set(methods)) == ["DELETE", "GET", "PATCH", "POST", "PUT"]
    assert TOKEN not in answer.text
    headers = made["item"][0]["item"][0]["request"]["header"]
    assert {"key": "Authorization", "value": "Bearer {{token}}"} in headers


@pytest.mark.parametrize("name", ["docs", "openapi.json", "postman.json"])
def test_it_is_only_read(name: str, transactional_db: None) -> None:
    strict = Client(enforce_csrf_checks=True)
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = strict.generic(method, f"/bj_api_sync/v1/{name}")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
        assert answer.json()["error"] == "METHOD_NOT_ALLOWED"
    assert strict.head(f"/bj_api_sync/v1/{name}").status_code == 200


def test_the_page_brings_everything_itself(api: Api, transactional_db: None) -> None:
    answer = requests.get(f"{api.url}/bj_api_sync/v1/docs", timeout=10)

    assert answer.status_code == 200
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    for name in ("docs.js", "docs.css"):
        assert requests.get(f"{api.url}/static/inbound/{name}", timeout=10).status_code == 200


# Left out is what only Odoo can judge: whether a country of that code exists, whether a value fits another one.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,unsupported_method,ignored_auth,allow_header_conformance,use_after_free,"
    "ensure_resource_availability"
)


@pytest.mark.parametrize("mode", ["immediate", "queued"])
def test_what_it_tells_is_true_of_the_live_endpoints(
    demo_odoo: DemoOdoo, make_config: ConfigMaker, gunicorn: str, tmp_path: Path, mode: str
) -> None:
    demo_odoo.seed_products(3)
    configs = [make_config()]
    if mode == "immediate":
        configs.append(make_config(ORDER_LINES, endpoint="orders", model="sale.order"))
    for config in configs:
        EndpointPolicy.objects.create(config=config, mode=mode, per_minute=0, per_hour=0)

    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{gunicorn}/bj_api_sync/v1/openapi.json"),
            *("--header", f"Authorization: Bearer {TOKEN}", "--checks", CHECKS, "--max-examples", "3"),
            *("--generation-deterministic", "--phases", "examples,coverage,fuzzing,stateful", "--no-color"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
