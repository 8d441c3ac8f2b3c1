"""The end of the guided path: from a draft to a stored sync, at once or not at all."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.db import transaction

from syncconfig.guided.belongings import belongings_make
from syncconfig.guided.drafts import Draft
from syncconfig.models import AuthType, SyncConfig, SyncTrigger

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Made:
    """The stored sync. `token` is what callers must show, made here and told only once; empty where there is none."""

    config: SyncConfig
    token: str = ""


def draft_make(*, draft: Draft, name: str, active: bool) -> Made:
    """Store the draft's sync with its lines and its schedule.

    Raises ValidationError, with nothing stored, where one of them is not as the form would have it.
    """
    config = draft.config()
    config.name, config.active = name, active
    token = ""
    if draft.is_in and config.auth_type != AuthType.NONE:
        token = config.auth_secret = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        config.full_clean()
        config.save()
        for line in draft.taken_lines():
            line.config = config
            line.full_clean()
            line.save()
        if draft.trigger and not draft.is_in:
            trigger = SyncTrigger(config=config, **draft.trigger)
            trigger.full_clean()
            trigger.save()
        belongings_make(config, draft)
    return Made(config, token)
