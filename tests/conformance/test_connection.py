"""Version, logging in, and what goes wrong before a record is touched."""

from collections.abc import Callable
from typing import Any

import pytest

from clients.errors import Kind, RemoteError
from clients.http import HttpClient
from clients.odoo.client import OdooClient
from tests.conformance.target import Target

Raised = Callable[..., RemoteError]


def test_the_version_is_told_with_its_name(odoo: OdooClient, target: Target) -> None:
    version = odoo.version()
    assert version.major >= 18
    assert target.demo_version in (None, version.major)
    assert version.text.startswith(f"{version.major}.{version.minor}")


def test_the_key_logs_in(odoo: OdooClient, target: Target) -> None:
    uid = odoo.authenticate()
    (user,) = odoo.read("res.users", [uid], ["login"])
    assert user["login"] == target.login


def test_the_transport_found_by_itself_is_the_fastest_there_is(target: Target, http: HttpClient, major: int) -> None:
    client = target.client("auto", http=http)
    assert client.search_count("res.users", [["id", "=", client.authenticate()]]) == 1
    assert client.protocol == ("json2" if major >= 19 else "jsonrpc")


def test_a_wrong_key_is_denied(
    odoo: OdooClient, target: Target, variant: tuple[Any, str], http: HttpClient, error: Raised
) -> None:
    wrong = target.client(variant[1], http=http, secret="conf-no-such-key")
    raised = error(wrong.search_count, "res.partner", [])
    assert (raised.kind, raised.code) == (Kind.PERMANENT, "access_denied")
    assert "Check the login and the secret of the connection." in raised.message


def test_a_wrong_login_is_denied(
    odoo: OdooClient, target: Target, variant: tuple[Any, str], http: HttpClient, error: Raised
) -> None:
    if variant[1] == "json2":
        pytest.skip("JSON-2 knows the user by the key alone")
    raised = error(target.client(variant[1], http=http, login="conf-nobody").authenticate)
    assert (raised.kind, raised.code) == (Kind.PERMANENT, "access_denied")


def test_a_database_that_is_not_there_is_named(
    odoo: OdooClient, target: Target, variant: tuple[Any, str], http: HttpClient, error: Raised
) -> None:
    wrong = target.client(variant[1], http=http, database="conf-no-such-db")
    raised = error(wrong.search_count, "res.partner", [])
    assert (raised.kind, raised.code) == (Kind.PERMANENT, "unknown_database")
    assert "Check the database of the connection." in raised.message


def test_a_user_without_companies_of_that_id_is_refused(odoo: OdooClient, error: Raised) -> None:
    raised = error(odoo.search_count, "sale.order", [], context={"allowed_company_ids": [2_000_000]})
    assert (raised.kind, raised.code) == (Kind.PERMANENT, "access_error")
    assert raised.message == "Access to unauthorized or invalid companies."


def test_a_language_that_is_not_installed_is_named(odoo: OdooClient, error: Raised) -> None:
    raised = error(odoo.search_read, "res.partner", [], ["name"], limit=1, context={"lang": "xx_XX"})
    assert (raised.kind, raised.code) == (Kind.PERMANENT, "user_error")
    assert raised.message == "Invalid language code: xx_XX"


def test_the_context_of_the_connection_goes_with_every_call(
    odoo: OdooClient, target: Target, variant: tuple[Any, str], http: HttpClient, make: Callable[..., int]
) -> None:
    company = odoo.search("res.company", [], limit=1)
    context = {"lang": "en_US", "tz": "Europe/Brussels", "allowed_company_ids": company, "active_test": False}
    client = target.client(variant[1], http=http, context=context)
    archived = make("res.partner", active=False)
    assert client.search("res.partner", [["id", "=", archived]]) == [archived]
    assert client.search("res.partner", [["id", "=", archived]], context={"active_test": True}) == []
