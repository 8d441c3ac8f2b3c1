"""Two Odoos that keep each other up to date: no echo, and conflicts settled by the rule of the pair."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection as database

from clients.odoo.changes import SETTLE_S
from demo.odoo import DemoOdoo
from outbound.conflicts import SUPERSEDED, ConflictRefused, conflict_look_again, conflict_settle
from outbound.models import Conflict, ConflictState, Delivery, DeliveryState, RecordLink, RunTrigger
from outbound.replay import delivery_replay
from outbound.runs import run_execute, run_start
from outbound.targets.other_odoo import GONE_HERE
from syncconfig.models import OdooConnection, SyncConfig
from tests.outbound.conftest import send_until_settled
from tests.outbound.two_odoos import (
    CONTACT,
    add,
    by_ref,
    connections,
    fresh,
    here,
    make_sync,
    next_second,
    one_way,
    pair,
    policy,
    refs,
    run,
    states,
    there,
    write,
    writes,
)

__all__ = ["connections", "here", "one_way", "pair", "there"]
pytestmark = pytest.mark.django_db

Pair = tuple[SyncConfig, SyncConfig]


def both(pair: Pair) -> None:
    for config in pair:
        run(config)


def settle_all(pair: Pair) -> None:
    """Run both directions until nothing is written any more."""
    for _round in range(4):
        both(pair)
        for config in pair:
            send_until_settled(config)


def ruled(pair: Pair, rule: str) -> Pair:
    """The rule of the one that names the other is that of both."""
    SyncConfig.objects.filter(pk=pair[1].pk).update(conflict_rule=rule)
    return fresh(pair[0]), fresh(pair[1])


def values(server: DemoOdoo, ref: str, *names: str) -> tuple[Any, ...]:
    found = by_ref(server, ref)
    return tuple(found[name] for name in names)


def let_changes_settle() -> None:
    """A second is read once it is over."""
    time.sleep(SETTLE_S + 1)


# --- no echo ---


def test_each_change_is_one_write_on_the_other_side_and_none_back(pair: Pair, here: DemoOdoo, there: DemoOdoo) -> None:
    for config in pair:
        policy(config, reads_changes=True)
    ours = add(here, "R1", city="Gent")
    settle_all(pair)
    assert (writes(here), writes(there)) == (0, 1)
    write(here, ours, city="Brugge")
    let_changes_settle()
    settle_all(pair)
    assert (writes(here), writes(there)) == (0, 2)
    write(there, by_ref(there, "R1")["id"], phone="+32 1")
    let_changes_settle()
    settle_all(pair)
    assert (writes(here), writes(there)) == (1, 2)
    add(there, "R2", city="Mons")
    let_changes_settle()
    settle_all(pair)
    assert (writes(here), writes(there)) == (2, 2)
    assert values(here, "R1", "city", "phone") == values(there, "R1", "city", "phone") == ("Brugge", "+32 1")
    assert refs(here) == refs(there) == ["R1", "R2"]
    assert not Conflict.objects.exists()


def test_different_fields_changed_on_both_sides_come_together(pair: Pair, here: DemoOdoo, there: DemoOdoo) -> None:
    ours = add(here, "R1", city="Gent", phone="1")
    settle_all(pair)
    write(here, ours, city="Brugge")
    write(there, by_ref(there, "R1")["id"], phone="2")
    settle_all(pair)
    assert values(here, "R1", "city", "phone") == values(there, "R1", "city", "phone") == ("Brugge", "2")
    assert not Conflict.objects.exists()


def test_a_change_made_right_after_one_arrived_is_no_conflict(pair: Pair, here: DemoOdoo, there: DemoOdoo) -> None:
    """The other direction has not looked at the record since: its link knows of what was written all the same."""
    pair = ruled(pair, "ask")
    ours = add(here, "R1", city="Gent")
    settle_all(pair)
    write(here, ours, city="Brugge")
    run(pair[0])
    write(here, ours, city="Leuven")
    run(pair[1])
    assert not Conflict.objects.exists()
    settle_all(pair)
    assert values(there, "R1", "city") == values(here, "R1", "city") == ("Leuven",)


def test_what_the_other_side_changed_the_same_way_is_nothing_to_write(
    pair: Pair, here: DemoOdoo, there: DemoOdoo
) -> None:
    ours = add(here, "R1")
    settle_all(pair)
    here.calls.clear(), there.calls.clear()
    write(here, ours, city="Mons")
    write(there, by_ref(there, "R1")["id"], city="Mons")
    settle_all(pair)
    assert (writes(here), writes(there)) == (0, 0)
    assert not Conflict.objects.exists()


def test_what_is_removed_on_one_side_does_not_come_back(pair: Pair, here: DemoOdoo, there: DemoOdoo) -> None:
    for config in pair:
        policy(config, deletions="delete")
        SyncConfig.objects.filter(pk=config.pk).update(delete_mode="unlink")
    ours = add(here, "R1")
    add(here, "R2")
    settle_all(pair)
    here.call("res.partner", "unlink", [ours])
    settle_all(pair)
    assert refs(here) == refs(there) == ["R2"]
    assert RecordLink.objects.count() == 2


def test_a_payload_that_waited_undoes_nothing(pair: Pair, here: DemoOdoo, there: DemoOdoo) -> None:
    ours = add(here, "R1", city="Gent", phone="1")
    settle_all(pair)
    theirs = by_ref(there, "R1")["id"]
    write(there, theirs, phone="2")
    # Here does not answer, so the change waits as it was mapped; meanwhile others arrive there.
    here.fail_next(20, "503", only="/xmlrpc/2/object")
    started = run_start(config=fresh(pair[1]), trigger=RunTrigger.MANUAL)
    run_execute(run_id=started.pk, budget_s=0.5)
    here.clear_faults()
    waiting = Delivery.objects.get(config=pair[1], state=DeliveryState.PENDING)
    assert waiting.payload["city"] == "Gent"
    write(here, ours, city="Brugge")
    run(pair[0])
    assert values(there, "R1", "city") == ("Brugge",)
    send_until_settled(pair[1])
    assert values(here, "R1", "city", "phone") == ("Brugge", "2")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_both_directions_at_once_lose_nothing(pair: Pair, here: DemoOdoo, there: DemoOdoo) -> None:
    records = [add(here, f"R{number}", city="Gent", phone="1") for number in range(15)]
    settle_all(pair)
    errors: list[Exception] = []

    def work(config: SyncConfig) -> None:
        try:
            run(config)
            send_until_settled(config, timeout_s=30)
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(error)
        finally:
            database.close()

    for round_number in range(3):
        for number, record in enumerate(records):
            write(here, record, city=f"City {round_number}.{number}")
            write(there, by_ref(there, f"R{number}")["id"], phone=f"{round_number}.{number}")
        threads = [threading.Thread(target=work, args=[config]) for config in pair]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    settle_all(pair)
    assert not errors
    assert not Conflict.objects.exists()
    for number in range(15):
        wanted = (f"City 2.{number}", f"2.{number}")
        assert values(here, f"R{number}", "city", "phone") == values(there, f"R{number}", "city", "phone") == wanted


# --- conflicts ---


def disagree(pair: Pair, here: DemoOdoo, there: DemoOdoo, *, last: str = "there") -> tuple[int, int]:
    """One record, whose city was changed on both sides since both agreed, and whose phone here alone."""
    ours = add(here, "R1", city="Gent", phone="1")
    settle_all(pair)
    theirs = by_ref(there, "R1")["id"]
    sides = [(here, ours, {"city": "Here", "phone": "2"}), (there, theirs, {"city": "There"})]
    for server, record, changed in sides if last == "there" else reversed(sides):
        next_second()
        write(server, record, **changed)
    here.calls.clear(), there.calls.clear()
    return ours, theirs


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize(
    ("rule", "last", "city"),
    [
        ("source", "there", "There"),
        ("target", "there", "Here"),
        ("newest", "there", "There"),
        ("newest", "here", "Here"),
    ],
)
def test_the_rule_of_the_pair_settles_it_whichever_direction_looks_first(
    pair: Pair, here: DemoOdoo, there: DemoOdoo, rule: str, last: str, city: str, order: tuple[int, int]
) -> None:
    # The way back names the other one, so the source of the rule is there.
    pair = ruled(pair, rule)
    disagree(pair, here, there, last=last)
    settle_all((pair[order[0]], pair[order[1]]))
    assert values(here, "R1", "city", "phone") == values(there, "R1", "city", "phone") == (city, "2")
    assert not Conflict.objects.exists()
    assert writes(here) + writes(there) <= 2


@pytest.fixture
def asking(pair: Pair) -> Pair:
    return ruled(pair, "ask")


def test_where_staff_are_asked_nothing_of_the_record_is_written_until_then(
    asking: Pair, here: DemoOdoo, there: DemoOdoo
) -> None:
    ours, theirs = disagree(asking, here, there)
    add(here, "R2")
    settle_all(asking)
    conflict = Conflict.objects.get()
    assert (conflict.config, conflict.record_id, conflict.target_id) == (asking[0], ours, theirs)
    assert conflict.fields == {"city": {"base": "Gent", "source": "Here", "target": "There"}}
    assert states(asking[0])[ours] == states(asking[1])[theirs] == DeliveryState.SKIPPED
    assert "waits under Conflicts" in Delivery.objects.filter(record_id=ours).first().last_error  # type: ignore[union-attr]
    assert values(there, "R1", "city", "phone") == ("There", "1")
    assert values(here, "R1", "city", "phone") == ("Here", "2")
    # Others go on, and nothing is asked or tried again and again.
    assert refs(there) == ["R1", "R2"]
    count = Delivery.objects.count()
    settle_all(asking)
    assert (Conflict.objects.count(), Delivery.objects.count()) == (1, count)


@pytest.mark.parametrize(("choice", "city"), [("source", "Here"), ("target", "There")])
def test_what_staff_choose_is_on_both_sides_and_so_is_the_rest(
    asking: Pair, here: DemoOdoo, there: DemoOdoo, choice: str, city: str
) -> None:
    disagree(asking, here, there)
    settle_all(asking)
    user = User.objects.create(username="ann")
    settled = conflict_settle(conflict_id=Conflict.objects.get().pk, choices={"city": choice}, user=user)
    assert (settled.state, settled.settled_by, settled.choices) == (ConflictState.SETTLED, user, {"city": choice})
    settle_all(asking)
    assert values(here, "R1", "city", "phone") == values(there, "R1", "city", "phone") == (city, "2")
    assert Conflict.objects.count() == 1
    assert DeliveryState.SKIPPED not in {*states(asking[0]).values(), *states(asking[1]).values()}
    assert (writes(here), writes(there)) == ((0, 1) if choice == "source" else (1, 1))


def test_a_change_made_while_somebody_chose_is_asked_about_anew(asking: Pair, here: DemoOdoo, there: DemoOdoo) -> None:
    _ours, theirs = disagree(asking, here, there)
    settle_all(asking)
    write(there, theirs, city="Elsewhere")
    conflict_settle(conflict_id=Conflict.objects.get().pk, choices={"city": "source"}, user=None)
    settle_all(asking)
    assert values(there, "R1", "city") == ("Elsewhere",)
    (conflict,) = Conflict.objects.filter(state=ConflictState.OPEN)
    assert {"Elsewhere", "Here"} <= set(map(str, conflict.fields["city"].values()))


def test_staff_are_told_of_conflicts_once(asking: Pair, here: DemoOdoo, there: DemoOdoo) -> None:
    for config in asking:
        policy(config, alert_emails="ops@example.com")
    disagree(asking, here, there)
    settle_all(asking)
    (letter,) = mail.outbox
    assert "1 of its records was changed in both Odoos." in letter.body


def test_a_conflict_that_people_end_in_odoo_closes_itself(asking: Pair, here: DemoOdoo, there: DemoOdoo) -> None:
    ours, _theirs = disagree(asking, here, there)
    settle_all(asking)
    write(here, ours, city="There")
    settle_all(asking)
    conflict = Conflict.objects.get()
    assert (conflict.state, conflict.settled_by) == (ConflictState.AGREED, None)
    assert values(here, "R1", "city", "phone") == values(there, "R1", "city", "phone") == ("There", "2")
    assert DeliveryState.SKIPPED not in {*states(asking[0]).values(), *states(asking[1]).values()}


def test_a_held_record_can_be_looked_at_again(asking: Pair, here: DemoOdoo, there: DemoOdoo) -> None:
    ours, theirs = disagree(asking, here, there)
    run(asking[0])
    write(there, theirs, city="Newer")
    delivery = Delivery.objects.get(record_id=ours, state=DeliveryState.SKIPPED)
    assert delivery_replay(ids=[delivery.pk], user=None) == 1
    send_until_settled(asking[0])
    conflict = Conflict.objects.get()
    assert conflict.fields["city"]["target"] == "Newer"


def test_a_choice_is_for_every_field_and_made_once(asking: Pair, here: DemoOdoo, there: DemoOdoo) -> None:
    disagree(asking, here, there)
    run(asking[0])
    conflict = Conflict.objects.get()
    for choices in ({}, {"city": "nobody"}):
        with pytest.raises(ConflictRefused, match="Choose a value for city"):
            conflict_settle(conflict_id=conflict.pk, choices=choices, user=None)
    Delivery.objects.filter(pk=conflict.delivery_id).update(state=DeliveryState.SENDING)
    with pytest.raises(ConflictRefused, match="being looked at right now"):
        conflict_settle(conflict_id=conflict.pk, choices={"city": "source"}, user=None)
    Delivery.objects.filter(pk=conflict.delivery_id).update(state=DeliveryState.SKIPPED)
    conflict_settle(conflict_id=conflict.pk, choices={"city": "source"}, user=None)
    with pytest.raises(ConflictRefused, match="settled already"):
        conflict_settle(conflict_id=conflict.pk, choices={"city": "source"}, user=None)


# --- in one direction ---


@pytest.mark.parametrize(("rule", "city", "zip_code"), [("source", "Here", "1"), ("target", "There", "9")])
def test_in_one_direction_the_rule_says_what_becomes_of_changes_there(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo, rule: str, city: str, zip_code: str
) -> None:
    SyncConfig.objects.filter(pk=one_way.pk).update(conflict_rule=rule)
    one_way.lines.filter(field="phone").update(field="zip", key="zip")
    SyncConfig.objects.get(pk=one_way.pk).save()
    ours = add(here, "R1", city="Gent", zip="1")
    run(one_way)
    theirs = by_ref(there, "R1")["id"]
    write(there, theirs, city="There", zip="9")
    write(here, ours, city="Here", name="New")
    run(one_way)
    made = there.call("res.partner", "read", [theirs], ["city", "zip", "name"])[0]
    assert (made["city"], made["zip"], made["name"]) == (city, zip_code, "New")


@pytest.mark.parametrize(("choice", "city"), [("source", "Here"), ("target", "There")])
def test_in_one_direction_staff_are_asked_too(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo, choice: str, city: str
) -> None:
    SyncConfig.objects.filter(pk=one_way.pk).update(conflict_rule="ask")
    # Never agreed on anything: the first meeting of two records that differ is a conflict.
    theirs = add(there, "R1", city="There", phone="5")
    ours = add(here, "R1", city="Here", name="Name R1")
    run(one_way)
    conflict = Conflict.objects.get()
    assert conflict.fields == {"city": {"source": "Here", "target": "There"}}
    conflict_settle(conflict_id=conflict.pk, choices={"city": choice}, user=None)
    send_until_settled(fresh(one_way))
    assert values(there, "R1", "city", "phone") == (city, "5")
    assert states(one_way)[ours] == DeliveryState.DELIVERED
    assert RecordLink.objects.get(config=one_way).external_id == str(theirs)
    assert run(one_way).unchanged_count == 1


def held(config: SyncConfig, here: DemoOdoo, there: DemoOdoo) -> int:
    """A contact that was changed on both sides, and waits for a choice. Its id here."""
    SyncConfig.objects.filter(pk=config.pk).update(conflict_rule="ask")
    ours = add(here, "R1", city="Gent")
    run(config)
    write(there, by_ref(there, "R1")["id"], city="There")
    write(here, ours, city="Here")
    run(config)
    assert states(config)[ours] == DeliveryState.SKIPPED
    return ours


def test_in_one_direction_a_held_payload_is_not_sent_once_a_newer_one_arrived(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo
) -> None:
    ours = held(one_way, here, there)
    waiting = Delivery.objects.get(state=DeliveryState.SKIPPED)
    write(here, ours, city="There")
    run(one_way)
    send_until_settled(fresh(one_way))
    assert values(there, "R1", "city") == ("There",)
    assert Conflict.objects.get().state == ConflictState.AGREED
    waiting.refresh_from_db()
    assert (waiting.state, waiting.discard_reason) == (DeliveryState.DISCARDED, SUPERSEDED)


def test_in_one_direction_what_was_held_does_not_come_back_after_a_deletion(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo
) -> None:
    policy(one_way, deletions="delete")
    ours = held(one_way, here, there)
    here.call("res.partner", "unlink", [ours])
    run(one_way)
    send_until_settled(fresh(one_way))
    assert refs(there) == []
    conflict = Conflict.objects.get()
    assert conflict.state == ConflictState.ENDED
    with pytest.raises(ConflictRefused, match="settled already"):
        conflict_look_again(conflict_id=conflict.pk, user=None)
    assert not Delivery.objects.filter(state=DeliveryState.SKIPPED).exists()


@pytest.mark.parametrize("deletions", ["ignore", "report"])
def test_a_conflict_over_a_record_that_is_gone_ends_with_the_next_run(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo, deletions: str
) -> None:
    policy(one_way, deletions=deletions)
    ours = held(one_way, here, there)
    waiting = Delivery.objects.get(state=DeliveryState.SKIPPED)
    run(one_way)
    assert Conflict.objects.get().state == ConflictState.OPEN
    here.call("res.partner", "unlink", [ours])
    run(one_way)
    conflict = Conflict.objects.get()
    assert (conflict.state, conflict.end_reason) == (ConflictState.ENDED, "Its record is gone from Here.")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.discard_reason) == (DeliveryState.DISCARDED, conflict.end_reason)


@pytest.mark.parametrize("looks_first", [0, 1])
def test_a_conflict_of_a_pair_ends_when_either_record_is_gone(
    asking: Pair, here: DemoOdoo, there: DemoOdoo, looks_first: int
) -> None:
    ours, theirs = disagree(asking, here, there)
    settle_all(asking)
    assert Conflict.objects.get().state == ConflictState.OPEN
    (here, there)[looks_first].call("res.partner", "unlink", [(ours, theirs)[looks_first]])
    run(fresh(asking[looks_first]))
    assert Conflict.objects.get().state == ConflictState.ENDED
    settle_all(asking)
    # What was changed on the other side is made anew, as any change of a record that was deleted here.
    assert values(here, "R1", "city") == values(there, "R1", "city") == (("Here", "There")[1 - looks_first],)
    assert not Delivery.objects.filter(state=DeliveryState.SKIPPED).exists()


def test_looking_again_at_a_conflict_whose_record_is_gone_ends_it(
    asking: Pair, here: DemoOdoo, there: DemoOdoo
) -> None:
    ours, _theirs = disagree(asking, here, there)
    settle_all(asking)
    here.call("res.partner", "unlink", [ours])
    conflict = Conflict.objects.get()
    conflict_look_again(conflict_id=conflict.pk, user=None)
    for config in asking:
        send_until_settled(fresh(config))
    conflict.refresh_from_db()
    assert (conflict.state, conflict.end_reason) == (ConflictState.ENDED, GONE_HERE)


# --- the pair itself ---


def test_a_way_back_turns_connections_and_models_round(
    connections: tuple[OdooConnection, OdooConnection], one_way: SyncConfig
) -> None:
    wrong = make_sync(*connections, name="Same way")
    wrong.pair = one_way
    with pytest.raises(ValidationError, match=r"does not bring res\.partner of the other Odoo"):
        wrong.full_clean()
    one_way.pair = one_way
    with pytest.raises(ValidationError, match="not its own other direction"):
        one_way.full_clean()


def test_a_pair_is_two(pair: Pair, connections: tuple[OdooConnection, OdooConnection]) -> None:
    third = make_sync(*reversed(connections), name="Third")
    third.pair = pair[0]
    with pytest.raises(ValidationError, match="already exists"):
        third.full_clean()
    ours = fresh(pair[0])
    ours.pair = pair[1]
    with pytest.raises(ValidationError, match="names this sync already"):
        ours.full_clean()
    ours = fresh(pair[0])
    ours.target_model = "res.users"
    with pytest.raises(ValidationError, match="names this sync as its other direction"):
        ours.full_clean()


def test_fields_with_other_names_on_the_other_side_keep_their_snapshot(
    connections: tuple[OdooConnection, OdooConnection], here: DemoOdoo, there: DemoOdoo
) -> None:
    ref = CONTACT[0]
    out = make_sync(*connections, name="Out", lines=[ref, CONTACT[1], {"field": "city", "key": "street"}])
    back = make_sync(
        *reversed(connections), name="Back", lines=[ref, CONTACT[1], {"field": "street", "key": "city"}], pair=out
    )
    ours = add(here, "R1", city="Gent")
    run(out)
    snapshots = {link.config_id: link.snapshot for link in RecordLink.objects.all()}
    assert snapshots == {
        out.pk: {"ref": "R1", "name": "Name R1", "street": "Gent"},
        back.pk: {"ref": "R1", "name": "Name R1", "city": "Gent"},
    }
    write(here, ours, city="Brugge")
    settle_all((fresh(out), fresh(back)))
    assert by_ref(here, "R1")["city"] == "Brugge"
    assert there.call("res.partner", "read", [by_ref(there, "R1")["id"]], ["street"])[0]["street"] == "Brugge"
