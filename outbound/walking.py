"""The walk of a run: deliveries into the table, and on their way, for one page after the other."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final, TypeVar

from outbound.ahead import Ahead
from outbound.budget import Budget
from outbound.claims import Claim, deliveries_claim
from outbound.deliveries import CLAIM_UNITS
from outbound.hosts import Passage
from outbound.sending import Sending
from syncconfig.models import SyncConfig

DUE_EVERY_S: Final = 1.0

T = TypeVar("T")


def walk(
    *,
    config: SyncConfig,
    source: Ahead[T],
    sending: Sending,
    budget: Budget,
    commit: Callable[[T, bool], Claim],
    is_last: Callable[[T], bool],
) -> bool:
    """Page by page until the last one (True) or until the time is up (False); the next page is being made meanwhile.

    `commit(page, claims)` puts the page's deliveries into the table together with the run's cursor and returns what
    is to be sent now: nothing without `claims`.
    """
    due_at_s = monotonic() + DUE_EVERY_S
    is_first = True
    while True:
        page = source.take() if sending.is_hungry else None
        if page is None:
            # However short the time, a task brings its run on by a page.
            if budget.is_over and not is_first:
                return False
            sending.step()
            continue
        is_free = sending.passage(probes=False) is Passage.FREE and not budget.is_over
        sending.add(commit(page, is_free))
        sending.step(0)
        if is_last(page):
            return True
        if budget.is_over:
            return False
        is_first = False
        if is_free and monotonic() >= due_at_s:
            # Deliveries of other runs, and those of this one that failed before.
            sending.add(deliveries_claim(config_id=config.pk, limit=CLAIM_UNITS, lease=sending.lease))
            due_at_s = monotonic() + DUE_EVERY_S
