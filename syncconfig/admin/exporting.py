"""“Export” and “Duplicate” of sync configs: buttons on the form, and actions of the list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from syncconfig.admin.actions import ConfigActionsMixin, add_config_action, add_config_button
from syncconfig.admin.dialogs import dialog_done
from syncconfig.documents.duplicating import config_duplicate
from syncconfig.documents.writing import export_text
from syncconfig.models import SyncConfig
from syncconfig.secrets import SecretUnreadable
from syncconfig.trail import act_record

EXPORTED = _("Exported.")
_LIST, _CHANGE = "syncconfig_syncconfig_changelist", "syncconfig_syncconfig_change"


def _download(text: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.yaml"'}
    return HttpResponse(text, content_type="application/yaml; charset=utf-8", headers=headers)


@action(description=_("Export"), url_path="export", icon="download", permissions=["view"])
def export_config(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The config as YAML, without its secrets."""
    config = model_admin.get_object(request, object_id)
    if config is None:
        return model_admin._get_obj_does_not_exist_redirect(request, model_admin.opts, object_id)
    text = export_text(config_ids=[config.pk])
    act_record(user=request.user, objects=[config], text=EXPORTED)
    return _download(text, slugify(config.name) or f"sync-{config.pk}")


@admin.action(description=_("Export the chosen syncs"), permissions=["view"])
def export_chosen(model_admin: Any, request: HttpRequest, queryset: QuerySet[SyncConfig]) -> HttpResponse:
    """Several in one document."""
    configs = list(queryset.defer("auth_secret", "connection__secret"))
    text = export_text(config_ids=[config.pk for config in configs])
    act_record(user=request.user, objects=configs, text=EXPORTED)
    return _download(text, "syncs")


@admin.action(
    description=_("Export the chosen syncs with their connections"),
    permissions=["view_connections"],
)
def export_with_connections(model_admin: Any, request: HttpRequest, queryset: QuerySet[SyncConfig]) -> HttpResponse:
    """As above, for an environment that has not got the connections yet."""
    configs = list(queryset.defer("auth_secret", "connection__secret"))
    text = export_text(
        config_ids=[config.pk for config in configs], connection_ids=[config.connection_id for config in configs]
    )
    act_record(user=request.user, objects=configs, text=EXPORTED)
    return _download(text, "syncs")


class DuplicateForm(BaseDialogForm):
    """What the copy is called."""

    name = forms.CharField(
        label=_("Name of the copy"),
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Empty: the name with “copy” behind it."),
    )


@action(
    description=_("Duplicate"),
    url_path="duplicate",
    icon="content_copy",
    permissions=["duplicate"],
    dialog={
        "title": _("Duplicate this sync"),
        "description": _(
            "With its lines, settings and credentials; switched off, and with an endpoint of its own. What it has sent "
            "and received stays with the original."
        ),
        "form_class": DuplicateForm,
        "form_submit_text": _("Duplicate"),
    },
)
def duplicate(model_admin: Any, request: HttpRequest, form: DuplicateForm, object_id: str) -> HttpResponse:
    """Make the copy and show it."""
    config = model_admin.get_object(request, object_id)
    if config is None:
        return dialog_done(_LIST)
    made = _duplicate(request, config, form.cleaned_data["name"])
    return dialog_done(_CHANGE, made or object_id)


@admin.action(description=_("Duplicate the chosen syncs"), permissions=["duplicate"])
def duplicate_chosen(model_admin: Any, request: HttpRequest, queryset: QuerySet[SyncConfig]) -> None:
    """A copy of each."""
    for config in queryset.defer("auth_secret", "connection__secret"):
        _duplicate(request, config, "")


def _duplicate(request: HttpRequest, config: SyncConfig, name: str) -> int | None:
    try:
        outcome = config_duplicate(config.pk, user=request.user, name=name.strip())
    except SecretUnreadable as error:
        messages.error(request, f"{config.name}: {error}")
        return None
    for problem in outcome.problems:
        messages.error(request, f"{config.name}: {problem.message}")
    if not outcome.is_done:
        return None
    made = outcome.changes[0]
    act_record(user=request.user, objects=[config], text=_("Duplicated as %(name)s."), name=made.name)
    messages.success(
        request, _now("%(name)s was made. It is switched off; look through it first.") % {"name": made.name}
    )
    return made.pk


def has_duplicate_permission(model_admin: Any, request: HttpRequest, obj: Any = None) -> bool:
    """A copy is a new config; what belongs to it is held against the permissions for that."""
    return bool(model_admin.has_add_permission(request))


def has_view_connections_permission(model_admin: Any, request: HttpRequest) -> bool:
    """For the action that exports both."""
    may_view = model_admin.has_view_permission(request)
    return bool(may_view and request.user.has_perm("syncconfig.view_odooconnection"))


ConfigActionsMixin.has_duplicate_permission = has_duplicate_permission  # type: ignore[attr-defined]
ConfigActionsMixin.has_view_connections_permission = has_view_connections_permission  # type: ignore[attr-defined]
add_config_button(export_config, is_in_menu=True)
add_config_button(duplicate, is_in_menu=True)
add_config_action(export_chosen)
add_config_action(export_with_connections)
add_config_action(duplicate_chosen)
