"""Odoo connections in the admin: the secret goes in and never out, and a test says what it found."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection as database
from django.test import Client

from auditlog.models import ApiLog
from clients.http import HttpClient
from demo.odoo import DemoOdoo
from syncconfig.models import OdooConnection, SyncConfig
from tests.syncconfig.conftest import SECRETS

LIST = "/admin/syncconfig/odooconnection/"


def form(**values: Any) -> dict[str, Any]:
    fields = {
        "name": "Production", "url": "https://odoo.example.com", "database": "d", "login": "me", "secret": "",
        "protocol": "auto", "lang": "", "timezone": "UTC", "company_ids": "", "verify_tls": "on",
        "connect_timeout_s": "5", "read_timeout_s": "15",
    }  # fmt: skip
    return {**fields, **values}


def test_a_connection_is_added_with_its_secret_encrypted(admin_client: Client) -> None:
    answer = admin_client.post(f"{LIST}add/", form(secret=" spaces are kept "))
    assert answer.status_code == 302
    assert OdooConnection.objects.get().secret == " spaces are kept "


def test_a_new_connection_needs_a_secret(admin_client: Client) -> None:
    page = admin_client.post(f"{LIST}add/", form())
    assert page.status_code == 200
    assert "secret" in page.context["adminform"].form.errors
    assert not OdooConnection.objects.exists()


def test_an_empty_secret_keeps_the_stored_one_and_another_replaces_it(
    admin_client: Client, unreachable: OdooConnection
) -> None:
    url = f"{LIST}{unreachable.pk}/change/"
    assert admin_client.post(url, form(name="Renamed")).status_code == 302
    kept = OdooConnection.objects.get()
    assert (kept.name, kept.secret) == ("Renamed", SECRETS[0])
    assert admin_client.post(url, form(secret="another")).status_code == 302
    assert OdooConnection.objects.get().secret == "another"


def test_the_secret_is_on_no_page_for_nobody(admin_client: Client, viewer: Client, unreachable: OdooConnection) -> None:
    change = f"{LIST}{unreachable.pk}/change/"
    pages = [client.get(url) for client in (admin_client, viewer) for url in (LIST, change)]
    pages.append(admin_client.post(change, form(url="nonsense", secret="typed-just-now")))
    pages.append(admin_client.get(f"{LIST}{unreachable.pk}/history/"))
    pages.append(admin_client.get(f"{LIST}{unreachable.pk}/delete/"))
    for page in pages:
        assert page.status_code == 200
        assert SECRETS[0] not in page.content.decode()
        assert "typed-just-now" not in page.content.decode()
    assert "Leave empty to keep it" in pages[1].content.decode()


def test_the_test_button_keeps_what_it_found(admin_client: Client, connection: OdooConnection, press: Any) -> None:
    page = press(admin_client, f"{LIST}{connection.pk}/test/")
    assert "answers: Odoo 18.0" in page
    assert "ms a call" in page
    revision = connection.revision
    connection.refresh_from_db()
    assert connection.detected_version.startswith("18.0")
    assert (connection.detected_protocol, connection.check_error) == ("jsonrpc", "")
    assert connection.detected_uid
    assert connection.call_ms
    assert connection.checked_at
    assert connection.revision == revision


def test_opening_the_dialog_asks_nobody(admin_client: Client, connection: OdooConnection, demo_odoo: DemoOdoo) -> None:
    page = admin_client.get(f"{LIST}{connection.pk}/test/").content.decode()
    assert "Nothing is changed" in page
    assert not demo_odoo.calls
    connection.refresh_from_db()
    assert connection.checked_at is None


def test_the_calls_of_a_test_are_in_the_log_without_the_key(
    admin_client: Client, connection: OdooConnection, press: Any
) -> None:
    press(admin_client, f"{LIST}{connection.pk}/test/")
    rows = ApiLog.objects.filter(request_id__startswith="admin-")
    assert {"common.authenticate", "res.users.read"} <= set(rows.values_list("summary", flat=True))
    assert not [row for row in rows if connection.secret in row.request_body]


def test_the_page_says_what_the_user_may_do_with_the_models_of_the_configs(
    admin_client: Client, connection: OdooConnection, press: Any
) -> None:
    SyncConfig.objects.create(
        name="Orders in", request_type="in", connection=connection, model="sale.order", method_post=True
    )
    page = BeautifulSoup(press(admin_client, f"{LIST}{connection.pk}/test/"), "html.parser")
    table = page.select_one(".sync-health table")
    assert table is not None
    assert "sale.order yes yes yes yes" in " ".join(table.get_text(" ").split())


def test_a_config_on_a_model_that_odoo_does_not_have_is_named(
    admin_client: Client, connection: OdooConnection, press: Any
) -> None:
    SyncConfig.objects.create(name="c", request_type="in", connection=connection, model="no.such", method_get=True)
    page = press(admin_client, f"{LIST}{connection.pk}/test/")
    assert "Check its name, and whether its app is installed" in page
    assert "Rights missing" in admin_client.get(LIST).content.decode()


def test_rights_that_a_config_needs_and_the_user_lacks_are_named_with_the_config(
    admin_client: Client, connection: OdooConnection, demo_odoo: DemoOdoo, press: Any
) -> None:
    demo_odoo.database.registry.models["res.partner"].methods["has_access"] = lambda records, operation: (
        operation == "read"
    )
    SyncConfig.objects.create(
        name="Partners in", request_type="in", connection=connection, model="res.partner", method_post=True
    )
    page = press(admin_client, f"{LIST}{connection.pk}/test/")
    assert "admin may not create res.partner, which Partners in needs" in page
    assert "no, but needed" in page


@pytest.mark.parametrize(
    ("mode", "cure"),
    [("503", "restarting, upgrading or overloaded"), ("502_html", "restarting, upgrading or overloaded")],
)
def test_an_odoo_that_is_upgrading_is_told_from_a_wrong_connection(
    admin_client: Client, connection: OdooConnection, demo_odoo: DemoOdoo, press: Any, mode: str, cure: str
) -> None:
    demo_odoo.fail_next(10, mode)
    assert cure in press(admin_client, f"{LIST}{connection.pk}/test/")


@pytest.mark.parametrize(
    ("values", "cure"),
    [
        ({"secret": "wrong-key-123"}, "the login or the key is wrong, or the key has expired"),
        ({"login": "nobody"}, "Check the login and the secret of the connection"),
        ({"database": "other"}, "Check the database of the connection"),
        ({"protocol": "json2"}, "Set the protocol of the connection to Automatic"),
        ({"url_path": "/shop"}, "Check the URL of the connection"),
        ({"url": "http://no-such-host.invalid"}, "no-such-host.invalid"),
        ({"url": "http://10.1.2.3"}, "SYNC_ALLOWED_NETWORKS"),
    ],
)
def test_what_is_wrong_with_a_connection_is_said_with_what_to_change(
    admin_client: Client, connection: OdooConnection, press: Any, values: dict[str, str], cure: str
) -> None:
    if path := values.pop("url_path", ""):
        values = {"url": connection.url + path}
    OdooConnection.objects.filter(pk=connection.pk).update(**values)
    page = press(admin_client, f"{LIST}{connection.pk}/test/")
    connection.refresh_from_db()
    assert cure in connection.check_error
    assert cure in page
    assert "Traceback" not in page
    assert "wrong-key-123" not in page


def test_an_odoo_that_is_down_is_a_readable_message(
    admin_client: Client, unreachable: OdooConnection, press: Any
) -> None:
    assert "No connection to 127.0.0.1:9 could be made" in press(admin_client, f"{LIST}{unreachable.pk}/test/")
    listed = admin_client.get(LIST).content.decode()
    assert "Error" in listed
    assert "No connection to 127.0.0.1:9" in listed


def test_save_and_test_saves_first(admin_client: Client, connection: OdooConnection) -> None:
    data = form(name="Tested", url=connection.url, database=connection.database, login=connection.login)
    data["syncconfig_odooconnection_save_and_test"] = "1"
    page = admin_client.post(f"{LIST}{connection.pk}/change/", data, follow=True).content.decode()
    assert "Tested answers: Odoo 18.0" in page


def test_save_and_test_asks_odoo_when_the_form_is_committed(
    admin_client: Client, connection: OdooConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    depths = []
    send = HttpClient.request

    def watched(*args: Any, **kwargs: Any) -> Any:
        depths.append(len(database.savepoint_ids))
        return send(*args, **kwargs)

    before = len(database.savepoint_ids)
    monkeypatch.setattr(HttpClient, "request", watched)
    data = form(name="Tested", url=connection.url, database=connection.database, login=connection.login)
    admin_client.post(f"{LIST}{connection.pk}/change/", data | {"syncconfig_odooconnection_save_and_test": "1"})
    assert depths
    assert set(depths) == {before}


def test_a_new_connection_may_be_saved_and_tested_at_once(admin_client: Client, demo_odoo: DemoOdoo) -> None:
    data = form(url=demo_odoo.url, database=demo_odoo.db, login=demo_odoo.login, secret=demo_odoo.api_key)
    data["syncconfig_odooconnection_save_and_test"] = "1"
    page = admin_client.post(f"{LIST}add/", data, follow=True).content.decode()
    assert "Production answers: Odoo 18.0" in page


def test_who_may_only_look_sees_no_buttons_and_may_not_test(viewer: Client, unreachable: OdooConnection) -> None:
    page = viewer.get(f"{LIST}{unreachable.pk}/change/").content.decode()
    for button in ("test", "refresh"):
        assert f"{LIST}{unreachable.pk}/{button}/" not in page
        assert viewer.get(f"{LIST}{unreachable.pk}/{button}/").status_code == 403
        assert viewer.post(f"{LIST}{unreachable.pk}/{button}/", {"_form_submitted": "on"}).status_code == 403
    assert 'name="_save"' not in page
    assert "Stored" in page
    assert viewer.post(f"{LIST}{unreachable.pk}/change/", form()).status_code == 403


def test_a_lost_key_breaks_no_page_and_the_form_asks_anew(
    admin_client: Client, viewer: Client, unreachable: OdooConnection, lost_key: Any, press: Any
) -> None:
    lost_key(unreachable, "secret")
    url = f"{LIST}{unreachable.pk}/change/"
    assert admin_client.get(LIST).status_code == 200
    assert viewer.get(url).status_code == 200
    assert "cannot be decrypted" in admin_client.get(url).content.decode()
    refused = admin_client.post(url, form())
    assert "cannot be decrypted" in str(refused.context["adminform"].form.errors["secret"])
    assert "cannot be decrypted" in press(admin_client, f"{LIST}{unreachable.pk}/test/")
    assert admin_client.post(url, form(secret="entered anew")).status_code == 302
    assert OdooConnection.objects.get().secret == "entered anew"


@pytest.mark.django_db
def test_unknown_connections_lead_to_the_list(admin_client: Client, press: Any) -> None:
    assert "Odoo connections" in press(admin_client, f"{LIST}777/test/")


def test_the_history_says_from_what_to_what_and_of_a_secret_only_that(
    admin_client: Client, unreachable: OdooConnection
) -> None:
    before = unreachable.database
    admin_client.post(f"{LIST}{unreachable.pk}/change/", form(database="elsewhere", secret="typed-just-now"))
    text = admin_client.get(f"{LIST}{unreachable.pk}/history/").content.decode()
    assert f"Database ({before} → elsewhere)" in text
    assert "API key or password" in text
    assert "typed-just-now" not in text
