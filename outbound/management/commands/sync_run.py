"""`manage.py sync_run NAME`: run an Out config, and say what came of it."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import IO, Any, Final, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from outbound.models import Delivery, RunState, RunTrigger, SyncRun
from outbound.order_keys import record_name
from outbound.progress import progress_of
from outbound.run_control import run_cancel
from outbound.runs import RunRefused, active_run_id, run_execute, run_start
from outbound.states import ACTIVE_RUNS, OPEN_DELIVERIES
from outbound.sweeps import sweep
from outbound.tasks import run_deliveries
from outbound.terminal import RunBar, duration
from syncconfig.models import SyncConfig

POLL_S: Final = 0.1
HINT_AFTER_S: Final = 10.0
SHOWN_PROBLEMS: Final = 5


class Command(BaseCommand):
    help = "Run an Out config. Exits with 1 when the run failed, or when a record was rejected or could not be sent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="Name of the sync config.")
        parser.add_argument("--full", action="store_true", help="Send unchanged records too.")
        parser.add_argument("--ids", help="Only these Odoo ids, separated by commas, e.g. 1,2.")
        parser.add_argument("--wait", action="store_true", help="Wait until every delivery arrived or is dead.")
        parser.add_argument(
            "--inline", action="store_true", help="Do the work in this process; no worker is needed for it."
        )
        parser.add_argument("--cancel", action="store_true", help="Cancel the run of the config that is not over.")

    def handle(self, *args: Any, **options: Any) -> None:
        config = SyncConfig.objects.filter(name=options["name"]).first()
        if config is None:
            names = ", ".join(SyncConfig.objects.filter(request_type="out").values_list("name", flat=True))
            raise CommandError(f"There is no sync config {options['name']!r}. Out configs: {names or 'none'}.")
        if options["cancel"]:
            self._cancel(config)
            return
        try:
            run = run_start(
                config=config,
                trigger=RunTrigger.COMMAND,
                record_ids=_ids(options["ids"]),
                is_full=options["full"],
            )
        except RunRefused as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Run #{run.pk} of {config.name}")
        if not (options["inline"] or options["wait"]):
            return
        try:
            with RunBar(run, cast(IO[str], self.stdout)) if self.stdout.isatty() else nullcontext() as bar:
                if options["inline"]:
                    self._work(run)
                if options["wait"]:
                    self._wait(run, works=options["inline"], tells=bar is None)
        except KeyboardInterrupt:
            self._interrupted(run, works=options["inline"])
        self._report(run)

    def _cancel(self, config: SyncConfig) -> None:
        run_id = active_run_id(config)
        if run_id is None or not run_cancel(run_id=run_id):
            raise CommandError(f"No run of {config.name} is waiting or running.")
        self.stdout.write(f"Run #{run_id} is cancelled. What of it has not been sent is discarded.")

    def _interrupted(self, run: SyncRun, *, works: bool) -> None:
        """Ctrl-C ends a run that is worked on here, and otherwise only the waiting for it."""
        if works:
            run_cancel(run_id=run.pk)
            raise CommandError(f"Run #{run.pk} is cancelled. The admin can let it go on.")
        raise CommandError(f"Run #{run.pk} goes on without being watched. To cancel it: sync_run NAME --cancel")

    def _work(self, run: SyncRun) -> None:
        """What a worker would do now: the run, and what is due of its config."""
        run_execute(run_id=run.pk, budget_s=float("inf"))
        run_deliveries(run.config_id)

    def _wait(self, run: SyncRun, *, works: bool, tells: bool) -> None:
        shown = ""
        moved_s = time.monotonic()
        hinted = False
        while True:
            run.refresh_from_db()
            line = _line(run)
            if line != shown:
                if tells:
                    self.stdout.write(line + _pace(run))
                shown, moved_s = line, time.monotonic()
            is_open = Delivery.objects.filter(run=run, state__in=OPEN_DELIVERIES).exists()
            if run.state not in ACTIVE_RUNS and not is_open:
                return
            if works:
                sweep(enqueues_deliveries=False)
                self._work(run)
            elif run.state == RunState.PENDING and not hinted and time.monotonic() - moved_s > HINT_AFTER_S:
                self.stderr.write("Nothing has happened for 10 s. Is `manage.py syncworker` running?")
                hinted = True
            time.sleep(POLL_S)

    def _report(self, run: SyncRun) -> None:
        run.refresh_from_db()
        self.stdout.write(f"{run.get_state_display()}: {_line(run)}")
        if run.held_count:
            self.stderr.write(
                f"{run.held_count} held back: the other side refused exactly this before, or it was changed there too. "
                "Replay or discard their dead deliveries, settle their conflicts, or change the records."
            )
        if run.conflict_count:
            self.stderr.write(
                f"{run.conflict_count} in conflict: they were changed in both Odoos, and wait under Conflicts until "
                "somebody has chosen."
            )
        for problem in run.problems[:SHOWN_PROBLEMS]:
            name = problem["record_id"]
            said = f"Record {name}" if isinstance(name, int) else str(name).capitalize()
            self.stderr.write(f"{said}: {problem['reason']}")
        dead = Delivery.objects.filter(run=run, state="dead").order_by("pk")
        for delivery in dead[:SHOWN_PROBLEMS]:
            name = record_name(delivery.record_id, delivery.external_id)
            said = f"Delivery #{delivery.pk}" if name == "-" else f"Record {name}"
            self.stderr.write(f"{said} could not be delivered: {delivery.last_error}")
        if run.state in (RunState.FAILED, RunState.CANCELLED):
            raise CommandError(f"The run is {run.state}. {run.error}".strip())
        if run.dead_count or run.rejected_count:
            raise CommandError(f"{run.dead_count} could not be delivered, {run.rejected_count} were rejected.")


def _ids(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise CommandError("--ids takes whole numbers separated by commas, e.g. 1,2.") from None


def _line(run: SyncRun) -> str:
    held = f"held back {run.held_count}, " if run.held_count else ""
    conflicts = f", in conflict {run.conflict_count}" if run.conflict_count else ""
    return (
        f"read {run.read_count}, unchanged {run.unchanged_count}, {held}rejected {run.rejected_count}, "
        f"to deliver {run.queued_count}, delivered {run.delivered_count}, dead {run.dead_count}{conflicts}"
    )


def _pace(run: SyncRun) -> str:
    """Rate and time left, where they are known."""
    progress = progress_of(run, now=timezone.now())
    return "" if progress.left_s is None else f" ({progress.rate:.0f}/s, {duration(progress.left_s)} left)"
