"""One thing for all deliveries that match a filter: counted, simulated, and done in chunks."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from outbound import bulk
from outbound.admin import bulk as bulk_admin
from outbound.budget import Budget
from outbound.bulk import Bulk, bulk_apply, bulk_rows
from outbound.models import Delivery, DeliveryState, SyncRun
from syncconfig.models import SyncConfig, SyncConfigLine
from tests.outbound.conftest import MakeConfig, make_delivery, set_price, sync

pytestmark = pytest.mark.django_db


def url(what: str, query: str = "") -> str:
    return reverse("admin:outbound_delivery_bulk", args=[what]) + query


def text(response: Any) -> str:
    assert response.status_code == 200, response
    return BeautifulSoup(response.content, "html.parser").get_text(" ")


def states() -> dict[int, str]:
    return dict(Delivery.objects.order_by("record_id").values_list("record_id", "state"))


@pytest.fixture
def dead(config: SyncConfig) -> list[Delivery]:
    """Seven dead ones, three of them refused for another reason, and one that waits."""
    make_delivery(config, 100)
    return [
        make_delivery(config, n, state=DeliveryState.DEAD, last_error="No such SKU" if n < 4 else "Timed out")
        for n in range(1, 8)
    ]


def test_the_page_says_how_many_match_and_changes_nothing(admin_client: Client, dead: list[Delivery]) -> None:
    shown = text(admin_client.get(url("replay", "?error=SKU")))
    assert "3 deliveries match." in shown
    assert "Catalogue: 3" in shown
    simulated = text(admin_client.post(url("replay", "?error=SKU"), {"simulate": "1"}))
    assert "Send again: 3 deliveries" in simulated
    assert set(states().values()) == {"dead", "pending"}


def test_what_matches_is_sent_again_across_pages_and_chunks(
    admin_client: Client, dead: list[Delivery], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 2)
    admin_client.post(url("replay"), {"confirm": "1", "until": str(dead[-1].pk)})
    assert set(states().values()) == {"pending"}
    assert LogEntry.objects.filter(change_message="Sent again.").count() == 7


def test_without_a_chosen_state_only_dead_ones_are_sent_again(admin_client: Client, config: SyncConfig) -> None:
    make_delivery(config, 1, state=DeliveryState.DELIVERED)
    make_delivery(config, 2, state=DeliveryState.DEAD)
    admin_client.post(url("replay"), {"confirm": "1"})
    assert states() == {1: "delivered", 2: "pending"}
    admin_client.post(url("replay", "?state__exact=delivered"), {"confirm": "1"})
    assert states() == {1: "pending", 2: "pending"}


def test_what_died_after_the_counting_is_left_alone(admin_client: Client, dead: list[Delivery]) -> None:
    newer = make_delivery(dead[0].config, 50, state=DeliveryState.DEAD)
    admin_client.post(url("replay"), {"confirm": "1", "until": str(newer.pk - 1)})
    newer.refresh_from_db()
    assert newer.state == DeliveryState.DEAD


def test_what_is_outdated_is_left_alone_and_told(admin_client: Client, config: SyncConfig) -> None:
    old = make_delivery(config, 1, state=DeliveryState.DEAD)
    make_delivery(config, 1, state=DeliveryState.DELIVERED)
    assert "left alone: outdated" in text(admin_client.post(url("replay"), {"simulate": "1"}))
    after = text(admin_client.post(url("replay"), {"confirm": "1"}, follow=True))
    assert "1 were left alone" in after
    old.refresh_from_db()
    assert old.state == DeliveryState.DEAD


def test_discarding_needs_a_reason(admin_client: Client, dead: list[Delivery]) -> None:
    assert "This field is required" in text(admin_client.post(url("discard", "?error=SKU"), {"confirm": "1"}))
    assert "discarded" not in states().values()
    admin_client.post(url("discard", "?error=SKU"), {"confirm": "1", "reason": "Not sold any more."})
    assert [record for record, state in states().items() if state == "discarded"] == [1, 2, 3]
    assert set(Delivery.objects.filter(state="discarded").values_list("discard_reason", "discarded_by__username")) == {
        ("Not sold any more.", "admin")
    }


def test_mapped_anew_shows_the_difference_and_starts_a_run(
    admin_client: Client, config: SyncConfig, products: list[int], shop: DemoShop, demo_odoo: DemoOdoo
) -> None:
    shop.fail_next(1, status=400, only="DEMO-0001")
    sync(config)
    set_price(demo_odoo, products[0], 77.0)
    assert "77.0" in text(admin_client.post(url("anew"), {"simulate": "1"}))
    admin_client.post(url("anew"), {"confirm": "1"})
    run = SyncRun.objects.latest("pk")
    assert (run.trigger, run.record_ids) == ("replay", [products[0]])
    given_up = Delivery.objects.get(record_id=products[0])
    assert (given_up.state, given_up.discard_reason) == ("discarded", f"Mapped anew by run #{run.pk}.")


def test_the_difference_hides_the_values_of_secret_lines(
    admin_client: Client, config: SyncConfig, products: list[int], demo_odoo: DemoOdoo
) -> None:
    SyncConfigLine.objects.filter(config=config, key="price").update(is_secret=True)
    make_delivery(config, products[0], state=DeliveryState.DEAD, payload={"sku": "X", "price": 4711.5})
    set_price(demo_odoo, products[0], 815.25)
    shown = text(admin_client.post(url("anew"), {"simulate": "1"}))
    assert "price" in shown
    assert "4711.5" not in shown
    assert "815.25" not in shown


def test_what_the_time_does_not_suffice_for_is_left_for_the_next_go(
    dead: list[Delivery], admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 2)
    rows = bulk_rows(Delivery.objects.all(), Bulk.REPLAY, has_states=False)
    told: list[int] = []
    result = bulk_apply(rows, Bulk.REPLAY, user=admin_user, reason="", budget=Budget(0), told=told.extend)
    assert (result.done, result.is_over, len(told)) == (2, False, 2)
    again = bulk_apply(rows, Bulk.REPLAY, user=admin_user, reason="", budget=Budget(60), told=told.extend)
    assert (again.done, again.is_over) == (5, True)


def test_the_next_go_is_over_the_rest_also_where_what_was_sent_again_arrived_meanwhile(
    admin_client: Client, config: SyncConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 2)
    monkeypatch.setattr(bulk_admin, "BUDGET_S", 0.0)
    for record in (1, 2, 3):
        make_delivery(config, record, state=DeliveryState.DELIVERED)
    first = admin_client.post(url("replay", "?state__exact=delivered"), {"confirm": "1"})
    assert states() == {1: "pending", 2: "pending", 3: "delivered"}
    Delivery.objects.update(state=DeliveryState.DELIVERED)

    assert "1 delivery matches." in text(admin_client.get(first["Location"]))
    last = admin_client.post(first["Location"], {"confirm": "1"})
    assert states() == {1: "delivered", 2: "delivered", 3: "pending"}
    assert last["Location"].startswith(reverse("admin:outbound_delivery_changelist") + "?state__exact=delivered")


def test_what_one_run_is_too_small_for_is_mapped_anew_by_the_next_go(
    admin_client: Client, config: SyncConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MAX_ANEW", 2)
    for record in (1, 2, 3):
        make_delivery(config, record, state=DeliveryState.DELIVERED)
    first = admin_client.post(url("anew", "?state__exact=delivered"), {"confirm": "1"})
    assert SyncRun.objects.latest("pk").record_ids == [1, 2]
    # While that run is not over nothing is done, and nothing passed over.
    refused = admin_client.post(first["Location"], {"confirm": "1"}, follow=True)
    assert "is running already" in text(refused)
    SyncRun.objects.update(state="done")
    admin_client.post(first["Location"], {"confirm": "1"})
    assert SyncRun.objects.latest("pk").record_ids == [3]


def test_selected_rows_lead_to_the_page(admin_client: Client, dead: list[Delivery]) -> None:
    response = admin_client.post(
        reverse("admin:outbound_delivery_changelist"),
        {"action": "discard_chosen", "_selected_action": [dead[0].pk, dead[1].pk]},
        follow=True,
    )
    assert "2 deliveries match." in text(response)
    assert "discarded" not in states().values()


def test_who_may_only_look_gets_neither_links_nor_page(client: Client, dead: list[Delivery]) -> None:
    user = User.objects.create_user("looker", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_delivery"))
    client.force_login(user)
    assert "/bulk/" not in client.get(reverse("admin:outbound_delivery_changelist")).content.decode()
    assert client.get(url("replay")).status_code == 403
    assert client.post(url("replay"), {"confirm": "1"}).status_code == 403
    assert set(states().values()) == {"dead", "pending"}


def test_an_unknown_action_is_a_404_and_a_senseless_filter_a_message(admin_client: Client) -> None:
    assert admin_client.get(url("explode")).status_code == 404
    assert admin_client.get(url("replay", "?nonsense=1")).status_code == 302


def test_the_page_takes_few_queries_however_many_syncs_and_deliveries(
    admin_client: Client, make_config: MakeConfig, django_assert_max_num_queries: Any
) -> None:
    for name in "ABCDE":
        config = make_config(name=name)
        for record in range(30):
            make_delivery(config, record, state=DeliveryState.DEAD)
    with django_assert_max_num_queries(24):
        assert "150 deliveries match." in text(admin_client.post(url("replay"), {"simulate": "1"}))
