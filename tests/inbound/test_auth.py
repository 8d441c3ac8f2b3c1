"""Who is let in, and what those who are not are told."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests

from syncconfig.models import SyncConfig
from tests.inbound.conftest import Api, ConfigMaker, logged


def basic(login: str, password: str, *, encoding: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(f"{login}:{password}".encode(encoding)).decode()


def get(api: Api, **headers: str) -> requests.Response:
    return requests.get(f"{api.url}/bj_api_sync/v1/customers?limit=1", headers=headers, timeout=10)


KINDS: dict[str, dict[str, Any]] = {
    "basic": {"auth_type": "basic", "auth_login": "shop", "auth_secret": "pässword:with colon"},
    "bearer": {"auth_type": "bearer", "auth_secret": "token-1"},
    "header": {"auth_type": "header", "auth_header": "X-API-Key", "auth_secret": "key-1"},
}
GOOD: dict[str, dict[str, str]] = {
    "basic": {"Authorization": basic("shop", "pässword:with colon")},
    "bearer": {"Authorization": "Bearer token-1"},
    "header": {"X-API-Key": "key-1"},
}
CHALLENGES = {"basic": "Basic realm=", "bearer": "Bearer realm=", "header": "ApiKey realm="}


@pytest.mark.parametrize("kind", KINDS)
def test_the_right_credentials_are_let_in(make_config: ConfigMaker, api: Api, kind: str) -> None:
    make_config(**KINDS[kind])

    assert get(api, **GOOD[kind]).status_code == 200


def test_an_endpoint_without_authorization_lets_anybody_in(make_config: ConfigMaker, api: Api) -> None:
    make_config(auth_type="none", auth_secret="")

    assert get(api).status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_missing_credentials_are_a_401_that_says_what_to_send(make_config: ConfigMaker, api: Api, kind: str) -> None:
    make_config(**KINDS[kind])

    answer = get(api)

    body = answer.json()
    assert (answer.status_code, body["code"], body["error"]) == (401, 401, "AUTHENTICATION_ERROR")
    assert body["message"].startswith("Credentials are missing. Send the ") or kind == "basic"
    assert answer.headers["WWW-Authenticate"].startswith(CHALLENGES[kind])
    assert logged(answer).status == 401


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        ("basic", {"Authorization": basic("shop", "password")}),
        ("basic", {"Authorization": basic("other", "pässword:with colon")}),
        ("basic", {"Authorization": basic("shop", "pässword:with colon", encoding="latin-1")}),
        ("basic", {"Authorization": "Basic not-base64!"}),
        ("basic", {"Authorization": "Bearer token-1"}),
        ("bearer", {"Authorization": "Bearer token-2"}),
        ("bearer", {"Authorization": "Bearer "}),
        ("bearer", {"Authorization": "Bearer token-1 token-1"}),
        ("bearer", {"Authorization": "token-1"}),
        ("bearer", {"Authorization": b"Bearer t\xf6ken-1"}),
        ("header", {"X-API-Key": "key-2"}),
        ("header", {"X-API-Key": ""}),
        ("header", {"Authorization": "Bearer key-1"}),
    ],
)
def test_wrong_credentials_are_a_401_and_stay_out_of_the_log(
    make_config: ConfigMaker, api: Api, kind: str, headers: dict[str, str]
) -> None:
    make_config(**KINDS[kind])

    answer = get(api, **headers)

    assert (answer.status_code, answer.json()["error"]) == (401, "AUTHENTICATION_ERROR")
    assert "token-2" not in str(vars(logged(answer)))
    assert "key-2" not in str(vars(logged(answer)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_config_without_its_secret_lets_nobody_in(make_config: ConfigMaker, api: Api, kind: str) -> None:
    make_config(**{**KINDS[kind], "auth_secret": ""})

    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": basic("shop", "")}, {"X-API-Key": ""}):
        answer = get(api, **headers)
        assert (answer.status_code, answer.json()["error"]) == (503, "CONFIGURATION_ERROR")


def test_a_stranger_cannot_tell_the_methods_and_sends_no_body(customers: SyncConfig, api: Api) -> None:
    answer = requests.put(f"{api.url}/bj_api_sync/v1/customers/1", data=b"x" * 1000, timeout=10)

    assert answer.status_code == 401
    assert "Allow" not in answer.headers
    assert logged(answer).request_body == ""


def test_the_scheme_is_read_whatever_its_case(make_config: ConfigMaker, api: Api) -> None:
    make_config(**KINDS["bearer"])

    assert get(api, Authorization="bearer token-1").status_code == 200
