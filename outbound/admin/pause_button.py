"""“Pause” and “Resume” on a sync config's form: the one of them that makes sense."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from outbound.models import DeliveryPolicy
from outbound.pausing import config_pause, config_resume
from syncconfig.admin.dialogs import dialog_done
from syncconfig.admin.finding import row_at
from syncconfig.models import RequestType, SyncConfig
from syncconfig.trail import act_record


def is_paused(config: SyncConfig) -> bool:
    if config.request_type == RequestType.IN:
        return not config.active
    return DeliveryPolicy.objects.filter(config=config, is_paused=True).exists()


def is_running(config: SyncConfig) -> bool:
    """Whether there is something to pause."""
    return config.active and not is_paused(config)


@action(
    description=_("Pause"),
    url_path="pause",
    icon="pause_circle",
    permissions=["run"],
    dialog={
        "title": _("Pause this sync"),
        "description": _("An Out sync sends nothing, and what changes waits; an In sync answers nobody."),
        "form_class": BaseDialogForm,
        "form_submit_text": _("Pause"),
    },
)
def pause(model_admin: Any, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
    """Nothing more until it is resumed."""
    config = row_at(SyncConfig.objects.defer("auth_secret"), object_id)
    if config is None:
        return dialog_done("syncconfig_syncconfig_changelist")
    if config_pause(config=config):
        act_record(user=request.user, objects=[config], text=_("Paused."))
        messages.success(request, _now("%(name)s is paused.") % {"name": config.name})
    return dialog_done("syncconfig_syncconfig_change", object_id)


@action(
    description=_("Resume"),
    url_path="resume",
    icon="play_arrow",
    permissions=["run"],
    dialog={
        "title": _("Resume this sync"),
        "description": _("What waits is sent; an In sync answers again."),
        "form_class": BaseDialogForm,
        "form_submit_text": _("Resume"),
    },
)
def resume(model_admin: Any, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
    """As it was before it was paused."""
    config = row_at(SyncConfig.objects.defer("auth_secret"), object_id)
    if config is None:
        return dialog_done("syncconfig_syncconfig_changelist")
    if config_resume(config=config):
        act_record(user=request.user, objects=[config], text=_("Resumed."))
        messages.success(request, _now("%(name)s goes on.") % {"name": config.name})
    return dialog_done("syncconfig_syncconfig_change", object_id)
