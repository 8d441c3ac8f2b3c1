"""Puts tasks into django-q2's queue. They hold ids alone: the rows are the truth, and the sweep finds what is lost."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

logger = logging.getLogger(__name__)

SYNC: Final = "outbound.tasks.run_sync"
DELIVERIES: Final = "outbound.tasks.run_deliveries"
WRITE_BACKS: Final = "outbound.tasks.run_write_backs"
SWEEP: Final = "outbound.tasks.run_sweep"
SCHEDULE: Final = "outbound.tasks.run_schedule"
PURGE: Final = "outbound.tasks.run_purge"

AGAIN_AFTER: Final = timedelta(seconds=60)


def enqueue_again_at() -> datetime:
    """When a run that was just enqueued and is still waiting is enqueued once more: its task may be lost."""
    return timezone.now() + AGAIN_AFTER


def enqueue_on_commit(task: str, *ids: int) -> None:
    """Enqueue once the transaction, if there is one, is committed. A queue that cannot be reached is logged and no
    error: what the task was to do stands in the database, and the next sweep enqueues it again."""
    transaction.on_commit(lambda: _enqueue(task, ids))


def _enqueue(task: str, ids: tuple[int, ...]) -> None:
    try:
        async_task(task, *ids)
    except Exception:  # whatever broker it is, each has its own exceptions
        logger.exception("%s%r could not be enqueued; the sweep will do it", task, ids)
