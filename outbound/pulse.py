"""Whether a cluster is at work or hangs: each worker process says which task it is at, in a directory of its own.

A django-q2 cluster can hang silently when an idle worker is killed (django-q2#23): its processes live, and nothing is
taken from the queue any more. From outside that looks like a cluster with nothing to do, except that there is.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import time
from typing import Any, Final

VARIABLE: Final = "SYNC_PULSE_DIR"
_LAST: Final = "last"


def pulse_connect() -> None:
    """In the cluster: say when a task begins and when it ends."""
    directory = os.environ.get(VARIABLE)
    if not directory:
        return
    from django_q.signals import post_execute_in_worker, pre_execute

    home = Path(directory)

    def began(**kwargs: Any) -> None:
        (home / _LAST).touch()
        (home / str(os.getpid())).touch()

    def ended(**kwargs: Any) -> None:
        (home / _LAST).touch()
        (home / str(os.getpid())).unlink(missing_ok=True)

    pre_execute.connect(began, weak=False, dispatch_uid="outbound-pulse-began")
    post_execute_in_worker.connect(ended, weak=False, dispatch_uid="outbound-pulse-ended")


class Pulse:
    """For the supervisor. A cluster hangs when tasks wait, and none has begun or ended for `idle_s` while nobody is at
    one, or for `busy_s` while somebody is."""

    def __init__(self, home: Path, *, idle_s: float, busy_s: float) -> None:
        self.home = home
        self._idle_s = idle_s
        self._busy_s = busy_s

    def begin(self) -> None:
        """A new cluster has all its time."""
        for left in self.home.iterdir():
            left.unlink(missing_ok=True)
        (self.home / _LAST).touch()
        self._empty_at = time()

    def is_hung(self, *, waiting: int) -> bool:
        """To be asked every second or so, with the number of tasks in the queue."""
        now = time()
        if not waiting:
            self._empty_at = now
            return False
        last = max((self.home / _LAST).stat().st_mtime, self._empty_at)
        return now - last > (self._busy_s if self._is_busy() else self._idle_s)

    def _is_busy(self) -> bool:
        return any(each.name.isdigit() and Path(f"/proc/{each.name}").exists() for each in self.home.iterdir())
