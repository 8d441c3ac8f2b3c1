"""One record is sent as a sample, after its request was shown; and a sync is paused from its form."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from demo.shop import DemoShop
from outbound.models import Delivery, DeliveryPolicy, DeliveryState, RunTrigger, SyncRun
from syncconfig.models import SyncConfig
from tests.outbound.conftest import MakeConfig


@pytest.fixture
def catalogue(make_config: MakeConfig) -> SyncConfig:
    return make_config()


def url(config: SyncConfig, button: str) -> str:
    return f"/admin/syncconfig/syncconfig/{config.pk}/{button}/"


def text(answer: Any) -> str:
    return BeautifulSoup(answer.content, "html.parser").get_text(" ", strip=True)


def test_the_request_is_shown_before_anything_is_sent(
    admin_client: Client, catalogue: SyncConfig, products: list[int], shop: DemoShop
) -> None:
    page = admin_client.get(url(catalogue, "send-sample"))
    assert f'value="{products[0]}"' in page.content.decode()
    shown = text(admin_client.post(url(catalogue, "send-sample"), {"record_id": products[2], "what": "show"}))
    assert "Would be sent" in shown
    assert "DEMO-0003" in shown
    assert "shop-token" not in shown
    assert "Send it" in shown
    assert not SyncRun.objects.exists()
    assert not shop.received


def test_the_chosen_record_alone_is_sent_in_a_run_that_is_marked(
    admin_client: Client, catalogue: SyncConfig, products: list[int], shop: DemoShop
) -> None:
    given = {"record_id": products[2], "what": "send"}
    answer = admin_client.post(url(catalogue, "send-sample"), given, follow=True)
    assert "The sample arrived" in text(answer)
    run = SyncRun.objects.get()
    assert (run.trigger, run.record_ids, run.user.username) == (RunTrigger.SAMPLE, [products[2]], "admin")
    delivery = Delivery.objects.get()
    assert (delivery.record_id, delivery.state) == (products[2], DeliveryState.DELIVERED)
    assert answer.request["PATH_INFO"] == f"/admin/outbound/delivery/{delivery.pk}/change/"
    assert len(shop.received) == 1


def test_what_was_sent_before_unchanged_may_be_sent_again_as_a_sample(
    admin_client: Client, catalogue: SyncConfig, products: list[int], shop: DemoShop
) -> None:
    for _time in range(2):
        admin_client.post(url(catalogue, "send-sample"), {"record_id": products[0], "what": "send"})
    assert len(shop.received) == 2


def test_a_refusal_of_the_other_side_is_told(admin_client: Client, catalogue: SyncConfig, products: list[int]) -> None:
    SyncConfig.objects.filter(pk=catalogue.pk).update(auth_type="none")
    catalogue.refresh_from_db()
    catalogue.save()
    given = {"record_id": products[0], "what": "send"}
    assert "The sample did not arrive" in text(admin_client.post(url(catalogue, "send-sample"), given, follow=True))


def test_a_record_outside_the_filter_and_a_sync_that_is_off_are_not_sent(
    admin_client: Client, catalogue: SyncConfig, products: list[int]
) -> None:
    shown = text(admin_client.post(url(catalogue, "send-sample"), {"record_id": 999_999, "what": "show"}))
    assert "leaves it out" in shown
    assert "Send it" not in shown
    catalogue.active = False
    catalogue.save()
    given = {"record_id": products[0], "what": "send"}
    assert "is not active" in text(admin_client.post(url(catalogue, "send-sample"), given))
    assert not SyncRun.objects.exists()


def test_who_may_not_run_syncs_neither_sends_nor_pauses(db: None, catalogue: SyncConfig) -> None:
    user = User.objects.create_user("editor", is_staff=True)
    names = ("change_syncconfig", "view_syncconfig")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    for button in ("send-sample", "pause", "resume"):
        assert client.get(url(catalogue, button)).status_code == 403
        assert client.post(url(catalogue, button), {"record_id": 1, "what": "send"}).status_code == 403
    assert not SyncRun.objects.exists()
    assert not DeliveryPolicy.objects.exists()


def test_what_fetches_has_nothing_to_send(admin_client: Client, catalogue: SyncConfig) -> None:
    catalogue.method_post, catalogue.method_put, catalogue.method_get = False, False, True
    catalogue.save()
    assert url(catalogue, "send-sample") not in admin_client.get(url(catalogue, "change")).content.decode()
    assert admin_client.get(url(catalogue, "send-sample")).status_code == 302


def press(client: Client, config: SyncConfig, button: str) -> str:
    answer = client.post(url(config, button), {"_form_submitted": "on"})
    return text(client.get(answer.headers["HX-Redirect"]))


def offered(client: Client, config: SyncConfig) -> set[str]:
    page = client.get(url(config, "change")).content.decode()
    return {button for button in ("pause", "resume") if url(config, button) in page}


def test_an_out_sync_is_paused_and_goes_on(admin_client: Client, catalogue: SyncConfig) -> None:
    assert offered(admin_client, catalogue) == {"pause"}
    assert "is paused" in press(admin_client, catalogue, "pause")
    assert DeliveryPolicy.objects.get().is_paused
    assert offered(admin_client, catalogue) == {"resume"}
    assert "goes on" in press(admin_client, catalogue, "resume")
    assert not DeliveryPolicy.objects.get().is_paused
    assert LogEntry.objects.count() == 2


def test_an_in_sync_is_switched_off_and_on(admin_client: Client, catalogue: SyncConfig) -> None:
    endpoint = SyncConfig.objects.create(
        name="In", request_type="in", connection=catalogue.connection, model="res.partner", endpoint="p",
        method_post=True,
    )  # fmt: skip
    press(admin_client, endpoint, "pause")
    assert not SyncConfig.objects.get(pk=endpoint.pk).active
    assert offered(admin_client, endpoint) == {"resume"}
    press(admin_client, endpoint, "resume")
    assert SyncConfig.objects.get(pk=endpoint.pk).active


def test_what_is_switched_off_is_neither_paused_nor_resumed(admin_client: Client, catalogue: SyncConfig) -> None:
    catalogue.active = False
    catalogue.save()
    assert offered(admin_client, catalogue) == set()
    press(admin_client, catalogue, "pause")
    assert not DeliveryPolicy.objects.exists()
    assert not LogEntry.objects.exists()
