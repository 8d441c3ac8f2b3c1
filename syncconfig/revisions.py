"""Makes a new revision of a config or connection with every change of it or of what belongs to it.

Compiled plans and clients are cached under revisions, in every process of every node. Signals, because a change
may come from the admin, a command, an import or a shell, and a plan that nobody invalidated would write with
yesterday's mapping.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Model, Q
from django.db.models.signals import post_delete, post_save, pre_save
from django.utils import timezone

from syncconfig.models import (
    ModelSchema,
    OdooConnection,
    SyncConfig,
    SyncConfigLine,
    SyncHeader,
    SyncParam,
)


def connect_signals() -> None:
    """Called once, when the app is ready."""
    for model in (OdooConnection, SyncConfig):
        pre_save.connect(_changing_itself, sender=model, dispatch_uid=f"revision-{model.__name__}-before")
        post_save.connect(_changed_itself, sender=model, dispatch_uid=f"revision-{model.__name__}")
    for part in (SyncConfigLine, SyncHeader, SyncParam):
        post_save.connect(_changed_part, sender=part, dispatch_uid=f"revision-{part.__name__}-save")
        post_delete.connect(_changed_part, sender=part, dispatch_uid=f"revision-{part.__name__}-delete")
    post_save.connect(_changed_schema, sender=ModelSchema, dispatch_uid="revision-ModelSchema")


def _changing_itself(sender: type[Model], instance: Any, raw: bool = False, **kwargs: Any) -> None:
    # An instance that was read before others changed the config holds an old revision. Written back, it would give a
    # number a second time, under which a plan of something else is kept.
    # One whose key was taken off, to be stored as another row, is no such instance.
    if not raw and instance.pk is not None and not instance._state.adding:
        instance.revision = F("revision")


def _changed_itself(sender: type[Model], instance: Any, created: bool, **kwargs: Any) -> None:
    if not created:
        sender._default_manager.filter(pk=instance.pk).update(revision=F("revision") + 1)
        instance.refresh_from_db(fields=["revision"])


def _changed_part(sender: type[Model], instance: Any, **kwargs: Any) -> None:
    SyncConfig.objects.filter(pk=instance.config_id).update(revision=F("revision") + 1, updated_at=timezone.now())


def _changed_schema(sender: type[Model], instance: ModelSchema, **kwargs: Any) -> None:
    # The plans were compiled against the old fields.
    about = Q(connection_id=instance.connection_id) | Q(target_connection_id=instance.connection_id)
    SyncConfig.objects.filter(about).update(revision=F("revision") + 1)
