"""Records of one Odoo in another: made and changed there, relations found there, nothing doubled, nothing lost."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection as database

from auditlog.models import ApiLog
from demo.httpserver import Request, Response
from demo.odoo import DemoOdoo
from outbound.models import BreakerState, Conflict, Delivery, DeliveryState, Host, RecordLink, RunState
from outbound.preview_out import preview_out
from outbound.write_backs import write_backs_run
from syncconfig.models import OdooConnection, SyncConfig
from tests.outbound.conftest import send_until_settled
from tests.outbound.two_odoos import (
    CONTACT,
    add,
    by_ref,
    connect,
    connections,
    country,
    here,
    make_sync,
    one_way,
    policy,
    refs,
    run,
    states,
    there,
    write,
    writes,
)

__all__ = ["connections", "here", "one_way", "there"]
pytestmark = pytest.mark.django_db

Connections = tuple[OdooConnection, OdooConnection]


def test_records_are_made_there_with_their_relations_in_one_call(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo
) -> None:
    for number in range(30):
        add(here, f"R{number}", country_id=country(here, "BE"), city="Gent")
    assert country(here, "BE") is not None
    done = run(one_way)
    assert (done.state, done.delivered_count, done.error) == (RunState.DONE, 30, "")
    made = by_ref(there, "R7")
    assert (made["name"], made["city"], made["country_id"][0]) == ("Name R7", "Gent", country(there, "BE"))
    assert there.calls["res.partner", "create"] == 1
    link = RecordLink.objects.get(config=one_way, external_id=str(made["id"]))
    assert link.snapshot == {"ref": "R7", "name": "Name R7", "phone": None, "city": "Gent", "country_id": "BE"}


def test_a_change_is_one_write_of_what_differs(one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo) -> None:
    first = add(here, "R1", city="Gent")
    add(here, "R2")
    run(one_way)
    there.calls.clear()
    write(there, by_ref(there, "R1")["id"], comment="<p>Ours</p>")
    write(here, first, city="Brugge", country_id=country(here, "NL"))
    run(one_way)
    found = by_ref(there, "R1")
    assert (found["city"], found["country_id"][0]) == ("Brugge", country(there, "NL"))
    assert (there.calls["res.partner", "write"], there.calls["res.partner", "create"]) == (1, 0)
    # The linked record is read by its id; nobody searches for it.
    assert there.calls["res.partner", "search_read"] == 0
    assert there.calls["res.partner", "read"] == 1
    there.calls.clear()
    assert run(one_way).unchanged_count == 2
    assert there.calls["res.partner", "read"] == 0


def test_a_record_that_is_there_already_is_recognised_and_not_doubled(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo
) -> None:
    known = add(there, "R1", city="Old", phone="1", active=False)
    add(here, "R1", city="New")
    run(one_way)
    found = by_ref(there, "R1")
    assert (found["id"], found["city"], found["phone"], found["active"]) == (known, "New", "1", False)


def test_two_records_there_with_one_identifier_are_not_chosen_from(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo
) -> None:
    add(there, "R1")
    add(there, "R1")
    record = add(here, "R1")
    run(one_way)
    assert states(one_way)[record] == DeliveryState.DEAD
    assert "2 records of res.partner have ref 'R1'" in Delivery.objects.get(record_id=record).last_error


def test_two_records_here_are_never_one_there(one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo) -> None:
    first = add(here, "R1", city="Gent")
    second = add(here, "R1", city="Brugge")
    run(one_way)
    send_until_settled(one_way)
    assert states(one_way) == {first: DeliveryState.DELIVERED, second: DeliveryState.DEAD}
    assert by_ref(there, "R1")["city"] == "Gent"
    assert f"is that of record {first} too" in Delivery.objects.get(record_id=second).last_error
    # It is free once the first one is gone.
    here.call("res.partner", "unlink", [first])
    run(one_way, record_ids=[second], is_full=True)
    assert by_ref(there, "R1")["city"] == "Brugge"


def test_a_refused_record_is_dead_with_its_sentence_while_others_go_on(
    connections: Connections, here: DemoOdoo, there: DemoOdoo
) -> None:
    config = make_sync(*connections, name="Types", lines=[*CONTACT, {"field": "function", "key": "type"}])
    good, bad = add(here, "R1", function="invoice"), add(here, "R2", function="Director")
    run(config)
    assert states(config) == {good: DeliveryState.DELIVERED, bad: DeliveryState.DEAD}
    error = Delivery.objects.get(record_id=bad).last_error
    assert error.startswith("It does not fit the other Odoo: type: "), error
    assert refs(there) == ["R1"]


def test_what_odoo_itself_refuses_is_told_in_its_words(
    connections: Connections, here: DemoOdoo, there: DemoOdoo
) -> None:
    lines = [{"field": "ref", "key": "ref", "is_identifier": True}, {"field": "city", "key": "name"}]
    config = make_sync(*connections, name="Names", lines=lines)
    records = [add(here, "R1", city="Ann"), add(here, "R2"), add(here, "R3", city="Bob")]
    run(config)
    assert states(config) == dict(zip(records, ["delivered", "dead", "delivered"], strict=True))
    error = Delivery.objects.get(record_id=records[1]).last_error
    assert error.startswith("The other Odoo: "), error
    assert refs(there) == ["R1", "R3"]


def test_a_record_waits_for_what_it_refers_to(connections: Connections, here: DemoOdoo, there: DemoOdoo) -> None:
    parent = {"field": "parent_id", "key": "parent_id", "calculation": "relational", "match_field": "ref"}
    config = make_sync(*connections, name="With companies", lines=[*CONTACT, parent])
    company = add(here, "C-9", is_company=True)
    person = add(here, "P-9", parent_id=company)
    assert [each.effect for each in preview_out(config=config).records] == ["wait"]
    run(config)
    delivery = Delivery.objects.get(record_id=person)
    assert delivery.state == DeliveryState.PENDING
    assert "waits for a related record in the other Odoo: parent_id" in delivery.last_error
    add(there, "C-9", is_company=True)
    send_until_settled(config)
    assert by_ref(there, "P-9")["parent_id"][0] == by_ref(there, "C-9")["id"]


def test_a_related_record_is_made_there_where_its_line_says_so(
    connections: Connections, here: DemoOdoo, there: DemoOdoo
) -> None:
    lines = [
        *CONTACT,
        {
            "field": "parent_id",
            "key": "parent_id.email",
            "calculation": "relational",
            "match_field": "email",
            "on_missing": "create",
        },
        {"field": "parent_id.name", "key": "parent_id.name"},
        {
            "field": "category_id",
            "key": "category_id",
            "calculation": "relational",
            "match_field": "name",
            "on_missing": "create",
        },
        {"field": "category_id.name", "key": "category_id.name", "direction": "in"},
    ]
    config = make_sync(*connections, name="Whole", lines=[line for line in lines if line.get("direction") != "in"])
    config.lines.filter(field="category_id").update(on_missing="empty")
    there.call("res.partner.category", "create", [{"name": "Gold"}, {"name": "Blue"}])
    tags = here.call("res.partner.category", "create", [{"name": "Blue"}, {"name": "Gold"}])
    company = here.call("res.partner", "create", [{"name": "Azure", "email": "office@azure.example"}])[0]
    record = add(here, "P1", parent_id=company, category_id=[[6, 0, tags]])
    run(config)
    made = by_ref(there, "P1")
    parent = there.call("res.partner", "read", [made["parent_id"][0]], ["name", "email"])[0]
    assert (parent["name"], parent["email"]) == ("Azure", "office@azure.example")
    assert len(made["category_id"]) == 2
    there.calls.clear()
    # The company's name is the company's matter, and the order of tags is nobody's.
    there.call("res.partner", "write", [parent["id"]], {"name": "Azure Interior"})
    run(config, record_ids=[record], is_full=True)
    assert writes(there) == 0
    assert Delivery.objects.filter(record_id=record).first().last_error.startswith("Both sides agree already")  # type: ignore[union-attr]


def test_lists_of_records_are_compared_and_written_whole(
    connections: Connections, here: DemoOdoo, there: DemoOdoo
) -> None:
    lines: list[dict[str, Any]] = [
        {"field": "client_order_ref", "key": "client_order_ref", "is_identifier": True},
        {"field": "partner_id", "key": "partner_id", "calculation": "relational", "match_field": "ref"},
        {"field": "order_line", "key": "order_line[]", "calculation": "relational"},
        {
            "field": "order_line.product_id",
            "key": "order_line[].product_id",
            "calculation": "relational",
            "match_field": "default_code",
        },
        {"field": "order_line.product_uom_qty", "key": "order_line[].product_uom_qty"},
    ]
    config = make_sync(*connections, name="Orders", model="sale.order", domain="[]", lines=lines)
    for server in (here, there):
        add(server, "R1")
    products = here.seed_products(3)
    there.seed_products(5)
    rows = [[0, 0, {"product_id": product, "product_uom_qty": 2}] for product in products[:2]]
    order = here.call(
        "sale.order",
        "create",
        [{"partner_id": by_ref(here, "R1")["id"], "client_order_ref": "SO-1", "order_line": rows}],
    )[0]
    assert run(config).delivered_count == 1
    (made,) = there.call("sale.order", "search_read", [["client_order_ref", "=", "SO-1"]], ["order_line"])
    got = there.call("sale.order.line", "read", made["order_line"], ["product_id", "product_uom_qty"])
    assert [(line["product_id"][1].split("]")[0], line["product_uom_qty"]) for line in got] == [
        ("[DEMO-0001", 2.0),
        ("[DEMO-0002", 2.0),
    ]
    there.calls.clear()
    run(config, is_full=True)
    assert there.calls["sale.order", "write"] == 0
    here.call("sale.order", "write", [order], {"order_line": [[0, 0, {"product_id": products[2]}]]})
    run(config)
    (made,) = there.call("sale.order", "search_read", [["client_order_ref", "=", "SO-1"]], ["order_line"])
    assert len(made["order_line"]) == 3
    assert there.calls["sale.order", "write"] == 1


def test_lists_may_be_matched_with_those_that_are_there(
    connections: Connections, here: DemoOdoo, there: DemoOdoo
) -> None:
    lines: list[dict[str, Any]] = [
        {"field": "client_order_ref", "key": "client_order_ref", "is_identifier": True},
        {"field": "partner_id", "key": "partner_id", "calculation": "relational", "match_field": "ref"},
        {
            "field": "order_line",
            "key": "order_line[]",
            "calculation": "relational",
            "x2many_mode": "match",
            "options": {"match_key": "name"},
        },
        {"field": "order_line.name", "key": "order_line[].name"},
        {
            "field": "order_line.product_id",
            "key": "order_line[].product_id",
            "calculation": "relational",
            "match_field": "default_code",
        },
        {"field": "order_line.product_uom_qty", "key": "order_line[].product_uom_qty"},
    ]
    config = make_sync(*connections, name="Orders", model="sale.order", domain="[]", lines=lines)
    kept: dict[str, int] = {}
    for server, quantity in ((here, 5), (there, 1)):
        partner = add(server, "R1")
        (product, *_others) = server.seed_products(2)
        row = [0, 0, {"product_id": product, "product_uom_qty": quantity, "name": "First"}]
        (order,) = server.call(
            "sale.order", "create", [{"partner_id": partner, "client_order_ref": "SO-1", "order_line": [row]}]
        )
        (kept[server.db],) = server.call("sale.order", "read", [order], ["order_line"])[0]["order_line"]
    run(config)
    (line,) = there.call("sale.order.line", "search_read", [], ["product_uom_qty"])
    assert (line["id"], line["product_uom_qty"]) == (kept["there"], 5)


# --- one after the other, at once, and after something went wrong ---


def test_put_changes_and_makes_nothing(connections: Connections, here: DemoOdoo, there: DemoOdoo) -> None:
    config = make_sync(*connections, name="Changes", method_post=False, method_put=True)
    add(there, "R1", city="Old")
    known, unknown = add(here, "R1", city="New"), add(here, "R2")
    run(config)
    assert states(config) == {known: DeliveryState.DELIVERED, unknown: DeliveryState.DEAD}
    assert "the method PUT makes none" in Delivery.objects.get(record_id=unknown).last_error
    assert refs(there) == ["R1"]


def test_a_record_that_was_deleted_there_is_made_anew_and_whole(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo
) -> None:
    record = add(here, "R1", city="Gent", phone="1")
    run(one_way)
    first = by_ref(there, "R1")["id"]
    there.call("res.partner", "unlink", [first])
    write(here, record, phone="2")
    run(one_way)
    found = by_ref(there, "R1")
    assert (found["city"], found["phone"]) == ("Gent", "2")
    assert RecordLink.objects.get(config=one_way).external_id == str(found["id"]) != str(first)


def test_what_comes_while_the_other_odoo_is_down_arrives_when_it_is_back(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo
) -> None:
    run(one_way)
    there.fail_next(3, "503")
    for number in range(5):
        add(here, f"R{number}")
    run(one_way)
    send_until_settled(one_way)
    assert refs(there) == [f"R{number}" for number in range(5)]
    assert Delivery.objects.filter(config=one_way, state=DeliveryState.DELIVERED, attempts__gt=1).exists()


def test_a_record_that_may_not_be_read_there_does_not_stop_the_others(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [add(here, f"R{number}") for number in range(4)]
    run(one_way)
    for record in records:
        write(here, record, city="Gent")
    secret, respond = by_ref(there, "R2")["id"], there.respond

    def guarded(request: Request) -> Response:
        if request.path == "/json/2/res.partner/read" and secret in json.loads(request.body)["ids"]:
            refusal = {
                "name": "odoo.exceptions.AccessError",
                "message": "It is not yours.",
                "arguments": [],
                "debug": "",
            }
            return Response(403, json.dumps(refusal).encode())
        return respond(request)

    monkeypatch.setattr(there, "respond", guarded)
    run(one_way)
    assert states(one_way) == dict(zip(records, ["delivered", "delivered", "dead", "delivered"], strict=True))
    assert "The other Odoo: It is not yours." in Delivery.objects.filter(record_id=records[2]).first().last_error  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ["drop_after", "truncate"])
def test_a_lost_answer_to_a_create_is_looked_up(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo, mode: str
) -> None:
    add(here, "R1")
    there.fail_next(1, mode, only="/json/2/res.partner/create")
    run(one_way)
    send_until_settled(one_way)
    assert refs(there) == ["R1"]
    assert RecordLink.objects.get(config=one_way).external_id == str(by_ref(there, "R1")["id"])


def test_two_syncs_that_bring_one_record_make_it_once(
    connections: Connections, one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo
) -> None:
    add(here, "R1")
    other = make_sync(*connections, name="Again")
    run(one_way)
    run(other)
    assert refs(there) == ["R1"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_too(connections: Connections, one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo) -> None:
    for number in range(20):
        add(here, f"R{number}")
    configs = [one_way, *(make_sync(*connections, name=f"Again {number}") for number in range(2))]
    there.database.service_time_s = 0.02
    errors: list[Exception] = []

    def work(config: SyncConfig) -> None:
        try:
            run(config)
            send_until_settled(config, timeout_s=30)
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=work, args=[config]) for config in configs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert refs(there) == sorted(f"R{number}" for number in range(20))


def test_a_key_that_is_no_field_there_is_no_sync(connections: Connections, here: DemoOdoo) -> None:
    config = make_sync(*connections, name="Wrong", lines=[*CONTACT[:1], {"field": "name", "key": "full_name"}])
    add(here, "R1")
    done = run(config)
    assert done.state == RunState.FAILED
    assert "res.partner has no field 'full_name' in the other Odoo" in done.error


# --- what is gone ---


@pytest.mark.parametrize("mode", ["archive", "unlink"])
def test_what_is_gone_here_is_archived_or_deleted_there(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo, mode: str
) -> None:
    SyncConfig.objects.filter(pk=one_way.pk).update(delete_mode=mode)
    policy(one_way, deletions="delete")
    record = add(here, "R1")
    add(here, "R2")
    run(one_way)
    here.call("res.partner", "unlink", [record])
    run(one_way)
    assert refs(there) == ["R2"]
    left = there.call("res.partner", "search_count", [["ref", "=", "R1"]], context={"active_test": False})
    assert left == (1 if mode == "archive" else 0)
    assert list(RecordLink.objects.values_list("odoo_id", flat=True)) != [record]


def test_what_is_gone_on_both_sides_is_done(one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo) -> None:
    SyncConfig.objects.filter(pk=one_way.pk).update(delete_mode="unlink")
    policy(one_way, deletions="delete")
    record = add(here, "R1")
    run(one_way)
    there.call("res.partner", "unlink", [by_ref(there, "R1")["id"]])
    here.call("res.partner", "unlink", [record])
    run(one_way)
    assert states(one_way)[record] == DeliveryState.DELIVERED
    assert not RecordLink.objects.exists()


def test_a_sync_that_removes_finds_its_records_by_the_identifier(
    connections: Connections, here: DemoOdoo, there: DemoOdoo
) -> None:
    config = make_sync(*connections, name="Take out", method_post=False, method_delete=True)
    add(there, "R1")
    records = [add(here, "R1"), add(here, "R2")]
    run(config)
    assert states(config) == dict.fromkeys(records, DeliveryState.DELIVERED)
    assert by_ref(there, "R1")["active"] is False


def test_of_two_with_one_identifier_none_is_removed(connections: Connections, here: DemoOdoo, there: DemoOdoo) -> None:
    config = make_sync(*connections, name="Take out", method_post=False, method_delete=True)
    add(there, "R1")
    add(there, "R1")
    record = add(here, "R1")
    run(config)
    assert states(config)[record] == DeliveryState.DEAD
    assert "so it is not known which one is meant" in Delivery.objects.get().last_error
    assert there.call("res.partner", "search_count", [["ref", "=", "R1"]]) == 2


def test_the_other_odoos_breaker_is_its_own(one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo) -> None:
    policy(one_way, breaker_failures=1)
    run(one_way)
    add(here, "R1")
    there.fail_next(50, "503")
    run(one_way)
    assert dict(Host.objects.values_list("address", "state")) == {there.url: BreakerState.OPEN}


def test_two_names_of_one_database_are_one_place(connections: Connections, here: DemoOdoo) -> None:
    again = connect(here, "Here again")
    with pytest.raises(ValidationError, match="it is the same database"):
        make_sync(connections[0], again, name="Circle")


# --- looked at beforehand, and run from the command line ---


def test_a_preview_shows_what_would_differ_there_and_changes_nothing(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo
) -> None:
    changed, same, new = (add(here, ref, city="Gent") for ref in ("R1", "R2", "R3"))
    run(one_way, record_ids=[changed, same])
    write(here, changed, city="Brugge")
    there.calls.clear()
    found = preview_out(config=one_way)
    assert found.problem == ""
    effects = {record.title: (record.effect, record.odoo_id) for record in found.records}
    assert effects == {"R1": ("update", changed), "R2": ("unchanged", same), "R3": ("create", new)}
    (change,) = found.records[0].changes or ()
    assert (change.field, change.old, change.new) == ("city", "Gent", "Brugge")
    assert [call.call for record in found.records for call in record.calls] == [
        "res.partner.write",
        "res.partner.create",
    ]
    assert writes(there) == 0
    assert not Delivery.objects.filter(record_id=new).exists()


def test_a_preview_shows_conflicts_and_removals(
    connections: Connections, one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo
) -> None:
    SyncConfig.objects.filter(pk=one_way.pk).update(conflict_rule="ask")
    add(here, "R1", city="Here")
    add(there, "R1", city="There")
    (record,) = preview_out(config=SyncConfig.objects.get(pk=one_way.pk)).records
    assert record.effect == "skip"
    assert record.problem.startswith('Changed in both Odoos: city (here "Here", there "There"). It would wait')
    assert not Conflict.objects.exists()
    removing = make_sync(*connections, name="Out of there", method_post=False, method_delete=True)
    (record,) = preview_out(config=removing).records
    assert (record.effect, record.calls[0].call) == ("archive", "res.partner.write")


def test_an_odoo_that_does_not_answer_is_named(one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo) -> None:
    add(here, "R1")
    run(one_way)
    there.fail_next(20, "503")
    assert preview_out(config=one_way).problem.startswith("The other Odoo: ")


def test_the_commands_do_it_too(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo, capsys: pytest.CaptureFixture[str]
) -> None:
    record = add(here, "R1", city="Gent")
    call_command("sync_preview", one_way.name)
    assert "create" in capsys.readouterr().out
    call_command("sync_run", one_way.name, "--inline")
    assert refs(there) == ["R1"]
    write(here, record, city="Brugge")
    call_command("sync_preview", one_way.name)
    assert 'city: "Gent" -> "Brugge"' in capsys.readouterr().out


def test_a_script_may_add_what_is_named_and_nothing_else(one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo) -> None:
    one_way.after_script = "values['website'] = 'https://' + values['ref'] + '.example'"
    one_way.save()
    record = add(here, "R1")
    run(one_way)
    delivery = Delivery.objects.get(record_id=record)
    assert delivery.state == DeliveryState.DEAD
    assert "holds website, which no line brings" in delivery.last_error
    one_way.script_writes = "website"
    one_way.save()
    run(one_way, is_full=True)
    (found,) = there.call("res.partner", "search_read", [["ref", "=", "R1"]], ["website"])
    assert found["website"] == "https://R1.example"


def test_the_id_there_may_be_written_back_here(one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo) -> None:
    policy(one_way, write_back_field="comment").full_clean()
    add(here, "R1")
    run(one_way)
    assert write_backs_run(config_id=one_way.pk) == 1
    (found,) = here.call("res.partner", "search_read", [["ref", "=", "R1"]], ["comment"])
    assert str(by_ref(there, "R1")["id"]) in found["comment"]


def test_the_log_shows_both_odoos_and_no_key_of_either(one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo) -> None:
    add(here, "R1")
    run(one_way)
    rows = ApiLog.objects.filter(config=one_way)
    assert {row.url.split("/")[2] for row in rows} >= {here.url.split("/")[2], there.url.split("/")[2]}
    sent_with = Delivery.objects.get().sent_with
    assert rows.filter(batch=sent_with, summary__contains="create").exists()
    assert not [row for row in rows if here.api_key in f"{row.request_body}{row.request_headers}"]
