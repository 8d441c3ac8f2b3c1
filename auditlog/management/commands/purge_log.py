"""`manage.py purge_log`: forget log entries that are older than SYNC_LOG_DAYS."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from auditlog.retention import log_purge


class Command(BaseCommand):
    help = "Delete log entries that are older than SYNC_LOG_DAYS, or than --days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=float, help="keep this many days instead of SYNC_LOG_DAYS")

    def handle(self, *args: Any, **options: Any) -> None:
        days = settings.SYNC_LOG_DAYS if options["days"] is None else options["days"]
        if days < 0:
            raise CommandError("--days must be 0 or more.")
        deleted = log_purge(older_than=timezone.now() - timedelta(days=days))
        self.stdout.write(f"Deleted {deleted} log entries older than {days:g} days.")
