"""A circuit breaker, a rate and a pause for each host that is called, shared by every process through its row.

A host that fails again and again is left alone: nothing is sent, nothing is counted as an attempt, and other hosts go
on. After a pause one unit is tried; whether it works decides. A host that says Retry-After is left alone until then.
What counts as a failure is a call without a usable answer: no connection, no answer in time, 5xx. A refusal (4xx) is
an answer; 429 is one that asks for a pause.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from time import monotonic
from typing import Final, cast
from urllib.parse import urlsplit

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from clients.errors import Kind, RemoteError
from clients.odoo.bulk import FOR_ALL
from outbound.models import BreakerState, DeliveryPolicy, Host
from outbound.states import breakers_move

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
PROBE_LEASE: Final = timedelta(seconds=60)
MAX_PAUSE_S: Final = 3600.0
NOT_ABOUT_HOST: Final = frozenset({"internal", "busy", "waits_for_related", "source_unreachable"}) | FOR_ALL
"""Errors that are the hub's own matter, another Odoo's, or about how the host is called: not that it is not well."""
RATE_LIMITED: Final = 429
PACED_AHEAD: Final = timedelta(seconds=1)
"""How far ahead calls are given away under a rate; who would have to wait longer comes back later."""


class Passage(StrEnum):
    """What a host may be sent now."""

    FREE = "free"
    PROBE = "probe"
    """One unit, to see whether it answers again."""
    SHUT = "shut"


def host_address(url: str) -> str:
    """Scheme, host and port of a URL, in small letters."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()[:300]


def shut_hosts(now: datetime) -> set[str]:
    """The hosts that nothing may be sent to now, as `host_address` gives them. Few or none, mostly."""
    shut = Q(state=BreakerState.OPEN, probe_at__gt=now) | Q(not_before__gt=now) | Q(paced_until__gt=now + PACED_AHEAD)
    return set(Host.objects.filter(shut).values_list("address", flat=True))


