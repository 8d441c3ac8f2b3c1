"""What people did, besides what Django records of its forms: who pressed which button, on what, and when.

It is kept in the admin's own log, so that it stands in an object's history next to its changes. The text is written in
the language of the installation, not of whoever acted: it is one log for all who read it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import translation
from django.utils.functional import Promise

MOST_ENTRIES: Final = 200
"""For one act on many objects; on more, it is one entry for all of them."""


def act_record(*, user: Any, objects: Iterable[Model], text: Promise | str, **values: object) -> None:
    """Record that the user did `text`, a translatable sentence that `values` are put into, to each of the objects.

    Nothing is recorded where there are none, or for nobody: what a command does has no user.
    """
    rows = list(objects)
    if not rows or user is None or user.pk is None:
        return
    with translation.override(settings.LANGUAGE_CODE):
        message = str(text) % values if values else str(text)
        if len(rows) > MOST_ENTRIES:
            _record_many(user, rows, message)
            return
        LogEntry.objects.log_actions(user.pk, rows, CHANGE, message)


def _record_many(user: Any, rows: list[Model], message: str) -> None:
    opts = rows[0]._meta
    name = f"{len(rows)} {opts.verbose_name_plural}"
    kind = ContentType.objects.get_for_model(rows[0], for_concrete_model=False)
    LogEntry.objects.create(
        user_id=user.pk, content_type=kind, object_repr=name[:200], action_flag=CHANGE, change_message=message
    )
