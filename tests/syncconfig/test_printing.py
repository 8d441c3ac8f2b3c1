"""A sync on paper."""

from __future__ import annotations

from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from syncconfig.models import SyncConfig, SyncConfigLine, SyncParam
from tests.syncconfig.conftest import SECRETS


def _paper(client: Client, config: SyncConfig) -> BeautifulSoup:
    answer = client.get(f"/admin/syncconfig/syncconfig/{config.pk}/print/")
    assert answer.status_code == 200, answer
    paper = BeautifulSoup(answer.content, "html.parser").select_one(".sync-paper")
    assert paper is not None
    return paper


def test_everything_that_was_set_is_on_paper(admin_client: Client, sync: SyncConfig) -> None:
    sync.before_script = "record['a'] = 1"
    sync.save()
    SyncConfigLine.objects.create(config=sync, field="list_price", key="price", position=1)
    SyncParam.objects.create(config=sync, kind="query", name="limit", value="100")
    text = _paper(admin_client, sync).get_text(" ")
    for wanted in (
        "Products out", "product.product", "https://shop.example.com/items/{sku}", "Bearer: token", "record['a'] = 1",
        "default_code", "sku", "list_price", "price", "X-Shop", "limit", "100",
    ):  # fmt: skip
        assert wanted in text, wanted


def test_lines_are_in_their_order_a_row_each(admin_client: Client, sync: SyncConfig) -> None:
    SyncConfigLine.objects.create(config=sync, field="name", key="title", position=2)
    SyncConfigLine.objects.create(config=sync, field="barcode", key="ean", position=1)
    lines = next(
        section for section in _paper(admin_client, sync).select("section") if "Mapping lines" in section.get_text()
    )
    assert [row.select_one("td").get_text() for row in lines.select("tr")[1:]] == ["default_code", "barcode", "name"]


def test_a_line_tells_only_what_is_not_as_usual(admin_client: Client, sync: SyncConfig) -> None:
    SyncConfigLine.objects.create(config=sync, field="name", key="title", position=2, active=False)
    text = _paper(admin_client, sync).get_text("|")
    assert "Reject the record" not in text
    assert "Active|" in text
    assert "title|" in text
    assert "|no|" in text


def test_no_credential_is_on_paper(admin_client: Client, sync: SyncConfig) -> None:
    html = str(_paper(admin_client, sync))
    assert not [secret for secret in SECRETS if secret in html]
    assert html.count("Stored") >= 2


def test_a_lost_key_does_not_keep_a_sync_from_paper(admin_client: Client, sync: SyncConfig, lost_key: object) -> None:
    lost_key(sync, "auth_secret")  # type: ignore[operator]
    lost_key(sync.headers.get(), "value")  # type: ignore[operator]
    assert "X-Shop" in _paper(admin_client, sync).get_text()


def test_who_may_look_may_print_and_others_may_not(viewer: Client, client: Client, sync: SyncConfig) -> None:
    assert "Products out" in _paper(viewer, sync).get_text()
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get(f"/admin/syncconfig/syncconfig/{sync.pk}/print/").status_code == 403
