"""A copy of a config: with all that belongs to it, its credentials too, under another name, and switched off."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from syncconfig.acting import actor_of
from syncconfig.documents.importing import document_import
from syncconfig.documents.outcome import Outcome
from syncconfig.documents.secret_refs import copied
from syncconfig.documents.sections import CONFIGS
from syncconfig.documents.writing import VERSION, config_document
from syncconfig.documents.yaml_text import Loaded
from syncconfig.models import SyncConfig


def config_duplicate(config_id: int, *, user: Any, name: str = "") -> Outcome:
    """Make the copy; its pk is in the outcome's change. Raises SecretUnreadable and SyncConfig.DoesNotExist. Not to be
    called within a transaction."""
    document = config_document(config_id, copied)
    if document is None:
        raise SyncConfig.DoesNotExist
    source = document["name"]
    taken = set(SyncConfig.objects.values_list("name", flat=True))
    document["name"] = name or _free(source, taken, separator=" ", most=_most("name"))
    document["active"] = False
    for field in CONFIGS.fields:
        if field.related_model is SyncConfig and field.unique:
            document.pop(field.name, None)  # such a partner is another's already
    if document.get("endpoint"):
        endpoints = {each for each in SyncConfig.objects.values_list("endpoint", flat=True) if each}
        document["endpoint"] = _free(document["endpoint"], endpoints, separator="-", most=_most("endpoint"))
    return document_import(
        Loaded({"version": VERSION, "configs": [document]}),
        user=user,
        actor=actor_of(user, source="duplicate", note=_("Copy of %(name)s") % {"name": source}),
        config_ids={0: None},
    )


def _most(name: str) -> int:
    length: int = next(field for field in CONFIGS.fields if field.name == name).max_length or 100
    return length


def _free(text: str, taken: set[str], *, separator: str, most: int) -> str:
    """The text with "copy", and a number where that is taken too."""
    number = 1
    while True:
        end = f"{separator}copy" + (f"{separator}{number}" if number > 1 else "")
        if (found := text[: most - len(end)] + end) not in taken:
            return found
        number += 1
