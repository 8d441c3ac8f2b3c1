"""Every recorded exchange of Odoo 18 and 19, over every transport, read by the client."""

from __future__ import annotations

import json
import xmlrpc.client
from typing import Any

import pytest

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooVersion, connect
from clients.odoo.faults import ACCESS_DENIED
from clients.odoo.schema import FIELD_TYPES
from tests.clients.recordings import Case, call_of, cases, replaying, settings
from tests.clients.servers import serving

# case: code, message, model, field. All of them PERMANENT, whatever the version and the transport.
EXPECTED: dict[str, tuple[str, str, str | None, str | None]] = {
    "error wrong key": ("access_denied", ACCESS_DENIED, "res.partner", None),
    "error no key": ("access_denied", ACCESS_DENIED, "res.partner", None),
    "error unknown database": ("unknown_database", "The database", None, None),
    "error malformed body": ("bad_request", "could not parse the body as json", "res.partner", None),
    "error content type": ("not_odoo", "No Odoo answers at", None, None),
    "error unknown model": ("unknown_model", "The model 'no.model' does not exist in this Odoo.", "no.model", None),
    "error unknown field": (
        "unknown_field",
        "The model 'res.partner' has no field 'nofield'.",
        "res.partner",
        "nofield",
    ),
    "error unknown method": (
        "unknown_method",
        "The model 'res.partner' has no method 'nomethod'.",
        "res.partner",
        None,
    ),
    "error private method": (
        "access_error",
        "The method '_compute_display_name' of 'res.partner' is private and cannot be called from outside.",
        "res.partner",
        None,
    ),
    "error required field": (
        "required",
        "The field 'Name' (name) of product.template is required.",
        "product.template",
        "name",
    ),
    "error contact without name": (
        "validation",
        "The operation cannot be completed: Contacts require a name",
        "res.partner",
        None,
    ),
    "error bad selection": ("bad_value", "Wrong value for res.partner.type: 'bogus'.", "res.partner", "type"),
    "error bad date": (
        "bad_value",
        "'2026-01-15T10:30:00Z' is no date or time in Odoo's form ('%Y-%m-%d %H:%M:%S', UTC).",
        "sale.order",
        None,
    ),
    "error missing record": (
        "missing_record",
        "The record res.partner(99999999) does not exist or has been deleted.",
        "res.partner",
        None,
    ),
    "error many2one to a missing id": (
        "missing_record",
        "The record res.country(99999999) does not exist or has been deleted.",
        "res.country",
        None,
    ),
    "error bad language": ("user_error", "Invalid language code: xx_XX", "res.partner", None),
    "error missing argument": ("missing_argument", "The call lacks the argument 'vals'.", "res.partner", None),
}


def replay(case: Case) -> Any:
    """What the client makes of the recorded response."""
    asked = call_of(case)
    with serving(replaying(case)) as server:
        client = connect(settings(server.url, case.protocol))
        try:
            if asked is None:
                # A request this client never makes; its answer is read all the same.
                return client.transport.call("res.partner", "search_count", kwargs={"domain": []})
            kwargs = dict(asked.kwargs)
            return client.transport.call(
                asked.model, asked.method, ids=kwargs.pop("ids", None), args=asked.args, kwargs=kwargs
            )
        finally:
            client.transport.http.close()


@pytest.mark.parametrize("case", cases(errors=True))
def test_every_recorded_error_becomes_the_same_remote_error(case: Case) -> None:
    code, message, model, field = EXPECTED[case.name]
    with pytest.raises(RemoteError) as caught:
        replay(case)
    error = caught.value
    assert (error.kind, error.code) == (Kind.PERMANENT, code)
    assert error.message.startswith(message)
    assert (error.field, error.model if model else None) == (field, model)
    assert not any(word in error.message for word in ("Traceback", "File ", "\n", "API_KEY"))


@pytest.mark.parametrize("case", cases(errors=False, calls_only=True))
def test_every_recorded_answer_is_read_as_recorded(case: Case) -> None:
    body = case.response["body"]
    if case.protocol == "xmlrpc":
        recorded = xmlrpc.client.loads(body)[0][0]
    else:
        recorded = json.loads(body)["result"] if case.protocol == "jsonrpc" else json.loads(body)
    assert replay(case) == recorded


@pytest.mark.parametrize("case", [c for c in cases(errors=False) if c.id and c.id.endswith("-version")] or [None])
def test_the_version_is_read(case: Case | None) -> None:
    if case is None:
        pytest.skip("the recorded exchanges are not here")
    with serving(replaying(case)) as server:
        client = connect(settings(server.url, case.protocol))
        version = client.version()
        client.transport.http.close()
    assert (version.major, version.minor) == (case.version, 0)
    assert version.text.startswith(f"{case.version}.0-")


@pytest.mark.parametrize("case", [c for c in cases(errors=False) if c.id and c.id.endswith("wrong password")] or [None])
def test_a_wrong_password_is_access_denied_at_login(case: Case | None) -> None:
    if case is None:
        pytest.skip("the recorded exchanges are not here")
    with serving(replaying(case)) as server:
        client = connect(settings(server.url, case.protocol))
        with pytest.raises(RemoteError, match="Access Denied: the login or the key is wrong") as caught:
            client.authenticate()
        client.transport.http.close()
    assert (caught.value.kind, caught.value.code) == (Kind.PERMANENT, "access_denied")


@pytest.mark.parametrize("case", [c for c in cases(errors=False) if c.id and "fields_get" in c.id] or [None])
def test_every_field_of_the_recorded_models_is_understood(case: Case | None) -> None:
    if case is None:
        pytest.skip("the recorded exchanges are not here")
    asked = call_of(case)
    assert asked is not None
    with serving(replaying(case)) as server:
        client = connect(settings(server.url, case.protocol))
        fields = client.fields_get(asked.model)
        client.transport.http.close()
    assert len(fields) > 50
    assert {field.type for field in fields.values()} <= FIELD_TYPES
    for field in fields.values():
        assert type(field).from_dict(json.loads(json.dumps(field.as_dict()))) == field


def test_versions_of_odoo_online_are_read() -> None:
    told = {"server_version": "saas~18.2+e", "server_version_info": ["saas~18", 2, 0, "final", 0, ""]}
    assert OdooVersion.from_answer(told) == OdooVersion(18, 2, "saas~18.2+e")
