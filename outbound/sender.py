"""One attempt at one unit, in a thread that touches nothing but the network.

The threads take units from a queue and put what became of them into another one. The database belongs to whoever
filled the queue (`outbound.sending`).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from uuid import UUID

from auditlog.recorder import Recording
from clients.errors import Kind, RemoteError
from clients.observe import observing
from outbound.claims import Unit
from outbound.targets.base import Answer, Target

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a unit: an answer, or an error. `sent_with` finds the calls in the log, where they were made for
    several units together."""

    unit: Unit
    result: Answer | RemoteError
    sent_with: UUID | None = None


class Senders:
    """As many threads as there may be connections; each makes one attempt after the other until it is told to end.

    They are daemons: a task that is being stopped has a few seconds left, and the lease covers what was under way.
    `halts` is asked about every result, by any thread: where it says so, nothing more is begun until `go_on`.
    """

    def __init__(
        self,
        *,
        count: int,
        target: Target,
        rec: Recording,
        report: Callable[[Outcome], None],
        halts: Callable[[Answer | RemoteError], bool],
    ) -> None:
        self._target = target
        self._rec = rec
        self._report = report
        self._halts = halts
        self._is_halted = False
        self._set_aside: deque[Unit] = deque()
        self._jobs: SimpleQueue[Unit | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, name=f"sender-{number}", daemon=True) for number in range(count)]
        for thread in self._threads:
            thread.start()

    @property
    def queued(self) -> int:
        """How many units no thread has begun with."""
        return self._jobs.qsize() + len(self._set_aside)

    def put(self, unit: Unit) -> None:
        self._jobs.put(unit)

    def work(self, *, least: int) -> None:
        """Nothing: the threads work by themselves."""

    def recall(self) -> list[Unit]:
        """Take back the units that no thread has begun with."""
        units: list[Unit] = []
        while not self._jobs.empty():
            try:
                unit = self._jobs.get_nowait()
            except Empty:  # a thread was faster
                break
            if unit is not None:
                units.append(unit)
        self._is_halted = False
        while self._set_aside:
            units.append(self._set_aside.popleft())
        return units

    def go_on(self) -> None:
        """The host may be called after all."""
        if self._is_halted:
            self._is_halted = False
            while self._set_aside:
                self._jobs.put(self._set_aside.popleft())

    def end(self, *, wait: bool) -> None:
        """Let the threads end, each after the attempt it is making."""
        for _thread in self._threads:
            self._jobs.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _work(self) -> None:
        while (unit := self._jobs.get()) is not None:
            if self._is_halted:
                self._set_aside.append(unit)
                continue
            result = _attempt(self._target, unit, self._rec)
            if self._halts(result):
                self._is_halted = True
            self._report(Outcome(unit, result))


def records_in_words(count: int) -> str:
    """For the log."""
    return "1 record" if count == 1 else f"{count} records"


def _attempt(target: Target, unit: Unit, rec: Recording) -> Answer | RemoteError:
    first = unit.deliveries[0]
    observer = rec.observer(
        delivery_id=None if unit.batch else first.pk,
        batch=unit.batch,
        record_ref="" if unit.batch else str(first.record_id),
        summary=records_in_words(len(unit.deliveries)) if unit.batch else "",
    )
    with observing(observer):
        try:
            return target.send(target.prepare(unit))
        except RemoteError as error:
            return error
        except Exception:
            # A fault of ours in one unit must not lose the results of the others.
            logger.exception("Sending delivery %s failed", first.pk)
            return RemoteError(
                "The hub failed while sending. The log of its process says why.", kind=Kind.AMBIGUOUS, code="internal"
            )