class Gate:
    """The way to one config's host. For one thread; looks at the row once a second, and after every failure."""

    def __init__(self, *, url: str, policy: DeliveryPolicy) -> None:
        self.address = host_address(url)
        self._policy = policy
        self._host: Host | None = None
        self._looked_s = float("-inf")
        self._is_probing = False

    def passage(self, *, probes: bool = True) -> Passage:
        """What may be sent now. PROBE is given to one caller at a time, which must report what came of it; a caller
        that does not want to be it gets SHUT instead."""
        host = self._look()
        if host is None:
            return Passage.FREE
        now = timezone.now()
        if host.not_before and host.not_before > now:
            return Passage.SHUT
        if host.paced_until and host.paced_until > now + PACED_AHEAD and self._policy.rate_per_minute:
            return Passage.SHUT
        if host.state == BreakerState.CLOSED:
            return Passage.FREE
        if host.probe_at and host.probe_at > now:
            return Passage.SHUT
        if not probes:
            return Passage.SHUT
        mine = Host.objects.filter(pk=host.pk, state=BreakerState.OPEN, probe_at=host.probe_at)
        self._looked_s = float("-inf")
        self._is_probing = bool(mine.update(probe_at=now + PROBE_LEASE))
        return Passage.PROBE if self._is_probing else Passage.SHUT

    def probe_unused(self) -> None:
        """There was nothing to try it with: the next one may."""
        self._is_probing = False
        Host.objects.filter(address=self.address, state=BreakerState.OPEN).update(probe_at=timezone.now())

    def report(self, results: Iterable[object], *, first_delay_s: float) -> bool:
        """What came of attempts, in their order: answers and RemoteErrors. Returns whether the breaker opened with
        them: what counts is how many failed in a row."""
        # One error object for many units is one call that failed.
        told = list({id(result): result for result in results}.values())
        pause_s = max((_asked_s(each, first_delay_s) for each in told if isinstance(each, RemoteError)), default=0.0)
        failed = list(takewhile(is_failure, reversed(told)))
        opened = False
        if pause_s > 0:
            until = timezone.now() + timedelta(seconds=min(pause_s, MAX_PAUSE_S))
            self._row().filter(Q(not_before=None) | Q(not_before__lt=until)).update(not_before=until)
            self._looked_s = float("-inf")
        if len(failed) < len(told):
            self._heard()
        if failed:
            opened = self._failed(len(failed), cast(RemoteError, failed[0]))
        return opened

    def give(self, count: int) -> list[datetime]:
        """The times at which the next calls may be made, up to `count`, under the host's rate; none while those of
        the next second are all given away."""
        interval = timedelta(minutes=1) / (self._policy.rate_per_minute or 1)
        row = self._row()
        now = timezone.now()
        for _attempt in range(5):
            given = row.values_list("paced_until", flat=True).get()
            start = max(given or now, now)
            if start > now + PACED_AHEAD:
                return []
            times = max(1, min(count, int((now + PACED_AHEAD - start) / interval)))
            if row.filter(paced_until=given).update(paced_until=start + times * interval):
                return [start + number * interval for number in range(times)]
        return []

    def _look(self) -> Host | None:
        if monotonic() - self._looked_s >= LOOK_EVERY_S:
            self._host = Host.objects.filter(address=self.address).first()
            self._looked_s = monotonic()
        return self._host

    def _row(self) -> QuerySet[Host]:
        Host.objects.bulk_create([Host(address=self.address)], ignore_conflicts=True)
        return Host.objects.filter(address=self.address)

    def _heard(self) -> None:
        self._is_probing = False
        host = self._look()
        if host is None or (host.state == BreakerState.CLOSED and not host.failures):
            return
        Host.objects.filter(pk=host.pk).update(failures=0, changed_at=timezone.now())
        self._looked_s = float("-inf")
        if _close(host):
            logger.warning("%s answers again; its deliveries go on.", self.address)

    def _failed(self, count: int, error: RemoteError) -> bool:
        row, now = self._row(), timezone.now()
        row.update(failures=F("failures") + count, last_error=error.message, changed_at=now)
        self._looked_s = float("-inf")
        pause_s = float(self._policy.breaker_pause_s)
        opened = breakers_move(
            row.filter(failures__gte=self._policy.breaker_failures),
            old=BreakerState.CLOSED,
            new=BreakerState.OPEN,
            opened_at=now,
            pauses=1,
            probe_at=now + timedelta(seconds=pause_s),
        )
        if opened:
            logger.error("%s is left alone for %d s after failing again and again: %s", self.address, pause_s, error)
            return True
        if self._is_probing:
            self._is_probing = False
            pauses = row.values_list("pauses", flat=True).get()
            longer_s = min(pause_s * 2 ** min(pauses, 12), MAX_PAUSE_S)
            row.filter(state=BreakerState.OPEN).update(pauses=pauses + 1, probe_at=now + timedelta(seconds=longer_s))
        return False


def breaker_close(host: Host) -> None:
    """Let the host be called at once, whatever it did."""
    Host.objects.filter(pk=host.pk).update(failures=0, not_before=None)
    _close(host)


def _close(host: Host) -> int:
    row = Host.objects.filter(pk=host.pk)
    return breakers_move(row, old=BreakerState.OPEN, new=BreakerState.CLOSED, opened_at=None, probe_at=None, pauses=0)


def is_failure(error: object) -> bool:
    """Whether the result is an error that says that the host is not well."""
    if (
        not isinstance(error, RemoteError)
        or error.code in NOT_ABOUT_HOST
        or error.kind in (Kind.PERMANENT, Kind.BLOCKED)
    ):
        return False
    return error.status is None or error.status >= 500 or error.status == 408


def is_about_host(result: object) -> bool:
    """Whether the result of one call changes how the host is treated."""
    return isinstance(result, RemoteError) and (is_failure(result) or _asked_s(result, 1.0) > 0)


def _asked_s(error: RemoteError, first_delay_s: float) -> float:
    if error.code in NOT_ABOUT_HOST:
        return 0.0
    if error.retry_after_s is not None:
        return error.retry_after_s
    return min(first_delay_s, 60.0) if error.status == RATE_LIMITED else 0.0
