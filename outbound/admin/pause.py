"""Pausing and resuming the syncs chosen in the list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from outbound.pausing import config_pause, config_resume
from syncconfig.models import SyncConfig
from syncconfig.trail import act_record


@admin.action(description=_("Pause the chosen syncs"), permissions=["run"])
def pause_chosen(model_admin: Any, request: HttpRequest, queryset: QuerySet[SyncConfig]) -> None:
    """Out: nothing is sent. In: the endpoint answers nobody."""
    done = _each(request, queryset, config_pause, _("Paused."))
    messages.success(request, _now("Paused: %(names)s.") % {"names": ", ".join(done) or "-"})


@admin.action(description=_("Resume the chosen syncs"), permissions=["run"])
def resume_chosen(model_admin: Any, request: HttpRequest, queryset: QuerySet[SyncConfig]) -> None:
    """What waited goes on."""
    done = _each(request, queryset, config_resume, _("Resumed."))
    messages.success(request, _now("Resumed: %(names)s.") % {"names": ", ".join(done) or "-"})


def _each(request: HttpRequest, queryset: QuerySet[SyncConfig], act: Callable[..., bool], text: Promise) -> list[str]:
    done = [config for config in queryset.defer("auth_secret", "connection__secret") if act(config=config)]
    act_record(user=request.user, objects=done, text=text)
    return [config.name for config in done]
