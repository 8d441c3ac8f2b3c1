"""Notices every change of a config or of what belongs to it, and has its history written when it is committed.

Signals, as in `syncconfig.revisions` and for the same reason: a change may come from the admin, a command, an import,
the hub itself or a shell. However many rows a transaction changes, each config gets one version.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_delete

from syncconfig.acting import Actor, actor_now


@dataclass(frozen=True)
class _Pending:
    """What is called at the commit; equal for all changes of one config in one transaction."""

    config_id: int
    actor: Actor = field(compare=False)

    def __call__(self) -> None:
        from syncconfig.documents.history import version_keep

        version_keep(config_id=self.config_id, actor=self.actor)


def watch_config(model: type[Model]) -> None:
    """Watch the configs themselves."""
    post_save.connect(_config_saved, sender=model, dispatch_uid="history-config-saved")
    pre_delete.connect(_config_deleted, sender=model, dispatch_uid="history-config-deleted")


def watch_part(model: type[Model], parent: str) -> None:
    """Watch rows that belong to a config by their column `parent`."""

    def changed(sender: type[Model], instance: Any, **kwargs: Any) -> None:
        _mark(getattr(instance, f"{parent}_id"))

    for name, signal in (("saved", post_save), ("deleted", post_delete)):
        signal.connect(changed, sender=model, weak=False, dispatch_uid=f"history-{model._meta.label}-{name}")


def _config_saved(sender: type[Model], instance: Model, raw: bool = False, **kwargs: Any) -> None:
    _mark(instance.pk)


def _mark(config_id: int) -> None:
    pending = _Pending(config_id, actor_now())
    # Callbacks of a savepoint that was rolled back are gone from this list, as they must be.
    if all(entry[1] != pending for entry in transaction.get_connection().run_on_commit):
        transaction.on_commit(pending, robust=True)


def _config_deleted(sender: type[Model], instance: Model, **kwargs: Any) -> None:
    from syncconfig.documents.history import deletion_keep

    deletion_keep(config_id=instance.pk, actor=actor_now())
