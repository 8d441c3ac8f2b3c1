"""Attempts at many units at once, made by the thread that owns the database: for targets that need it.

It stands where `outbound.sender.Senders` stands for others, and does its work when it is told to, a bundle at a time.
"""

from __future__ import annotations

import logging
import uuid
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Final

from django.conf import settings

from auditlog.models import Party
from auditlog.recorder import Recording
from clients.errors import Kind, RemoteError
from clients.observe import observing
from outbound.claims import Unit
from outbound.sender import Outcome
from outbound.targets.base import Answer, Target

logger = logging.getLogger(__name__)

TOGETHER: Final = 200
"""Units in one bundle: enough for a call of Odoo to be worth it, few enough to see the end of the time in between."""
SLOW_S: Final = 10.0
"""Bundles that take longer become smaller: a task must not be stopped in the middle of one."""


def inline_lease() -> timedelta:
    """How long what is claimed for an inline target is ours: nobody renews it while a bundle is being sent, so it
    outlasts the longest time that a task may take."""
    return timedelta(seconds=settings.SYNC_TASK_TIMEOUT_S + 10)


class InlineSender:
    """The units waiting for their turn. For one thread. `report` and `halts` are as `Senders` has them."""

    def __init__(
        self,
        *,
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
        self._most = TOGETHER
        self._units: deque[Unit] = deque()

    @property
    def queued(self) -> int:
        return len(self._units)

    def put(self, unit: Unit) -> None:
        self._units.append(unit)

    def work(self, *, least: int) -> None:
        """Send one bundle, if so many units are waiting and the host may be called."""
        if self._is_halted or len(self._units) < max(least, 1):
            return
        bundle = [self._units.popleft() for _each in range(min(self._most, len(self._units)))]
        sent_with = uuid.uuid4()
        began_s = monotonic()
        results = self._attempt(bundle, sent_with)
        self._fit(len(bundle), monotonic() - began_s)
        told = {id(result): result for result in results}
        halting = [self._halts(result) for result in told.values()]
        self._is_halted = any(halting)
        for unit, result in zip(bundle, results, strict=True):
            self._report(Outcome(unit, result, sent_with))

    def _fit(self, count: int, took_s: float) -> None:
        if took_s > SLOW_S:
            self._most = max(1, count // 2)
        elif took_s < SLOW_S / 4:
            self._most = min(TOGETHER, self._most * 2)

    def recall(self) -> list[Unit]:
        """Take back what was not sent."""
        units = list(self._units)
        self._units.clear()
        self._is_halted = False
        return units

    def go_on(self) -> None:
        """The host may be called after all."""
        self._is_halted = False

    def end(self, *, wait: bool) -> None:
        """Nothing is under way between two bundles."""

    def _attempt(self, bundle: list[Unit], sent_with: uuid.UUID) -> list[Answer | RemoteError]:
        with observing(self._rec.observer(party=Party.ODOO, batch=sent_with)):
            try:
                return self._target.send_all(bundle)
            except RemoteError as error:
                return [error] * len(bundle)
            except Exception:
                # A fault of ours must not end the run; whether anything arrived is found out by the next attempt.
                logger.exception("Sending %d deliveries failed", len(bundle))
                return [_ours()] * len(bundle)


def _ours() -> RemoteError:
    return RemoteError(
        "The hub failed while sending. The log of its process says why.", kind=Kind.RETRYABLE, code="internal"
    )
