"""The recorded exchanges of real Odoo servers, where they are at hand (they are no part of the repository)."""

from __future__ import annotations

import json
import xmlrpc.client
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from clients.guard import AddressPolicy
from clients.odoo.client import OdooSettings
from tests.clients.servers import Answer, Received, Responder

WIRE = Path(__file__).resolve().parents[3] / "shared" / "odoo-wire"
REASON = "the recorded exchanges (../shared/odoo-wire) are not here"
FILES = [(18, "xmlrpc"), (18, "jsonrpc"), (19, "xmlrpc"), (19, "jsonrpc"), (19, "json2")]


class Case(NamedTuple):
    version: int
    protocol: str
    name: str
    request: dict[str, Any]
    response: dict[str, Any]


class Call(NamedTuple):
    """What the recorded request asks: `execute_kw` or JSON-2."""

    model: str
    method: str
    args: list[Any]
    kwargs: dict[str, Any]


def load() -> list[Case]:
    return [
        Case(version, protocol, item["case"], item["request"], item["response"])
        for version, protocol in FILES
        if (WIRE / str(version) / f"{protocol}.json").exists()
        for item in json.loads((WIRE / str(version) / f"{protocol}.json").read_text())
    ]


def cases(*, errors: bool, calls_only: bool = False) -> list[Any]:
    """The recorded cases as parameters; one that skips where there are none."""
    found = [
        pytest.param(case, id=f"{case.version}-{case.protocol}-{case.name}")
        for case in load()
        if case.name.startswith("error ") is errors and (not calls_only or call_of(case))
    ]
    return found or [pytest.param(None, marks=pytest.mark.skip(reason=REASON))]


def call_of(case: Case) -> Call | None:
    """The model call that was recorded; None for calls of the common service and of others."""
    if case.protocol == "json2":
        parts = case.request["path"].split("/")
        if parts[1] != "json" or case.name == "error malformed body":
            return None
        return Call(parts[3], parts[4], [], json.loads(case.request["body"]))
    if case.protocol == "xmlrpc":
        params, method = xmlrpc.client.loads(case.request["body"])
        return Call(*params[3:7]) if method == "execute_kw" else None
    told = json.loads(case.request["body"])["params"]
    return Call(*told["args"][3:7]) if told["method"] == "execute_kw" else None


def replaying(case: Case) -> Responder:
    """Answer `case`'s request with its recorded response, and logins with a recorded one."""
    logins = {item.protocol: item for item in load() if item.name == "authenticate" and item.version == case.version}

    def respond(request: Received) -> Answer:
        told = case.response
        if case.name != "authenticate wrong password" and b"authenticate" in request.body[:200]:
            told = logins[case.protocol].response
        headers = {name: value for name, value in told["headers"].items() if name != "Connection"}
        return Answer(told["status"], told["body"].encode(), headers)

    return respond


def settings(url: str, protocol: str, secret: str = "API_KEY", **more: Any) -> OdooSettings:
    return OdooSettings(
        url, "odoo", "admin", secret, protocol=protocol, policy=AddressPolicy(allow_private=True), **more
    )
