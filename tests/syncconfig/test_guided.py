"""The guided path to a new sync, as a browser walks it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from demo.odoo import DemoOdoo
from outbound.models import PullPolicy
from syncconfig.guided.answers import items_guess
from syncconfig.models import ModelSchema, OdooConnection, SyncConfig
from syncconfig.plans import plan_for

LIST = "/admin/syncconfig/syncconfig/"
START = f"{LIST}new/"


class Path:
    """Somebody who walks it."""

    def __init__(self, client: Client, **choice: str) -> None:
        self.client = client
        answer = client.post(START, choice)
        self.base = answer.headers["Location"]
        self.page = self._parsed(client.get(self.base, follow=True))

    def _parsed(self, answer: Any) -> BeautifulSoup:
        assert answer.status_code == 200
        self.answer = answer
        return BeautifulSoup(answer.content, "html.parser")

    @property
    def here(self) -> str:
        """The step that is shown."""
        return str(self.answer.request["PATH_INFO"]).rstrip("/").rpartition("/")[2]

    def filled(self) -> dict[str, Any]:
        """What the browser would send of the form as it is."""
        data: dict[str, Any] = {}
        for tag in self.page.select("#guided-form input, #guided-form select, #guided-form textarea"):
            name, kind = tag.get("name"), tag.get("type")
            if not name or (kind in ("checkbox", "radio") and not tag.has_attr("checked")):
                continue
            if tag.name == "select":
                chosen = tag.select_one("option[selected]")
                data[str(name)] = chosen["value"] if chosen else ""
            elif tag.name == "textarea":
                data[str(name)] = tag.get_text().removeprefix("\n")
            else:
                data[str(name)] = tag.get("value", "on" if kind == "checkbox" else "")
        return data

    def send(self, **changed: Any) -> BeautifulSoup:
        data = {name: value for name, value in {**self.filled(), **changed}.items() if value is not None}
        self.page = self._parsed(self.client.post(self.answer.request["PATH_INFO"], data, follow=True))
        return self.page

    def go(self, step: str) -> BeautifulSoup:
        self.page = self._parsed(self.client.get(f"{self.base}{step}/", follow=True))
        return self.page

    def text(self) -> str:
        return self.page.get_text(" ", strip=True)


@pytest.fixture
def editor(db: None) -> Client:
    """Staff who may set syncs up, and nothing else."""
    user = User.objects.create_user("editor", is_staff=True)
    names = ("add_syncconfig", "change_syncconfig", "view_syncconfig", "view_odooconnection")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


def sku_of(demo_odoo: DemoOdoo) -> str:
    (product,) = demo_odoo.seed_products(1)
    return str(demo_odoo.call("product.product", "read", [product], ["default_code"])[0]["default_code"])


def test_shop_orders_are_set_up_with_a_token_that_is_shown_once(
    editor: Client, connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    path = Path(editor, template="shop-orders-in")
    assert path.here == "connection"
    path.send(connection=connection.pk)
    assert (path.here, path.filled()["model"]) == ("model", "sale.order")
    path.send()
    sample = json.loads(path.filled()["sample"])
    sample["line_items"][0]["sku"] = sku_of(demo_odoo)
    sample["shipping_lines"], sample["total_discounts"] = [], "0.00"
    path.send(sample=json.dumps(sample))
    assert path.here == "mapping"
    assert "Customer Reference" in path.text()
    path.send()
    assert (path.here, path.filled()["endpoint"]) == ("access", "orders")
    path.send()
    assert path.here == "review"
    for told in ("/bj_api_sync/v1/orders with GET, POST", "Would be created", "Bob Norman", "updated, not doubled"):
        assert told in path.text()
    assert not SyncConfig.objects.exists()
    demo_odoo.calls.clear()
    page = path.send(name="Web orders")
    config = SyncConfig.objects.get()
    assert path.answer.request["PATH_INFO"] == f"{LIST}{config.pk}/change/"
    token = page.select_one("[data-testid=fresh-token]")
    assert token is not None
    assert token.get_text() == config.auth_secret
    assert len(config.auth_secret) > 40
    assert config.auth_secret not in editor.get(f"{LIST}{config.pk}/change/").content.decode()
    assert plan_for(config).identifier.field == "client_order_ref"
    assert LogEntry.objects.get().object_id == str(config.pk)
    pages = [editor.get(f"{LIST}{config.pk}/{button}/") for button in ("preview", "post-sample")]
    assert all("bob.norman@example.com" in page.content.decode() for page in pages)
    assert "made or thrown away already" in BeautifulSoup(
        editor.get(path.base, follow=True).content, "html.parser"
    ).get_text(" ")


def test_a_catalogue_is_set_up_from_a_record_of_odoo_with_a_schedule(
    editor: Client, connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    newest = max(demo_odoo.seed_products(3))
    path = Path(editor, template="catalogue-out")
    path.send(connection=connection.pk)
    path.send()
    assert path.filled()["record_id"] == str(newest)
    path.send()
    assert len(path.page.select("input[name$='-taken']")) < 25, "what the template does not name is not all proposed"
    path.send(**{"lines-1-key": "product.title"})
    assert path.here == "access"
    path.send(url="https://shop.example.com/items", method="PUT")
    assert "needs a token" in path.text()
    path.send(url="https://shop.example.com/items/{sku}", method="PUT", auth_secret="shop-token-77")
    assert path.here == "when"
    path.send(when="workdays", at="")
    assert "Write the time" in path.text()
    path.send(when="workdays", at="06:30")
    assert path.here == "review"
    assert "from Monday to Friday at 06:30" in path.text()
    assert "Would be sent" in path.text()
    assert '"product":' in path.text()
    path.send(active=None)
    config = SyncConfig.objects.get()
    assert (config.methods, config.active, config.auth_secret) == (["PUT"], False, "shop-token-77")
    assert config.triggers.get().cron == "30 6 * * 1-5"
    assert config.lines.get(field="name").key == "product.title"
    assert not [secret for secret in ("shop-token-77",) if secret in path.answer.content.decode()]


def test_it_is_asked_what_becomes_of_a_posted_record_that_changes(
    editor: Client, connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    demo_odoo.seed_products(1)
    path = Path(editor, template="catalogue-out")
    path.send(connection=connection.pk)
    for _step in range(3):
        path.send()
    assert path.here == "access"
    said = {"url": "https://shop.example.com/items", "method": "POST", "auth_secret": "x", "request_shape": "record"}
    path.send(**said, on_change="put")
    assert "Say where the answer to the POST holds the id" in path.text()
    assert "Write the address of one record" in path.text()
    path.send(**said, on_change="put", answer_id_path="id", linked_url="https://shop.example.com/items/{code}")
    assert "The URL holds {code}, but no mapped key" in path.text()
    path.send(**said, on_change="put", answer_id_path="id", linked_url="https://shop.example.com/items/{external_id}")
    assert path.here == "when"
    path.send(when="hand")
    assert "is sent with PUT to https://shop.example.com/items/{external_id}" in path.text()
    path.go("access")
    assert path.filled()["on_change"] == "put"
    path.send(on_change="again")
    path.send()
    assert "or it makes a second one" in path.text()


def test_any_model_is_set_up_from_a_sample_with_lines_of_ones_own(editor: Client, connection: OdooConnection) -> None:
    path = Path(editor, request_type="in")
    path.send(connection=connection.pk)
    path.send(model="res.partner")
    path.send(sample='{"ref": "C1", "name": "Ann", "email": "a@example.com", "land": "BE"}')
    rows = path.filled()
    own = max(int(name.split("-")[1]) for name in rows if name.startswith("lines-"))
    path.send(**{f"lines-{own}-field": "country_id", f"lines-{own}-key": "land"})
    assert path.here == "access", path.text()
    path.send(endpoint="people", method_post="on", auth_type="none")
    assert "anybody may call" in path.text()
    path.send(name="People in")
    config = SyncConfig.objects.get()
    country = config.lines.get(field="country_id")
    assert (country.calculation, country.match_field) == ("relational", "code")
    assert config.auth_secret == ""
    assert "fresh-token" not in path.answer.content.decode()


def test_a_sync_that_fetches_is_set_up_from_what_the_other_system_gives(
    editor: Client, connection: OdooConnection
) -> None:
    path = Path(editor, request_type="fetch")
    path.send(connection=connection.pk)
    path.send(model="res.partner")
    assert "record_id" not in path.filled()
    path.send(sample='{"ref": "C1", "name": "Ann"}')
    path.send()
    assert path.here == "access"
    assert "method" not in path.filled()
    path.send(url="https://crm.example.com/api/contacts", auth_type="bearer", auth_secret="crm-token")
    path.send(when="interval", minutes="15")
    assert "is asked with GET" in path.text()
    assert "every 15 minutes" in path.text()
    assert "Would be created" in path.text()
    path.send(name="Contacts from the CRM")
    config = SyncConfig.objects.get()
    assert (config.fetches, config.methods, config.auth_secret) == (True, ["GET"], "crm-token")
    assert plan_for(config).identifier.field == "ref"


ANSWER = '{"data": [{"ref": "C1", "name": "Ann"}, {"ref": "C2", "name": "Bob"}], "has_more": true}'


def test_where_the_records_are_in_an_answer_is_found_and_asked(editor: Client, connection: OdooConnection) -> None:
    path = Path(editor, request_type="fetch")
    path.send(connection=connection.pk)
    path.send(model="res.partner")
    path.send(sample=ANSWER)
    assert path.here == "sample"
    assert "The records seem to be the list under “data”" in path.text()
    assert path.filled()["items_path"] == "data"
    path.send(items_path="nothing.here")
    assert "There is no list of records at “nothing.here” in the sample. Try “data”." in path.text()
    path.send(items_path="data")
    assert path.here == "mapping"
    assert {"ref", "name"} <= set(path.filled().values())
    path.send()
    path.send(url="https://crm.example.com/api/contacts", auth_type="none")
    path.send()
    assert path.here == "review"
    assert "The records are the list under “data” of the answer." in path.text()
    assert "Ann" in path.text()
    assert "Bob" in path.text()
    path.send(name="Contacts from the CRM")
    assert SyncConfig.objects.get().pull_policy.items_path == "data"


def test_an_answer_that_is_the_list_or_a_record_with_lists_in_it_is_taken_as_it_is(
    editor: Client, connection: OdooConnection
) -> None:
    path = Path(editor, request_type="fetch")
    path.send(connection=connection.pk)
    path.send(model="res.partner")
    path.send(sample='[{"ref": "C1", "name": "Ann"}]')
    assert path.here == "mapping"
    path.go("sample")
    path.send(sample='{"ref": "C1", "name": "Ann", "phones": [{"number": "1"}]}')
    assert path.filled()["items_path"] == "phones"
    path.send(items_path="")
    assert path.here == "mapping"
    path.send()
    path.send(url="https://crm.example.com/api/contacts", auth_type="none")
    path.send()
    assert "The answer is the list of records." in path.text()
    path.send(name="Contacts from the CRM")
    assert not PullPolicy.objects.exists()


@pytest.mark.parametrize(
    ("sample", "path"),
    [
        ({"data": [{"a": 1}]}, "data"),
        ({"meta": {"tags": [{"x": 1}]}, "result": {"items": [{"a": 1}, {"a": 2}]}}, "result.items"),
        ({"links": [{"a": 1}], "records": [{"a": 1}, {"a": 2}]}, "records"),
        ({"my.list": [{"a": 1}]}, '"my.list"'),
        ({"numbers": [1, 2], "empty": []}, ""),
        ([{"a": 1}], ""),
        ("text", ""),
    ],
)
def test_the_list_of_records_is_the_shallowest_and_longest(sample: Any, path: str) -> None:
    assert items_guess(sample) == path


def test_lines_are_compared_again_when_the_methods_are_chosen(
    editor: Client, connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    path = Path(editor, template="customers-in")
    path.send(connection=connection.pk)
    path.send()
    path.send()
    path.send()
    assert path.here == "access"
    del demo_odoo.database.registry.models["res.partner"].fields["vat"]
    ModelSchema.objects.all().delete()
    path.send()
    assert path.here == "access"
    assert "vat ↔ vat" in path.text()


def test_what_does_not_fit_odoo_is_said_beside_its_line(editor: Client, connection: OdooConnection) -> None:
    path = Path(editor, request_type="in")
    path.send(connection=connection.pk)
    path.send(model="no.such.model")
    assert path.here == "model"
    assert "no.such.model" in path.text()
    path.send(model="res.partner", domain="[('nope', '=', 1)]")
    assert "There is no field 'nope'" in path.text()
    path.send(domain="[]")
    path.send(sample="{")
    assert "This is no JSON" in path.text()
    path.send(sample='{"ref": "C1", "name": "Ann"}')
    own = max(int(name.split("-")[1]) for name in path.filled() if name.startswith("lines-"))
    path.send(**{f"lines-{own}-field": "nmae", f"lines-{own}-key": "n"})
    assert path.here == "mapping"
    (row,) = [each for each in path.page.select("tr") if each.select_one(f'[name="lines-{own}-key"]')]
    assert "nmae" in row.get_text(" ")
    path.send(identifier=None, **{f"lines-{own}-field": "", f"lines-{own}-key": ""})
    assert "Mark one active line as identifier" in path.text()


def test_an_unticked_line_is_left_out_and_back_and_forward_keep_what_was_said(
    editor: Client, connection: OdooConnection
) -> None:
    path = Path(editor, template="customers-in")
    path.send(connection=connection.pk)
    path.send()
    path.send()
    path.send(**{"lines-4-taken": None, "lines-3-key": "tel"})
    path.send()
    assert path.here == "review"
    path.go("mapping")
    assert path.filled()["lines-3-key"] == "tel"
    assert "lines-4-taken" not in path.filled()
    path.send()
    assert path.here == "access"
    path.go("review")
    path.send()
    assert SyncConfig.objects.get().lines.get(field="phone").key == "tel"
    assert not SyncConfig.objects.get().lines.filter(field="vat").exists()


def test_another_model_makes_the_steps_behind_it_ask_again(editor: Client, connection: OdooConnection) -> None:
    path = Path(editor, template="customers-in")
    path.send(connection=connection.pk)
    path.send()
    path.send()
    path.send()
    path.go("model")
    path.send(model="product.product")
    path.go("review")
    assert path.here == "sample"
    path.send()
    assert "from the template" not in path.text()


def test_a_step_cannot_be_entered_before_those_in_front_of_it(editor: Client, connection: OdooConnection) -> None:
    path = Path(editor, template="customers-in")
    path.go("review")
    assert path.here == "connection"
    path.send(connection=connection.pk)
    assert editor.get(f"{path.base}when/").status_code == 404


def test_two_windows_do_not_mix(editor: Client, connection: OdooConnection) -> None:
    one, two = Path(editor, template="customers-in"), Path(editor, template="stock-in")
    one.send(connection=connection.pk)
    two.go("connection")
    assert one.filled()["model"] == "res.partner"
    assert two.here == "connection"


def test_a_secret_is_neither_in_the_session_nor_on_a_page(editor: Client, connection: OdooConnection) -> None:
    path = Path(editor, template="customers-out")
    path.send(connection=connection.pk)
    path.send()
    path.send()
    path.send()
    path.send(url="https://crm.example.com/c", auth_secret="very-secret-text")
    assert path.here == "when"
    assert "very-secret-text" not in json.dumps(dict(editor.session))
    assert "very-secret-text" not in str(path.go("access"))
    path.send()
    assert path.here == "when"


def test_a_name_or_endpoint_that_is_taken_is_counted_on_and_refused_when_it_is_taken_meanwhile(
    editor: Client, connection: OdooConnection
) -> None:
    SyncConfig.objects.create(
        name="Customers in", request_type="in", connection=connection, model="res.partner", endpoint="customers",
        method_post=True,
    )  # fmt: skip
    path = Path(editor, template="customers-in")
    path.send(connection=connection.pk)
    path.send()
    path.send()
    path.send()
    assert path.filled()["endpoint"] == "customers-2"
    path.send()
    assert path.filled()["name"] == "Customers in 2"
    SyncConfig.objects.update(endpoint="customers-2")
    path.send()
    assert path.here == "review"
    assert "already exists" in path.text()
    assert SyncConfig.objects.count() == 1


def test_an_odoo_that_is_down_leaves_only_what_cannot_be_proposed(editor: Client, unreachable: OdooConnection) -> None:
    path = Path(editor, request_type="in")
    path.send(connection=unreachable.pk)
    path.send(model="res.partner")
    assert path.here == "sample"
    assert "No connection to 127.0.0.1:9" in path.text()
    path.send(sample='{"name": "Ann"}')
    path.send(identifier="0", **{"lines-0-field": "name", "lines-0-key": "name"})
    assert path.here == "access"


def test_a_connection_that_was_deleted_meanwhile_is_asked_for_again(editor: Client, connection: OdooConnection) -> None:
    path = Path(editor, template="customers-in")
    path.send(connection=connection.pk)
    connection.delete()
    path.go("sample")
    assert path.here == "connection"


def test_a_draft_of_an_older_version_is_begun_anew(editor: Client, connection: OdooConnection) -> None:
    path = Path(editor, template="customers-in")
    session = editor.session
    for draft in session["guided"].values():
        draft["no_longer_known"] = 1
    session.save()
    assert editor.get(f"{path.base}connection/").headers["Location"] == START


def test_thrown_away_is_gone(editor: Client, connection: OdooConnection) -> None:
    path = Path(editor, template="customers-in")
    editor.post(path.base)
    assert editor.get(f"{path.base}connection/").headers["Location"] == START
    assert not SyncConfig.objects.exists()


def test_who_may_not_add_gets_nothing(viewer: Client, editor: Client, connection: OdooConnection) -> None:
    base = Path(editor, template="customers-in").base
    for url in (START, base, f"{base}connection/"):
        assert viewer.get(url).status_code == 403
        assert viewer.post(url, {"template": "customers-in"}).status_code == 403
    assert "New sync" not in viewer.get(LIST).content.decode()
    assert START not in viewer.get(LIST).content.decode()


def test_the_list_offers_the_guided_path_and_the_bare_form_is_one_click_away(editor: Client) -> None:
    links = BeautifulSoup(editor.get(LIST).content, "html.parser").select("a")
    assert any("New sync" in link.get_text() for link in links)
    # At the top, and in the middle of an empty list.
    for link in (link for link in links if "New sync" in link.get_text()):
        page = editor.get(str(link["href"]), follow=True)
        assert page.request["PATH_INFO"] == START
        assert f'href="{LIST}add/"' in page.content.decode()
    assert START in editor.get(f"{LIST}add/").content.decode()


def test_every_input_has_a_label(editor: Client, connection: OdooConnection) -> None:
    path = Path(editor, template="customers-out")
    while True:
        for tag in path.page.select("#guided-form input, #guided-form select, #guided-form textarea"):
            if tag.get("type") == "hidden":
                continue
            is_named = (
                tag.get("aria-label") or path.page.select(f'label[for="{tag.get("id")}"]') or tag.find_parent("label")
            )
            assert is_named, tag
        if path.here == "review":
            return
        path.send(connection=connection.pk, url="https://x.example.com", auth_secret="s")


def test_pages_cost_few_queries(editor: Client, connection: OdooConnection) -> None:
    path = Path(editor, template="customers-in")
    for step in ("connection", "model", "sample", "mapping", "access", "review"):
        with CaptureQueriesContext(database) as queries:
            path.go(step)
        assert path.here == step
        assert len(queries) < 25
        path.send(connection=connection.pk)
