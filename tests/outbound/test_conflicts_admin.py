"""What staff see of conflicts, and how they settle them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from demo.odoo import DemoOdoo
from outbound.conflicts import conflict_mark
from outbound.models import Conflict, ConflictState, Delivery, DeliveryState, RecordLink
from outbound.tasks import run_purge
from syncconfig.models import SyncConfig
from tests.outbound.conftest import send_until_settled
from tests.outbound.test_admin import limited, page, rows
from tests.outbound.two_odoos import add, by_ref, connections, fresh, here, one_way, run, there

__all__ = ["connections", "here", "one_way", "there"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def conflict(one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo) -> Conflict:
    """A record whose name, city and country differ on its first meeting."""
    SyncConfig.objects.filter(pk=one_way.pk).update(conflict_rule="ask")
    add(there, "R1", city="There", name="Same")
    add(here, "R1", city="Here <b>", name="Same", phone="1")
    write_name = there.call("res.partner", "search", [["ref", "=", "R1"]])
    there.call("res.partner", "write", write_name, {"name": "Theirs"})
    run(one_way)
    return Conflict.objects.get()


def url(conflict: Conflict) -> str:
    return reverse("admin:outbound_conflict_change", args=[conflict.pk])


def chosen(conflict: Conflict, **data: str) -> dict[str, str]:
    return {"seen": conflict_mark(conflict), **data}


def test_conflicts_are_listed_with_their_fields(staff: Client, conflict: Conflict) -> None:
    (text,) = rows(page(staff, "outbound_conflict_changelist", query="?state__exact=open"))
    assert "R1" in text
    assert "city, name" in text
    assert "Waits for a choice" in text
    assert rows(page(staff, "outbound_conflict_changelist", query="?q=R1"))
    assert not rows(page(staff, "outbound_conflict_changelist", query="?q=other"))


def test_both_values_stand_side_by_side(staff: Client, conflict: Conflict) -> None:
    soup = page(staff, "outbound_conflict_change", conflict.pk)
    lines = [" ".join(row.get_text(" ").split()) for row in soup.select(".sync-conflict tr")]
    assert lines[0].startswith("Key Last agreed on Here res.partner")
    assert lines[1:] == ["city - Here <b> There", "name - Same Theirs"]
    assert len(soup.select("input[type=radio]")) == 4


def test_each_field_is_chosen_by_itself_and_recorded(
    staff: Client, conflict: Conflict, one_way: SyncConfig, there: DemoOdoo, admin_user: User
) -> None:
    answer = staff.post(
        url(conflict), chosen(conflict, **{"choice-name": "target", "choice-city": "source"}), follow=True
    )
    assert "R1 is settled, and goes on its way now." in answer.content.decode()
    conflict.refresh_from_db()
    assert (conflict.state, conflict.settled_by) == (ConflictState.SETTLED, admin_user)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.change_message) == (admin_user, "Settled (city: source, name: target).")
    send_until_settled(fresh(one_way))
    found = by_ref(there, "R1")
    assert (found["name"], found["city"], found["phone"]) == ("Theirs", "Here <b>", "1")
    shown = page(staff, "outbound_conflict_change", conflict.pk)
    assert [cell.get_text(strip=True) for cell in shown.select("td.sync-new")] == ["Here <b>", "Theirs"]
    assert not shown.select("input[type=radio]")


def test_a_whole_side_is_taken_with_one_button(
    staff: Client, conflict: Conflict, one_way: SyncConfig, there: DemoOdoo
) -> None:
    staff.post(url(conflict), chosen(conflict, all="source"))
    send_until_settled(fresh(one_way))
    found = by_ref(there, "R1")
    assert (found["name"], found["city"]) == ("Same", "Here <b>")


def test_a_choice_that_is_missing_is_asked_for(staff: Client, conflict: Conflict) -> None:
    answer = staff.post(url(conflict), chosen(conflict, **{"choice-name": "target"}), follow=True)
    assert "Choose a value for city." in answer.content.decode()
    conflict.refresh_from_db()
    assert conflict.state == ConflictState.OPEN


def test_values_that_nobody_has_looked_at_are_not_chosen_from(
    staff: Client, conflict: Conflict, one_way: SyncConfig, there: DemoOdoo
) -> None:
    data = chosen(conflict, all="target")
    there.call("res.partner", "write", [conflict.target_id], {"name": "Newer"})
    staff.post(url(conflict), {"what": "look"})
    send_until_settled(fresh(one_way))
    answer = staff.post(url(conflict), data, follow=True)
    assert "The values have changed since you looked." in answer.content.decode()
    conflict.refresh_from_db()
    assert (conflict.state, conflict.fields["name"]["target"]) == (ConflictState.OPEN, "Newer")


def test_it_can_be_looked_at_again(staff: Client, conflict: Conflict, one_way: SyncConfig, there: DemoOdoo) -> None:
    there.call("res.partner", "write", [conflict.target_id], {"name": "Same"})
    staff.post(url(conflict), {"what": "look"})
    assert Delivery.objects.get().state == DeliveryState.PENDING
    send_until_settled(fresh(one_way))
    conflict.refresh_from_db()
    assert (conflict.state, list(conflict.fields)) == (ConflictState.OPEN, ["city"])


def test_who_may_only_look_cannot_settle(client: Client, conflict: Conflict) -> None:
    viewer = limited(client, "view_conflict")
    soup = page(viewer, "outbound_conflict_change", conflict.pk)
    assert not soup.select("input[type=radio]")
    assert viewer.post(url(conflict), {"all": "source"}).status_code == 403
    conflict.refresh_from_db()
    assert conflict.state == ConflictState.OPEN


def test_who_may_not_look_sees_nothing(client: Client, conflict: Conflict) -> None:
    nobody = limited(client, "settle_conflict")
    assert nobody.get(url(conflict)).status_code == 403
    assert nobody.post(url(conflict), {"all": "source"}).status_code == 403
    assert nobody.get(reverse("admin:outbound_conflict_changelist")).status_code == 403


def test_a_conflict_that_is_not_there_leads_back(staff: Client) -> None:
    assert staff.get(reverse("admin:outbound_conflict_change", args=[999])).status_code == 302


def test_secret_values_are_not_shown(staff: Client, conflict: Conflict, one_way: SyncConfig) -> None:
    one_way.lines.filter(key="city").update(is_secret=True)
    cells = [cell.get_text(strip=True) for cell in page(staff, "outbound_conflict_change", conflict.pk).select("td")]
    assert cells == ["city", "-", "***", "***", "name", "-", "Same", "Theirs"]


def test_a_secret_identifier_is_no_title(
    staff: Client, one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo, caplog: pytest.LogCaptureFixture
) -> None:
    SyncConfig.objects.filter(pk=one_way.pk).update(conflict_rule="ask")
    line = one_way.lines.get(key="ref")
    line.is_secret = True
    line.save()
    add(there, "S3CRET", city="There")
    add(here, "S3CRET", city="Here")
    run(one_way)
    conflict = Conflict.objects.get()
    assert (conflict.title, str(conflict)) == ("***", "Contacts there: ***")
    add(there, "S3CRET", city="Double")
    RecordLink.objects.all().delete()
    run(one_way, is_full=True)
    assert "2 records of res.partner have ref '***'" in Delivery.objects.get(state=DeliveryState.DEAD).last_error
    for view in ("outbound_conflict_changelist", "outbound_delivery_changelist"):
        assert "S3CRET" not in page(staff, view).get_text()


def test_why_nothing_is_left_to_choose_is_shown(
    staff: Client, conflict: Conflict, one_way: SyncConfig, here: DemoOdoo
) -> None:
    here.call("res.partner", "unlink", [conflict.record_id])
    run(one_way)
    text = " ".join(page(staff, "outbound_conflict_change", conflict.pk).get_text(" ").split())
    assert "nothing was left to choose. Its record is gone from Here." in text
    assert "Nothing left to choose" in text


def test_a_run_says_how_many_are_in_conflict(staff: Client, conflict: Conflict) -> None:
    delivery = Delivery.objects.get()
    assert delivery.run is not None
    assert delivery.run.conflict_count == 1


def test_the_home_page_says_what_waits(staff: Client, conflict: Conflict) -> None:
    text = " ".join(page(staff, "index").get_text(" ").split())
    assert "Changed in both Odoos, and waiting for a choice: 1." in text


def test_settled_conflicts_are_forgotten_in_time_and_open_ones_never(
    staff: Client, conflict: Conflict, one_way: SyncConfig
) -> None:
    long_ago = timezone.now() - timedelta(days=1000)
    Conflict.objects.create(
        config=one_way, record_id=99, target_id=99, title="R9", fields={}, seen_at=long_ago, settled_at=long_ago,
        state=ConflictState.AGREED,
    )  # fmt: skip
    Conflict.objects.filter(pk=conflict.pk).update(seen_at=long_ago, created_at=long_ago)
    run_purge()
    assert list(Conflict.objects.values_list("pk", flat=True)) == [conflict.pk]
