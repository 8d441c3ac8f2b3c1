"""What changes in Odoo under a config's feet is found, shown, and pauses it only where it says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from demo.odoo import DemoOdoo
from syncconfig.drifts import drift_check, drifts_check
from syncconfig.models import ModelSchema, OdooConnection, SyncConfig
from tests.syncconfig.test_config_admin import IDENTIFIER, LIST, form, line


@pytest.fixture
def saved(admin_client: Client, connection: OdooConnection) -> SyncConfig:
    """A config that was saved in the admin when its lines fitted."""
    lines = [IDENTIFIER, line("name", "name"), line("type", "kind"),
             line("country_id", "country", calculation="relational", match_field="code")]  # fmt: skip
    assert admin_client.post(f"{LIST}add/", form(connection, lines)).status_code == 302
    return SyncConfig.objects.get()


def change(odoo: DemoOdoo, name: str, **values: Any) -> None:
    """Change a field of res.partner in Odoo, or remove it."""
    fields = odoo.database.registry.models["res.partner"].fields
    if values:
        fields[name] = replace(fields[name], **values)
    else:
        del fields[name]


def test_a_config_that_was_just_saved_has_no_drift(saved: SyncConfig) -> None:
    assert saved.relied_on
    assert drift_check(saved) == []
    assert saved.drift == []
    assert saved.drift_checked_at


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("name", {}, "vanished"),
        ("name", {"type": "integer"}, "type_changed"),
        ("name", {"readonly": True}, "now_readonly"),
        ("country_id", {"relation": "res.company"}, "relation_changed"),
        ("type", {"selection": {"contact": "Contact"}}, "selection_gone"),
        ("function", {"required": True}, "now_required"),
    ],
)
def test_each_kind_of_change_is_found(
    saved: SyncConfig, demo_odoo: DemoOdoo, name: str, values: dict[str, Any], kind: str
) -> None:
    change(demo_odoo, name, **values)
    found = drift_check(saved)
    assert kind in [drift.kind for drift in found]
    stored = SyncConfig.objects.get()
    assert stored.active
    assert [each["kind"] for each in stored.drift] == [drift.kind for drift in found]
    assert stored.drift[0]["message"]


def test_a_config_that_says_so_is_switched_off(saved: SyncConfig, demo_odoo: DemoOdoo) -> None:
    saved.pauses_on_drift = True
    saved.save()
    change(demo_odoo, "name", readonly=True)
    drift_check(saved)
    assert not SyncConfig.objects.get().active


def test_the_drift_stays_until_the_config_is_saved_with_the_fields_as_they_are(
    admin_client: Client, saved: SyncConfig, demo_odoo: DemoOdoo
) -> None:
    change(demo_odoo, "type", selection={"contact": "Contact"})
    assert drift_check(saved)
    assert drift_check(saved)
    page = admin_client.get(f"{LIST}{saved.pk}/change/").content.decode()
    assert "does not know" in page
    assert "Odoo changed" in admin_client.get(LIST).content.decode()
    rows = [
        {**each, "id": row.pk, "config": saved.pk}
        for each, row in zip(
            [IDENTIFIER, line("name", "name"), line("type", "kind"),
             line("country_id", "country", calculation="relational", match_field="code")],
            saved.lines.all(), strict=True,
        )
    ]  # fmt: skip
    data = {**form(saved.connection, rows), "lines-INITIAL_FORMS": "4"}
    assert admin_client.post(f"{LIST}{saved.pk}/change/", data).status_code == 302
    again = SyncConfig.objects.get()
    assert again.drift == []
    assert drift_check(again) == []


def test_the_background_checks_each_config_once_a_day(saved: SyncConfig, demo_odoo: DemoOdoo) -> None:
    change(demo_odoo, "name")
    ModelSchema.objects.update(fetched_at=timezone.now() - timedelta(days=2))
    assert drifts_check(limit=5) == 1
    assert SyncConfig.objects.get().drift
    assert drifts_check(limit=5) == 0
    SyncConfig.objects.update(drift_checked_at=timezone.now() - timedelta(days=2), drift_tried_at=None)
    assert drifts_check(limit=5) == 1


def test_an_odoo_that_does_not_answer_is_no_drift_and_left_alone_for_an_hour(
    saved: SyncConfig, demo_odoo: DemoOdoo
) -> None:
    ModelSchema.objects.update(fetched_at=timezone.now() - timedelta(days=2))
    demo_odoo.stop()
    assert drifts_check(limit=5) == 0
    row = SyncConfig.objects.get()
    assert (row.drift, row.drift_checked_at) == ([], None)
    assert row.drift_tried_at
    demo_odoo.start()
    assert drifts_check(limit=5) == 0


def test_the_button_says_what_has_changed(
    admin_client: Client, viewer: Client, saved: SyncConfig, demo_odoo: DemoOdoo, press: Any
) -> None:
    url = f"{LIST}{saved.pk}/drift/"
    assert "Nothing that this sync maps has changed" in press(admin_client, url)
    change(demo_odoo, "name")
    assert "name is not in Odoo any more" in press(admin_client, url)
    assert viewer.post(url, {"_form_submitted": "on"}).status_code == 403


def test_the_command_tells_by_its_exit_code(
    saved: SyncConfig, demo_odoo: DemoOdoo, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("sync_drift")
    assert "Partners in: as it was" in capsys.readouterr().out
    change(demo_odoo, "name")
    with pytest.raises(SystemExit, match="1"):
        call_command("sync_drift", "Partners in")
    assert "name is not in Odoo any more" in capsys.readouterr().out


def test_the_command_knows_its_configs(saved: SyncConfig) -> None:
    with pytest.raises(CommandError, match="There is no sync config 'Nobody'"):
        call_command("sync_drift", "Nobody")
