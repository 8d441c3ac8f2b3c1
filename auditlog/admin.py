"""The log, to look at: nothing here adds, changes or deletes an entry."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import date as format_date
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from auditlog import admin_trail  # noqa: F401 - registers itself
from auditlog.filters import NamedFilter, PeriodFilter, StatusClassFilter
from auditlog.models import ApiLog, Direction, Party
from auditlog.pages import UncountedPaginator
from auditlog.pretty import pretty_body, pretty_headers

# What a list row shows; bodies and headers of fifty rows would be megabytes.
_ROW_FIELDS = (
    "created_at", "direction", "party", "method", "url", "summary", "status", "duration_ms", "error", "record_ref",
    "request_id", "config", "config__name", "is_dry_run",
)  # fmt: skip
SAME_REQUEST_LIMIT = 200


def _status_class(entry: ApiLog) -> str:
    if entry.status is None:
        return "none"
    if entry.error and entry.status < 400:
        return "fault"
    return f"{entry.status // 100}xx"


@admin.register(ApiLog)
class ApiLogAdmin(ModelAdmin):
    list_display = (
        "shown_time", "shown_direction", "config", "method", "shown_what", "shown_status", "shown_duration",
        "record_ref",
    )  # fmt: skip
    list_display_links = ("shown_time", "shown_what")
    list_filter = (("config", NamedFilter), "direction", "party", "is_dry_run", StatusClassFilter, PeriodFilter)
    list_per_page = 50
    list_fullwidth = True
    search_fields = ("request_id",)
    search_help_text = _("A request id, a record such as #1001, or the beginning of a URL")
    ordering = ("-id",)
    sortable_by = ()
    paginator = UncountedPaginator
    show_full_result_count = False
    actions = None
    change_form_template = "admin/auditlog/apilog/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # --- list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiLog]:
        return ApiLog.objects.order_by("-id")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact request id or record, or the beginning of a URL: each finds its rows without reading them all."""
        queryset = queryset.select_related("config").only(*_ROW_FIELDS)
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.startswith(("/", "http://", "https://")):
            return queryset.filter(url__startswith=term), False
        return queryset.filter(Q(request_id=term) | Q(record_ref=term)), False

    @admin.display(description=_("Time"))
    def shown_time(self, entry: ApiLog) -> str:
        return format_date(timezone.localtime(entry.created_at), "Y-m-d H:i:s")

    @display(description=_("With"), label={"in": "info", "out": "success", "odoo": "primary"})
    def shown_direction(self, entry: ApiLog) -> tuple[str, str]:
        if entry.party == Party.ODOO:
            return "odoo", "Odoo"
        return entry.direction, _now("In") if entry.direction == Direction.IN else _now("Out")

    @admin.display(description=_("What"))
    def shown_what(self, entry: ApiLog) -> str:
        text = entry.summary or entry.url
        if entry.is_dry_run:
            text = _now("Dry run: %(what)s") % {"what": text}
        return text if len(text) <= 80 else f"{text[:79]}…"

    @display(
        description=_("Status"),
        label={"2xx": "success", "3xx": "info", "4xx": "warning", "5xx": "danger", "none": "danger", "fault": "danger"},
    )
    def shown_status(self, entry: ApiLog) -> tuple[str, str]:
        kind = _status_class(entry)
        text = {"none": _now("No answer"), "fault": _now("%(status)s, fault") % {"status": entry.status}}
        return kind, text.get(kind, str(entry.status))

    @admin.display(description=_("Duration"))
    def shown_duration(self, entry: ApiLog) -> str:
        return f"{entry.duration_ms} ms" if entry.duration_ms < 10_000 else f"{entry.duration_ms / 1000:.1f} s"

    # --- detail ---

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if object_id is None or request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        entry = (
            ApiLog.objects.select_related("config").defer("config__auth_secret").filter(pk=object_id).first()
            if object_id.isascii() and object_id.isdigit()
            else None
        )
        if entry is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))
        context = {
            **self.admin_site.each_context(request),
            "title": str(entry),
            "opts": self.opts,
            "entry": entry,
            "original": entry,
            "status_class": _status_class(entry),
            "sides": [
                (_("Request"), pretty_headers(entry.request_headers), pretty_body(entry.request_body)),
                (_("Answer"), pretty_headers(entry.response_headers), pretty_body(entry.response_body)),
            ],
            "same_request": self._same_request(entry),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.change_form_template, context)

    def _same_request(self, entry: ApiLog) -> list[tuple[ApiLog, str]]:
        """What else happened under the same request id, in the order in which it began."""
        if not entry.request_id:
            return []
        rows = ApiLog.objects.filter(request_id=entry.request_id).exclude(pk=entry.pk)
        rows = rows.select_related("config").only(*_ROW_FIELDS).order_by("created_at", "id")
        return [(row, _status_class(row)) for row in rows[:SAME_REQUEST_LIMIT]]
