"""Makes a new revision of a config when who may call it, or within which limits, was changed; see
`syncconfig.revisions`."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Model
from django.db.models.signals import post_delete, post_save

from inbound.models import Credential, EndpointPolicy
from syncconfig.models import SyncConfig


def connect_signals() -> None:
    """Called once, when the app is ready."""
    for part in (Credential, EndpointPolicy):
        post_save.connect(_changed_part, sender=part, dispatch_uid=f"revision-{part.__name__}-save")
        post_delete.connect(_changed_part, sender=part, dispatch_uid=f"revision-{part.__name__}-delete")


def _changed_part(sender: type[Model], instance: Any, **kwargs: Any) -> None:
    SyncConfig.objects.filter(pk=instance.config_id).update(revision=F("revision") + 1)
