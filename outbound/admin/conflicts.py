"""Conflicts: records that were changed in both Odoos, with the values of both side by side, and a choice for each."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from mapping.results import REDACTED
from outbound.admin.looking import LookingAdmin, badge
from outbound.conflicts import SIDES, ConflictRefused, conflict_look_again, conflict_mark, conflict_settle
from outbound.models import Conflict, ConflictState
from syncconfig.admin.safety import NamedFilter
from syncconfig.models import OdooConnection
from syncconfig.trail import act_record

_COLOURS = {
    ConflictState.OPEN: "warning",
    ConflictState.SETTLED: "success",
    ConflictState.AGREED: "info",
    ConflictState.ENDED: "info",
}
_NEVER = object()


@admin.register(Conflict)
class ConflictAdmin(LookingAdmin):
    empty_text = _("No conflict: no record was changed on both sides of a sync between two Odoos.")
    list_display = (
        "title", "shown_state", "config", "shown_fields", "record_id", "target_id", "seen_at", "settled_by",
    )  # fmt: skip
    list_filter = ("state", ("config", NamedFilter))
    search_fields: ClassVar[tuple[str, ...]] = ("title",)
    search_help_text = _("What the record is recognised by, e.g. its reference")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conflict]:
        rows = super().get_queryset(request).select_related("config", "settled_by")
        return rows.defer("config__auth_secret")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Beginnings: a reference is looked for, not a word."""
        term = search_term.strip()
        return (queryset.filter(title__istartswith=term) if term else queryset), False

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("outbound.settle_conflict"))

    @admin.display(description=_("State"))
    def shown_state(self, conflict: Conflict) -> SafeString:
        return badge(conflict.get_state_display(), _COLOURS[ConflictState(conflict.state)])

    @admin.display(description=_("Fields"))
    def shown_fields(self, conflict: Conflict) -> str:
        return ", ".join(sorted(conflict.fields))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page; what it does is a POST, and needs the permission to settle."""
        conflict = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, conflict):
            raise PermissionDenied
        if conflict is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method == "POST":
            if not self.has_settle_permission(request):
                raise PermissionDenied
            return self._act(request, conflict)
        config = conflict.config
        ids = [config.connection_id, config.target_connection_id or 0]
        places = OdooConnection.objects.defer("secret").in_bulk(ids)
        here, there = (places.get(each) for each in ids)
        context = {
            **self.admin_site.each_context(request),
            "title": _now("Conflict: %(title)s") % {"title": conflict.title},
            "opts": self.opts,
            "original": conflict,
            "conflict": conflict,
            "state": self.shown_state(conflict),
            "config": config,
            "here": _place(here, config.model, conflict.record_id),
            "there": _place(there, config.receiving_model, conflict.target_id),
            "rows": self._rows(conflict),
            "mark": conflict_mark(conflict),
            "is_pair": config.other_direction is not None,
            "is_open": conflict.state == ConflictState.OPEN,
            "may_settle": self.has_settle_permission(request),
        }
        return TemplateResponse(request, "admin/outbound/conflict.html", context)

    def _act(self, request: HttpRequest, conflict: Conflict) -> HttpResponse:
        again = HttpResponseRedirect(request.path)
        try:
            if request.POST.get("what") == "look":
                conflict_look_again(conflict_id=conflict.pk, user=request.user)  # type: ignore[arg-type]
                act_record(user=request.user, objects=[conflict], text=_("Compared again."))
                messages.success(request, _now("Both records are compared again in a moment."))
                return again
            whole = request.POST.get("all")
            settled = conflict_settle(
                conflict_id=conflict.pk,
                choices={key: whole or request.POST.get(f"choice-{key}", "") for key in conflict.fields},
                user=request.user,  # type: ignore[arg-type]
                seen=request.POST.get("seen", ""),
            )
        except ConflictRefused as error:
            messages.error(request, str(error))
            return again
        told = ", ".join(f"{key}: {side}" for key, side in sorted(settled.choices.items()))
        act_record(user=request.user, objects=[settled], text=_("Settled (%(choices)s)."), choices=told)
        messages.success(request, _now("%(title)s is settled, and goes on its way now.") % {"title": conflict.title})
        return HttpResponseRedirect(reverse("admin:outbound_conflict_changelist") + "?state__exact=open")

    def _rows(self, conflict: Conflict) -> list[dict[str, Any]]:
        keys = conflict.config.lines.filter(is_secret=True).values_list("key", flat=True)
        secret = {key.partition(".")[0].partition("[")[0] for key in keys}
        rows = []
        for key, values in sorted(conflict.fields.items()):
            shown = {side: _shown(values.get(side, _NEVER), is_secret=key in secret) for side in ("base", *SIDES)}
            rows.append({"key": key, "choice": conflict.choices.get(key, ""), **shown})
        return rows


def _place(connection: OdooConnection | None, model: str, record_id: int) -> dict[str, str]:
    """Which Odoo, and the record's page in it, by the address that every version knows."""
    if connection is None:
        return {"name": "-", "url": ""}
    url = f"{connection.url.rstrip('/')}/web#id={record_id}&model={model}&view_type=form"
    return {"name": connection.name, "url": url, "record": f"{model}, {record_id}"}


def _shown(value: object, *, is_secret: bool) -> str:
    if value is _NEVER:
        return "-"
    if is_secret:
        return REDACTED
    if value is None:
        return _now("(empty)")
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
