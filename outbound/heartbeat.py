"""The sign of life of a `syncworker`, for those who cannot see its process: the home page and the health check.

One row a worker, refreshed every `BEAT_S` seconds while its sweep works; so a worker that cannot reach the database is
as absent as one that is gone.
"""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from outbound.models import Worker

BEAT_S: Final = 10.0
ABSENT_AFTER: Final = timedelta(seconds=60)
FORGOTTEN_AFTER: Final = timedelta(days=1)


class Heartbeat:
    """For the supervisor of one worker: `beat` as often as it likes, `restarted` when it started its cluster anew."""

    def __init__(self) -> None:
        self._host = socket.gethostname()[:200]
        self._started_at = timezone.now()
        self._pk: int | None = None
        self._beat_at: datetime | None = None
        self._restarts = 0
        self._restarted_at: datetime | None = None

    def restarted(self) -> None:
        self._restarts += 1
        self._restarted_at = timezone.now()

    def beat(self, *, waiting: int) -> None:
        """Say that all is well, if it is time to. Raises as the database does."""
        now = timezone.now()
        if self._beat_at is not None and timedelta(0) <= now - self._beat_at < timedelta(seconds=BEAT_S):
            return
        values = {
            "beat_at": now,
            "waiting": max(0, waiting),
            "restarts": self._restarts,
            "restarted_at": self._restarted_at,
        }
        # The row may have been forgotten while the database was away for long.
        if self._pk is None or not Worker.objects.filter(pk=self._pk).update(**values):
            worker = Worker.objects.create(
                host=self._host,
                pid=os.getpid(),
                processes=settings.SYNC_WORKERS,
                started_at=self._started_at,
                **values,
            )
            self._pk = worker.pk
            Worker.objects.filter(beat_at__lt=now - FORGOTTEN_AFTER).delete()
        self._beat_at = now

    def end(self) -> None:
        """The worker ends by itself, and is no longer expected."""
        if self._pk is not None:
            Worker.objects.filter(pk=self._pk).delete()


def workers_alive(now: datetime) -> QuerySet[Worker]:
    """The workers that gave a sign of life within the last minute."""
    return Worker.objects.filter(beat_at__gt=now - ABSENT_AFTER)
