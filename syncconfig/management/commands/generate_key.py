"""`manage.py generate_key`: a fresh key for SYNC_SECRET_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from syncproject.write_env import fernet_key


class Command(BaseCommand):
    help = "Print a fresh key. Put it in front of the others in SYNC_SECRET_KEYS, then run rotate_secrets."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(fernet_key())
