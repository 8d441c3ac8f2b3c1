"""Sync configs in the admin: the whole form as a browser sends it."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from demo.odoo import DemoOdoo
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine, SyncHeader
from tests.syncconfig.conftest import SECRETS

LIST = "/admin/syncconfig/syncconfig/"


def line(field: str, key: str, **values: Any) -> dict[str, Any]:
    fields = {
        "field": field, "key": key, "calculation": "plain", "direction": "both", "absent": "skip", "default": "",
        "match_field": "", "on_missing": "error", "on_match": "keep", "x2many_mode": "replace", "active": "on",
        "script": "", "script_reverse": "",
    }  # fmt: skip
    return {**fields, **values}


def form(connection: OdooConnection, lines: list[dict[str, Any]], **values: Any) -> dict[str, Any]:
    """What the browser would send for an In config."""
    data = {
        "name": "Partners in", "active": "on", "request_type": "in", "connection": connection.pk,
        "model": "res.partner",
        "domain": "[]", "endpoint": "partners", "url": "", "method_post": "on", "auth_type": "none", "auth_login": "",
        "auth_header": "", "auth_secret": "", "on_existing": "update", "delete_mode": "archive",
        "request_shape": "record", "wrap_key": "", "answer_id_path": "", "only_changed": "on", "is_paginated": "on",
        "page_size": "100", "connect_timeout_s": "5", "read_timeout_s": "15", "retry_schedule": "",
    }  # fmt: skip
    for prefix in ("lines", "headers", "params", "triggers"):
        data |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    data["lines-TOTAL_FORMS"] = str(len(lines))
    for index, row in enumerate(lines):
        data |= {f"lines-{index}-{name}": value for name, value in {"position": index, **row}.items()}
    return {**data, **values}


def errors_of(answer: Any) -> str:
    """All messages of a refused form, in one text."""
    assert answer.status_code == 200
    found = [str(answer.context["adminform"].form.errors)]
    for inline in answer.context["inline_admin_formsets"]:
        found += [str(inline.formset.errors), str(inline.formset.non_form_errors())]
    return BeautifulSoup(" ".join(found), "html.parser").get_text(" ")


IDENTIFIER = line("ref", "id", is_identifier="on")


def test_a_config_with_its_lines_is_added_after_odoo_was_asked(
    admin_client: Client, connection: OdooConnection, demo_odoo: DemoOdoo
) -> None:
    lines = [
        IDENTIFIER,
        line("name", "name", required="on"),
        line("country_id", "address.country", calculation="relational", match_field="code"),
        line("comment", "", calculation="constant", default='"from the shop"'),
    ]
    answer = admin_client.post(f"{LIST}add/", form(connection, lines), follow=True)
    assert "was added successfully" in answer.content.decode()
    assert "not compared" not in answer.content.decode()
    config = SyncConfig.objects.get()
    assert [row.field for row in config.lines.all()] == ["ref", "name", "country_id", "comment"]
    assert config.lines.get(field="comment").default == "from the shop"


def test_a_field_that_odoo_does_not_have_is_marked_at_its_line(
    admin_client: Client, connection: OdooConnection
) -> None:
    answer = admin_client.post(f"{LIST}add/", form(connection, [IDENTIFIER, line("no_such_field", "x")]))
    assert "no_such_field" in errors_of(answer)
    formset = answer.context["inline_admin_formsets"][0].formset
    assert not formset.forms[0].errors
    assert "field" in formset.forms[1].errors
    assert not SyncConfig.objects.exists()


def test_without_an_answer_of_odoo_the_config_is_saved_with_a_warning(
    admin_client: Client, unreachable: OdooConnection
) -> None:
    answer = admin_client.post(f"{LIST}add/", form(unreachable, [IDENTIFIER, line("no_such_field", "x")]), follow=True)
    page = answer.content.decode()
    assert "were not compared with Odoo" in page
    assert "No connection to 127.0.0.1:9" in page
    assert SyncConfig.objects.get().lines.count() == 2


def test_odoo_is_never_asked_within_the_transaction_of_the_form(
    admin_client: Client, connection: OdooConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clients.http import HttpClient

    depths = []
    send = HttpClient.request

    def watched(*args: Any, **kwargs: Any) -> Any:
        depths.append(len(database.savepoint_ids))
        return send(*args, **kwargs)

    before = len(database.savepoint_ids)
    monkeypatch.setattr(HttpClient, "request", watched)
    admin_client.post(f"{LIST}add/", form(connection, [IDENTIFIER]))
    assert depths
    assert set(depths) == {before}


@pytest.mark.parametrize(
    ("lines", "values", "cure"),
    [
        ([line("ref", "id")], {}, "Mark one active line as identifier"),
        ([IDENTIFIER, line("name", "name", is_identifier="on")], {}, "Only one line can be the identifier"),
        ([IDENTIFIER, line("name", "a"), line("name", "b")], {}, "Another line maps name"),
        ([IDENTIFIER, line("name", "")], {}, "Write where the value is"),
        ([IDENTIFIER, line("name", "a", default="draft")], {}, "Write JSON"),
        ([IDENTIFIER, line("country_id", "c", calculation="relational")], {}, "by which field"),
        ([IDENTIFIER], {"endpoint": ""}, "needs an endpoint"),
        ([IDENTIFIER], {"method_post": ""}, "at least one HTTP method"),
        ([IDENTIFIER], {"auth_type": "bearer"}, "needs a token"),
        ([IDENTIFIER], {"domain": "[('a'"}, "domain"),
        ([IDENTIFIER], {"request_type": "out", "url": "https://h/{nothing}"}, "no mapped key and no path parameter"),
        ([IDENTIFIER], {"request_type": "out", "url": "https://h/x", "method_get": "on"}, "make a second sync"),
    ],
)
def test_what_cannot_work_is_refused_with_the_cure(
    admin_client: Client, unreachable: OdooConnection, lines: list[Any], values: dict[str, Any], cure: str
) -> None:
    answer = admin_client.post(f"{LIST}add/", form(unreachable, lines, **values))
    assert cure in errors_of(answer)
    assert not SyncConfig.objects.exists()


@pytest.mark.parametrize(
    ("domain", "cure"),
    [
        ("[('no_such', '=', 1)]", "There is no field 'no_such'"),
        ("[('country_id.cod', '=', 'BE')]", "There is no field 'cod'"),
        ("[('name.code', '=', 'BE')]", "leads to no other model"),
        ("[('type', '=', 'private-person')]", "is not in the selection; possible are: contact"),
        ("[('is_company', '=', 'yes')]", "compared with True or False"),
        ("[('category_id', 'any', [('nme', '=', 'VIP')])]", "There is no field 'nme'"),
    ],
)
def test_a_domain_that_does_not_fit_the_model_is_refused_at_its_field(
    admin_client: Client, connection: OdooConnection, domain: str, cure: str
) -> None:
    answer = admin_client.post(f"{LIST}add/", form(connection, [IDENTIFIER], domain=domain))
    assert cure in errors_of(answer)
    assert "domain" in answer.context["adminform"].form.errors
    assert not SyncConfig.objects.exists()


def test_a_domain_that_fits_is_taken_with_computed_dates_and_parts_of_them(
    admin_client: Client, connection: OdooConnection
) -> None:
    domain = "['|', ('country_id.code', '=', 'BE'), ('create_date', '>=', datetime.now() - timedelta(days=7))]"
    answer = admin_client.post(f"{LIST}add/", form(connection, [IDENTIFIER], domain=domain))
    assert answer.status_code == 302


def test_a_path_parameter_fills_a_placeholder(admin_client: Client, unreachable: OdooConnection) -> None:
    values = {
        "request_type": "out", "url": "https://h/{shop}/{id}", "endpoint": "", "params-TOTAL_FORMS": "1",
        "params-0-kind": "path", "params-0-name": "shop", "params-0-value": "7", "params-0-operator": "=",
    }  # fmt: skip
    assert admin_client.post(f"{LIST}add/", form(unreachable, [IDENTIFIER], **values)).status_code == 302


def test_a_second_config_cannot_take_the_endpoint(admin_client: Client, unreachable: OdooConnection) -> None:
    admin_client.post(f"{LIST}add/", form(unreachable, [IDENTIFIER]))
    answer = admin_client.post(f"{LIST}add/", form(unreachable, [IDENTIFIER], name="Another"))
    assert "already exists" in errors_of(answer)


def change_form(sync: SyncConfig, **values: Any) -> dict[str, Any]:
    """The stored Out config as its form would be sent back."""
    row = sync.lines.get()
    header = sync.headers.get()
    data = form(sync.connection, [line("default_code", "sku", is_identifier="on", id=row.pk, config=sync.pk)])
    data |= {
        "name": sync.name, "request_type": "out", "url": sync.url, "model": sync.model, "endpoint": "",
        "method_post": "",
        "method_put": "on", "auth_type": "bearer", "lines-INITIAL_FORMS": "1", "headers-TOTAL_FORMS": "1",
        "headers-INITIAL_FORMS": "1", "headers-0-id": header.pk, "headers-0-config": sync.pk,
        "headers-0-key": header.key, "headers-0-value": "",
    }  # fmt: skip
    return {**data, **values}


def test_secrets_left_empty_are_kept_and_those_entered_replace_them(admin_client: Client, sync: SyncConfig) -> None:
    url = f"{LIST}{sync.pk}/change/"
    assert admin_client.post(url, change_form(sync, name="Renamed")).status_code == 302
    config = SyncConfig.objects.get()
    assert (config.name, config.auth_secret, config.headers.get().value) == ("Renamed", SECRETS[1], SECRETS[2])
    data = change_form(sync, auth_secret="new-token", **{"headers-0-value": "new-value"})
    assert admin_client.post(url, data).status_code == 302
    config = SyncConfig.objects.get()
    assert (config.auth_secret, config.headers.get().value) == ("new-token", "new-value")


def test_a_new_line_comes_behind_the_stored_ones(admin_client: Client, sync: SyncConfig) -> None:
    SyncConfigLine.objects.filter(config=sync).update(position=3)
    data = change_form(sync, **{"lines-TOTAL_FORMS": "3", "lines-0-position": "3"})
    for index, field in ((1, "name"), (2, "list_price")):
        row = line(field, field, position="0", config=sync.pk)
        data |= {f"lines-{index}-{name}": value for name, value in row.items()}
    assert admin_client.post(f"{LIST}{sync.pk}/change/", data).status_code == 302
    assert list(sync.lines.values_list("field", "position")) == [("default_code", 3), ("name", 4), ("list_price", 5)]


def test_a_new_header_needs_a_value(admin_client: Client, sync: SyncConfig) -> None:
    data = change_form(sync, **{"headers-TOTAL_FORMS": "2", "headers-1-key": "X-New", "headers-1-value": ""})
    data["headers-1-config"] = sync.pk
    assert "required" in errors_of(admin_client.post(f"{LIST}{sync.pk}/change/", data))


def test_no_secret_is_on_any_page_for_anybody(admin_client: Client, viewer: Client, sync: SyncConfig) -> None:
    change = f"{LIST}{sync.pk}/change/"
    pages = [client.get(url) for client in (admin_client, viewer) for url in (LIST, change)]
    pages += [admin_client.get(f"{LIST}{sync.pk}/delete/"), admin_client.get(f"{LIST}{sync.pk}/history/")]
    pages.append(admin_client.post(change, change_form(sync, url="nonsense", auth_secret="typed-just-now")))
    for page in pages:
        text = page.content.decode()
        assert page.status_code == 200
        assert not [secret for secret in (*SECRETS, "typed-just-now") if secret in text]


def test_who_may_only_look_sees_no_buttons_and_changes_nothing(viewer: Client, sync: SyncConfig) -> None:
    page = viewer.get(f"{LIST}{sync.pk}/change/").content.decode()
    for hidden in ('name="_save"', f"{LIST}{sync.pk}/test/", "Run now", f"{LIST}add/"):
        assert hidden not in page
    assert viewer.post(f"{LIST}{sync.pk}/change/", change_form(sync, name="Mine")).status_code == 403
    assert viewer.get(f"{LIST}{sync.pk}/test/").status_code == 403
    assert SyncConfig.objects.get().name == sync.name


def test_the_form_of_an_in_config_shows_address_and_command_without_the_secret(
    admin_client: Client, unreachable: OdooConnection
) -> None:
    config = SyncConfig.objects.create(
        name="Orders in", request_type="in", connection=unreachable, model="sale.order", endpoint="orders",
        method_get=True, method_post=True, auth_type="header", auth_header="X-Key", auth_secret=SECRETS[1],
    )  # fmt: skip
    for field, key in [("ref", "number"), ("partner_id", "customer"), ("partner_id.email", "customer.email"),
                       ("order_line", "items[]"), ("order_line.product_id", "items[].sku")]:  # fmt: skip
        SyncConfigLine.objects.create(config=config, field=field, key=key)
    page = BeautifulSoup(admin_client.get(f"{LIST}{config.pk}/change/").content, "html.parser").get_text(" ")
    assert "http://testserver/bj_api_sync/v1/orders" in page
    assert 'curl \\\n  -X POST \\\n  -H "X-Key: $SECRET"' in page
    assert '{"number": "...", "customer": {"email": "..."}, "items": [{"sku": "..."}]}' in page
    assert "Schedules" not in page


def test_a_lost_key_breaks_neither_list_nor_form_nor_deletion(
    admin_client: Client, viewer: Client, sync: SyncConfig, lost_key: Any
) -> None:
    empty = change_form(sync)
    lost_key(sync, "auth_secret")
    lost_key(sync.connection, "secret")
    lost_key(sync.headers.get(), "value")
    url = f"{LIST}{sync.pk}/change/"
    assert admin_client.get(LIST).status_code == 200
    assert viewer.get(url).status_code == 200
    assert admin_client.get(url).content.decode().lower().count("cannot be decrypted") >= 2
    refused = errors_of(admin_client.post(url, empty))
    assert refused.count("cannot be decrypted") == 2
    assert admin_client.get(f"{LIST}{sync.pk}/delete/").status_code in {200, 302}
    data = {**empty, "auth_secret": "a", "headers-0-value": "b"}
    assert admin_client.post(url, data).status_code == 302
    assert (SyncConfig.objects.defer("connection__secret").get().auth_secret, SyncHeader.objects.get().value) == (
        "a",
        "b",
    )


def test_the_queries_of_the_list_do_not_grow_with_the_configs(
    admin_client: Client, unreachable: OdooConnection
) -> None:
    counts = []
    for start in (0, 1):
        for number in range(start, start + 1 + 15 * start):
            SyncConfig.objects.create(name=f"c{number}", request_type="in", connection=unreachable, model="m")
        with CaptureQueriesContext(database) as queries:
            page = admin_client.get(LIST)
        assert page.status_code == 200
        assert not [query for query in queries.captured_queries if "auth_secret" in query["sql"]]
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_test_button_of_a_config_asks_its_odoo(
    admin_client: Client, connection: OdooConnection, press: Any
) -> None:
    config = SyncConfig.objects.create(name="c", request_type="in", connection=connection, model="res.partner")
    assert "answers: Odoo 18.0" in press(admin_client, f"{LIST}{config.pk}/test/")


def test_line_titles_tell_direction_constant_and_notes() -> None:
    assert SyncConfigLine(field="a", key="b", is_identifier=True).get_inline_title == "a ↔ b, identifier"
    assert SyncConfigLine(field="a", key="b", direction="in", active=False).get_inline_title == "a ← b, off"
    constant = SyncConfigLine(field="a", calculation="constant", default="x", direction="in")
    assert constant.get_inline_title == 'a ← "x"'
    constant.is_secret = True
    assert constant.get_inline_title == "a ← ***"


def test_users_and_groups_have_their_pages(admin_client: Client) -> None:
    for path in ("auth/user/", "auth/user/add/", "auth/group/", "auth/group/add/"):
        assert admin_client.get(f"/admin/{path}").status_code == 200
