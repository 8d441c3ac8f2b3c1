"""Deleting a sync that has sent things: its page counts what goes, says what is lost, and leaves a run in progress."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from outbound.models import Delivery, DeliveryState, OdooHook, RecordLink, RunState, RunTrigger, SyncRun
from syncconfig.models import SyncConfig
from syncconfig.roles import NAMES
from tests.outbound.conftest import make_delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client) -> Client:
    user = User.objects.create_user("editor", is_staff=True)
    user.groups.add(Group.objects.get(name=NAMES["editor"]))
    client.force_login(user)
    return client


def delete_url(config: SyncConfig) -> str:
    return f"/admin/syncconfig/syncconfig/{config.pk}/delete/"


def text(client: Client, url: str) -> str:
    page = BeautifulSoup(client.get(url).content, "html.parser")
    return " ".join(page.select_one("#content").get_text(" ").split())  # type: ignore[union-attr]


def test_an_editor_deletes_a_sync_with_its_deliveries_and_is_told_what_is_lost(
    editor: Client, config: SyncConfig
) -> None:
    for number in range(1, 4):
        make_delivery(config, number, state=DeliveryState.DELIVERED, next_attempt_at=None)
    make_delivery(config, 4)
    RecordLink.objects.create(config=config, odoo_id=1)
    OdooHook.objects.create(config=config, secret="s" * 20, secret_hash="h")
    shown = text(editor, delete_url(config))
    assert "Deliveries: 4" in shown
    assert "1 delivery waits, and will not be sent." in shown
    assert "The rule in Odoo of" in shown
    assert editor.post(delete_url(config), {"post": "yes"}).status_code == 302
    assert not SyncConfig.objects.filter(pk=config.pk).exists()
    assert not Delivery.objects.exists()


def test_a_sync_is_not_deleted_under_its_run(editor: Client, config: SyncConfig) -> None:
    run = SyncRun.objects.create(config=config, trigger=RunTrigger.MANUAL, state=RunState.RUNNING)
    assert f"Run #{run.pk} " in text(editor, delete_url(config))
    editor.post(delete_url(config), {"post": "yes"})
    assert SyncConfig.objects.filter(pk=config.pk).exists()
    chosen = {"action": "delete_selected", "_selected_action": [config.pk], "post": "yes"}
    editor.post("/admin/syncconfig/syncconfig/", chosen)
    assert SyncConfig.objects.filter(pk=config.pk).exists()


def test_the_page_asks_no_more_for_many_deliveries(editor: Client, config: SyncConfig) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            text(editor, delete_url(config))
        return len(captured)

    make_delivery(config, 1)
    text(editor, delete_url(config))
    few = queries()
    for number in range(2, 60):
        make_delivery(config, number)
    assert queries() == few
