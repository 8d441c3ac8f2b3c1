"""Reads and maps the next pages of Odoo's records while the last one is being sent.

Most of what a call to Odoo costs is there for one record as for a thousand, so several pages are read at once where
Odoo answers fast; where it is slow, or its answer too large, one page at a time as staff set it. No more is held in
memory than two such reads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from time import monotonic
from typing import Final

from clients.errors import RemoteError
from mapping.plan import Plan
from outbound.ahead import Ahead
from outbound.pages import MappedPage, pages_map
from outbound.selection import Selection

MOST_RECORDS: Final = 1000
"""In one call to Odoo, unless a page is larger."""
FAST_S: Final = 0.75
TOO_MUCH: Final = frozenset({"response_too_large", "timeout", "connection_lost"})


class Reader(Ahead[MappedPage]):
    """Reads from behind `after_id` on."""

    def __init__(
        self,
        *,
        plan: Plan,
        selection: Selection,
        after_id: int,
        told: Callable[[], None],
        watched: Collection[str] = (),
    ) -> None:
        super().__init__(told=told, most=MOST_RECORDS // selection.page_size)
        self._watched = watched
        self._plan = plan
        self._selection = selection
        self._after_id = after_id

    def _make(self) -> Iterator[MappedPage]:
        after_id = self._after_id
        size = least = self._selection.page_size
        most = max(MOST_RECORDS, least)
        while True:
            began_s = monotonic()
            try:
                pages = pages_map(
                    plan=self._plan,
                    selection=self._selection,
                    after_id=after_id,
                    limit=size,
                    watched=self._watched,
                )
            except RemoteError as error:
                if error.code in TOO_MUCH and size > least:
                    size = most = least
                    continue
                raise
            took_s = monotonic() - began_s
            yield from pages
            if pages[-1].page.is_last:
                return
            after_id = pages[-1].page.cursor
            size = min(size * 2, most) if took_s < FAST_S / 2 else size if took_s < FAST_S else max(size // 2, least)
