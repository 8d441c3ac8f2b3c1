"""What is typed is not lost: not by a session that ended, not by somebody else who saved, not by a second press."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Open
from tests.e2e.pages import Admin

pytestmark = pytest.mark.e2e
CONNECTION = "syncconfig/odooconnection/1/change/"
CUSTOMERS = "syncconfig/syncconfig/2/change/"


def test_a_form_outlives_the_session_in_which_it_was_opened(admin: Admin) -> None:
    admin.go(CONNECTION).tab("Network").fill({"read_timeout_s": "16"})
    context = admin.page.context
    context.clear_cookies(name="sessionid")
    admin.button("Save and continue editing").click()
    told = admin.page.get_by_role("alert").filter(has_text="You are not logged in any more")
    expect(told).to_be_visible()
    admin.shoot("session-ended")
    assert admin.axe_faults() == []
    with context.expect_page() as opened:
        told.get_by_role("link", name="Log in, in another tab").click()
    Admin(opened.value, admin.url).log_in("admin").says("Sync configs")
    opened.value.close()

    admin.save().says("was changed successfully")
    expect(admin.page.locator("[name=read_timeout_s]")).to_have_value("16.0")


def test_what_cannot_be_sent_stays(admin: Admin) -> None:
    admin.go(CONNECTION).fill({"name": "Typed on the train"})
    admin.page.context.set_offline(True)
    admin.button("Save").click()
    admin.says("The hub does not answer. Nothing was sent")
    admin.page.context.set_offline(False)
    expect(admin.page.locator("[name=name]")).to_have_value("Typed on the train")


def test_two_presses_are_one(admin: Admin) -> None:
    def runs() -> int:
        return admin.list("runs").page.locator("#result_list tbody tr").count()

    before = runs()
    admin.open("syncs", "Catalogue out").choose("Run now")
    admin.page.locator("#dialog").get_by_role("button", name="Run", exact=True).dblclick()
    admin.page.wait_for_url("**/syncrun/**")
    admin.until("Done")
    assert runs() == before + 1


def test_who_saves_second_is_told_who_was_first(open_admin: Open) -> None:
    editor, admin = open_admin("editor"), open_admin("admin")
    editor.go(CUSTOMERS).tab("Behaviour").fill({"page_size": "60"})
    admin.go(CUSTOMERS).tab("Behaviour").fill({"page_size": "70"}).save().says("was changed")
    editor.save().says("admin has saved this since you opened it").says("Page size")
    expect(editor.page.locator("[name=page_size]")).to_have_value("60")
    editor.shoot("saved-meanwhile")
    editor.save().says("was changed successfully")
