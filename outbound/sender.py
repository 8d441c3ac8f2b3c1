"""Sends claimed units over a few connections at once.

The threads call out and touch nothing else; the database belongs to the thread that asked. While they work it renews
the lease, and when its time is up it starts no further unit and hands those back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from django.conf import settings

from auditlog.recorder import Recording
from clients.errors import Kind, RemoteError
from clients.observe import observing
from outbound.budget import Budget
from outbound.claims import RENEW_AFTER_S, Claim, Unit, claim_renew
from outbound.targets.base import Answer, Target

logger = logging.getLogger(__name__)

POLL_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a unit: an answer, or an error."""

    unit: Unit
    result: Answer | RemoteError


@contextmanager
def sending_threads() -> Iterator[ThreadPoolExecutor]:
    """As many threads as connections to one host are allowed. An exception does not wait for what is under way: a
    task that is being stopped has a few seconds left, and the lease covers the rest."""
    pool = ThreadPoolExecutor(max_workers=settings.SYNC_CONNECTIONS_PER_HOST, thread_name_prefix="sender")
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def units_send(
    *, claim: Claim, target: Target, pool: ThreadPoolExecutor, rec: Recording, budget: Budget
) -> tuple[list[Outcome], list[Unit]]:
    """Send the claim's units; returns what became of them, and those not begun before the budget was used up."""
    outcomes: list[Outcome] = []
    futures: dict[Future[Answer | RemoteError], Unit] = {}
    for unit in claim.units:
        try:
            prepared = target.prepare(unit)
        except RemoteError as error:
            outcomes.append(Outcome(unit, error))
        else:
            futures[pool.submit(_attempt, target, unit, prepared, rec)] = unit
    unsent: list[Unit] = []
    waiting = set(futures)
    renew_at = monotonic() + RENEW_AFTER_S
    while waiting:
        done, waiting = wait(waiting, timeout=POLL_S)
        outcomes += [Outcome(futures[future], future.result()) for future in done]
        if waiting and budget.is_over:
            cancelled = {future for future in waiting if future.cancel()}
            unsent += [futures[future] for future in cancelled]
            waiting -= cancelled
        if waiting and monotonic() >= renew_at:
            claim_renew(claim)
            renew_at = monotonic() + RENEW_AFTER_S
    return outcomes, unsent


def _attempt(target: Target, unit: Unit, prepared: Any, rec: Recording) -> Answer | RemoteError:
    first = unit.deliveries[0]
    observer = rec.observer(
        delivery_id=None if unit.batch else first.pk,
        batch=unit.batch,
        record_ref="" if unit.batch else str(first.record_id),
        summary=f"{len(unit.deliveries)} records" if unit.batch else "",
    )
    with observing(observer):
        try:
            return target.send(prepared)
        except RemoteError as error:
            return error
        except Exception:
            # A fault of ours in one unit must not lose the results of the others.
            logger.exception("Sending delivery %s failed", first.pk)
            return RemoteError(
                "The hub failed while sending. The log of its process says why.", kind=Kind.AMBIGUOUS, code="internal"
            )
