"""Every kind of calculation has its own inputs, and what they hold becomes a plan that does what it says."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from mapping.calculations import CALCULATIONS
from mapping.engine import map_in, map_out
from syncconfig.kinds import KIND_OPTIONS
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine
from syncconfig.models.line import Calculation
from syncconfig.pairs import pairs_from_text, text_from_pairs
from syncconfig.plans import plan_for
from tests.outbound.test_settings_admin import form_of
from tests.syncconfig.test_config_admin import IDENTIFIER, LIST, errors_of, form, line

OWN_COLUMNS = {"match_field", "on_missing", "on_match", "mode", "script", "reverse", "value"}


def save(client: Client, connection: OdooConnection, *lines: dict[str, Any], **values: Any) -> SyncConfig:
    answer = client.post(f"{LIST}add/", form(connection, [IDENTIFIER, *lines], **values))
    assert answer.status_code == 302, errors_of(answer)
    return SyncConfig.objects.get()


def into_odoo(config: SyncConfig, payload: dict[str, Any]) -> dict[str, Any]:
    (result,) = map_in(plan_for(config), [{"id": "7", **payload}], lookup=lambda *_: {})
    assert result.values is not None, result.errors
    return result.values


def test_the_form_knows_every_kind_and_every_option_of_mapping() -> None:
    assert set(Calculation.values) == set(CALCULATIONS) == set(KIND_OPTIONS)
    for name, kind in CALCULATIONS.items():
        assert set(KIND_OPTIONS[name]) == kind.options - OWN_COLUMNS


@pytest.mark.parametrize(
    ("row", "payload", "field", "value"),
    [
        (
            line("name", "", calculation="template", opt_template="{first} {last}", direction="in"),
            {"first": "Ann", "last": "Lee"}, "name", "Ann Lee",
        ),
        (
            line("type", "kind", calculation="value_map", opt_map="firm -> contact\r\nshop -> other"),
            {"kind": "shop"}, "type", "other",
        ),
        (
            line("type", "kind", calculation="value_map", opt_map="firm -> contact", opt_rest="value",
                 opt_rest_value="other", opt_rest_out="keep"),
            {"kind": "whatever"}, "type", "other",
        ),
        (
            line("partner_latitude", "lat", calculation="number_format", opt_decimal_separator=",",
                 opt_thousands_separator="."),
            {"lat": "1.234,5"}, "partner_latitude", 1234.5,
        ),
        (
            line("name", "n", calculation="script", script="result = value.strip().upper()", direction="in"),
            {"n": " ann "}, "name", "ANN",
        ),
        (
            line("", "", calculation="script", opt_script_mode="execute", direction="in", opt_writes="city",
                 script="values['city'] = request_data['town']"),
            {"town": "Gent"}, "city", "Gent",
        ),
    ],
)  # fmt: skip
def test_a_line_of_each_kind_maps_as_its_inputs_say(
    admin_client: Client, connection: OdooConnection, row: dict[str, Any], payload: dict[str, Any], field: str,
    value: object,
) -> None:  # fmt: skip
    config = save(admin_client, connection, row)
    assert into_odoo(config, payload)[field] == value


def test_dates_are_read_and_written_in_the_format(admin_client: Client, connection: OdooConnection) -> None:
    order = form(connection, [line("client_order_ref", "id", is_identifier="on"),
                              line("date_order", "when", calculation="date_format", opt_format="%d/%m/%Y %H:%M",
                                   opt_timezone="Europe/Brussels")],
                 model="sale.order", method_get="on")  # fmt: skip
    assert admin_client.post(f"{LIST}add/", order).status_code == 302
    plan = plan_for(SyncConfig.objects.get())
    (inward,) = map_in(plan, [{"id": "1", "when": "23/11/2026 14:45"}], lookup=lambda *_: {})
    assert inward.values is not None
    assert inward.values["date_order"] == "2026-11-23 13:45:00"
    record = {"id": 1, "client_order_ref": "1", "date_order": "2026-11-23 13:45:00"}
    (outward,) = map_out(plan, [record], related=lambda *_: {})
    assert outward.values is not None
    assert outward.values["when"] == "23/11/2026 14:45"


def test_options_of_other_kinds_are_dropped(admin_client: Client, connection: OdooConnection) -> None:
    row = line("name", "n", opt_template="{x}", opt_format="%d", opt_map="a -> b", script="")
    assert save(admin_client, connection, row).lines.get(field="name").options == {}


def test_the_stored_options_come_back_into_the_form(admin_client: Client, connection: OdooConnection) -> None:
    row = line("type", "kind", calculation="value_map", opt_map="firm -> contact\r\n-> other", opt_rest_out="keep")
    config = save(admin_client, connection, row)
    assert config.lines.get(field="type").options["map"] == [["firm", "contact"], ["", "other"]]
    page = admin_client.get(f"{LIST}{config.pk}/change/").content.decode()
    assert "firm -&gt; contact\n -&gt; other" in page


@pytest.mark.parametrize(
    ("row", "cure"),
    [
        (line("name", "", calculation="template", direction="in"), "the template is missing"),
        (line("name", "", calculation="template", opt_template="{a", direction="in"), "a brace without its other"),
        (line("type", "k", calculation="value_map"), "the map is missing"),
        (line("type", "k", calculation="value_map", opt_map="paid"), "Line 1: write theirs -> Odoo's"),
        (line("type", "k", calculation="value_map", opt_map="a -> nope"), "not in the selection"),
        (line("name", "k", calculation="date_format", opt_format="%d"), "date_format is for dates"),
        (line("name", "k", calculation="date_format", opt_timezone="Mars"), "Write a time zone's name"),
        (line("name", "k", calculation="number_format", opt_decimals="x"), "whole number"),
        (line("name", "k", calculation="script", direction="in"), "Write the script"),
        (line("name", "k", calculation="script", script="x = 1", direction="in"), "never sets result"),
        (line("name", "k", calculation="script", script="result = (", direction="in"), "line 1 of the script"),
        (line("", "k"), "technical name of the Odoo field"),
        (line("name", "", calculation="script", opt_script_mode="execute", script="values['city'] = 1",
              direction="in"), "Leave it empty"),
    ],
)  # fmt: skip
def test_what_a_kind_lacks_is_said_at_its_line(
    admin_client: Client, connection: OdooConnection, row: dict[str, Any], cure: str
) -> None:
    answer = admin_client.post(f"{LIST}add/", form(connection, [IDENTIFIER, row]))
    assert cure in errors_of(answer)
    assert not SyncConfig.objects.exists()


def test_scripts_of_the_config_run_before_and_after_the_lines(admin_client: Client, connection: OdooConnection) -> None:
    config = save(
        admin_client, connection, line("name", "name"),
        before_script="record['name'] = record['title']", after_script="values['comment'] = 'signed'",
        script_writes="comment",
    )  # fmt: skip
    values = into_odoo(config, {"title": "Ann"})
    assert (values["name"], values["comment"]) == ("Ann", "signed")


def test_a_broken_script_of_the_config_is_said_at_its_input(admin_client: Client, connection: OdooConnection) -> None:
    answer = admin_client.post(f"{LIST}add/", form(connection, [IDENTIFIER], before_script="x = = 1"))
    assert "before_script" in answer.context["adminform"].form.errors


# --- who may write scripts ---


@pytest.fixture
def editor(db: None) -> Client:
    """Staff who may configure everything, but not write scripts."""
    user = User.objects.create_user("editor", is_staff=True)
    wanted = Permission.objects.filter(content_type__app_label="syncconfig").exclude(codename="author_script")
    user.user_permissions.set(wanted)
    client = Client()
    client.force_login(user)
    return client


SCRIPTED = line("name", "n", calculation="script", script="result = value", direction="in")


def test_without_the_permission_no_script_is_added(editor: Client, connection: OdooConnection) -> None:
    for data in (
        form(connection, [IDENTIFIER, SCRIPTED]),
        form(connection, [IDENTIFIER], before_script="record['a'] = 1"),
        form(connection, [IDENTIFIER], after_script="values['a'] = 1"),
    ):
        assert "You may not write scripts" in errors_of(editor.post(f"{LIST}add/", data))
    assert not SyncConfig.objects.exists()


def stored_form(config: SyncConfig, script: str, **values: Any) -> dict[str, Any]:
    rows = {row.field: row for row in config.lines.all()}
    lines = [{**IDENTIFIER, "id": rows["ref"].pk, "config": config.pk},
             {**SCRIPTED, "script": script, "id": rows["name"].pk, "config": config.pk}]  # fmt: skip
    return {**form(config.connection, lines), "lines-INITIAL_FORMS": "2", **values}


def test_without_the_permission_a_config_with_scripts_may_be_saved_but_no_script_changed(
    admin_client: Client, editor: Client, connection: OdooConnection
) -> None:
    script = "name = value\nresult = name"
    config = save(admin_client, connection, {**SCRIPTED, "script": script}, before_script="record['a'] = 1\r\n")
    url = f"{LIST}{config.pk}/change/"
    kept = {"before_script": "record['a'] = 1", "name": "Renamed"}
    assert editor.post(url, stored_form(config, script.replace("\n", "\r\n"), **kept)).status_code == 302
    assert SyncConfig.objects.get().name == "Renamed"
    for data in (
        stored_form(config, "result = 'other'", **kept),
        stored_form(config, script, **{**kept, "before_script": ""}),
    ):
        assert "You may not write scripts" in errors_of(editor.post(url, data))
    assert SyncConfigLine.objects.get(field="name").script == script


def test_without_the_permission_no_stored_text_is_made_a_script(
    admin_client: Client, editor: Client, connection: OdooConnection
) -> None:
    config = save(admin_client, connection, {**SCRIPTED, "calculation": "plain"})
    assert config.lines.get(field="name").script == "result = value"
    answer = editor.post(f"{LIST}{config.pk}/change/", stored_form(config, "result = value"))
    assert "You may not write scripts" in errors_of(answer)


def test_who_may_only_look_sees_options_and_scripts(
    admin_client: Client, viewer: Client, connection: OdooConnection
) -> None:
    config = save(admin_client, connection, SCRIPTED, line("type", "k", calculation="value_map", opt_map="a -> other"))
    page = viewer.get(f"{LIST}{config.pk}/change/").content.decode()
    assert "result = value" in page
    assert "map: [[&quot;a&quot;, &quot;other&quot;]]" in page


# --- maps as text ---


def test_pairs_are_read_and_written_as_lines() -> None:
    assert pairs_from_text("a -> b\n\n c->d -> e \n-> f\ng ->") == [["a", "b"], ["c->d", "e"], ["", "f"], ["g", None]]
    pairs = [["a", "b"], ["", "f"], ["g", None]]
    assert pairs_from_text(text_from_pairs(pairs)) == pairs


def test_a_line_without_an_arrow_is_named() -> None:
    with pytest.raises(ValueError, match="Line 2"):
        pairs_from_text("a -> b\nnothing")


def test_a_form_that_is_sent_as_it_was_shown_is_recorded_as_no_change(
    admin_client: Client, unreachable: OdooConnection
) -> None:
    config = SyncConfig.objects.create(
        name="In", request_type="in", connection=unreachable, model="res.partner", endpoint="x", method_post=True,
        auth_type="none", before_script="if record:\n    record['n'] = 1",
    )  # fmt: skip
    rows: list[dict[str, Any]] = [
        {"field": "ref", "key": "id", "is_identifier": True},
        {"field": "name", "key": "", "calculation": "template", "direction": "in", "options": {"template": "{a} {b}"}},
        {"field": "type", "key": "kind", "calculation": "value_map", "options": {"map": {"firm": "contact"}}},
        {"field": "city", "key": "c", "calculation": "script", "direction": "in", "script": "if value:\n  result = 1"},
        {"field": "child_ids", "key": "children[]", "calculation": "relational", "x2many_mode": "replace"},
        {"field": "child_ids.name", "key": "children[].name"},
    ]  # fmt: skip
    for position, row in enumerate(rows):
        SyncConfigLine.objects.create(config=config, position=position, **row)
    sent = {name: text.replace("\n", "\r\n") for name, text in form_of(admin_client, config).items()}

    def save_with(**changes: str) -> str:
        answer = admin_client.post(f"{LIST}{config.pk}/change/", {**sent, **changes})
        assert answer.status_code == 302, errors_of(answer)
        return LogEntry.objects.latest("pk").get_change_message()

    assert save_with() == "No fields changed."
    told = save_with(**{"lines-3-script": "if value:\r\n    result = 2", "lines-2-opt_rest": "keep"})
    assert "Changed Other values for mapping line" in told
    assert "Changed Script for mapping line" in told
    assert told.count("Changed") == 2
