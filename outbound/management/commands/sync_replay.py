"""`manage.py sync_replay NAME`: send deliveries of a config again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from clients.errors import RemoteError
from outbound.commanding import config_named
from outbound.models import DeliveryState
from outbound.replay import REPLAYABLE
from outbound.replay_many import replay_anew, replay_choose, replay_old, replay_simulate
from outbound.runs import RunRefused
from syncconfig.plans import ConfigBroken


class Command(BaseCommand):
    help = "Send dead deliveries of a config again; --simulate says what would be sent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="Name of the sync config.")
        parser.add_argument("--state", choices=[state.value for state in REPLAYABLE], default="dead")
        parser.add_argument("--since", help="Created at or after, e.g. 2026-11-20 or 2026-11-20T08:00.")
        parser.add_argument("--until", help="Created before.")
        parser.add_argument("--error", default="", help="Only those whose error holds this text.")
        parser.add_argument("--anew", action="store_true", help="Map the records anew, in place of the old payload.")
        parser.add_argument("--simulate", action="store_true", help="Send nothing; say what would be sent.")

    def handle(self, *args: Any, **options: Any) -> None:
        config = config_named(options["name"])
        ids = replay_choose(
            config=config,
            state=DeliveryState(options["state"]),
            since=_time(options["since"], "--since"),
            until=_time(options["until"], "--until"),
            error=options["error"],
        )
        if not ids:
            self.stdout.write(
                "There is nothing to send again: what is older than another delivery of its record is left out."
            )
            return
        try:
            if options["simulate"]:
                self._simulate(config, ids, anew=options["anew"])
            elif options["anew"]:
                run = replay_anew(config=config, ids=ids)
                self.stdout.write(f"Run #{run.pk} sends {len(ids)} records as they are now.")
            else:
                self.stdout.write(f"{replay_old(ids=ids)} will be sent again.")
        except (RemoteError, RunRefused, ConfigBroken) as error:
            raise CommandError(str(error)) from None

    def _simulate(self, config: Any, ids: list[int], *, anew: bool) -> None:
        preview = replay_simulate(config=config, ids=ids, anew=anew)
        self.stdout.write(f"{preview.deliveries} would be sent again, in up to {preview.requests} requests.")
        for line in preview.changes:
            self.stdout.write(f"  {line}")
        for line in preview.lost:
            self.stderr.write(f"  cannot be sent: {line}")


def _time(text: str | None, option: str) -> datetime | None:
    if not text:
        return None
    try:
        found = parse_datetime(text)
        if found is None and (day := parse_date(text)):
            found = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - made aware below
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"{option} takes a date or a time, e.g. 2026-11-20 or 2026-11-20T08:00.")
    return timezone.make_aware(found) if timezone.is_naive(found) else found
