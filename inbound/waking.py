"""Starts the task that empties an endpoint's queue, at most every half second for each process.

Whatever is accepted in between is found by the task that runs then, or by the sweep of the next second.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from outbound.enqueue import enqueue_on_commit

TASK: Final = "inbound.tasks.run_queue"
EVERY_S: Final = 0.5

_woken: dict[int, float] = {}
_lock = threading.Lock()


def wake(config_id: int) -> None:
    now_s = time.monotonic()
    with _lock:
        if now_s - _woken.get(config_id, -EVERY_S) < EVERY_S:
            return
        _woken[config_id] = now_s
    enqueue_on_commit(TASK, config_id)
