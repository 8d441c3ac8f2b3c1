"""The guided path: staff who are no programmers set up a sync, try a script, and find out why an order is missing."""

from __future__ import annotations

import copy
import json

import pytest
import requests
from playwright.sync_api import expect

from demo.odoo import DemoOdoo
from demo.site import Demo
from demo.steps import ORDER
from tests.e2e.hub import Hub
from tests.e2e.pages import Admin

pytestmark = pytest.mark.e2e


def _begin(admin: Admin, template: str) -> Admin:
    admin.list("syncs").choose("New sync")
    admin.page.locator("button[name=template]").filter(has_text=template).click()
    admin.page.get_by_role("radio", name="Demo Odoo").check()
    return admin.save("Next")


def test_a_sync_is_set_up_step_by_step_and_takes_a_customer(admin: Admin, hub: Hub, odoo: DemoOdoo) -> None:
    _begin(admin, "Customers in").says("What do the records become in Odoo?").save("Next")
    expect(admin.page.get_by_role("textbox", name="Sample")).to_contain_text("ada@example.com")
    admin.save("Next").says("from the template").shoot("guided-mapping")
    admin.save("Next").fill({"endpoint": "crm-customers"}).save("Next")
    admin.says("Would be created").says("country_id is found by its code").shoot("guided-review")
    assert admin.axe_faults() == []
    admin.fill({"name": "CRM customers"}).save("Make this sync")
    admin.says("The token for callers: copy it now").shoot("guided-done")
    token = admin.page.locator("code, input[readonly], pre").filter(has_text="").all_inner_texts()
    shown = next(text.strip() for text in token if len(text.strip()) >= 30 and " " not in text.strip())

    sent = {"email": "guided@example.com", "name": "Gil Ided", "address": {"city": "Ghent", "country": "BE"}}
    url = f"{hub.url}/bj_api_sync/v1/crm-customers"
    assert requests.post(url, json=sent, timeout=30).status_code == 401
    answer = requests.post(url, json=sent, headers={"Authorization": f"Bearer {shown}"}, timeout=30)
    assert answer.status_code == 201, answer.text
    found = odoo.call("res.partner", "search_read", [["email", "=", "guided@example.com"]], ["name", "city"])
    assert [(partner["name"], partner["city"]) for partner in found] == [("Gil Ided", "Ghent")]

    admin.page.reload()
    assert shown not in admin.page.content()


def test_a_step_says_what_is_missing_and_stays(admin: Admin) -> None:
    admin.list("syncs").choose("New sync")
    admin.page.locator("button[name=template]").filter(has_text="Shop orders in").click()
    admin.save("Next").says("Choose the Odoo that the records are in.")
    admin.page.get_by_role("radio", name="Demo Odoo").check()
    admin.save("Next").fill({"model": "no.such.model"}).save("Next").says("no.such.model")
    admin.page.get_by_role("button", name="Throw this new sync away").click()
    admin.says("nothing was stored")


def test_it_is_asked_what_becomes_of_a_posted_record_that_changes(admin: Admin) -> None:
    _begin(admin, "Catalogue out").save("Next").save("Next").save("Next").says("Where are records sent")
    admin.fill({"url": "https://shop.example.com/items", "auth_secret": "t"})
    admin.page.get_by_role("radio", name="POST", exact=True).check()
    admin.page.get_by_role("radio", name="is sent with PUT to an address of its own").check()
    admin.save("Next").says("Say where the answer to the POST holds the id").shoot("guided-access")
    assert admin.axe_faults() == []
    admin.fill({"answer_id_path": "id", "linked_url": "https://shop.example.com/items/{external_id}"})
    admin.fill({"auth_secret": "t"})  # which no page gives back
    admin.save("Next").save("Next").says("is sent with PUT to https://shop.example.com/items/{external_id}")


def test_a_script_is_tried_on_its_form(admin: Admin) -> None:
    admin.go("syncconfig/syncconfig/2/change/").tab("Scripts")
    admin.fill({"before_script": "print('seen')\nrecord['name'] = record['name'].title()\nresult = record"})
    bench = admin.page.locator("details.sync-bench").first
    bench.locator("summary").click()
    bench.locator("[data-input=sample]").fill('{"name": "ada lovelace"}')
    bench.get_by_role("button", name="Run", exact=True).click()
    expect(bench.locator("[data-told=value]")).to_contain_text("Ada Lovelace")
    expect(bench.locator("[data-told=printed]")).to_contain_text("seen")
    admin.shoot("script-bench")

    admin.fill({"before_script": "x = 1\nrecord['name'] = nonsense"})
    bench.get_by_role("button", name="Run", exact=True).click()
    expect(bench.locator("[data-told-all]")).to_contain_text("nonsense")
    expect(bench.locator("[data-told-all]")).to_contain_text("2")
    admin.shoot("script-bench-error")


