"""Runs several programs as one: their output side by side, one Ctrl-C for all, none left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Self, TextIO


class Processes:
    """A set of child processes, each in a group of its own, stopped together.

    Every line a child prints goes to `output` behind its name, or nowhere when `output` is None.
    """

    def __init__(self, *, output: TextIO | None = sys.stdout) -> None:
        self._output = output
        self._children: dict[str, subprocess.Popen[str]] = {}

    def start(self, name: str, command: Sequence[str], *, env: Mapping[str, str]) -> subprocess.Popen[str]:
        """Start a program. `env` is added to this process's own."""
        child = subprocess.Popen(  # noqa: S603
            command,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._children[name] = child
        if child.stdout:
            threading.Thread(target=self._copy, args=(name, child.stdout), daemon=True).start()
        return child

    def _copy(self, name: str, lines: IO[str]) -> None:
        for line in lines:
            if self._output:
                self._output.write(f"{name:<7}| {line}")
                self._output.flush()

    def dead(self) -> tuple[str, int] | None:
        """Name and exit code of a child that has ended, or None while all live."""
        for name, child in self._children.items():
            code = child.poll()
            if code is not None:
                return name, code
        return None

    def wait(self) -> tuple[str, int]:
        """Block until a child ends."""
        while (ended := self.dead()) is None:
            time.sleep(0.2)
        return ended

    def stop(self, *, timeout_s: float = 15.0) -> None:
        """SIGTERM to every group, SIGKILL to what is still there after `timeout_s`."""
        for child in self._children.values():
            _signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + timeout_s
        for child in self._children.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=max(0.1, deadline - time.monotonic()))
            # The leader may be gone while one it started lives on.
            _signal_group(child, signal.SIGKILL)
            child.wait()
            if child.stdout:
                child.stdout.close()
        self._children.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


def _signal_group(child: subprocess.Popen[str], number: signal.Signals) -> None:
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        return
