"""`manage.py syncworker`: the queue's workers, kept alive, and everything that has to happen by the clock."""

from __future__ import annotations

import signal
from argparse import SUPPRESS
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from outbound.cluster import cluster_run
from outbound.supervisor import Supervisor, cluster_command


class Command(BaseCommand):
    help = "Run the workers: sends what is due, runs what is scheduled, restarts what died. Ends on SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--grace-s",
            type=float,
            default=12.0,
            help="Seconds that requests under way get to finish when it is stopped (default 12).",
        )
        parser.add_argument(
            "--heartbeat-file",
            type=Path,
            help="A file that is touched every second while all is well, for a watchdog to look at.",
        )
        parser.add_argument("--cluster", action="store_true", help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["cluster"]:
            cluster_run()
            return
        supervisor = Supervisor(
            command=cluster_command(), grace_s=options["grace_s"], heartbeat=options["heartbeat_file"]
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: supervisor.stop())
        supervisor.run()
