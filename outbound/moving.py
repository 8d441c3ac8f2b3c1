"""Forgets which record is which when a sync is pointed at another Odoo: there, the same ids are other records'.

Whatever writes into an Odoo finds its records by their identifiers again, and reads everything once more. What an
external API calls a record stays known here: there nothing could be looked up, and all of it would be made a second
time. Whether it is the same record still is asked where somebody is there to answer (`outbound.move_doubts`).

Signals, as in `syncconfig.revisions` and for the same reason: a change may come from the admin, a command, an import or
a shell. It is the place that counts: another login or another name of the same database changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Model, Q
from django.db.models.signals import post_save, pre_save

from outbound.conflicts import conflicts_end
from outbound.models import Conflict, ConflictState, Delivery, DeliveryPolicy, PullPolicy, RecordLink
from outbound.replay import DISCARDABLE, delivery_discard
from syncconfig.models import OdooConnection, RequestType, SyncConfig

logger = logging.getLogger(__name__)

MOVED: Final = "The sync leads to another Odoo now."
MOVED_AWAY: Final = "The sync was pointed elsewhere."
_COLUMNS: Final = (
    "request_type", "method_get", "model", "connection__url", "connection__database", "target_connection",
    "target_model", "target_connection__url", "target_connection__database",
)  # fmt: skip
_DECIDING: Final = frozenset(name for name in _COLUMNS if "__" not in name) | {"connection"}
_BEFORE: Final = "_places_before"
_CHUNK: Final = 2000

Places = dict[int, object]
"""By config id, which records its links are between, as far as that can change."""


def connect_signals() -> None:
    """Called once, when the app is ready."""
    for model in (SyncConfig, OdooConnection):
        pre_save.connect(_before, sender=model, dispatch_uid=f"moving-{model.__name__}-before")
        post_save.connect(_after, sender=model, dispatch_uid=f"moving-{model.__name__}")


def _before(
    sender: type[Model], instance: Any, raw: bool = False, update_fields: Collection[str] | None = None, **kwargs: Any
) -> None:
    decides = update_fields is None or bool({*_DECIDING, "url", "database"} & set(update_fields))
    setattr(instance, _BEFORE, _places(instance) if decides and not raw and not instance._state.adding else {})


def _after(sender: type[Model], instance: Any, **kwargs: Any) -> None:
    before: Places = instance.__dict__.pop(_BEFORE, {})
    if not before:
        return
    after = _places(instance)
    for config_id, place in before.items():
        if after.get(config_id) != place:
            _forget(config_id)


def _places(instance: SyncConfig | OdooConnection) -> Places:
    mine = Q(connection=instance.pk) | Q(target_connection=instance.pk)
    rows = SyncConfig.objects.filter(mine if isinstance(instance, OdooConnection) else Q(pk=instance.pk))
    return {row["pk"]: _place(row) for row in rows.order_by("pk").values("pk", *_COLUMNS)}


def _place(row: dict[str, Any]) -> object:
    source = (database_of(row["connection__url"], row["connection__database"]), row["model"])
    if row["target_connection"] is not None:
        target = database_of(row["target_connection__url"], row["target_connection__database"])
        return source, target, row["target_model"] or row["model"]
    if row["request_type"] == RequestType.OUT and not row["method_get"]:
        return "an external API"
    return source


def waiting_discard(*, config_id: int, reason: str) -> None:
    """Give up what waits of the config, or was refused."""
    waiting = Delivery.objects.filter(config_id=config_id, state__in=DISCARDABLE).order_by("pk")
    while ids := list(waiting.values_list("pk", flat=True)[:_CHUNK]):
        if not delivery_discard(ids=ids, user=None, reason=reason):
            break


def database_of(url: str, name: str) -> tuple[str, int | None, str]:
    """What tells one Odoo database from another, whoever logs in there."""
    try:
        parts = urlsplit(url.strip())
        return (parts.hostname or "", parts.port, name)
    except ValueError:
        return (url, None, name)


@transaction.atomic
def _forget(config_id: int) -> None:
    count = RecordLink.objects.filter(config_id=config_id).delete()[0]
    DeliveryPolicy.objects.filter(config_id=config_id).update(change_cursor="")
    PullPolicy.objects.filter(config_id=config_id).update(since_value="")
    configs = SyncConfig.objects.select_related("pair", "paired_by")
    config = configs.defer("auth_secret", "pair__auth_secret", "paired_by__auth_secret").get(pk=config_id)
    disputed = Conflict.objects.filter(config_id=config_id, state=ConflictState.OPEN)
    conflicts_end(config=config, removed=list(disputed.values_list("record_id", flat=True)), reason=MOVED)
    if not config.fetches:
        # It is of a record that has this id in the Odoo of before. What was fetched is nobody's record yet.
        waiting_discard(config_id=config_id, reason=MOVED)
    if count:
        logger.warning("%s leads to another Odoo: its %s links are forgotten", config.name, count)
