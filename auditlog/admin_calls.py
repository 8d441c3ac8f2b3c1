"""Records the calls to Odoo that the admin makes: tests of a connection, fields and names that were asked for."""

from __future__ import annotations

import uuid
from contextlib import AbstractContextManager

from auditlog.recorder import recording
from syncconfig.models import OdooConnection, SyncConfig
from syncconfig.secrets import SecretUnreadable
from syncconfig.watching import add_watcher


def connect() -> None:
    """Called once, when the app is ready."""
    add_watcher(recorded)


def recorded(connection: OdooConnection, config: SyncConfig | None) -> AbstractContextManager[object]:
    """A recording of calls to the connection, under one request id of their own so that they are found together."""
    try:
        secrets = [connection.secret]
    except SecretUnreadable:
        secrets = []  # then nothing can be sent with it either
    return recording(config=config, request_id=f"admin-{uuid.uuid4().hex[:16]}", secrets=secrets)
