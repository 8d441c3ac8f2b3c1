"""`manage.py sync_deletions NAME`: which records that were sent are gone from Odoo, and deleting them there."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from auditlog.recorder import recording
from clients.errors import RemoteError
from outbound.commanding import config_named
from outbound.deletions import deletions_agree, deletions_reconcile
from outbound.enqueue import DELIVERIES, enqueue_on_commit
from syncconfig.connections import client_for

SHOWN = 20


class Command(BaseCommand):
    help = "Report which records that were sent are gone from Odoo; with --delete, send a DELETE for each."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="Name of the sync config.")
        parser.add_argument("--delete", action="store_true", help="Send a DELETE for each, up to the config's ceiling.")
        parser.add_argument(
            "--agree", type=int, metavar="COUNT", help="Send a DELETE for each, though there are up to COUNT of them."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        config = config_named(options["name"])
        sends = options["delete"] or options["agree"] is not None
        if options["agree"] is not None:
            deletions_agree(config=config, count=options["agree"])
        try:
            with recording(config=config):
                report = deletions_reconcile(config=config, client=client_for(config.connection), sends=sends)
        except RemoteError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{len(report.gone)} of the records that were sent are gone from {report.where}.")
        for record_id in report.gone[:SHOWN]:
            self.stdout.write(f"  {record_id}")
        if len(report.gone) > SHOWN:
            self.stdout.write(f"  and {len(report.gone) - SHOWN} more")
        if report.is_held:
            raise CommandError(f"More than may be deleted at once. To delete them: --agree {len(report.gone)}")
        if report.sent:
            enqueue_on_commit(DELIVERIES, config.pk)
            self.stdout.write(f"{report.sent} deletions are on their way.")
