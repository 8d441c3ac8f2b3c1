"""Reading what changed, losing and repeating nothing although `write_date` reads at one-second precision.

Odoo stores microseconds and shows seconds: 18 compares the stored value, 19 whole seconds. So a second is only ever
asked for whole (`>= second` and `< next second`, right on both), and within a second records are paged by id. A second
is read once it is over: `until` lies a little in the past, since a record may be written twice in the second that is
running. A transaction stamps its records when it begins and shows them when it commits; one that runs longer than
`SETTLE_S` can slip behind the cursor. Whoever expects those starts from an earlier cursor now and then and skips
what is unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from clients.odoo.client import OdooClient

SETTLE_S: Final = 3.0
FORMAT: Final = "%Y-%m-%d %H:%M:%S"
_ONE: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ChangeCursor:
    """Everything before `second` (UTC, Odoo's form) is done, and in that second the ids up to `after_id`."""

    second: str = "1970-01-01 00:00:00"
    after_id: int = 0

    def as_text(self) -> str:
        return f"{self.second}/{self.after_id}"

    @classmethod
    def from_text(cls, text: str) -> ChangeCursor:
        """Raises ValueError."""
        second, _slash, after_id = text.partition("/")
        datetime.strptime(second, FORMAT)  # noqa: DTZ007 - only checked
        return cls(second, int(after_id or 0))


def iter_changes(
    client: OdooClient,
    model: str,
    domain: Sequence[Any],
    fields: Sequence[str],
    cursor: ChangeCursor | None,
    *,
    page_size: int,
    until: datetime | None,
    context: Mapping[str, Any] | None,
) -> Iterator[tuple[list[dict[str, Any]], ChangeCursor]]:
    """Pages of records changed since `cursor` and before `until` (aware, default `SETTLE_S` ago), in order of change.

    Each page comes with the cursor to store once the page is safe. Archived records come only with `active_test`
    False in the context; deleted ones never.
    """
    cursor = cursor or ChangeCursor()
    limit = until or datetime.now(UTC) - timedelta(seconds=SETTLE_S)
    end = limit.astimezone(UTC).strftime(FORMAT)
    asked = list(dict.fromkeys([*fields, "write_date"]))

    def ask(conditions: list[Any], order: str) -> list[dict[str, Any]]:
        return client.search_read(model, [*conditions, *domain], asked, limit=page_size, order=order, context=context)

    while cursor.second < end:
        if cursor.after_id:
            # Within one second: by id, which is exact however many records it holds.
            following = _next(cursor.second)
            page = ask(
                [
                    ["write_date", ">=", cursor.second],
                    ["write_date", "<", following],
                    ["id", ">", cursor.after_id],
                ],
                "id",
            )
            if len(page) == page_size:
                cursor = ChangeCursor(cursor.second, int(page[-1]["id"]))
            else:
                cursor = ChangeCursor(following)
            if page:
                yield page, cursor
            continue
        page = ask([["write_date", ">=", cursor.second], ["write_date", "<", end]], "write_date, id")
        if len(page) < page_size:
            cursor = ChangeCursor(end)
            if page:
                yield page, cursor
            return
        last = str(page[-1]["write_date"])[:19]
        whole = [record for record in page if str(record["write_date"])[:19] < last]
        if whole:
            cursor = ChangeCursor(last)
            yield whole, cursor
            continue
        # A whole page of one second, ordered by hidden microseconds: read it again by id.
        page = ask([["write_date", ">=", last], ["write_date", "<", _next(last)]], "id")
        full = len(page) == page_size
        cursor = ChangeCursor(last, int(page[-1]["id"])) if full else ChangeCursor(_next(last))
        if page:
            yield page, cursor


def _next(second: str) -> str:
    return (datetime.strptime(second, FORMAT).replace(tzinfo=UTC) + _ONE).strftime(FORMAT)
