"""What a script's env may ask of Odoo, and lookups by names that are no stored fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from clients.errors import RemoteError
from clients.odoo.read_only import ReadOnlyOdoo
from demo.odoo import DemoOdoo
from demo.odoo.faults import AccessError
from demo.odoo.marks import model_method
from mapping.engine import map_in, map_out
from outbound.script_env import EnvRefused, odoo_ask, script_params
from outbound.targets.odoo_lookup import odoo_lookup, odoo_related
from outbound.targets.odoo_names import ids_by_xml_id
from syncconfig.connections import client_for
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine, SyncParam
from syncconfig.plans import plan_for


@pytest.mark.parametrize(
    ("method", "arguments", "kind"),
    [
        ("search", {"domain": [["code", "=", "BE"]]}, list),
        ("search_count", {"domain": []}, int),
        ("search_read", {"domain": [], "fields": ["name"], "limit": 2, "order": "name"}, list),
        ("read", {"ids": [1], "fields": ["name"]}, list),
    ],
)
def test_a_script_may_search_and_read(
    connection: OdooConnection, method: str, arguments: Mapping[str, object], kind: type
) -> None:
    assert isinstance(odoo_ask(client_for(connection))("res.country", method, arguments), kind)


@pytest.mark.parametrize(
    ("method", "arguments", "reason"),
    [
        ("search", {"domain": "[]"}, "a list of conditions"),
        ("search", {"domain": [], "limit": 5000}, "limit is a whole number"),
        ("search", {"domain": [], "offset": "x"}, "offset"),
        ("search_read", {"domain": [], "fields": []}, "at least one field"),
        ("search_read", {"domain": [], "fields": "name"}, "in a list"),
        ("search_read", {"domain": [], "fields": ["name"], "order": 1}, "order"),
        ("read", {"ids": ["1"], "fields": ["name"]}, "list of ids"),
        ("read", {"ids": list(range(1, 2000)), "fields": ["name"]}, "1000 records"),
    ],
)
def test_what_makes_no_sense_is_refused_before_odoo_is_asked(
    connection: OdooConnection, demo_odoo: DemoOdoo, method: str, arguments: Mapping[str, object], reason: str
) -> None:
    with pytest.raises(EnvRefused, match=reason):
        odoo_ask(client_for(connection))("res.country", method, arguments)
    assert not demo_odoo.calls


@pytest.mark.parametrize("model", ["ir.config_parameter", "ir.mail_server", "res.users.apikeys", "payment.provider"])
def test_what_is_kept_for_credentials_is_no_models_to_read(
    connection: OdooConnection, demo_odoo: DemoOdoo, model: str
) -> None:
    with pytest.raises(EnvRefused, match="holds credentials"):
        odoo_ask(client_for(connection))(model, "search_count", {"domain": []})
    assert not demo_odoo.calls


@pytest.mark.parametrize(
    ("model", "arguments", "reason"),
    [
        ("no.such", {"domain": [], "fields": ["name"]}, "no.such"),
        ("res.country", {"domain": [["nope", "=", 1]], "fields": ["name"]}, "nope"),
        ("res.country", {"domain": [], "fields": ["nope"]}, "nope"),
        ("res.country", {"domain": [1, 2], "fields": ["name"]}, "Odoo says"),
    ],
)
def test_what_odoo_does_not_know_is_the_questions_fault(
    connection: OdooConnection, model: str, arguments: Mapping[str, object], reason: str
) -> None:
    with pytest.raises(EnvRefused, match=reason):
        odoo_ask(client_for(connection))(model, "search_read", arguments)


def test_an_odoo_that_is_away_is_no_fault_of_the_question(connection: OdooConnection, demo_odoo: DemoOdoo) -> None:
    client = client_for(connection)
    client.search_count("res.country", [])
    demo_odoo.fail_next(5, "drop_before")
    with pytest.raises(RemoteError):
        odoo_ask(client)("res.country", "search_count", {"domain": []})


@pytest.mark.parametrize("method", ["create", "write", "unlink", "action_confirm", "load", "name_create", "copy"])
def test_a_read_only_client_refuses_whatever_is_no_reading_method(
    connection: OdooConnection, demo_odoo: DemoOdoo, method: str
) -> None:
    with pytest.raises(RemoteError, match="this is a preview"):
        ReadOnlyOdoo(client_for(connection)).call("res.partner", method, ids=[1])
    assert not demo_odoo.calls


def test_a_script_asks_odoo_through_the_connection(connection: OdooConnection) -> None:
    config = SyncConfig.objects.create(
        name="c", request_type="in", connection=connection, model="res.partner", method_post=True, endpoint="c"
    )
    SyncConfigLine.objects.create(config=config, field="ref", key="id", is_identifier=True)
    script = "found = env['res.country'].search_read([('code', '=', value)], ['name'])\nresult = found[0]['name']"
    SyncConfigLine.objects.create(
        config=config, field="comment", key="country", calculation="script", script=script, direction="in"
    )
    client = client_for(connection)
    plan = plan_for(config)
    (result,) = map_in(plan, [{"id": "1", "country": "BE"}], lookup=odoo_lookup(client), ask=odoo_ask(client))
    assert result.values is not None
    assert result.values["comment"] == "Belgium"


def test_the_parameters_of_a_config_are_known_to_its_scripts(connection: OdooConnection) -> None:
    config = SyncConfig.objects.create(name="c", request_type="out", connection=connection, model="res.partner")
    for name, value, computed in (("shop", "7", False), ("day", "datetime.now().date()", True), ("bad", "1 / 0", True)):
        SyncParam.objects.create(config=config, name=name, value=value, is_computed=computed)
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert script_params(config, now=now) == {"shop": "7", "day": "2026-03-01"}


@pytest.fixture
def countries(connection: OdooConnection) -> Any:
    """A function that makes a config whose country is matched by the given field."""

    def make(match_field: str) -> SyncConfig:
        config = SyncConfig.objects.create(
            name=match_field, request_type="in", connection=connection, model="res.partner", method_post=True,
            method_get=True, endpoint=match_field.replace("_", "-"),
        )  # fmt: skip
        SyncConfigLine.objects.create(config=config, field="ref", key="id", is_identifier=True)
        SyncConfigLine.objects.create(
            config=config, field="country_id", key="country", calculation="relational", match_field=match_field
        )
        return config

    return make


@pytest.mark.parametrize(("match_field", "value"), [("xml_id", "base.be"), ("display_name", "Belgium")])
def test_relations_are_matched_by_xml_id_and_display_name_in_one_call(
    connection: OdooConnection, demo_odoo: DemoOdoo, countries: Any, match_field: str, value: str
) -> None:
    client, plan = client_for(connection), plan_for(countries(match_field))
    demo_odoo.calls.clear()
    records = [{"id": "1", "country": value}, {"id": "2", "country": value}]
    one, other = map_in(plan, records, lookup=odoo_lookup(client))
    (belgium,) = client.search("res.country", [["code", "=", "BE"]])
    assert one.values is not None
    assert other.values is not None
    assert one.values["country_id"] == other.values["country_id"] == belgium
    assert sum(demo_odoo.calls.values()) == 2  # that, and our own search
    (out,) = map_out(plan, [{"id": 1, "ref": "1", "country_id": [belgium, "Belgium"]}], related=odoo_related(client))
    assert out.values == {"id": "1", "country": value}


@pytest.mark.parametrize(("match_field", "value"), [("xml_id", "base.nowhere"), ("display_name", "Belg")])
def test_a_name_that_nothing_has_is_no_match(
    connection: OdooConnection, countries: Any, match_field: str, value: str
) -> None:
    plan = plan_for(countries(match_field))
    (result,) = map_in(plan, [{"id": "1", "country": value}], lookup=odoo_lookup(client_for(connection)))
    assert "no record of res.country" in str(result.errors[0])


def test_xml_ids_are_found_one_by_one_by_a_user_who_may_not_read_their_table(
    connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    def refuse(records: Any, *args: Any, **arguments: Any) -> None:
        raise AccessError("You are not allowed to access 'Model Data' (ir.model.data) records.")

    @model_method
    def check_object_reference(records: Any, module: str, xml_id: str) -> list[Any]:
        # As odoo/addons/base/models/ir_model.py of 18.0 answers it.
        if (module, xml_id) == ("base", "main_partner"):
            return ["res.partner", 1]
        if (module, xml_id) != ("base", "be"):
            raise ValueError(f"External ID not found in the system: {module}.{xml_id}")
        return ["res.country", 20]

    methods = demo_odoo.database.registry.models["ir.model.data"].methods
    methods |= {"search_read": refuse, "check_object_reference": check_object_reference}
    client = ReadOnlyOdoo(client_for(connection))
    assert ids_by_xml_id(client, "res.country", ["base.be", "base.xx", "base.main_partner"]) == {"base.be": [20]}
    with pytest.raises(RemoteError, match="cannot be looked up at once"):
        ids_by_xml_id(client, "res.country", [f"base.x{number}" for number in range(60)])
