"""The only place where the state of a delivery, a run, a breaker or a conflict changes, always by compare-and-set.

Whoever changes a state says which one it believes is there; where that is no longer so, nothing is changed and the
count returned says it: another process got there first. A transition that is not in the tables is a bug, and
raises.
"""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet

from outbound.models import BreakerState, Conflict, ConflictState, Delivery, DeliveryState, Host, RunState, SyncRun

DELIVERY_TRANSITIONS: Final[dict[DeliveryState, frozenset[DeliveryState]]] = {
    DeliveryState.PENDING: frozenset({DeliveryState.SENDING, DeliveryState.DISCARDED, DeliveryState.SKIPPED}),
    DeliveryState.SENDING: frozenset(
        {DeliveryState.DELIVERED, DeliveryState.PENDING, DeliveryState.DEAD, DeliveryState.SKIPPED}
    ),
    DeliveryState.DELIVERED: frozenset({DeliveryState.PENDING}),
    DeliveryState.DEAD: frozenset({DeliveryState.PENDING, DeliveryState.DISCARDED, DeliveryState.SUPERSEDED}),
    DeliveryState.SUPERSEDED: frozenset({DeliveryState.PENDING}),
    DeliveryState.DISCARDED: frozenset({DeliveryState.PENDING}),
    DeliveryState.SKIPPED: frozenset({DeliveryState.PENDING, DeliveryState.DISCARDED}),
}

RUN_TRANSITIONS: Final[dict[RunState, frozenset[RunState]]] = {
    RunState.PENDING: frozenset({RunState.RUNNING, RunState.CANCELLED, RunState.FAILED}),
    RunState.RUNNING: frozenset({RunState.PENDING, RunState.DONE, RunState.FAILED, RunState.CANCELLED}),
    RunState.DONE: frozenset(),
    RunState.FAILED: frozenset({RunState.PENDING}),
    RunState.CANCELLED: frozenset({RunState.PENDING}),
}

BREAKER_TRANSITIONS: Final[dict[BreakerState, frozenset[BreakerState]]] = {
    BreakerState.CLOSED: frozenset({BreakerState.OPEN}),
    BreakerState.OPEN: frozenset({BreakerState.CLOSED}),
}

CONFLICT_TRANSITIONS: Final[dict[ConflictState, frozenset[ConflictState]]] = {
    ConflictState.OPEN: frozenset({ConflictState.SETTLED, ConflictState.AGREED, ConflictState.ENDED}),
    ConflictState.SETTLED: frozenset(),
    ConflictState.AGREED: frozenset(),
    ConflictState.ENDED: frozenset(),
}

OPEN_DELIVERIES: Final = (DeliveryState.PENDING, DeliveryState.SENDING)
ACTIVE_RUNS: Final = (RunState.PENDING, RunState.RUNNING)


class IllegalTransition(ValueError):
    """The tables above do not allow this change."""


def deliveries_move(deliveries: QuerySet[Delivery], *, old: DeliveryState, new: DeliveryState, **values: Any) -> int:
    """Move those of `deliveries` that are in `old` to `new`, setting `values` with them. Returns how many moved."""
    if new not in DELIVERY_TRANSITIONS[old]:
        raise IllegalTransition(f"A delivery cannot go from {old} to {new}.")
    return deliveries.order_by().filter(state=old).update(state=new, **values)


def runs_move(runs: QuerySet[SyncRun], *, old: RunState, new: RunState, **values: Any) -> int:
    """Move those of `runs` that are in `old` to `new`, setting `values` with them. Returns how many moved."""
    if new not in RUN_TRANSITIONS[old]:
        raise IllegalTransition(f"A run cannot go from {old} to {new}.")
    return runs.order_by().filter(state=old).update(state=new, **values)


def breakers_move(hosts: QuerySet[Host], *, old: BreakerState, new: BreakerState, **values: Any) -> int:
    """Move the breakers of those of `hosts` that are in `old` to `new`, setting `values` with them. Returns how many
    moved."""
    if new not in BREAKER_TRANSITIONS[old]:
        raise IllegalTransition(f"A breaker cannot go from {old} to {new}.")
    return hosts.order_by().filter(state=old).update(state=new, **values)


def conflicts_move(conflicts: QuerySet[Conflict], *, old: ConflictState, new: ConflictState, **values: Any) -> int:
    """Move those of `conflicts` that are in `old` to `new`, setting `values` with them. Returns how many moved."""
    if new not in CONFLICT_TRANSITIONS[old]:
        raise IllegalTransition(f"A conflict cannot go from {old} to {new}.")
    return conflicts.order_by().filter(state=old).update(state=new, **values)
