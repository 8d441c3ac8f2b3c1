"""Keyboard, screen reader, dark, and a phone's width."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import Open
from tests.e2e.hub import Hub
from tests.e2e.pages import LISTS, Admin

pytestmark = pytest.mark.e2e

FORMS = {
    "sync-form": "syncconfig/syncconfig/3/change/",
    "sync-lines": "syncconfig/syncconfig/1/change/#lines",
    "sync-add": "syncconfig/syncconfig/add/",
    "sync-preview": "syncconfig/syncconfig/1/preview/",
    "sync-suggest": "syncconfig/syncconfig/1/suggest/",
    "sync-print": "syncconfig/syncconfig/1/print/",
    "sync-import": "syncconfig/syncconfig/import/",
    "syncs-deleted": "syncconfig/syncconfig/deleted/",
    "sync-new": "syncconfig/syncconfig/new/",
    "find": "auditlog/apilog/find/",
    "time-zone": "time-zone/",
    "sync-history": "syncconfig/syncconfig/1/history/",
    "connection-form": "syncconfig/odooconnection/1/change/",
    "user-form": "auth/user/1/change/",
    "group-add": "auth/group/add/",
}
PAGES = {"home": "", **{name: f"{path}/" for name, path in LISTS.items()}, **FORMS}


LAPTOP = {"width": 1280, "height": 800}


@pytest.mark.parametrize(("theme", "phone"), [("light", False), ("dark", False), ("light", True)])
def test_axe_finds_no_serious_fault(open_admin: Open, theme: str, phone: bool) -> None:
    admin = open_admin("admin", theme=theme)
    admin.open("syncs", "Catalogue out").press("Test connection", "Test").says("answers: Odoo 18")
    admin.open("syncs", "Catalogue out").press("Run now", "Run").until("Done")
    admin = open_admin("admin", theme=theme, phone=phone)
    kind = f"{theme}-phone" if phone else theme
    faults = {}
    for name, path in PAGES.items():
        admin.go(path)
        admin.shoot(f"{kind}-{name}")
        if found := admin.axe_faults():
            faults[name] = found
    # What there is to look at only once something has happened.
    for name in ("log", "runs", "deliveries"):
        admin.list(name)
        admin.page.locator("#result_list tbody a").first.click()
        admin.page.wait_for_load_state()
        admin.shoot(f"{kind}-{name}-opened")
        if found := admin.axe_faults():
            faults[f"{name}-opened"] = found
    assert faults == {}


def test_axe_finds_no_serious_fault_on_the_login(open_admin: Open) -> None:
    assert open_admin().go("login/").axe_faults() == []


@pytest.mark.parametrize("path", ["no/such/page/", "auth/user/"])
def test_axe_finds_no_serious_fault_on_pages_of_errors(open_admin: Open, path: str) -> None:
    for theme in ("light", "dark"):
        viewer = open_admin("viewer", theme=theme)
        answer = viewer.page.goto(f"{viewer.url}/admin/{path}")
        assert answer is not None
        assert answer.status in {403, 404}
        viewer.shoot(f"{theme}-error-{answer.status}")
        assert viewer.axe_faults() == []


def test_axe_finds_no_serious_fault_in_a_dialog(admin: Admin) -> None:
    admin.open("syncs", "Catalogue out")
    admin.button("Run now").click()
    expect(admin.page.locator("#dialog").get_by_role("button", name="Run", exact=True)).to_be_visible()
    admin.shoot("dialog")
    assert admin.axe_faults() == []


def test_no_page_is_wider_than_a_phone(open_admin: Open) -> None:
    admin = open_admin("admin", phone=True)
    wide = {}
    for name, path in PAGES.items():
        admin.go(path)
        admin.shoot(f"phone-{name}")
        if overflow := admin.overflow_px():
            wide[name] = overflow
    assert wide == {}


def test_no_page_and_no_list_scrolls_sideways_on_a_laptop(open_admin: Open) -> None:
    admin = open_admin("admin")
    admin.open("syncs", "Catalogue out").press("Run now", "Run").until("Done")
    admin.page.set_viewport_size(LAPTOP)  # type: ignore[arg-type]
    wide = {}
    for name, path in {**PAGES, "group": "auth/group/1/change/"}.items():
        admin.go(path)
        if overflow := max(admin.overflow_px(), admin.list_overflow_px()):
            wide[name] = overflow
    assert wide == {}


def test_times_are_those_of_the_computer_from_the_first_page_on(open_admin: Open, browser: Browser, hub: Hub) -> None:
    with browser.new_context(timezone_id="Asia/Tokyo", locale="en-US") as context:
        stranger = Admin(context.new_page(), hub.url)
        stranger.log_in("admin").says("Times in Asia/Tokyo")


def test_a_form_is_used_without_a_mouse(admin: Admin) -> None:
    admin.go("syncconfig/syncconfig/1/change/")
    tab = admin.page.locator("form nav").get_by_text("Authorization", exact=True)
    tab.focus()
    expect(tab).to_be_focused()
    admin.page.keyboard.press("Enter")
    expect(admin.page.locator("[name=auth_type]")).to_be_visible()

    admin.go("syncconfig/syncconfig/1/change/#lines")
    title = admin.page.get_by_role("button", name="note ↔ note", exact=True)
    title.focus()
    admin.page.keyboard.press("Space")
    expect(admin.page.locator("[name='lines-2-key']")).to_be_visible()


def test_a_dialog_takes_the_focus_and_gives_it_back(admin: Admin) -> None:
    admin.open("syncs", "Catalogue out")
    button = admin.button("Run now")
    button.focus()
    admin.page.keyboard.press("Enter")
    dialog = admin.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.locator(":focus")).to_have_count(1)
    admin.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_one_chooses_language_and_time_zone_in_the_user_s_corner(admin: Admin) -> None:
    admin.list("syncs").button("A admin Times in UTC").click()
    admin.page.get_by_role("button", name="Français").click()
    admin.says("Connexions Odoo").says("Heures : UTC")
    admin.page.get_by_role("button", name="Heures").first.click()
    admin.page.get_by_role("link", name="Heures").click()
    admin.fill({"zone": "Europe/Brussels"}).save("Enregistrer").says("Heures : Europe/Brussels")
    admin.shoot("french")


def test_a_sync_is_printed_without_menu_and_buttons(admin: Admin) -> None:
    admin.open("syncs", "Shop orders in").choose("Print")
    admin.says("line_items[].sku")
    admin.page.emulate_media(media="print")
    for hidden in ("#nav-sidebar", ".sync-no-print"):
        expect(admin.page.locator(hidden).first).to_be_hidden()
    expect(admin.page.locator(".sync-paper")).to_be_visible()
    admin.shoot("print")
