"""Keeps one cluster alive, and looks every second for what is due.

The cluster is a process group of its own. When its main process ends, or it hangs (see `pulse`), what is left of the
group is killed and a new one started, after a pause that grows while it keeps dying. Retries of seconds cannot wait
for django-q2's scheduler, which looks every half minute: the sweep runs here, and only enqueues.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Final

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django_q.brokers import Broker, get_broker

from outbound.cluster import PARENT_VARIABLE
from outbound.heartbeat import Heartbeat
from outbound.pulse import VARIABLE as PULSE_VARIABLE
from outbound.pulse import Pulse
from outbound.sweeps import sweep
from outbound.triggers import schedules_reconcile

logger = logging.getLogger(__name__)

TICK_S: Final = 1.0
STEADY_AFTER_S: Final = 20.0
MAX_PAUSE_S: Final = 30.0
IDLE_HUNG_S: Final = 20.0
BUSY_RESERVE_S: Final = 30.0


class Supervisor:
    """`command` starts a cluster; `heartbeat` is a file that is touched while all is well."""

    def __init__(self, *, command: Sequence[str], grace_s: float, heartbeat: Path | None = None) -> None:
        self._command = list(command)
        self._grace_s = grace_s
        self._heartbeat = heartbeat
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._broker: Broker | None = None
        self._home = tempfile.TemporaryDirectory(prefix="sync-pulse-")
        self._pulse = Pulse(
            Path(self._home.name), idle_s=IDLE_HUNG_S, busy_s=settings.SYNC_TASK_TIMEOUT_S + BUSY_RESERVE_S
        )
        self._is_hung = False
        self._sign = Heartbeat()

    def stop(self) -> None:
        """Make `run` end; safe in a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Supervise until `stop` is called; then let the cluster finish, and leave no process behind."""
        schedules_reconcile()
        pause_s = TICK_S
        try:
            while not self._stopping.is_set():
                self._child = self._start()
                started_s = monotonic()
                self._watch(self._child)
                if self._stopping.is_set():
                    break
                if self._is_hung:
                    logger.error("Tasks wait and the cluster does nothing; it is started anew.")
                else:
                    logger.error("The cluster ended with exit code %s; it is started anew.", self._child.returncode)
                _kill_group(self._child)
                self._sign.restarted()
                pause_s = TICK_S if monotonic() - started_s > STEADY_AFTER_S else min(2 * pause_s, MAX_PAUSE_S)
                self._stopping.wait(pause_s)
        finally:
            self._end()
            self._home.cleanup()

    def _start(self) -> subprocess.Popen[bytes]:
        self._pulse.begin()
        self._is_hung = False
        return subprocess.Popen(  # noqa: S603 - our own command
            self._command,
            env={**os.environ, PARENT_VARIABLE: str(os.getpid()), PULSE_VARIABLE: self._home.name},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _watch(self, child: subprocess.Popen[bytes]) -> None:
        while not self._stopping.wait(TICK_S) and child.poll() is None:
            if self._tick() and self._heartbeat:
                self._heartbeat.touch()
            if self._is_hung:
                return

    def _tick(self) -> bool:
        try:
            close_old_connections()
            self._broker = self._broker or get_broker()
            waiting = self._broker.queue_size()
            self._is_hung = self._pulse.is_hung(waiting=waiting)
            sweep(enqueues_deliveries=waiting <= 2 * settings.SYNC_WORKERS)
            self._sign.beat(waiting=waiting)
        except Exception:  # database or broker away for a moment: they have their own exceptions
            logger.exception("The sweep failed; it is tried again in a second.")
            return False
        return True

    def _end(self) -> None:
        try:
            self._sign.end()
        except DatabaseError:
            logger.exception("The worker's sign of life could not be removed; it is taken for absent in a minute.")
        child = self._child
        if child is None:
            return
        if child.poll() is None:
            # The main process alone: it tells the others, and they finish what they hold.
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(timeout=self._grace_s)
            except subprocess.TimeoutExpired:
                logger.warning("The cluster did not stop within %s s; it is killed.", self._grace_s)
        _kill_group(child)


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def cluster_command() -> list[str]:
    """How the cluster is started: this same command with `--cluster`."""
    return [sys.executable, sys.argv[0], "syncworker", "--cluster"]
