"""Forgets what is old: the log is purged by range, in chunks that keep no lock for long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db.models import Min

from auditlog.models import ApiLog

CHUNK_ROWS = 1000


def log_purge(
    *, older_than: datetime, chunk_rows: int = CHUNK_ROWS, is_over: Callable[[], bool] = lambda: False
) -> int:
    """Delete the entries that began before `older_than`; returns how many. Stops early once `is_over` says so.

    Ids grow with time but for exchanges that overlap, so a chunk is a range of ids and the time is compared within it.
    Each chunk is a transaction of its own: others write between two of them, and an interrupted purge has done what it
    has done.
    """
    deleted = 0
    first = ApiLog.objects.aggregate(first=Min("id"))["first"]
    newest_old = ApiLog.objects.filter(created_at__lt=older_than).order_by("-created_at").values_list("id", flat=True)
    last = newest_old.first()
    if first is None or last is None:
        return 0
    # The newest old entry need not have the highest id: another may have been stored after it though it began earlier.
    last += chunk_rows
    while first <= last and not is_over():
        chunk = ApiLog.objects.filter(id__gte=first, id__lt=first + chunk_rows, created_at__lt=older_than)
        # Nothing refers to an entry, so Django deletes them in one statement, unread.
        deleted += chunk.delete()[0]
        first += chunk_rows
    return deleted
