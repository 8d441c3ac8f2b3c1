"""Has Odoo changed under a config's feet? Its lines against the fields as they were when the config was last saved.

What the lines rely on is kept with the config (mapping's `Snapshot`). A drift stays until the config is saved again,
which takes the fields as they are then for right.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from django.db.models import F, Q
from django.utils import timezone

from clients.errors import RemoteError
from clients.odoo.schema import Field
from mapping.drift import Drift, FieldsOf, Snapshot, find_drift, take_snapshot
from mapping.spec import PlanSpec
from syncconfig.connections import fields_of
from syncconfig.fit import KnownFields
from syncconfig.models import ModelSchema, OdooConnection, SyncConfig
from syncconfig.plans import line_spec, plan_spec
from syncconfig.secrets import SecretUnreadable
from syncconfig.watching import watched

logger = logging.getLogger(__name__)

CHECK_EVERY: Final = timedelta(hours=24)
TRY_AGAIN_AFTER: Final = timedelta(hours=1)
FRESH_ENOUGH: Final = timedelta(hours=1)
"""Fields that were read within this time are not read again for a check of the background."""


def drift_check(config: SyncConfig, *, max_age: timedelta = timedelta(0)) -> list[Drift]:
    """Compare the config's lines with Odoo's fields, read anew where they are older than `max_age`, and keep what
    came of it; a config that says so is switched off.

    Raises RemoteError where Odoo cannot tell, and SecretUnreadable. Not to be called within a transaction.
    """
    spec = _spec(config)
    fields = _fields_of(config.connection, max_age)
    before = Snapshot.from_dict(config.relied_on) if config.relied_on else take_snapshot(spec, fields)
    found = find_drift(spec, before, fields)
    now = timezone.now()
    # Past `save()`: what was observed is no change of the configuration.
    SyncConfig.objects.filter(pk=config.pk).update(
        drift=[_plain(each) for each in found],
        drift_checked_at=now,
        drift_tried_at=now,
        relied_on=before.as_dict(),
    )
    config.refresh_from_db(fields=["drift", "drift_checked_at", "relied_on"])
    if found and config.pauses_on_drift and config.active:
        config.active = False
        config.save(update_fields=["active", "updated_at"])
        logger.warning("%s is switched off: %s", config.name, "; ".join(each.message for each in found))
    return found


def drifts_check(*, limit: int) -> int:
    """Check up to `limit` active configs that were not checked for a day; returns how many were. Raises nothing."""
    now = timezone.now()
    due = (
        SyncConfig.objects.filter(active=True)
        .filter(Q(drift_checked_at=None) | Q(drift_checked_at__lt=now - CHECK_EVERY))
        .filter(Q(drift_tried_at=None) | Q(drift_tried_at__lt=now - TRY_AGAIN_AFTER))
    )
    checked = 0
    rows = due.order_by(F("drift_tried_at").asc(nulls_first=True), "pk").values_list("pk", "drift_tried_at")[:limit]
    for pk, tried_at in list(rows):
        # Whoever moves `drift_tried_at` on is the one who asks.
        if not SyncConfig.objects.filter(pk=pk, drift_tried_at=tried_at).update(drift_tried_at=now):
            continue
        try:
            config = SyncConfig.objects.select_related("connection").defer("auth_secret").get(pk=pk)
            with watched(config.connection, config):
                drift_check(config, max_age=FRESH_ENOUGH)
            checked += 1
        except (RemoteError, SecretUnreadable, SyncConfig.DoesNotExist) as error:
            logger.info("Config %s was not compared with Odoo: %s", pk, error)
    return checked


def snapshot_keep(config: SyncConfig, known: KnownFields) -> None:
    """The config was saved and fits these fields: from now on they are what its lines rely on, and nothing has
    drifted. Asks nobody."""
    snapshot = take_snapshot(_spec(config), known.get)
    SyncConfig.objects.filter(pk=config.pk).update(relied_on=snapshot.as_dict(), drift=[])


def _spec(config: SyncConfig) -> PlanSpec:
    return plan_spec(config, tuple(line_spec(line) for line in config.lines.filter(active=True)))


def _fields_of(connection: OdooConnection, max_age: timedelta) -> FieldsOf:
    """The fields of each model, asked for once."""
    known: dict[str, Mapping[str, Field] | None] = {}

    def fields(model: str) -> Mapping[str, Field] | None:
        if model not in known:
            known[model] = _read(connection, model, max_age)
        return known[model]

    return fields


def _read(connection: OdooConnection, model: str, max_age: timedelta) -> Mapping[str, Field] | None:
    since = timezone.now() - max_age
    is_fresh = ModelSchema.objects.filter(connection=connection, model=model, fetched_at__gt=since).exists()
    try:
        return fields_of(connection, model, refresh=not is_fresh)
    except RemoteError as error:
        if error.code == "unknown_model":
            return None
        raise


def _plain(drift: Drift) -> dict[str, Any]:
    return {**asdict(drift), "kind": drift.kind.value}
