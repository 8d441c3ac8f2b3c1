"""`manage.py sync_drift [NAME ...]`: compare the lines of syncs with the fields of their Odoo models."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.errors import RemoteError
from syncconfig.drifts import drift_check
from syncconfig.models import SyncConfig
from syncconfig.secrets import SecretUnreadable
from syncconfig.watching import watched


class Command(BaseCommand):
    help = (
        "Compare the lines of sync configs (all active ones, or those named) with the fields of their Odoo models: "
        "what has vanished or changed since the config was saved. Exits with 1 when something has, or when an Odoo "
        "could not be asked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", help="Names of sync configs; without any, all active ones.")

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["names"]
        configs = SyncConfig.objects.select_related("connection").defer("auth_secret")
        configs = configs.filter(name__in=names) if names else configs.filter(active=True)
        known = {config.name for config in configs}
        if missing := [name for name in names if name not in known]:
            raise CommandError(f"There is no sync config {missing[0]!r}.")
        is_bad = False
        for config in configs.order_by("name"):
            is_bad |= self._check(config)
        if is_bad:
            sys.exit(1)

    def _check(self, config: SyncConfig) -> bool:
        try:
            with watched(config.connection, config):
                found = drift_check(config)
        except (RemoteError, SecretUnreadable) as error:
            self.stdout.write(f"{config.name}: not compared: {error}")
            return True
        self.stdout.write(f"{config.name}: {'changed in Odoo' if found else 'as it was'}")
        for drift in found:
            self.stdout.write(f"  {drift.message}")
        if found and not config.active:
            self.stdout.write("  The sync is switched off.")
        return bool(found)
