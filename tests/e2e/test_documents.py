"""A sync goes out as a document, comes back changed, and is what it was again."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from demo.site import Demo
from tests.e2e.pages import Admin

pytestmark = pytest.mark.e2e


def _export(admin: Admin, name: str) -> str:
    admin.open("syncs", name)
    with admin.page.expect_download() as download:
        admin.choose("Export")
    return Path(download.value.path()).read_text()


def _import(admin: Admin, text: str) -> Admin:
    admin.list("syncs").choose("Import")
    admin.page.locator("textarea[name=text]:visible").fill(text)
    with admin.page.expect_navigation():
        admin.button("Show what would change").click()
    return admin


def test_a_sync_is_exported_changed_imported_and_restored(admin: Admin, demo: Demo) -> None:
    text = _export(admin, "Catalogue out")
    assert "default_code" in text
    assert demo.shop_token not in text
    assert demo.odoo_key not in text

    _import(admin, text).says("Nothing would be changed")
    changed = text.replace("page_size: 20", "page_size: 33")
    assert changed != text
    _import(admin, changed).says("page_size: 33")
    expect(admin.page.locator(".sync-diff")).to_contain_text("page_size: 20")
    admin.shoot("import-diff")
    admin.button("Import").last.click()
    admin.says("1 was changed by the import")
    assert "page_size: 33" in _export(admin, "Catalogue out")

    admin.open("syncs", "Catalogue out").button("History").first.click()
    admin.says("Import").shoot("history")
    admin.page.locator("#content table a").nth(1).click()
    admin.button("Restore this version").click()
    admin.says("This is what changes").shoot("restore")
    admin.button("Restore").click()
    admin.says("is what it was")
    assert _export(admin, "Catalogue out") == text


def test_a_document_with_a_mistake_changes_nothing_and_names_the_line(admin: Admin) -> None:
    text = _export(admin, "Customers in")
    _import(admin, text.replace("field: email", "field: no_such_field")).says("Nothing is changed")
    admin.says("no_such_field").says("lines[0].field")
    expect(admin.button("Import").nth(1)).to_have_count(0)


def test_a_copy_is_switched_off_and_has_an_endpoint_of_its_own(admin: Admin) -> None:
    admin.open("syncs", "Customers in").press("Duplicate", "Duplicate", {"name": "Customers, a copy"})
    admin.says("It is switched off").says("customers-")
    expect(admin.page.locator("[name=active]")).not_to_be_checked()
