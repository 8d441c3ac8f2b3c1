"""Makes the next pages while the last one is being dealt with: one thread that calls others and touches no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import copy_context
from queue import Empty, Full, Queue
from threading import Event, Thread
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

STOP_POLL_S: Final = 0.2

T = TypeVar("T")


class Ahead(Generic[T]):
    """Runs `_make` in a thread as soon as it is entered, and holds at most `most` of what it yields. `told` is called,
    by that thread, whenever there is something to take. What is exchanged is seen by whoever observes the thread that
    made this."""

    def __init__(self, *, told: Callable[[], None], most: int) -> None:
        self._told = told
        self._ready: Queue[T | Exception] = Queue(maxsize=max(1, most))
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

    def take(self) -> T | None:
        """The next one, or None while it is being made. Raises what went wrong in making it: RemoteError, mostly."""
        try:
            made = self._ready.get_nowait()
        except Empty:
            return None
        if isinstance(made, Exception):
            raise made
        return made

    def _make(self) -> Iterator[T]:
        """What is made, one after the other, until the last."""
        raise NotImplementedError

    def _work(self) -> None:
        try:
            for made in self._make():
                if not self._put(made):
                    return
        except Exception as error:  # noqa: BLE001 - it belongs to whoever takes the next one
            self._put(error)

    def _put(self, made: T | Exception) -> bool:
        """False: nobody wants it any more."""
        while not self._stopping.is_set():
            try:
                self._ready.put(made, timeout=STOP_POLL_S)
            except Full:
                continue
            self._told()
            return True
        return False
