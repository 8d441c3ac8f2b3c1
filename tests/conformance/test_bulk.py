"""Writing many records with bad ones among them, and two writers at once."""

import threading
from collections.abc import Callable
from typing import Any

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient

Later = Callable[[str, list[int]], None]
NOWHERE = 2_000_000_000


def test_the_bad_records_of_a_batch_are_found_and_the_others_written(odoo: OdooClient, later: Later, tag: str) -> None:
    vals: list[dict[str, Any]] = [{"name": f"{tag}-{number}"} for number in range(24)]
    vals[5] = {"email": "nameless@example.com"}
    vals[17]["type"] = "conf"
    vals[18]["conf_no_field"] = 1
    result = odoo.create_many("res.partner", vals, batch_size=24)
    ids = [each for each in result.ids if each is not None]
    later("res.partner", ids)
    assert {index: (error.kind, error.code) for index, error in result.errors.items()} == {
        5: (Kind.PERMANENT, result.errors[5].code),
        17: (Kind.PERMANENT, "bad_value"),
        18: (Kind.PERMANENT, "unknown_field"),
    }
    assert result.errors[5].message == "The operation cannot be completed: Contacts require a name"
    assert result.errors[17].message == "Wrong value for res.partner.type: 'conf'."
    assert result.errors[18].message == "The model 'res.partner' has no field 'conf_no_field'."
    written = {record["id"]: record["name"] for record in odoo.read("res.partner", ids, ["name"])}
    assert [written[each] for each in result.ids if each is not None] == [
        each["name"] for index, each in enumerate(vals) if index not in (5, 17, 18)
    ]
    assert result.calls < 24


def test_updates_reach_all_but_the_record_that_is_gone(odoo: OdooClient, later: Later, tag: str) -> None:
    ids = odoo.create("res.partner", [{"name": f"{tag}-{number}"} for number in range(5)])
    later("res.partner", ids)
    updates = [(record, {"ref": "same"}) for record in [*ids, NOWHERE]]
    result = odoo.write_many("res.partner", updates)
    assert {index: error.code for index, error in result.errors.items()} == {5: "missing_record"}
    assert {record["ref"] for record in odoo.read("res.partner", ids, ["ref"])} == {"same"}


def test_two_writers_of_one_record_both_succeed_or_may_try_again(
    odoo: OdooClient, make: Callable[..., int], one: Callable[..., Any]
) -> None:
    record = make("res.partner", ref="start")
    odoo.authenticate()
    failures: list[RemoteError] = []
    barrier = threading.Barrier(2)

    def write(name: str) -> None:
        barrier.wait(timeout=30)
        for number in range(5):
            try:
                odoo.write("res.partner", [record], {"ref": f"{name}-{number}"})
            except RemoteError as error:
                failures.append(error)

    writers = [threading.Thread(target=write, args=(name,)) for name in ("left", "right")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    assert [(error.kind, error.code) for error in failures] == [(Kind.RETRYABLE, "concurrent_update")] * len(failures)
    assert one("res.partner", record, "ref") in ("left-4", "right-4")


def test_parallel_creates_lose_and_double_nothing(odoo: OdooClient, later: Later, tag: str) -> None:
    made: list[int] = []
    odoo.authenticate()

    def create(part: int) -> None:
        made.extend(odoo.create("res.partner", [{"name": f"{tag}-{part}-{number}"} for number in range(3)]))

    threads = [threading.Thread(target=create, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    later("res.partner", made)
    assert len(set(made)) == 12
    assert odoo.search_count("res.partner", [["name", "=like", f"{tag}-%"]]) == 12
