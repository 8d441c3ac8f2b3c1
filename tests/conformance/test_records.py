"""Create, read, write, delete, archive: what is answered, and what is left when a call fails."""

from collections.abc import Callable
from typing import Any

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient

Make = Callable[..., int]
One = Callable[..., Any]
Raised = Callable[..., RemoteError]
There = Callable[[str, int], bool]
Later = Callable[[str, list[int]], None]
NOWHERE = 2_000_000_000


def test_many_are_created_in_one_call_in_their_order(odoo: OdooClient, later: Later, tag: str) -> None:
    ids = odoo.create("res.partner", [{"name": f"{tag}-{number}"} for number in range(5)])
    later("res.partner", ids)
    assert ids == sorted(ids)
    records = {record["id"]: record["name"] for record in odoo.read("res.partner", ids, ["name"])}
    assert [records[each] for each in ids] == [f"{tag}-{number}" for number in range(5)]


def test_one_bad_record_undoes_the_whole_create(odoo: OdooClient, tag: str, error: Raised) -> None:
    raised = error(odoo.create, "res.partner", [{"name": tag}, {"email": "a@example.com"}])
    assert (raised.kind, raised.message) == (
        Kind.PERMANENT,
        "The operation cannot be completed: Contacts require a name",
    )
    assert odoo.search("res.partner", [["name", "=", tag]]) == []


def test_an_id_and_the_server_s_own_dates_in_the_values_are_ignored(make: Make, one: One) -> None:
    record = make("res.partner", id=NOWHERE, create_date="2001-01-01 00:00:00")
    assert record != NOWHERE
    assert one("res.partner", record, "create_date") > "2020"


def test_read_leaves_out_what_is_not_there(odoo: OdooClient, make: Make) -> None:
    record = make("res.partner")
    assert [each["id"] for each in odoo.read("res.partner", [record, NOWHERE], ["name"])] == [record]


def test_read_answers_the_fields_asked_for_and_the_id(odoo: OdooClient, make: Make) -> None:
    (record,) = odoo.read("res.partner", [make("res.partner", ref="x")], ["ref", "color"])
    assert set(record) == {"id", "ref", "color"}


def test_a_write_reaches_all_of_its_records(odoo: OdooClient, make: Make, one: One) -> None:
    first, second = make("res.partner"), make("res.partner")
    odoo.write("res.partner", [first, second], {"ref": "both", "color": 4})
    for record in (first, second):
        assert one("res.partner", record, "ref", "color") == {"ref": "both", "color": 4}


def test_a_write_with_a_missing_record_changes_nothing(odoo: OdooClient, make: Make, one: One, error: Raised) -> None:
    record = make("res.partner", ref="old")
    raised = error(odoo.write, "res.partner", [record, NOWHERE], {"ref": "new"})
    assert (raised.kind, raised.code) == (Kind.PERMANENT, "missing_record")
    assert raised.message == f"The record res.partner({NOWHERE}) does not exist or has been deleted."
    assert one("res.partner", record, "ref") == "old"


def test_deleted_records_are_gone_and_cannot_be_deleted_again(
    odoo: OdooClient, make: Make, there: There, error: Raised
) -> None:
    record = make("res.partner")
    assert there("res.partner", record)
    odoo.unlink("res.partner", [record])
    assert not there("res.partner", record)
    assert error(odoo.unlink, "res.partner", [record]).code == "missing_record"


def test_only_18_answers_which_records_exist(odoo: OdooClient, make: Make, error: Raised, major: int) -> None:
    record = make("res.partner")
    if major < 19:
        assert odoo.call("res.partner", "exists", ids=[record, NOWHERE]) == [record]
    else:
        raised = error(odoo.call, "res.partner", "exists", ids=[record])
        assert (raised.kind, raised.code) == (Kind.PERMANENT, "access_error")
        assert raised.message == "The method 'exists' of 'res.partner' is private and cannot be called from outside."


def test_archived_records_hide_until_the_context_or_the_domain_asks(odoo: OdooClient, make: Make, one: One) -> None:
    record = make("res.partner")
    odoo.archive("res.partner", [record])
    here = [["id", "=", record]]
    assert one("res.partner", record, "active") is False
    assert odoo.search("res.partner", here) == []
    assert odoo.search_count("res.partner", here) == 0
    assert odoo.search("res.partner", here, context={"active_test": False}) == [record]
    assert odoo.search("res.partner", [*here, ["active", "=", False]]) == [record]
    assert odoo.search("res.partner", [*here, ["active", "in", [True, False]]]) == [record]


def test_a_method_that_answers_nothing_is_a_success(odoo: OdooClient, make: Make, one: One) -> None:
    record = make("res.partner")
    answers = [odoo.call("res.partner", name, ids=[record]) for name in ("action_archive", "action_unarchive")]
    assert all(answer in (None, True) for answer in answers)
    assert one("res.partner", record, "active") is True


def test_copying_asks_for_a_new_name_and_leaves_the_barcode(odoo: OdooClient, make: Make, later: Later) -> None:
    record = make("res.partner", ref="kept")
    copied = odoo.call("res.partner", "copy", ids=[record])
    ids = copied if isinstance(copied, list) else [copied]
    later("res.partner", ids)
    (name,) = [each["name"] for each in odoo.read("res.partner", [record], ["name"])]
    assert odoo.read("res.partner", ids, ["name", "ref"]) == [{"id": ids[0], "name": f"{name} (copy)", "ref": "kept"}]


def test_metadata_tell_who_and_when(odoo: OdooClient, make: Make) -> None:
    record = make("res.partner")
    (told,) = odoo.call("res.partner", "get_metadata", ids=[record])
    assert told["create_uid"][0] == odoo.authenticate()
    assert (told["xmlid"], told["xmlids"], told["noupdate"]) == (False, [], False)


def test_load_creates_then_updates_by_external_id(odoo: OdooClient, later: Later, one: One, tag: str) -> None:
    external = f"__import__.{tag}"
    fields = ["id", "name", "country_id/id", "is_company", "partner_latitude"]
    first = odoo.call("res.partner", "load", args=[fields, [[external, f"{tag}-one", "base.be", "1", "7.5"]]])
    later("res.partner", first["ids"])
    second = odoo.call("res.partner", "load", args=[fields, [[external, f"{tag}-uno", "base.de", "0", "8"]]])
    assert first["ids"] == second["ids"]
    (record,) = odoo.read("res.partner", first["ids"], ["name", "country_id", "is_company", "partner_latitude"])
    assert (record["name"], record["country_id"][1]) == (f"{tag}-uno", "Germany")
    assert (record["is_company"], record["partner_latitude"]) == (False, 8.0)


def test_load_names_the_row_and_the_field_and_keeps_nothing(odoo: OdooClient, tag: str) -> None:
    rows = [[f"{tag}-1", "Belgium", "no"], [f"{tag}-2", "Atlantis", "no"], [f"{tag}-3", "Belgium", "perhaps"]]
    result = odoo.call("res.partner", "load", args=[["name", "country_id", "is_company"], rows])
    assert result["ids"] is False
    told = [(each["record"], each["field"], each["type"], each["message"]) for each in result["messages"]]
    assert told == [
        (1, "country_id", "error", "No matching record found for name 'Atlantis' in field 'Country'"),
        (2, "is_company", "error", "Unknown value 'perhaps' for boolean field 'Is a Company'"),
    ]
    assert odoo.search("res.partner", [["name", "=like", f"{tag}%"]]) == []