def test_an_order_is_found_by_its_number_with_its_story_and_replayed_after_the_cure(
    admin: Admin, hub: Hub, demo: Demo, odoo: DemoOdoo
) -> None:
    order = copy.deepcopy(json.loads(ORDER.read_text()))
    order["name"], order["line_items"][0]["sku"] = "#1999", "BORN-LATER"
    headers = {"Authorization": f"Bearer {demo.inbound_token}"}
    answer = requests.post(f"{hub.url}/bj_api_sync/v1/orders", json=order, headers=headers, timeout=30)
    assert answer.status_code == 400

    admin.go("auditlog/apilog/find/?q=%231999").says("The story of #1999")
    admin.says("no record of product.product has default_code 'BORN-LATER'").shoot("story-refused")
    assert admin.axe_faults() == []

    # The cure: somebody makes the product in Odoo.
    template = odoo.call("product.template", "create", [{"name": "Born later", "default_code": "BORN-LATER"}])
    assert template
    admin.page.get_by_role("link", name="POST /bj_api_sync/v1/orders").first.click()
    admin.choose("Replay …").save("Simulate").says("Would be created").shoot("replay-simulated")
    assert odoo.call("sale.order", "search_read", [["client_order_ref", "=", "#1999"]], ["id"]) == []
    admin.save("Process it now")
    assert len(odoo.call("sale.order", "search_read", [["client_order_ref", "=", "#1999"]], ["id"])) == 1

    admin.go("auditlog/apilog/find/?q=%231999").says("It arrived").shoot("story-arrived")


def test_where_the_records_are_in_a_fetched_answer_is_asked_filled_in(admin: Admin) -> None:
    admin.list("syncs").choose("New sync")
    admin.page.get_by_role("button", name="fetched into Odoo").click()
    admin.page.get_by_role("radio", name="Demo Odoo").check()
    admin.save("Next").fill({"model": "res.partner"}).save("Next")
    admin.fill({"sample": '{"data": [{"email": "ann@example.com", "name": "Ann"}], "has_more": false}'}).save("Next")
    admin.says("The records seem to be the list under “data”").shoot("guided-items")
    assert admin.axe_faults() == []
    expect(admin.page.get_by_label("Items in the answer")).to_have_value("data")
    admin.save("Next").says("upper and lower case are the same").shoot("guided-items-mapping")


def test_a_script_is_tried_under_limits_of_its_own(admin: Admin) -> None:
    admin.go("syncconfig/syncconfig/2/change/").tab("Scripts")
    slow = "total = 0\nfor number in range(400000):\n    total += number\nresult = record"
    admin.fill({"before_script": slow, "before_limits": "time 0.01"})
    bench = admin.page.locator("details.sync-bench").first
    bench.locator("summary").click()
    bench.get_by_role("button", name="Run", exact=True).click()
    expect(bench.locator("[data-told=head]")).to_contain_text("it ran for more than 0.01 s")
    admin.shoot("script-limits")
    admin.fill({"before_limits": "time 99"}).save()
    admin.says("time: this installation allows at most 1 (SYNC_SCRIPT_TIME_S). Write less, or leave it out.")


def test_a_line_shows_the_inputs_that_its_kind_uses(admin: Admin) -> None:
    admin.go("syncconfig/syncconfig/2/change/#lines").add_line(field="comment", calculation="script")
    number = int(admin.page.locator("[name='lines-TOTAL_FORMS']").input_value()) - 1
    limits = admin.page.locator(f"[name='lines-{number}-opt_limits']")
    case = admin.page.locator(f".field-row:has([name='lines-{number}-opt_case'])")
    expect(limits).to_be_visible()
    expect(case).to_be_hidden()
    admin.shoot("line-script")
    admin.fill({"calculation": "plain"}, prefix=f"lines-{number}-")
    expect(limits).to_be_hidden()
    expect(case).to_be_hidden()
    admin.fill({"is_identifier": True}, prefix=f"lines-{number}-")
    expect(case).to_be_visible()
    admin.fill({"calculation": "relational", "is_identifier": False}, prefix=f"lines-{number}-")
    expect(case).to_be_visible()
    admin.shoot("line-relational")
