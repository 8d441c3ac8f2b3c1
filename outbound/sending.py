"""The stream of units on their way: filled by claims, emptied by the senders' threads, written in groups.

The threads are kept busy across claims: while they call out, the one thread that owns the database claims or makes
what comes next and writes what came back. It renews the leases of everything it holds, and gives back what was not
begun when its time is up.
"""

from __future__ import annotations

import uuid
from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from time import monotonic
from types import TracebackType
from typing import Final, Self

from django.conf import settings
from django.db.models import Exists
from django.utils import timezone

from auditlog.recorder import Recording
from clients.errors import RemoteError
from outbound import retry
from outbound.alerts import Trouble, alert
from outbound.budget import Budget
from outbound.claims import LEASE, RENEW_AFTER_S, Claim, Unit, claims_renew, units_release
from outbound.hosts import LOOK_EVERY_S, Gate, Passage, is_about_host, is_failure
from outbound.inline_sender import TOGETHER, InlineSender, inline_lease
from outbound.models import RunState, SyncRun, policy_of
from outbound.outcomes import outcomes_write
from outbound.sender import Outcome, Senders
from outbound.targets.base import Answer, Target
from syncconfig.models import SyncConfig

POLL_S: Final = 0.5
WRITE_AFTER_S: Final = 0.5
WRITE_FROM: Final = 100
"""Deliveries that are worth an update of their own."""
QUEUED_UNITS: Final = 50
QUEUED_BATCHES: Final = 2
"""So many units that nobody has begun with keep the threads busy while the next ones are made."""


@dataclass(slots=True)
class SendReport:
    """How many deliveries ended how, and whether the time was up before nothing was due any more."""

    delivered: int = 0
    dead: int = 0
    retried: int = 0
    is_shut: bool = False
    """The host may not be called now, or the config is paused."""
    is_out_of_time: bool = False


