"""How many deliveries of a run ended how: columns of its row that follow the states of its deliveries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from django.db.models import F
from django.db.models.functions import Greatest

from outbound.models import DeliveryState, SyncRun

COLUMNS: Final = {
    DeliveryState.DELIVERED: "delivered_count",
    DeliveryState.DEAD: "dead_count",
    DeliveryState.SKIPPED: "conflict_count",
}

Change = tuple[int, DeliveryState]
"""A run, and the state that so many more of its deliveries are in."""


def counts_move(changes: Counter[Change]) -> None:
    """Add to the counts of each run, or take from them; states that nobody counts are left out. Runs in the order of
    their ids, so that two writers never wait for each other's rows."""
    by_run: dict[int, dict[str, int]] = {}
    for (run_id, state), count in changes.items():
        if count and state in COLUMNS:
            by_run.setdefault(run_id, {})[COLUMNS[state]] = count
    for run_id, columns in sorted(by_run.items()):
        # A count is for people to look at, and no reason to lose what became of a delivery.
        values = {
            name: F(name) + count if count > 0 else Greatest(F(name) + count, 0) for name, count in columns.items()
        }
        SyncRun.objects.filter(pk=run_id).update(**values)


def no_longer(state: DeliveryState, run_ids: Iterable[int | None]) -> Counter[Change]:
    """For `counts_move`: a delivery of each of these runs left the state."""
    return Counter({(run_id, state): -count for run_id, count in Counter(run_ids).items() if run_id is not None})
