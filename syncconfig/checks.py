"""System checks of the settings: what cannot work (sync.E...) and what is rarely meant (sync.W...).

| id | says |
|---|---|
| sync.E001 | a key of SYNC_SECRET_KEYS is malformed |
| sync.E002 | a limit of the log, a body, the connections or the scripts is not positive |
| sync.W001 | SYNC_ALLOWED_HOSTS has `*`, which is no pattern here |
| sync.W002 | DEBUG is on while SYNC_HTTPS says that others reach the site |
| sync.W003 | SYNC_ALLOWED_NETWORKS lets every address be called |
| sync.W004 | a key of SYNC_SECRET_KEYS is listed twice |
"""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

_POSITIVE = (
    "SYNC_LOG_BODY_BYTES", "SYNC_LOG_DAYS", "SYNC_MAX_BODY_BYTES", "SYNC_MAX_RESPONSE_BYTES",
    "SYNC_CONNECTIONS_PER_HOST", "SYNC_WORKERS", "SYNC_TASK_TIMEOUT_S", "SYNC_SCRIPT_TIME_S", "SYNC_SCRIPT_MEMORY_MB",
    "SYNC_SCRIPT_DEPTH", "SYNC_SCRIPT_OUTPUT_BYTES", "SYNC_SCRIPT_ENV_CALLS",
)  # fmt: skip


def _is_key(text: str) -> bool:
    try:
        Fernet(text)
    except ValueError:
        return False
    return True


@register("sync")
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Everything that the table above lists."""
    found: list[CheckMessage] = []
    keys = settings.SYNC_SECRET_KEYS
    for position, key in enumerate(keys, 1):
        if not _is_key(key):
            found.append(
                Error(
                    f"Key {position} of SYNC_SECRET_KEYS is not 32 bytes in URL-safe base64.",
                    hint="`manage.py generate_key` prints a good one.",
                    id="sync.E001",
                )
            )
    if len(set(keys)) < len(keys):
        found.append(Warning("SYNC_SECRET_KEYS lists a key twice.", hint="Remove one.", id="sync.W004"))
    found.extend(
        Error(f"{name} is {getattr(settings, name)}.", hint="Give it a number above 0.", id="sync.E002")
        for name in _POSITIVE
        if getattr(settings, name) <= 0
    )
    if any("*" in host for host in settings.SYNC_ALLOWED_HOSTS):
        found.append(
            Warning(
                "SYNC_ALLOWED_HOSTS has a *, which allows nothing: names are compared as they are.",
                hint="List the host names, or the networks in SYNC_ALLOWED_NETWORKS.",
                id="sync.W001",
            )
        )
    if settings.DEBUG and settings.SYNC_HTTPS:
        found.append(
            Warning(
                "DEBUG is on although SYNC_HTTPS says that others reach this site: they would see tracebacks.",
                hint="Set DEBUG=False.",
                id="sync.W002",
            )
        )
    if any(network.prefixlen == 0 for network in settings.SYNC_ALLOWED_NETWORKS):
        found.append(
            Warning(
                "SYNC_ALLOWED_NETWORKS allows every address, so a config can reach everything this machine reaches.",
                hint="List the networks your Odoo and your partners are in.",
                id="sync.W003",
            )
        )
    return found
