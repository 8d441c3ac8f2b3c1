"""Finds what waits at queued endpoints and nobody works on, and what is too old to be kept."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q

from inbound.idempotency import requests_purge
from inbound.models import EndpointPolicy, InboundRequest, RequestState
from inbound.waking import TASK
from outbound.enqueue import enqueue_on_commit

PURGE_EVERY_S: Final = 600.0

_purged_at = -PURGE_EVERY_S
_lock = threading.Lock()


def queues_sweep(now: datetime) -> int:
    """Enqueue a task for each endpoint with work that is due; returns how many."""
    global _purged_at
    due = InboundRequest.objects.filter(config_id=OuterRef("config_id")).filter(
        Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    )
    has_work = Exists(due.filter(state=RequestState.WAITING)) | Exists(
        due.filter(state=RequestState.DONE, is_told=False)
    )
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    ids = list(EndpointPolicy.objects.filter(has_work, free, config__active=True).values_list("config_id", flat=True))
    for config_id in ids:
        enqueue_on_commit(TASK, config_id)
    with _lock:
        is_time = time.monotonic() - _purged_at >= PURGE_EVERY_S
        if is_time:
            _purged_at = time.monotonic()
    if is_time:
        requests_purge(now=now)
    return len(ids)
