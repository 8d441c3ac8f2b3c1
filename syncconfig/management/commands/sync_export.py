"""`manage.py sync_export [NAME ...]`: sync configs as YAML, without their secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from syncconfig.documents.writing import export_text
from syncconfig.models import OdooConnection, SyncConfig


class Command(BaseCommand):
    help = (
        "Write sync configs (all, or those named) as YAML, to be kept in version control or taken to another "
        "environment by sync_import. Secrets are not in it: it names environment variables in their places."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", help="Names of sync configs; without any, all.")
        parser.add_argument("--output", metavar="FILE", help="Write to this file instead of the standard output.")
        parser.add_argument("--connections", action="store_true", help="With the Odoo connections that they use.")

    def handle(self, *args: Any, **options: Any) -> None:
        configs = SyncConfig.objects.values_list("name", "pk", "connection_id")
        known = {name: (pk, connection) for name, pk, connection in configs}
        for name in options["names"]:
            if name not in known:
                raise CommandError(
                    f"There is no sync config {name!r}. There are: {', '.join(sorted(known)) or 'none'}."
                )
        chosen = [known[name] for name in options["names"] or known]
        connections: list[int] = []
        if options["connections"]:
            connections = [connection for _pk, connection in chosen]
            if not options["names"]:
                connections = list(OdooConnection.objects.values_list("pk", flat=True))
        text = export_text(config_ids=[pk for pk, _connection in chosen], connection_ids=connections)
        if not options["output"]:
            self.stdout.write(text, ending="")
            return
        try:
            Path(options["output"]).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror}.") from None
        self.stderr.write(f"Written: {len(chosen)} sync configs, {len(set(connections))} connections.")
