"""What the queue calls: each loads by id and calls one service."""

from __future__ import annotations

from inbound.queueing import queue_run
from inbound.waking import TASK
from outbound.budget import Budget
from outbound.enqueue import enqueue_on_commit
from outbound.tasks import budget_s


def run_queue(config_id: int) -> None:
    """Process what waits at an endpoint."""
    if queue_run(config_id=config_id, budget=Budget(budget_s())):
        enqueue_on_commit(TASK, config_id)
