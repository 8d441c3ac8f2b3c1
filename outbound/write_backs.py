"""Writes the other system's ids back into a field in Odoo.

What is to be written is a row, stored with the link that it is about; so an Odoo that is away for a while gets it
later. Ids that were written are not written again.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from django.utils import timezone

from auditlog.bulk import Insert
from auditlog.recorder import recording
from clients.errors import Kind, RemoteError
from outbound import retry
from outbound.enqueue import WRITE_BACKS, enqueue_on_commit
from outbound.models import WriteBack, policy_of
from syncconfig.connections import client_for, fields_of
from syncconfig.models import SyncConfig
from syncconfig.secrets import SecretUnreadable

logger = logging.getLogger(__name__)

CHUNK: Final = 200
AGAIN_AFTER: Final = timedelta(seconds=60)
MAX_ATTEMPTS: Final = len(retry.SCHEDULE_S)


@cache
def _insert() -> Insert:
    return Insert(
        WriteBack,
        ("config", "odoo_id", "value", "due_at", "attempts", "last_error"),
        suffix="ON CONFLICT (config_id, odoo_id) DO UPDATE SET value = excluded.value, due_at = excluded.due_at, "
        "attempts = 0",
    )


def write_backs_add(*, config_id: int, ids: Mapping[int, str], now: datetime) -> None:
    """Have these external ids written, by Odoo id, once the transaction is committed."""
    if ids:
        _insert().rows((config_id, odoo_id, value, now, 0, "") for odoo_id, value in ids.items())
        enqueue_on_commit(WRITE_BACKS, config_id)


def write_backs_run(*, config_id: int) -> int:
    """Write what is due. Returns how many were written; what fails is tried again, and given up at last, in the log."""
    config = SyncConfig.objects.select_related("connection").filter(pk=config_id, active=True).first()
    if config is None:
        return 0
    field = policy_of(config).write_back_field
    now = timezone.now()
    due = WriteBack.objects.filter(config=config, due_at__lte=now, attempts__lt=MAX_ATTEMPTS)
    rows = list(due.order_by("due_at")[:CHUNK])
    # Whoever comes second finds nothing due.
    rows = [row for row in rows if due.filter(pk=row.pk, due_at=row.due_at).update(due_at=now + AGAIN_AFTER)]
    if not rows:
        return 0
    if not field:
        WriteBack.objects.filter(config=config).delete()
        return 0
    try:
        with recording(config=config):
            client = client_for(config.connection)
            kind = fields_of(config.connection, config.model)[field].type if field else ""
            values = [(row.odoo_id, {field: _typed(row.value, kind)}) for row in rows]
            done = client.write_many(config.model, values)
    except (RemoteError, SecretUnreadable, KeyError, ValueError) as error:
        failed = {at: _as_remote(error, field) for at in range(len(rows))}
    else:
        failed = dict(done.errors)
    for at, reason in failed.items():
        _again(config, rows[at], reason, now)
    written = [row for at, row in enumerate(rows) if at not in failed]
    for row in written:
        WriteBack.objects.filter(pk=row.pk, value=row.value).delete()
    return len(written)


def write_backs_due(now: datetime) -> None:
    """Enqueue what was left behind by a task that was lost, or waits for another attempt."""
    due = WriteBack.objects.filter(due_at__lte=now - timedelta(seconds=5), attempts__lt=MAX_ATTEMPTS)
    configs: Iterable[int] = due.order_by().values_list("config_id", flat=True).distinct()[:100]
    for config_id in configs:
        enqueue_on_commit(WRITE_BACKS, config_id)


def _again(config: SyncConfig, row: WriteBack, error: RemoteError, now: datetime) -> None:
    is_final = error.kind in (Kind.PERMANENT, Kind.BLOCKED)
    attempts = MAX_ATTEMPTS if is_final else row.attempts + 1
    delay_s = retry.SCHEDULE_S[min(attempts, len(retry.SCHEDULE_S)) - 1] * (1 + 0.2 * random.random())  # noqa: S311
    WriteBack.objects.filter(pk=row.pk, value=row.value).update(
        attempts=attempts, last_error=error.message, due_at=now + timedelta(seconds=delay_s)
    )
    logger.warning("The id of %s(%s) could not be written back: %s", config.model, row.odoo_id, error)


def _typed(value: str, kind: object) -> object:
    """An id that is a number for a field that is one. Raises ValueError."""
    return int(value) if str(kind) == "integer" else value


def _as_remote(error: Exception, field: str) -> RemoteError:
    if isinstance(error, RemoteError):
        return error
    text = f"Odoo has no field {field}." if isinstance(error, KeyError) else str(error)
    return RemoteError(text, kind=Kind.PERMANENT, code="bad_write_back")
