"""Reads and maps the next pages while the last one is being sent.

One thread that calls Odoo and touches no database. Most of what a call to Odoo costs is there for one record as for
a thousand, so several pages are read at once where Odoo answers fast; where it is slow, or its answer too large, one
page at a time as staff set it. No more is held in memory than two such reads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextvars import copy_context
from queue import Empty, Full, Queue
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from typing import Final, Self

from clients.errors import RemoteError
from mapping.plan import Plan
from outbound.pages import MappedPage, pages_map
from outbound.selection import Selection

MOST_RECORDS: Final = 1000
"""In one call to Odoo, unless a page is larger."""
FAST_S: Final = 0.75
TOO_MUCH: Final = frozenset({"response_too_large", "timeout", "connection_lost"})
STOP_POLL_S: Final = 0.2


class Reader:
    """Reads from behind `after_id` on, as soon as it is entered. `told` is called, by the reading thread, whenever
    there is something to take. What is exchanged is seen by whoever observes the thread that made it."""

    def __init__(
        self,
        *,
        plan: Plan,
        selection: Selection,
        after_id: int,
        told: Callable[[], None],
        watched: Collection[str] = (),
    ) -> None:
        self._watched = watched
        self._plan = plan
        self._selection = selection
        self._after_id = after_id
        self._told = told
        self._ready: Queue[MappedPage | Exception] = Queue(maxsize=max(1, MOST_RECORDS // selection.page_size))
        self._stopping = Event()
        self._thread = Thread(target=copy_context().run, args=(self._work,), name="reader", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        if kind is None or issubclass(kind, Exception):
            self._thread.join()

    def take(self) -> MappedPage | None:
        """The next page, or None while it is being read. Raises what went wrong in reading it: RemoteError, mostly."""
        try:
            read = self._ready.get_nowait()
        except Empty:
            return None
        if isinstance(read, Exception):
            raise read
        return read

    def _work(self) -> None:
        after_id = self._after_id
        size = least = self._selection.page_size
        most = max(MOST_RECORDS, least)
        while not self._stopping.is_set():
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
                self._put(error)
                return
            except Exception as error:  # noqa: BLE001 - it belongs to whoever takes the page
                self._put(error)
                return
            took_s = monotonic() - began_s
            for page in pages:
                self._put(page)
            if pages[-1].page.is_last:
                return
            after_id = pages[-1].page.cursor
            size = min(size * 2, most) if took_s < FAST_S / 2 else size if took_s < FAST_S else max(size // 2, least)

    def _put(self, read: MappedPage | Exception) -> None:
        while not self._stopping.is_set():
            try:
                self._ready.put(read, timeout=STOP_POLL_S)
            except Full:
                continue
            self._told()
            return
