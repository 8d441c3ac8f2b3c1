"""The history of a sync config: its versions, what was changed from one to another, and the way back to each."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from syncconfig.admin.actions import ConfigActionsMixin, add_config_list_button, add_config_view
from syncconfig.admin.outcomes import diff_lines, outcome_context, typed_secrets
from syncconfig.documents.differing import RowChange, document_changes, summary
from syncconfig.documents.history import deleted_configs, is_recorded, version_restore
from syncconfig.models import ConfigVersion, SyncConfig
from syncconfig.row_ids import row_id

PAGE_SIZE: Final = 25


def history_context(request: HttpRequest, object_id: str) -> dict[str, Any]:
    """For the config's own page of history."""
    config_id = row_id(object_id)
    if config_id is None:
        return {}
    versions = ConfigVersion.objects.filter(config_id=config_id).select_related("user")
    page = Paginator(versions, PAGE_SIZE).get_page(request.GET.get("versions"))
    rows = list(page.object_list)
    following = [*rows[1:], versions.filter(pk__lt=rows[-1].pk).first()] if rows else []
    return {
        "versions": [
            {"version": version, "said": _said(version, before)}
            for version, before in zip(rows, following, strict=True)
        ],
        "versions_page": page,
        "is_recorded": is_recorded(config_id),
    }


def _said(version: ConfigVersion, before: ConfigVersion | None) -> str:
    if version.is_deletion:
        return _now("Deleted")
    if before is None:
        return _now("The first version")
    return summary(document_changes(before.document, version.document)) or _now("Nothing")


def version_view(model_admin: Any, request: HttpRequest, version_id: int) -> HttpResponse:
    """One version: what it changed, or how it differs from the one that `?with=` names."""
    if not model_admin.has_view_or_change_permission(request):
        raise PermissionDenied
    version = _version(version_id)
    others = ConfigVersion.objects.filter(config_id=version.config_id).exclude(pk=version.pk).defer("document")
    if (wanted := row_id(request.GET.get("with", ""))) is not None:
        other = others.filter(pk=wanted).first()
    else:
        other = others.filter(pk__lt=version.pk).first()
    before, after = (other, version) if other is None or other.pk < version.pk else (version, other)
    changes = document_changes(before.document if before else None, after.document)
    config = SyncConfig.objects.filter(pk=version.config_id).defer("auth_secret").first()
    exists = config is not None
    context = {
        **_base(model_admin, request, version),
        "original": config,
        "version": version,
        "before": before,
        "after": after,
        "rows": [_row(change) for change in changes],
        "others": others[:100],
        "other": other,
        "exists": exists,
        "is_current": exists and not others.filter(pk__gt=version.pk).exists() and not version.is_deletion,
        "may_restore": _may_restore(model_admin, request, exists=exists),
    }
    return TemplateResponse(request, "admin/syncconfig/version.html", context)


def restore_view(model_admin: Any, request: HttpRequest, version_id: int) -> HttpResponse:
    """What restoring would change, and, by a POST that carries `seen`, restoring. Both by POST: Odoo is asked."""
    version = _version(version_id)
    exists = SyncConfig.objects.filter(pk=version.config_id).exists()
    if not _may_restore(model_admin, request, exists=exists):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseRedirect(reverse("admin:syncconfig_syncconfig_version", args=[version.pk]))
    seen = request.POST.get("seen", "")
    outcome = version_restore(
        version, user=request.user, is_dry_run=not seen, typed_secrets=typed_secrets(request), seen_state=seen
    )
    for warning in outcome.warnings:
        messages.warning(request, warning)
    if outcome.is_done:
        messages.success(request, _now("%(name)s is what it was.") % {"name": version.name})
        return HttpResponseRedirect(reverse("admin:syncconfig_syncconfig_change", args=[outcome.changes[0].pk]))
    context = {**_base(model_admin, request, version), **outcome_context(outcome), "version": version, "exists": exists}
    return TemplateResponse(request, "admin/syncconfig/restore.html", context)


@action(description=_("Deleted syncs"), url_path="deleted", icon="restore_from_trash", permissions=["view"])
def deleted(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Configs that are no more, each with the way back."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _now("Deleted syncs"),
        "opts": model_admin.opts,
        "versions": deleted_configs(),
    }
    return TemplateResponse(request, "admin/syncconfig/deleted.html", context)


def _version(version_id: int) -> ConfigVersion:
    version = ConfigVersion.objects.select_related("user").filter(pk=version_id).first()
    if version is None:
        raise Http404
    return version


def _may_restore(model_admin: Any, request: HttpRequest, *, exists: bool) -> bool:
    return bool(model_admin.has_change_permission(request) if exists else model_admin.has_add_permission(request))


def _base(model_admin: Any, request: HttpRequest, version: ConfigVersion) -> dict[str, Any]:
    return {
        **model_admin.admin_site.each_context(request),
        "title": _now("History of %(name)s") % {"name": version.name},
        "opts": model_admin.opts,
    }


def _row(change: RowChange) -> dict[str, Any]:
    fields = [
        {"label": field.label, "before": field.before, "after": field.after, "diff": diff_lines(field.diff)}
        for field in change.fields
    ]
    colour = {"added": "success", "removed": "danger"}.get(change.effect, "primary")
    word = {"added": _now("added"), "removed": _now("removed"), "changed": _now("changed")}[change.effect]
    return {"title": change.title, "effect": word, "kind": change.effect, "colour": colour, "fields": fields}


ConfigActionsMixin.history_context = staticmethod(history_context)
ConfigActionsMixin.object_history_template = "admin/syncconfig/history.html"  # type: ignore[attr-defined]
add_config_list_button(deleted)
add_config_view("version/<int:version_id>/", name="syncconfig_syncconfig_version", view=version_view)
add_config_view("version/<int:version_id>/restore/", name="syncconfig_syncconfig_restore", view=restore_view)
