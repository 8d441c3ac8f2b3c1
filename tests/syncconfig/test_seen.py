"""Two people who edit one object at once: the second is told before anything of the first's is overwritten."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from syncconfig.models import OdooConnection, SyncConfig
from tests.syncconfig.test_config_admin import LIST as CONFIGS
from tests.syncconfig.test_config_admin import change_form
from tests.syncconfig.test_connection_admin import LIST as CONNECTIONS
from tests.syncconfig.test_connection_admin import form as connection_form

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return client


def mark(page: bytes) -> str:
    return str(BeautifulSoup(page, "html.parser").select_one("input[name=seen_mark]")["value"])  # type: ignore[index]


def test_a_config_that_somebody_else_has_saved_meanwhile_is_not_overwritten_unseen(
    admin_client: Client, ada: Client, sync: SyncConfig
) -> None:
    url = f"{CONFIGS}{sync.pk}/change/"
    admin_client.post(url, change_form(sync))  # which begins its history
    opened = mark(admin_client.get(url).content)
    assert ada.post(url, change_form(sync, name="By Ada", seen_mark=mark(ada.get(url).content))).status_code == 302

    refused = admin_client.post(url, change_form(sync, page_size="7", seen_mark=opened))
    assert refused.status_code == 200
    text = refused.content.decode()
    assert "ada has saved this since you opened it" in text
    assert "Changed: Name." in text
    assert 'value="7"' in text
    sync.refresh_from_db()
    assert (sync.name, sync.page_size) == ("By Ada", 100)

    again = admin_client.post(url, change_form(sync, page_size="7", seen_mark=mark(refused.content)))
    assert again.status_code == 302
    sync.refresh_from_db()
    assert (sync.name, sync.page_size) == ("By Ada", 7)


def test_a_config_is_saved_as_often_as_one_likes_and_what_the_hub_notes_down_is_nobody_s_change(
    admin_client: Client, sync: SyncConfig
) -> None:
    url = f"{CONFIGS}{sync.pk}/change/"
    for size in ("7", "8"):
        opened = mark(admin_client.get(url).content)
        SyncConfig.objects.filter(pk=sync.pk).update(drift=[], revision=100)
        assert admin_client.post(url, change_form(sync, page_size=size, seen_mark=opened)).status_code == 302


def test_a_connection_is_watched_too_and_tests_of_it_change_nothing(
    admin_client: Client, ada: Client, unreachable: OdooConnection
) -> None:
    url = f"{CONNECTIONS}{unreachable.pk}/change/"
    opened = mark(admin_client.get(url).content)
    OdooConnection.objects.filter(pk=unreachable.pk).update(check_error="No answer.")
    assert mark(admin_client.get(url).content) == opened
    assert ada.post(url, connection_form(database="by-ada")).status_code == 302

    refused = admin_client.post(url, connection_form(login="by-admin", seen_mark=opened))
    assert "ada has saved this since you opened it" in refused.content.decode()
    assert OdooConnection.objects.get(pk=unreachable.pk).login != "by-admin"
    mine = connection_form(login="by-admin", seen_mark=mark(refused.content))
    assert admin_client.post(url, mine).status_code == 302
    assert OdooConnection.objects.get(pk=unreachable.pk).login == "by-admin"
