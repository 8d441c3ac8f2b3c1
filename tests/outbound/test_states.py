"""States change by compare-and-set, and only as the tables allow."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from outbound.models import Delivery, DeliveryState, RunState, RunTrigger, SyncRun
from outbound.states import (
    DELIVERY_TRANSITIONS,
    RUN_TRANSITIONS,
    IllegalTransition,
    deliveries_move,
    runs_move,
)
from syncconfig.models import SyncConfig
from tests.outbound.conftest import make_delivery

REPOSITORY = Path(__file__).resolve().parents[2]


def test_every_state_has_its_row_in_the_tables() -> None:
    assert set(DELIVERY_TRANSITIONS) == set(DeliveryState)
    assert set(RUN_TRANSITIONS) == set(RunState)


def test_a_move_that_the_table_lacks_is_a_bug() -> None:
    with pytest.raises(IllegalTransition, match="from delivered to sending"):
        deliveries_move(Delivery.objects.all(), old=DeliveryState.DELIVERED, new=DeliveryState.SENDING)


def test_a_run_that_is_done_stays_done() -> None:
    with pytest.raises(IllegalTransition, match="from done to pending"):
        runs_move(SyncRun.objects.all(), old=RunState.DONE, new=RunState.PENDING)


def test_only_those_in_the_old_state_move(config: SyncConfig) -> None:
    waiting = make_delivery(config, 1)
    dead = make_delivery(config, 2, state=DeliveryState.DEAD)
    moved = deliveries_move(
        Delivery.objects.all(), old=DeliveryState.PENDING, new=DeliveryState.SENDING, last_error="x"
    )
    assert moved == 1
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states == {waiting.pk: "sending", dead.pk: "dead"}


def test_who_comes_second_changes_nothing(config: SyncConfig) -> None:
    run = SyncRun.objects.create(config=config, trigger=RunTrigger.MANUAL)
    mine = SyncRun.objects.filter(pk=run.pk)
    assert runs_move(mine, old=RunState.PENDING, new=RunState.RUNNING) == 1
    assert runs_move(mine, old=RunState.PENDING, new=RunState.CANCELLED) == 0
    assert mine.get().state == RunState.RUNNING


def test_no_other_module_writes_a_state() -> None:
    """`state=` in an `update(...)` anywhere else would be a change without a table."""
    culprits = []
    for path in (REPOSITORY / "outbound").rglob("*.py"):
        if path.name == "states.py" or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "update"
                and any(keyword.arg == "state" for keyword in node.keywords)
            ):
                culprits.append(f"{path.name}:{node.lineno}")
    assert culprits == []
