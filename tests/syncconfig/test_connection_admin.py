"""Odoo connections in the admin: the secret goes in and never out, and a test says what it found."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from syncconfig.models import OdooConnection
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


def test_the_test_button_keeps_what_it_found(admin_client: Client, connection: OdooConnection) -> None:
    answer = admin_client.get(f"{LIST}{connection.pk}/test/", follow=True)
    page = answer.content.decode()
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


def test_a_wrong_key_is_a_readable_message(admin_client: Client, connection: OdooConnection) -> None:
    OdooConnection.objects.filter(pk=connection.pk).update(secret="wrong-key-123")
    page = admin_client.get(f"{LIST}{connection.pk}/test/", follow=True).content.decode()
    connection.refresh_from_db()
    assert connection.check_error
    assert "Traceback" not in page
    assert "wrong-key-123" not in page


def test_an_odoo_that_is_down_is_a_readable_message(admin_client: Client, unreachable: OdooConnection) -> None:
    page = admin_client.get(f"{LIST}{unreachable.pk}/test/", follow=True).content.decode()
    assert "No connection to 127.0.0.1:9 could be made" in page
    assert "Fails" in admin_client.get(LIST).content.decode()


def test_save_and_test_saves_first(admin_client: Client, connection: OdooConnection) -> None:
    data = form(name="Tested", url=connection.url, database=connection.database, login=connection.login)
    data["syncconfig_odooconnection_save_and_test"] = "1"
    page = admin_client.post(f"{LIST}{connection.pk}/change/", data, follow=True).content.decode()
    assert "Tested answers: Odoo 18.0" in page


def test_who_may_only_look_sees_no_buttons_and_may_not_test(viewer: Client, unreachable: OdooConnection) -> None:
    page = viewer.get(f"{LIST}{unreachable.pk}/change/").content.decode()
    assert f"{LIST}{unreachable.pk}/test/" not in page
    assert 'name="_save"' not in page
    assert "Stored" in page
    assert viewer.get(f"{LIST}{unreachable.pk}/test/").status_code == 403
    assert viewer.post(f"{LIST}{unreachable.pk}/change/", form()).status_code == 403


def test_a_lost_key_breaks_no_page_and_the_form_asks_anew(
    admin_client: Client, viewer: Client, unreachable: OdooConnection, lost_key: Any
) -> None:
    lost_key(unreachable, "secret")
    url = f"{LIST}{unreachable.pk}/change/"
    assert admin_client.get(LIST).status_code == 200
    assert viewer.get(url).status_code == 200
    assert "cannot be decrypted" in admin_client.get(url).content.decode()
    refused = admin_client.post(url, form())
    assert "cannot be decrypted" in str(refused.context["adminform"].form.errors["secret"])
    assert admin_client.get(f"{LIST}{unreachable.pk}/test/", follow=True).status_code == 200
    assert admin_client.post(url, form(secret="entered anew")).status_code == 302
    assert OdooConnection.objects.get().secret == "entered anew"


@pytest.mark.django_db
def test_unknown_connections_are_a_redirect(admin_client: Client) -> None:
    assert admin_client.get(f"{LIST}777/test/").status_code == 302
