"""What an import does about configs that its document does not have, where it was told to do something."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from typing import Any

from syncconfig.documents.outcome import Effect, ObjectChange
from syncconfig.documents.sections import CONFIGS, sections
from syncconfig.documents.stored import rows
from syncconfig.documents.work import Work
from syncconfig.documents.writing import config_document
from syncconfig.models import SyncConfig


class Prune(Enum):
    """NO leaves them; OFF switches them off; DELETE deletes those with which nothing was ever done, and switches the
    others off: with a config its runs and links would go, and an import never touches those."""

    NO = "no"
    OFF = "off"
    DELETE = "delete"


def configs_prune(work: Work, *, kept_ids: Collection[int], prune: Prune) -> list[ObjectChange]:
    """What was done, by config."""
    changes = []
    for config in rows(CONFIGS).exclude(pk__in=kept_ids).order_by("name"):
        before = config_document(config.pk)
        if prune is Prune.DELETE and not _has_traces(config):
            number = config.pk
            config.delete()
            work.operations.add(("delete", SyncConfig))
            changes.append(ObjectChange(CONFIGS.name, config.name, Effect.DELETED, before, None, number))
        elif config.active:
            config.active = False
            config.save(update_fields=["active", "updated_at"])
            work.operations.add(("change", SyncConfig))
            after = config_document(config.pk)
            changes.append(ObjectChange(CONFIGS.name, config.name, Effect.SWITCHED_OFF, before, after, config.pk))
    return changes


def _has_traces(config: SyncConfig) -> bool:
    """Whether rows of other kinds than configuration belong to it."""
    own = {SyncConfig, *(section.model for section in sections())}
    for relation in SyncConfig._meta.related_objects:
        model: Any = relation.related_model
        if model not in own and model._base_manager.filter(**{relation.field.name: config.pk}).exists():
            return True
    return False
