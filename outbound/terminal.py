"""A run's progress on a terminal: a bar with counts, rate and the time left, drawn while the work goes on."""

from __future__ import annotations

from threading import Event, Thread
from types import TracebackType
from typing import IO, Final, Self

from django.db import connection
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from outbound.models import SyncRun
from outbound.progress import progress_of

EVERY_S: Final = 0.5


class RunBar:
    """Use as a context manager around the work or the waiting; it looks at the run's row by a thread of its own."""

    def __init__(self, run: SyncRun, file: IO[str]) -> None:
        self._run_id = run.pk
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[told]}"),
            console=Console(file=file, force_terminal=True),
            transient=True,
        )
        self._task = self._bar.add_task(f"Run #{run.pk}", total=None, told="")
        self._over = Event()
        self._thread = Thread(target=self._watch, name="run-bar", daemon=True)

    def __enter__(self) -> Self:
        self._bar.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._bar.stop()

    def _watch(self) -> None:
        try:
            self._look()
            while not self._over.wait(EVERY_S):
                self._look()
            self._look()
        finally:
            connection.close()

    def _look(self) -> None:
        run = SyncRun.objects.defer("problems", "record_ids").get(pk=self._run_id)
        progress = progress_of(run, now=timezone.now())
        self._bar.update(self._task, total=progress.total, completed=progress.settled, told=told(run))


def told(run: SyncRun) -> str:
    """Counts, rate and time left in a line."""
    progress = progress_of(run, now=timezone.now())
    total = "?" if progress.total is None else f"{progress.total:,}"
    parts = [f"{progress.settled:,} of {total}", f"{progress.rate:,.0f}/s"]
    if progress.left_s is not None:
        parts.append(f"{duration(progress.left_s)} left")
    parts += [
        f"{count:,} {word}"
        for word, count in (
            ("delivered", run.delivered_count),
            ("unchanged", run.unchanged_count),
            ("rejected", run.rejected_count),
            ("dead", run.dead_count),
            ("in conflict", run.conflict_count),
        )
        if count
    ]
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """`42 s`, `3 min 5 s`, `2 h 10 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
