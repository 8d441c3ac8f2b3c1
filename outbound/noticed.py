"""What Odoo tells of changes: kept as one row per record, and turned into runs over those records.

Odoo posts the same change many times, and Odoo 18 before it commits. So a notice costs one statement, says nothing but
which record to look at, and is looked at twice: after `SOON`, and after `LATER`, when a slow transaction is over. What
was unchanged then is skipped by its hash.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from auditlog.recorder import recording
from clients.errors import RemoteError
from outbound.models import Notice, OdooHook, RunTrigger, SyncRun
from outbound.runs import RunRefused, run_start
from outbound.schedules import may_start
from outbound.states import ACTIVE_RUNS
from outbound.targets.odoo_lookup import ARCHIVED_TOO
from syncconfig.connections import client_for
from syncconfig.models import SyncConfig
from syncconfig.secrets import SecretUnreadable

logger = logging.getLogger(__name__)

SOON: Final = timedelta(seconds=2)
LATER: Final = timedelta(seconds=30)
AGAIN: Final = timedelta(minutes=10)
"""After a run over them has failed. Odoo tells once, so nobody else would look at them."""
LOOKS: Final = 2
MAX_RECORDS: Final = 1000
"""In one run; the rest is in the next."""

TOLD_EVERY_S: Final = 60.0

_used: dict[int, float] = {}
_used_lock = threading.Lock()
_TABLE: Final = Notice._meta.db_table
_KEEP: Final = (
    f"INSERT INTO {_TABLE} (config_id, record_id, through, due_at, looks) VALUES (%s, %s, %s, %s, %s) "  # noqa: S608
    # The earlier time stays, so that a record that changes all the time is looked at nevertheless.
    f"ON CONFLICT (config_id, record_id, through) DO UPDATE SET looks = excluded.looks, due_at = "
    f"CASE WHEN {_TABLE}.due_at < excluded.due_at THEN {_TABLE}.due_at ELSE excluded.due_at END"
)


@dataclass(frozen=True, slots=True)
class HookTarget:
    """Whose changes a rule in Odoo tells of."""

    config_id: int
    model: str
    links: Mapping[str, str] = field(default_factory=dict)
    """Other models that it may tell of: the field of the config's records that names theirs."""


def hook_target(secret: str) -> HookTarget | None:
    """The config whose rule in Odoo calls with this secret; None: no rule of ours does. One query.

    Also a config that is switched off: Odoo tells once, so what changes meanwhile is kept until it is on again.
    """
    row = OdooHook.objects.filter(secret_hash=secret_hash(secret)).order_by()
    found = row.values_list("config_id", "config__model", "links").first()
    return None if found is None else HookTarget(*found)


def secret_hash(secret: str) -> str:
    """What a secret is found by."""
    return hashlib.sha256(secret.encode()).hexdigest()


def changes_noticed(*, config_id: int, record_id: int, through: str = "", action: str = "") -> None:
    """Odoo says that the record was created, changed or deleted. One statement; `action` goes to the process's log.
    With `through`, it is the record that the config's own ones name in this field.

    Said again and again, it is one notice. What became of the record is found out when it is looked at.
    """
    logger.debug("Odoo tells of record %s of config %s: %s", record_id, config_id, action)
    due_at = connection.ops.adapt_datetimefield_value(timezone.now() + SOON)
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [config_id, record_id, through, due_at, LOOKS])


def hook_used(*, config_id: int) -> None:
    """Keep when Odoo last called, to the minute: whether it reaches us at all is what staff ask first."""
    now_s = monotonic()
    with _used_lock:
        if now_s - _used.get(config_id, -TOLD_EVERY_S) < TOLD_EVERY_S:
            return
        _used[config_id] = now_s
    OdooHook.objects.filter(config_id=config_id).update(told_at=timezone.now())


def changes_again(*, config_id: int, record_ids: Iterable[int]) -> None:
    """The run over these records has failed: have another one look at them later."""
    due_at = connection.ops.adapt_datetimefield_value(timezone.now() + AGAIN)
    with connection.cursor() as cursor:
        cursor.executemany(_KEEP, [[config_id, record_id, "", due_at, LOOKS] for record_id in record_ids])


def notices_start(now: datetime) -> int:
    """Start a run for each config that has due notices, and may run, and is not running. Returns how many."""
    waiting = Notice.objects.filter(due_at__lte=now, config__active=True).exclude(
        config__delivery_policy__is_paused=True
    )
    config_ids = list(waiting.order_by().values_list("config_id", flat=True).distinct())
    if not config_ids:
        return 0
    configs = SyncConfig.objects.filter(pk__in=config_ids).select_related("connection")
    started = 0
    for config in configs.defer("auth_secret", "connection__secret"):
        _parts_note(config, now)
        if may_start(config, now) and not SyncRun.objects.filter(config=config, state__in=ACTIVE_RUNS).exists():
            started += _start(config, now)
    return started


def _parts_note(config: SyncConfig, now: datetime) -> None:
    """Of records that the config's own ones are parts of, note those; done twice it does no harm."""
    due = Notice.objects.filter(config=config, due_at__lte=now).exclude(through="").order_by("due_at")
    by_field: dict[tuple[str, int], list[Notice]] = {}
    for row in due[:MAX_RECORDS]:
        by_field.setdefault((row.through, row.looks), []).append(row)
    for (through, looks), rows in by_field.items():
        try:
            with recording(config=config):
                part_ids = client_for(config.connection).search(
                    config.model, [[through, "in", [row.record_id for row in rows]]], context=ARCHIVED_TOO
                )
        except (RemoteError, SecretUnreadable) as error:
            logger.warning("What Odoo told of %s waits: %s", config.name, error)
            Notice.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=now + AGAIN)
            continue
        due_at = connection.ops.adapt_datetimefield_value(now)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.executemany(_KEEP, [[config.pk, part_id, "", due_at, looks] for part_id in part_ids])
            seen = Notice.objects.filter(pk__in=[row.pk for row in rows])
            # What was told once more meanwhile is looked at once more.
            seen.filter(due_at__lte=now, looks__lte=1).delete()
            seen.filter(due_at__lte=now, looks=LOOKS).update(looks=LOOKS - 1, due_at=now + LATER)


def _start(config: SyncConfig, now: datetime) -> int:
    try:
        with transaction.atomic():
            due = Notice.objects.filter(config=config, through="", due_at__lte=now).order_by("due_at")
            rows = list(due.select_for_update()[:MAX_RECORDS])
            last_looks = [row.pk for row in rows if row.looks <= 1]
            others = [row.pk for row in rows if row.looks > 1]
            Notice.objects.filter(pk__in=last_looks).delete()
            Notice.objects.filter(pk__in=others).update(looks=LOOKS - 1, due_at=now + LATER)
            if rows:
                run_start(config=config, trigger=RunTrigger.CHANGES, record_ids=[row.record_id for row in rows])
    except RunRefused as error:
        logger.info("What Odoo told of %s waits: %s", config.name, error)
        return 0
    return 1 if rows else 0
