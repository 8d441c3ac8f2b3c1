"""Keeps what is known of Odoo's models fresh, away from every request: in the background, and by a button."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from clients.errors import Kind, RemoteError
from syncconfig.connections import fields_of
from syncconfig.models import ModelSchema, OdooConnection
from syncconfig.secrets import SecretUnreadable
from syncconfig.watching import watched

logger = logging.getLogger(__name__)

MAX_AGE: Final = timedelta(hours=24)
TRY_AGAIN_AFTER: Final = timedelta(hours=1)


@dataclass(slots=True)
class Refreshed:
    """How many models were asked for, and those that Odoo did not tell: reasons by model."""

    count: int = 0
    errors: dict[str, str] = field(default_factory=dict)


def schemas_refresh(*, limit: int) -> Refreshed:
    """Ask anew for up to `limit` models whose fields are a day old, the oldest first.

    An Odoo that does not answer is left alone for an hour. Raises nothing; not to be called within a transaction.
    """
    now = timezone.now()
    stale = ModelSchema.objects.filter(fetched_at__lt=now - MAX_AGE).filter(
        Q(tried_at=None) | Q(tried_at__lt=now - TRY_AGAIN_AFTER)
    )
    report = Refreshed()
    for row in stale.order_by(F("tried_at").asc(nulls_first=True), "fetched_at")[:limit]:
        # Whoever moves `tried_at` on is the one who asks.
        mine = ModelSchema.objects.filter(pk=row.pk, tried_at=row.tried_at)
        if mine.update(tried_at=now):
            _refresh(row.connection, [row.model], report)
    return report


def connection_schemas_refresh(connection: OdooConnection) -> Refreshed:
    """Ask anew for every model that is known of the connection."""
    report = Refreshed()
    models = list(_of(connection).order_by("model").values_list("model", flat=True))
    _refresh(connection, models, report)
    return report


def _refresh(connection: OdooConnection, models: list[str], report: Refreshed) -> None:
    try:
        with watched(connection):
            for model in models:
                report.count += 1
                try:
                    fields_of(connection, model, refresh=True)
                except RemoteError as error:
                    report.errors[model] = error.message
                    _of(connection).filter(model=model).update(tried_at=timezone.now(), error=error.message)
                    if error.kind is not Kind.PERMANENT or error.code == "access_denied":
                        # The others would meet the same.
                        _of(connection).update(tried_at=timezone.now())
                        return
    except SecretUnreadable as error:
        report.errors[connection.name] = str(error)
        _of(connection).update(tried_at=timezone.now(), error=str(error))
        logger.warning("The fields of %s are not refreshed: %s", connection.name, error)


def _of(connection: OdooConnection) -> QuerySet[ModelSchema]:
    return ModelSchema.objects.filter(connection=connection)
