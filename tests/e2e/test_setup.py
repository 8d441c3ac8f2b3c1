"""Staff who are no programmers set up a connection and a sync, and see it work."""

from __future__ import annotations

import pytest
import requests
from playwright.sync_api import expect

from demo.odoo import DemoOdoo
from demo.site import Demo
from tests.e2e.conftest import Open
from tests.e2e.hub import Hub
from tests.e2e.pages import Admin

pytestmark = pytest.mark.e2e


def test_a_wrong_password_is_told_and_the_right_one_opens_the_admin(open_admin: Open) -> None:
    nobody = open_admin()
    nobody.log_in("admin", "wrong").says("Please enter the correct")
    nobody.log_in("admin").says("Sync configs")
    nobody.shoot("login-done")


def test_a_connection_is_made_and_tested_on_one_page(admin: Admin, demo: Demo) -> None:
    admin.list("connections").go("syncconfig/odooconnection/add/")
    admin.fill(
        {
            "name": "Our Odoo",
            "url": demo.odoo_url,
            "database": demo.odoo_database,
            "login": demo.odoo_login,
            "secret": demo.odoo_key,
        }
    )
    admin.save("Save and test").says("Our Odoo answers: Odoo 18.0")
    assert demo.odoo_key not in admin.page.content()
    admin.shoot("connection-tested")


def test_a_connection_with_a_wrong_key_says_so_and_keeps_what_was_typed(admin: Admin, demo: Demo) -> None:
    admin.go("syncconfig/odooconnection/add/")
    admin.fill(
        {
            "name": "Wrong key",
            "url": demo.odoo_url,
            "database": demo.odoo_database,
            "login": demo.odoo_login,
            "secret": "no-such-key",
        }
    )
    admin.save("Save and test").says("Wrong key:")
    expect(admin.page.locator("[name=url]")).to_have_value(demo.odoo_url)


def test_an_endpoint_is_set_up_by_the_form_and_takes_a_customer(admin: Admin, hub: Hub, odoo: DemoOdoo) -> None:
    admin.go("syncconfig/syncconfig/add/")
    admin.page.locator("[name=connection]").select_option(label="Demo Odoo", force=True)
    admin.fill({"name": "Newsletter in", "request_type": "in", "model": "res.partner"})
    admin.tab("Address").fill({"endpoint": "newsletter", "method_post": True})
    admin.tab("Mapping lines")
    admin.add_line(field="email", key="mail", is_identifier=True, required=True)
    admin.add_line(field="name", key="full_name")
    admin.save().says("was added successfully").tab("General").tab("Address").says("/bj_api_sync/v1/newsletter")
    admin.shoot("endpoint-made")

    answer = requests.post(
        f"{hub.url}/bj_api_sync/v1/newsletter",
        json={"mail": "zoe@example.com", "full_name": "Zoe Peeters"},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    found = odoo.call("res.partner", "search_read", [["email", "=", "zoe@example.com"]], ["name"])
    assert [partner["name"] for partner in found] == ["Zoe Peeters"]
