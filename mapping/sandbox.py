"""The processes in which scripts run: started when they are needed, used by one thread at a time, replaced when they
die. A process that was forked from one with sandboxes starts its own.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mapping.script_pipes import Broken, read_message, write_message

MAX_PROCESSES: Final = max(2, os.cpu_count() or 2)
_WAIT_S: Final = 60.0
_RUNS_PER_PROCESS: Final = 1000
_ROOT: Final = Path(__file__).resolve().parent.parent
_START: Final = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from mapping.script_worker import main; main()"


class SandboxError(Exception):
    """The sandbox cannot be had: it does not start, or every process of it stays busy."""


class Sandbox:
    """One process with its two pipes."""

    def __init__(self) -> None:
        # -I: neither the environment nor the working directory decides what is imported.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            cwd="/",
            bufsize=0,
        )
        assert self._process.stdin is not None  # noqa: S101 - as asked for
        assert self._process.stdout is not None  # noqa: S101
        self._stdin = self._process.stdin
        self._stdout = self._process.stdout
        self.runs = 0

    def send(self, message: object) -> None:
        """Raises Broken when the process has died."""
        try:
            write_message(self._stdin, message)
        except OSError as error:
            raise Broken from error

    def receive(self, timeout_s: float) -> Any:
        """The next message. Raises Broken when the process has died, or is silent for so long."""
        ready, _, _ = select.select([self._stdout], [], [], timeout_s)
        if not ready:
            raise Broken
        return read_message(self._stdout)

    @property
    def is_usable(self) -> bool:
        return self._process.poll() is None and self.runs < _RUNS_PER_PROCESS

    def close(self) -> None:
        """End the process."""
        self._let_go()
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)

    def disown(self) -> None:
        """For a process that was forked from ours: it has our ends of the pipes, and a child that is not its own."""
        self._let_go()
        self._process.returncode = 0

    def _let_go(self) -> None:
        for pipe in (self._stdin, self._stdout):
            with contextlib.suppress(OSError):
                pipe.close()


class _Pool:
    def __init__(self) -> None:
        self.idle: list[Sandbox] = []
        self.places = threading.BoundedSemaphore(MAX_PROCESSES)
        self.lock = threading.Lock()

    def take(self) -> Sandbox:
        with self.lock:
            while self.idle:
                found = self.idle.pop()
                if found.is_usable:
                    return found
                found.close()
        return Sandbox()

    def give_back(self, sandbox: Sandbox) -> None:
        with self.lock:
            self.idle.append(sandbox)


_pool = _Pool()
# Those of the processes we were forked from: kept, because to destroy them is to wait for children that are not ours.
_inherited: list[_Pool] = []


def _after_fork() -> None:
    global _pool
    _inherited.append(_pool)
    for sandbox in _pool.idle:
        sandbox.disown()
    _pool = _Pool()


os.register_at_fork(after_in_child=_after_fork)


@contextlib.contextmanager
def sandbox() -> Iterator[Sandbox]:
    """A sandbox of one's own for a while. Raises SandboxError; one that raised Broken is not used again."""
    pool = _pool
    if not pool.places.acquire(timeout=_WAIT_S):
        raise SandboxError(f"all {MAX_PROCESSES} sandboxes stayed busy for {_WAIT_S:g} s")
    try:
        try:
            taken = pool.take()
        except OSError as error:
            raise SandboxError(f"the sandbox cannot be started: {error.strerror}") from error
        try:
            yield taken
        except BaseException:
            # Whatever it was, the conversation broke off in the middle.
            taken.close()
            raise
        taken.runs += 1
        pool.give_back(taken)
    finally:
        pool.places.release()


@atexit.register
def close() -> None:
    """End the sandboxes of this process that are not in use. The next script starts new ones."""
    with _pool.lock:
        idle, _pool.idle = _pool.idle, []
    for each in idle:
        each.close()
