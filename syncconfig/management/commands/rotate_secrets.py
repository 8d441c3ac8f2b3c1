"""`manage.py rotate_secrets`: encrypt every stored credential with the first key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from syncconfig.rotation import secrets_rotate
from syncconfig.secrets import SecretUnreadable


class Command(BaseCommand):
    help = "Encrypt every stored credential with the first key of SYNC_SECRET_KEYS; the others may then be dropped."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = secrets_rotate()
        except SecretUnreadable as error:
            raise CommandError(str(error)) from None
        for column, count in counts.items():
            self.stdout.write(f"{column}: {count}")
        self.stdout.write(f"{sum(counts.values())} credentials are encrypted with the first key.")
