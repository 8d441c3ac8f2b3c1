"""Keeps every state of a config, tells states apart, and brings one back.

A version is stored when what staff configured is different from the last one, once for a transaction, and never for
what the hub notes down by itself. Restoring is an import: checked in the same way, held to the same permissions, and
itself a new version; credentials stay as they are now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import OuterRef, Subquery
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from syncconfig.acting import Actor, actor_of
from syncconfig.documents.importing import document_import
from syncconfig.documents.outcome import Outcome
from syncconfig.documents.secret_refs import is_mark
from syncconfig.documents.sections import CONFIGS, sections
from syncconfig.documents.writing import VERSION, config_document
from syncconfig.documents.yaml_text import Loaded
from syncconfig.models import ConfigVersion, SyncConfig


def version_keep(*, config_id: int, actor: Actor) -> ConfigVersion | None:
    """Store the config as it is now, where it is not as it was; None where there is nothing new, or no config."""
    document = config_document(config_id)
    if document is None:
        return None
    document = _plain(document)
    last = ConfigVersion.objects.filter(config_id=config_id).first()
    if last is not None and not last.is_deletion and last.document == document:
        return None
    revision = SyncConfig.objects.filter(pk=config_id).values_list("revision", flat=True).first()
    return _store(config_id, document, revision or 0, actor)


def deletion_keep(*, config_id: int, actor: Actor) -> None:
    """Store the config as it was when it was deleted; called before it is, in the same transaction."""
    document = config_document(config_id)
    if document is not None:
        revision = SyncConfig.objects.filter(pk=config_id).values_list("revision", flat=True).get()
        _store(config_id, _plain(document), revision, actor, is_deletion=True)


def _store(
    config_id: int, document: dict[str, Any], revision: int, actor: Actor, *, is_deletion: bool = False
) -> ConfigVersion:
    return ConfigVersion.objects.create(
        config_id=config_id,
        name=document["name"],
        revision=revision,
        document=document,
        is_deletion=is_deletion,
        source=actor.source,
        user_id=actor.user_id,
        who=actor.name,
        note=actor.note[:200],
    )


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """As the database gives it back, so that the two can be compared."""
    found: dict[str, Any] = json.loads(json.dumps(document))
    return found


def histories_begin(**kwargs: Any) -> None:
    """Store a first version of the configs that have none; after a migration, so that no state from before is lost."""
    known = ConfigVersion.objects.values("config_id")
    try:
        with transaction.atomic():
            for number in SyncConfig.objects.exclude(pk__in=known).values_list("pk", flat=True):
                version_keep(config_id=number, actor=Actor())
    except DatabaseError:
        # A migration that stops half way, or goes back: the tables are not what the models say.
        return


def is_recorded(config_id: int) -> bool:
    """Whether the config is what its last version says; something that goes past Django's signals changes it unseen."""
    last = ConfigVersion.objects.filter(config_id=config_id).first()
    document = config_document(config_id)
    return last is not None and document is not None and last.document == _plain(document)


def deleted_configs() -> Sequence[ConfigVersion]:
    """The last version of each config that is no more, the latest first."""
    latest = ConfigVersion.objects.filter(config_id=OuterRef("config_id")).order_by("-id").values("id")[:1]
    found = ConfigVersion.objects.filter(is_deletion=True, id=Subquery(latest))
    return list(found.exclude(config_id__in=SyncConfig.objects.values("pk")).order_by("-id"))


def version_restore(
    version: ConfigVersion,
    *,
    user: Any,
    is_dry_run: bool = False,
    typed_secrets: Mapping[str, str] | None = None,
    seen_state: str = "",
) -> Outcome:
    """Make the config what it was, or would make. Raises nothing: the outcome tells what stands in the way.

    What a later release of the hub no longer knows is left out, with a warning. Not to be called within a transaction.
    """
    document, unknown = _known_part(version.document)
    exists = SyncConfig.objects.filter(pk=version.config_id).exists()
    at = formats.date_format(timezone.localtime(version.created_at), "DATETIME_FORMAT")
    outcome = document_import(
        Loaded({"version": VERSION, "configs": [document]}),
        user=user,
        actor=actor_of(user, source="restore", note=_("As of %(time)s") % {"time": at}),
        is_dry_run=is_dry_run,
        typed_secrets=typed_secrets,
        config_ids={0: version.config_id if exists else None},
        seen_state=seen_state,
    )
    outcome.warnings += [_("%(name)s is not known any more, and left out.") % {"name": name} for name in unknown]
    new_id = outcome.changes[0].pk if outcome.is_done else None
    if new_id is not None and not exists:
        ConfigVersion.objects.filter(config_id=version.config_id).update(config_id=new_id)
    return outcome


def _known_part(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What can be imported: without marks, which keeps the credentials, and without what is not known any more."""
    unknown: list[str] = []
    parts = {section.name: section for section in sections()}

    def row(section: Any, given: Mapping[str, Any], place: str) -> dict[str, Any]:
        names = {field.name for field in section.fields}
        unknown.extend(f"{place}{name}" for name in given if name not in names and not (not place and name in parts))
        return {name: value for name, value in given.items() if name in names and not is_mark(value)}

    found = row(CONFIGS, document, "")
    for name, section in parts.items():
        if isinstance(given := document.get(name), list):
            found[name] = [row(section, each, f"{name}.") for each in given]
        elif isinstance(given, dict):
            found[name] = row(section, given, f"{name}.")
    return found, list(dict.fromkeys(unknown))