class Sending:
    """Use as a context manager. What is left when it is exited is given back, except for what is under way, which is
    waited for and written; but when the process is being stopped (SystemExit), nothing is waited for."""

    def __init__(
        self, *, config: SyncConfig, target: Target, rec: Recording, budget: Budget, run_id: int | None = None
    ) -> None:
        """With `run_id`, it ends when that run is cancelled, too."""
        self._config = config
        self._run_id = run_id
        self._target = target
        self._budget = budget
        self._rec = rec
        self._done: SimpleQueue[Outcome | None] = SimpleQueue()
        self.policy = policy_of(config)
        self.gate = Gate(url=target.host_url(config), policy=self.policy)
        self.lease = inline_lease() if target.is_inline else LEASE
        """How long a claim for this sending has to last."""
        self._first_delay_s = retry.schedule_of(config.retry_schedule)[0]
        self._paced: deque[Unit] = deque()
        self._times: deque[datetime] = deque()
        self._failures = 0
        self._senders: Senders | InlineSender
        if target.is_inline:
            self._senders = InlineSender(target=target, rec=rec, report=self._done.put, halts=self._halts)
        else:
            self._senders = Senders(
                count=settings.SYNC_CONNECTIONS_PER_HOST,
                target=target,
                rec=rec,
                report=self._done.put,
                halts=self._halts,
            )
        self._unwritten: list[Outcome] = []
        self._unwritten_count = 0
        self._held: Counter[uuid.UUID] = Counter()
        self._written_at = monotonic()
        self._renew_at = monotonic() + RENEW_AFTER_S
        self._last_words = ""
        self._is_off = False
        self._looked_s = float("-inf")
        self.report = SendReport()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and not issubclass(kind, Exception):
            self._senders.recall()
            self._senders.end(wait=False)
            return
        try:
            self.recall()
            self.finish()
        finally:
            self._senders.end(wait=kind is None)
        if self.report.dead:
            alert(self._config.pk, Trouble.DEAD, f"{self._dead_words()} {self._last_words}")

    def _dead_words(self) -> str:
        return (
            "1 of its deliveries is dead."
            if self.report.dead == 1
            else f"{self.report.dead} of its deliveries are dead."
        )

    @property
    def is_hungry(self) -> bool:
        """Whether the next units should be made ready, so that no thread has to wait for them."""
        queued = self._senders.queued + len(self._paced)
        if self._target.is_inline:
            return queued < TOGETHER
        return queued < (QUEUED_BATCHES if self._config.request_shape == "page" else QUEUED_UNITS)

    def passage(self, *, probes: bool = True) -> Passage:
        """What may be sent to the host now."""
        return Passage.SHUT if self._is_stopped() else self.gate.passage(probes=probes)

    def _is_stopped(self) -> bool:
        """As it is now, or was a second ago: who pauses a sync, switches it off or cancels its run does not mean the
        next task."""
        if monotonic() - self._looked_s >= LOOK_EVERY_S:
            goes_on = SyncConfig.objects.filter(pk=self._config.pk, active=True)
            goes_on = goes_on.exclude(delivery_policy__is_paused=True)
            if self._run_id is not None:
                cancelled = SyncRun.objects.filter(pk=self._run_id, state=RunState.CANCELLED)
                goes_on = goes_on.filter(~Exists(cancelled))
            self._is_off = not goes_on.exists()
            self._looked_s = monotonic()
        return self._is_off

    @property
    def is_idle(self) -> bool:
        return not self._held

    def add(self, claim: Claim) -> None:
        """Send the units of the claim, in their order."""
        for unit in claim.units:
            self._held[unit.token] += 1
            if self.policy.rate_per_minute and not self._target.is_inline:
                self._paced.append(unit)
            else:
                self._senders.put(unit)

    def wake(self) -> None:
        """End the waiting of `step`; may be called by any thread."""
        self._done.put(None)

    def step(self, timeout_s: float = POLL_S) -> None:
        """Wait for something to happen, at most so long, and write what is worth it."""
        self._pace()
        # While nothing else is to be done, a small bundle is better than none.
        self._senders.work(least=1 if timeout_s > 0 else TOGETHER)
        self._collect(self._until_next(timeout_s))
        now = monotonic()
        is_due = (
            self._unwritten_count >= WRITE_FROM
            or now - self._written_at > WRITE_AFTER_S
            or not self._held
            # The others must not go on calling a host that is not well.
            or any(is_about_host(outcome.result) for outcome in self._unwritten)
        )
        if self._unwritten and is_due:
            self._write()
        if self._held and now >= self._renew_at:
            claims_renew(self._held, lease=self.lease)
            self._renew_at = monotonic() + RENEW_AFTER_S

    def finish(self) -> None:
        """Until nothing is under way, or, when the time is up, nothing more is begun."""
        while self._held:
            if self._budget.is_over:
                self.recall()
            self.step()
        self.step(0)

    def recall(self) -> None:
        """Give back what nobody has begun with."""
        units = [*self._senders.recall(), *self._paced]
        self._paced.clear()
        self._times.clear()
        if not units:
            return
        for unit in units:
            self._let_go(unit.token)
        units_release(units)

    def _pace(self) -> None:
        """Let go what the host's rate allows by now; give back what it does not allow soon."""
        if not self._paced:
            return
        if not self._times:
            self._times.extend(self.gate.give(len(self._paced)))
            if not self._times:
                self.recall()
        now = timezone.now()
        while self._paced and self._times and self._times[0] <= now:
            self._times.popleft()
            self._senders.put(self._paced.popleft())

    def _until_next(self, timeout_s: float) -> float:
        if not (self._paced and self._times):
            return timeout_s
        return min(timeout_s, max((self._times[0] - timezone.now()).total_seconds(), 0.001))

    def _collect(self, timeout_s: float) -> None:
        try:
            outcome = self._done.get(timeout=timeout_s) if timeout_s > 0 else self._done.get_nowait()
            while True:
                if outcome is not None:
                    self._unwritten.append(outcome)
                    self._unwritten_count += len(outcome.unit.deliveries)
                    self._let_go(outcome.unit.token)
                outcome = self._done.get_nowait()
        except Empty:
            pass

    def _let_go(self, token: uuid.UUID) -> None:
        self._held[token] -= 1
        if not self._held[token]:
            del self._held[token]

    def _write(self) -> None:
        outcomes, self._unwritten, self._unwritten_count = self._unwritten, [], 0
        written = outcomes_write(
            config=self._config,
            outcomes=outcomes,
            writes_back=bool(self.policy.write_back_field),
            remember=self._target.remember,
        )
        self.report.delivered += written.delivered
        self.report.dead += written.dead
        self.report.retried += written.retried
        self._rec.flush()
        self._written_at = monotonic()
        if written.dead:
            self._last_words = written.last_words
        if self.gate.report((outcome.result for outcome in outcomes), first_delay_s=self._first_delay_s):
            alert(self._config.pk, Trouble.BREAKER_OPEN, f"{self.gate.address} does not answer and is left alone.")
        if self.passage(probes=False) is Passage.SHUT:
            self.recall()
        else:
            self._senders.go_on()

    def _halts(self, result: Answer | RemoteError) -> bool:
        """Whether the host may have to be left alone after this: the breaker, which knows, is asked before the next
        call is made. Called by the senders' threads."""
        if not is_about_host(result):
            self._failures = 0
            return False
        self._failures += 1
        return self._failures >= self.policy.breaker_failures or not is_failure(result)
