"""The django-q2 cluster as a child of `syncworker`: it dies with its parent, and stops by finishing what it began.

django-q2 leaves orphans that go on working when its main process is killed. On Linux each of its processes therefore
asks the kernel to be killed together with its parent, from the workers up to the supervisor.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Any, Final

from django_q.cluster import Cluster

from outbound.budget import stop_request
from outbound.pulse import pulse_connect

PARENT_VARIABLE: Final = "SYNC_SUPERVISOR_PID"
_PR_SET_PDEATHSIG: Final = 1


def cluster_run() -> None:
    """Run the cluster in this process until it is told to stop by SIGTERM or its sentinel dies."""
    die_with_parent(int(os.environ.get(PARENT_VARIABLE, "0")))
    os.register_at_fork(after_in_child=die_with_parent)
    pulse_connect()
    cluster = Cluster()

    def stop(number: int, frame: Any) -> None:
        stop_request()
        cluster.sig_handler(number, frame)

    cluster.start()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if cluster.sentinel is not None:
        cluster.sentinel.join()


def die_with_parent(expected_pid: int = 0) -> None:
    """Ask the kernel for SIGKILL when the parent dies; where it cannot be asked (not Linux), nothing happens.

    `expected_pid` is the parent that was meant: gone before we could ask, it would never be noticed.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if expected_pid and os.getppid() != expected_pid:
        os._exit(1)
