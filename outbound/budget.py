"""How long a task goes on starting new work: until its time is up, or until its worker has been told to stop.

The request to stop lies in memory that the cluster's processes share. It is a bare byte without a lock: a process
that is killed must not take a lock with it.
"""

from __future__ import annotations

from multiprocessing.sharedctypes import RawValue
from time import monotonic

_stop = RawValue("b", 0)


def stop_request() -> None:
    """Tell this process, and those forked from it, to begin nothing more. Safe in a signal handler."""
    _stop.value = 1


class Budget:
    """Seconds of a task, counted from now."""

    def __init__(self, seconds: float) -> None:
        self._end_s = monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return bool(_stop.value) or monotonic() >= self._end_s
