"""What each person is shown, and what their session can do."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Open

pytestmark = pytest.mark.e2e


def test_a_viewer_sees_everything_and_can_press_nothing(open_admin: Open) -> None:
    viewer = open_admin("viewer")
    viewer.open("syncs", "Catalogue out").says("Catalogue out")
    viewer.without("Save", "Run now", "Preview", "Test connection", "Suggest lines", "Delete sync config")
    expect(viewer.page.locator("input[name=name]")).to_have_count(0)
    viewer.shoot("viewer")
    for path in ("syncconfig/syncconfig/add/", "syncconfig/syncconfig/1/run/", "syncconfig/syncconfig/1/preview/"):
        answer = viewer.page.goto(f"{viewer.url}/admin/{path}")
        assert answer is not None
        assert answer.status == 403, path


def test_an_operator_runs_and_changes_no_config(open_admin: Open) -> None:
    operator = open_admin("operator")
    operator.open("syncs", "Catalogue out").without("Save", "Delete sync config")
    operator.press("Run now", "Run").until("Done")


def test_nobody_is_led_to_the_login(open_admin: Open) -> None:
    nobody = open_admin()
    nobody.go("syncconfig/syncconfig/1/change/")
    expect(nobody.page.locator("input[name=password]")).to_be_visible()


def test_an_editor_changes_configs_and_writes_no_scripts(open_admin: Open) -> None:
    editor = open_admin("editor")
    editor.open("syncs", "Customers in").tab("Behaviour").fill({"page_size": "50"}).save().says("was changed")
    editor.tab("General").tab("Scripts")
    expect(editor.page.locator("textarea[name=before_script]")).not_to_be_editable()
    answer = editor.page.goto(f"{editor.url}/admin/auth/user/")
    assert answer is not None
    assert answer.status == 403


def test_what_people_did_is_told_with_their_names(open_admin: Open) -> None:
    operator = open_admin("operator")
    operator.open("syncs", "Catalogue out").press("Run now", "Run").until("Done")
    admin = open_admin("admin").list("people").says("operator").says("Started run")
    admin.shoot("what-people-did")
