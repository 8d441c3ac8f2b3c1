"""`manage.py sync_import FILE`: make sync configs what a YAML document says."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from syncconfig.acting import Actor
from syncconfig.documents.differing import text_diff
from syncconfig.documents.importing import text_import
from syncconfig.documents.outcome import Outcome
from syncconfig.documents.pruning import Prune


class Command(BaseCommand):
    help = (
        "Make the connections and sync configs what the document says, all or nothing; what is as it says already is "
        "left alone. Exits with 0 when done (or when there was nothing to do), with 1 when the document is refused, "
        "and, for a dry run, with 2 when something would change."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="The YAML document; - reads it from the standard input.")
        parser.add_argument("--dry-run", action="store_true", help="Change nothing; show what would change.")
        parser.add_argument(
            "--prune",
            choices=["off", "delete"],
            nargs="?",
            const="off",
            help=(
                "What becomes of sync configs that are not in the document: off switches them off; delete deletes "
                "those with which nothing was ever done, and switches the others off."
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = text_import(
            _text(options["file"]),
            actor=Actor(source="command", name=_who(), note="sync_import"),
            is_dry_run=options["dry_run"],
            prune=Prune(options["prune"] or "no"),
        )
        for warning in outcome.warnings:
            self.stderr.write(warning)
        if outcome.problems:
            for problem in outcome.problems:
                self.stderr.write(str(problem))
            raise CommandError(f"Nothing was changed: {len(outcome.problems)} to mend.")
        self._show(outcome, verbosity=options["verbosity"])
        if options["dry_run"] and outcome.effective:
            sys.exit(2)

    def _show(self, outcome: Outcome, *, verbosity: int) -> None:
        for change in outcome.effective:
            kind = "connection" if change.section == "connections" else "config"
            self.stdout.write(f"{kind} {change.name}: {change.effect.value}")
            if verbosity and (diff := text_diff(change)):
                self.stdout.write("\n".join(f"  {line}" for line in diff.splitlines()))
        unchanged = len(outcome.changes) - len(outcome.effective)
        verb = "Done" if outcome.is_done else "Would be done"
        self.stdout.write(f"{verb}: {len(outcome.effective)} changed, {unchanged} as they were.")


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CommandError(f"{file} is not UTF-8.") from None


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
