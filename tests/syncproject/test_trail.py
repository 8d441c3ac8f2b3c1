"""Whatever a person does is on record: who, when, what, and to which object."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from demo.odoo import DemoOdoo
from outbound.models import Delivery
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine
from syncconfig.trail import MOST_ENTRIES, act_record
from tests.syncproject.test_permissions import BUTTONS, LIST_ACTIONS, address

pytestmark = pytest.mark.django_db
# Where the button is pressed on a page, and not in a dialog.
ON_PAGES = {"syncconfig_syncconfig_suggest", "syncconfig_syncconfig_odoo_hook", "outbound_delivery_map_anew"}
PRESSED = {"_form_submitted": "on", "what": "send", "record_id": "1", "payload": "{}"}
# Actions that lead to a page, which says how many and asks first.
TO_PAGES = {"replay_chosen", "anew_chosen", "discard_chosen"}


def entries() -> list[tuple[str, str, str]]:
    rows = LogEntry.objects.order_by("pk").select_related("user")
    return [(row.user.username, row.object_repr, row.get_change_message()) for row in rows]


# These show what the form shows as well, and do nothing.
LOOKS = {"syncconfig_syncconfig_print_config"}


@pytest.mark.parametrize("name", sorted(set(BUTTONS) - ON_PAGES - LOOKS))
def test_each_button_leaves_its_trace(name: str, admin_client: Client, rows: dict[str, Any]) -> None:
    LogEntry.objects.all().delete()
    answer = admin_client.post(address(name, rows), {**PRESSED, "ids": "1", "reason": "Twice."})
    assert answer.status_code in (200, 302)
    row = rows.get(name) or rows[name[: name.index("_", name.index("_") + 1)]]
    assert [(user, what) for user, what, _message in entries()][:1] == [("admin", str(row))]
    assert entries()[0][2]
    history = admin_client.get(reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_history", args=[row.pk]))
    assert entries()[0][2] in BeautifulSoup(history.content, "html.parser").get_text()


@pytest.mark.parametrize(
    "name", sorted(set(LIST_ACTIONS) - {"resume_chosen", "run_chosen", "refresh_chosen"} - TO_PAGES)
)
def test_each_list_action_leaves_its_trace(name: str, admin_client: Client, rows: dict[str, Any]) -> None:
    models = {"close": "outbound_host", **dict.fromkeys(("pause", "export", "duplicate"), "syncconfig_syncconfig")}
    model = models.get(name.split("_")[0], "outbound_delivery")
    LogEntry.objects.all().delete()
    url = reverse(f"admin:{model}_changelist")
    admin_client.post(url, {"action": name, "_selected_action": [rows[model].pk]})
    assert [(user, what) for user, what, _message in entries()] == [("admin", str(rows[model]))]


def test_a_run_from_the_list_is_on_record_with_its_number(admin_client: Client, rows: dict[str, Any]) -> None:
    LogEntry.objects.all().delete()
    url = reverse("admin:syncconfig_syncconfig_changelist")
    chosen = [rows["syncconfig_syncconfig"].pk]
    admin_client.post(url, {"action": "run_chosen", "_selected_action": chosen})
    ((user, what, message),) = entries()
    assert (user, what) == ("admin", "One")
    assert "Started run #" in message


def test_what_changed_nothing_is_not_on_record(admin_client: Client, rows: dict[str, Any]) -> None:
    LogEntry.objects.all().delete()
    Delivery.objects.update(state="sending")
    url = reverse("admin:outbound_delivery_changelist")
    chosen = [rows["outbound_delivery"].pk]
    admin_client.post(url, {"action": "discard_chosen", "_selected_action": chosen})
    url = reverse("admin:syncconfig_syncconfig_changelist")
    admin_client.post(url, {"action": "resume_chosen", "_selected_action": [rows["syncconfig_syncconfig"].pk]})
    assert entries() == []


def test_an_accepted_suggestion_is_on_record(admin_client: Client, connection: OdooConnection) -> None:
    config = SyncConfig.objects.create(
        name="Partners", request_type="in", connection=connection, model="res.partner", endpoint="p", method_post=True
    )
    url = reverse("admin:syncconfig_syncconfig_suggest", args=[config.pk])
    admin_client.post(url, {"sample": json.dumps({"email": "ann@example.com"}), "accept": "email email"})
    ((_user, what, message),) = entries()
    assert what == "Partners"
    assert "email" in message


def test_rules_in_odoo_are_on_record(admin_client: Client, connection: OdooConnection) -> None:
    config = SyncConfig.objects.create(
        name="Partners out", request_type="out", connection=connection, model="res.partner",
        url="https://x.example.com", method_post=True,
    )  # fmt: skip
    SyncConfigLine.objects.create(config=config, field="ref", key="id", is_identifier=True)
    url = reverse("admin:syncconfig_syncconfig_odoo_hook", args=[config.pk])
    for what in ("create", "check", "remove"):
        assert admin_client.post(url, {"what": what}).status_code == 302
    assert [(what, message) for _user, what, message in entries()] == [
        ("Partners out", "Made the rules in Odoo."),
        ("Partners out", "Checked the rules in Odoo."),
        ("Partners out", "Removed the rules from Odoo."),
    ]


def test_fields_read_anew_are_on_record(
    admin_client: Client, connection: OdooConnection, demo_odoo: DemoOdoo, rows: dict[str, Any]
) -> None:
    LogEntry.objects.all().delete()
    schema = rows["syncconfig_modelschema"]
    schema.connection = connection
    schema.save()
    url = reverse("admin:syncconfig_modelschema_changelist")
    admin_client.post(url, {"action": "refresh_chosen", "_selected_action": [schema.pk]})
    assert [what for _user, what, _message in entries()] == [str(schema)]


def test_an_act_on_very_many_is_one_entry(admin_user: User, rows: dict[str, Any]) -> None:
    LogEntry.objects.all().delete()
    config = rows["syncconfig_syncconfig"]
    Delivery.objects.bulk_create(
        Delivery(config=config, record_id=number, method="POST", payload={}) for number in range(MOST_ENTRIES)
    )
    act_record(user=admin_user, objects=Delivery.objects.select_related("config"), text="Sent again.")
    assert entries() == [("admin", f"{Delivery.objects.count()} deliveries", "Sent again.")]


def test_it_is_told_in_the_language_of_the_installation(admin_user: User, rows: dict[str, Any]) -> None:
    from django.utils import translation
    from django.utils.translation import gettext_lazy

    LogEntry.objects.all().delete()
    with translation.override("uk"):
        act_record(user=admin_user, objects=[rows["auth_group"]], text=gettext_lazy("Yes"))
    assert entries()[0][2] == "Yes"


def test_the_page_of_what_people_did_is_filtered_and_found(admin_client: Client, rows: dict[str, Any]) -> None:
    user = User.objects.get(username="somebody")
    act_record(user=user, objects=[rows["syncconfig_syncconfig"]], text="Started run #%(id)s.", id=77)
    url = reverse("admin:auditlog_act_changelist")

    def listed(query: str) -> list[str]:
        soup = BeautifulSoup(admin_client.get(url + query).content, "html.parser")
        return [" ".join(row.get_text(" ").split()) for row in soup.select("#result_list tbody tr")]

    entry = LogEntry.objects.get(user=user)
    assert len(listed("")) == 2
    for query in (f"?user={user.pk}", f"?kind={entry.content_type_id}", "?q=%2377"):
        (row,) = listed(query)
        assert "Started run #77." in row
        assert "somebody" in row
    assert len(listed("?period=1d")) == 2
    assert listed("?q=nothing of it") == []


def test_nobody_changes_the_record(admin_client: Client, rows: dict[str, Any]) -> None:
    entry = rows["auditlog_act"]
    for view in ("change", "delete"):
        answer = admin_client.post(reverse(f"admin:auditlog_act_{view}", args=[entry.pk]), {"post": "yes"})
        assert answer.status_code == 403
    assert LogEntry.objects.filter(pk=entry.pk, action_flag=CHANGE).exists()
