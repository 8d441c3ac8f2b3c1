"""The names that the config form offers while somebody types."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from demo.odoo import DemoOdoo
from demo.odoo.faults import AccessError
from syncconfig.connections import fields_of
from syncconfig.models import OdooConnection

LOOKUP = "/admin/syncconfig/syncconfig/lookup/"


@pytest.fixture(autouse=True)
def _nothing_cached() -> None:
    cache.clear()


def ask(client: Client, what: str, connection: OdooConnection, **query: str) -> dict[str, Any]:
    answer = client.get(f"{LOOKUP}{what}/", {"connection": connection.pk, **query})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_models_are_named_with_their_labels_and_asked_for_once(
    admin_client: Client, connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    for _again in range(2):
        found = ask(admin_client, "models", connection)
        assert {"name": "res.partner", "label": "Contact"} in found["items"]
    assert demo_odoo.calls["ir.model", "search_read"] == 1


def test_without_rights_on_the_list_of_models_the_known_ones_are_offered_with_the_reason(
    admin_client: Client, connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    def refuse(records: Any, **arguments: Any) -> None:
        raise AccessError("You are not allowed to access 'Models' (ir.model) records.")

    fields_of(connection, "res.partner")
    demo_odoo.database.registry.models["ir.model"].methods["search_read"] = refuse
    found = ask(admin_client, "models", connection)
    assert [item["name"] for item in found["items"]] == ["res.partner"]
    assert "not allowed" in found["error"]


def test_fields_are_named_with_type_label_and_selection(admin_client: Client, connection: OdooConnection) -> None:
    found = ask(admin_client, "fields", connection, model="sale.order")
    by_name = {item["name"]: item for item in found["items"]}
    assert by_name["partner_id"]["relation"] == "res.partner"
    assert by_name["partner_id"]["required"] is True
    assert ["draft", "Quotation"] in by_name["state"]["selection"]


def test_a_path_leads_through_relations(admin_client: Client, connection: OdooConnection) -> None:
    found = ask(admin_client, "fields", connection, model="sale.order", path="partner_id.country_id")
    assert found["model"] == "res.country"
    assert "code" in [item["name"] for item in found["items"]]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"model": "no.such"}, "does not exist in this Odoo"),
        ({"model": "No such"}, "technical name of a model"),
        ({"model": "res.partner", "path": "nope"}, "res.partner has no field nope"),
        ({"model": "res.partner", "path": "name"}, "leads to no other model"),
        ({"model": "res.partner", "path": "a;b"}, "technical name"),
    ],
)
def test_what_leads_nowhere_says_why(
    admin_client: Client, connection: OdooConnection, query: dict[str, str], reason: str
) -> None:
    found = ask(admin_client, "fields", connection, **query)
    assert found["items"] == []
    assert reason in found["error"]


def test_an_odoo_that_is_down_says_so(admin_client: Client, unreachable: OdooConnection) -> None:
    assert "No connection to 127.0.0.1:9" in ask(admin_client, "models", unreachable)["error"]
    assert "No connection to 127.0.0.1:9" in ask(admin_client, "fields", unreachable, model="res.partner")["error"]


def test_a_lost_key_says_so(admin_client: Client, connection: OdooConnection, lost_key: Any) -> None:
    lost_key(connection, "secret")
    assert "cannot be decrypted" in ask(admin_client, "models", connection)["error"].lower()


def test_who_may_configure_nothing_is_told_nothing(
    viewer: Client, client: Client, connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    for what in ("models", "fields"):
        url = f"{LOOKUP}{what}/?connection={connection.pk}&model=res.partner"
        assert viewer.get(url).status_code == 403
        assert client.get(url).status_code == 302
    assert not demo_odoo.calls


@pytest.mark.parametrize("number", ["", "x", "²", "-1", "9" * 30])
def test_without_a_connection_there_is_a_hint(admin_client: Client, number: str) -> None:
    answer = admin_client.get(f"{LOOKUP}models/", {"connection": number}).json()
    assert answer == {"items": [], "error": "Choose an Odoo connection first."}


def test_the_form_brings_the_script_and_the_address(admin_client: Client) -> None:
    page = admin_client.get("/admin/syncconfig/syncconfig/add/").content.decode()
    assert "syncconfig/lookup.js" in page
    assert f'data-lookup-url="{LOOKUP}"' in page
