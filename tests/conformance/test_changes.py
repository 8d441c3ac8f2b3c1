"""Changes by (write_date, id): nothing lost and nothing repeated at one-second precision."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from clients.odoo.changes import FORMAT, ChangeCursor
from clients.odoo.client import OdooClient

Make = Callable[..., int]
One = Callable[..., Any]
PATIENCE_S = 5.0


def written(one: One, record: int) -> str:
    return str(one("res.partner", record, "write_date"))


def after(second: str, seconds: int = 1) -> datetime:
    return datetime.strptime(second, FORMAT).replace(tzinfo=UTC) + timedelta(seconds=seconds)


def changed_after(odoo: OdooClient, one: One, record: int, second: str) -> str:
    """Write until the server's clock is past that second; answers the second it was then."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        odoo.write("res.partner", [record], {"ref": "changed"})
        if (now := written(one, record)) > second:
            return now
        time.sleep(0.05)
    raise AssertionError(f"the server's clock stands at {second}")


def test_changes_come_once_in_order_and_go_on_from_the_cursor(
    odoo: OdooClient, later: Callable[[str, list[int]], None], one: One, tag: str
) -> None:
    same_second = odoo.create("res.partner", [{"name": f"{tag}-{number}"} for number in range(7)])
    later("res.partner", same_second)
    here = [["name", "=like", f"{tag}-%"]]
    start = ChangeCursor(written(one, same_second[0]))
    until = after(start.second)
    pages = list(odoo.iter_changes("res.partner", here, ["name"], start, page_size=3, until=until))
    assert [record["id"] for page, _cursor in pages for record in page] == same_second

    # A run that broke off after its first page goes on with the rest.
    rest = odoo.iter_changes("res.partner", here, ["name"], pages[0][1], page_size=3, until=until)
    assert [record["id"] for page, _cursor in rest for record in page] == same_second[3:]

    # What is written later comes again, and nothing else does.
    end = after(changed_after(odoo, one, same_second[2], start.second))
    again = odoo.iter_changes("res.partner", here, ["ref"], pages[-1][1], page_size=3, until=end)
    assert [(record["id"], record["ref"]) for page, _cursor in again for record in page] == [
        (same_second[2], "changed")
    ]


def test_what_is_read_is_found_by_the_second_it_shows(odoo: OdooClient, make: Make, one: One, major: int) -> None:
    record = make("res.partner")
    second = written(one, record)
    this = ["id", "=", record]
    within = [this, ["write_date", ">=", second], ["write_date", "<", after(second).strftime(FORMAT)]]
    assert odoo.search("res.partner", within) == [record]
    # 18 compares the microseconds it does not show, 19 the whole second.
    equal = odoo.search_count("res.partner", [this, ["write_date", "=", second]])
    assert equal == (1 if major >= 19 else 0)


def test_archived_records_are_changes_where_the_context_asks(odoo: OdooClient, make: Make, one: One) -> None:
    record = make("res.partner")
    odoo.archive("res.partner", [record])
    second = written(one, record)
    until, cursor = after(second), ChangeCursor(second)

    def changed(active_test: bool) -> list[int]:
        context = {"active_test": active_test}
        domain = [["id", "=", record]]
        pages = odoo.iter_changes("res.partner", domain, ["active"], cursor, until=until, context=context)
        return [each["id"] for page, _cursor in pages for each in page]

    assert (changed(False), changed(True)) == ([record], [])
