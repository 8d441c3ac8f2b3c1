"""The list of the log, and what leads from it: nothing here adds, changes or deletes an entry."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import date as format_date
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from auditlog import filters
from auditlog.admin.entry import entry_page, status_class
from auditlog.admin.finding import find_page
from auditlog.admin.story import story_page
from auditlog.change_list import LogChangeList
from auditlog.models import ApiLog, Direction, Party
from auditlog.pages import KeysetAdminMixin
from auditlog.story import LIST_FIELDS
from syncconfig.row_ids import row_id


@admin.register(ApiLog)
class ApiLogAdmin(KeysetAdminMixin, ModelAdmin):
    class Media:
        css = {"all": ("auditlog/log.css",)}

    empty_text = _(
        "Nothing was exchanged yet. Every request that comes in will stand here, and every call of Odoo and others."
    )
    list_display = (
        "shown_time", "shown_direction", "config", "method", "shown_what", "shown_status", "shown_duration",
        "record_ref",
    )  # fmt: skip
    list_display_links = ("shown_time", "shown_what")
    list_filter = (
        filters.PeriodFilter,
        ("created_at", filters.TimeFilter),
        ("config", filters.ConfigFilter),
        filters.StatusClassFilter,
        filters.StatusFilter,
        ("direction", filters.ChoiceFilter),
        ("party", filters.ChoiceFilter),
        filters.RecordFilter,
        filters.RequestIdFilter,
        filters.RunFilter,
        filters.DeliveryFilter,
        filters.TextInBodiesFilter,
        ("is_dry_run", filters.DryRunFilter),
    )
    list_filter_submit = True
    list_filter_sheet = False
    list_before_template = "admin/auditlog/find_box.html"
    list_per_page = 50
    list_fullwidth = True
    search_fields = ("request_id",)
    search_help_text = _("A request id, a record such as #1001, or the beginning of a URL")
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LogChangeList

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("find/", view(self.find_view), name="auditlog_apilog_find"),
            path("story/", view(self.story_view), name="auditlog_apilog_story"),
            *super().get_urls(),
        ]

    # --- list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiLog]:
        return ApiLog.objects.order_by("-id")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact request id or record, or the beginning of a URL."""
        queryset = queryset.select_related("config").only(*LIST_FIELDS)
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.startswith(("/", "http://", "https://")):
            return queryset.filter(url__startswith=term), False
        return queryset.filter(filters.called(term)), False

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
        kind = status_class(entry)
        text = {"none": _now("No answer"), "fault": _now("%(status)s, fault") % {"status": entry.status}}
        return kind, text.get(kind, str(entry.status))

    @admin.display(description=_("Duration"))
    def shown_duration(self, entry: ApiLog) -> str:
        return f"{entry.duration_ms} ms" if entry.duration_ms < 10_000 else f"{entry.duration_ms / 1000:.1f} s"

    # --- other pages ---

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if object_id is None or request.method == "POST":
            raise PermissionDenied
        self._check(request)
        rows = ApiLog.objects.select_related("config").defer("config__auth_secret")
        entry = rows.filter(pk=row_id(object_id) or 0).first()
        if entry is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))
        return entry_page(self, request, entry)

    def find_view(self, request: HttpRequest) -> HttpResponse:
        self._check(request)
        return find_page(self, request)

    def story_view(self, request: HttpRequest) -> HttpResponse:
        self._check(request)
        return story_page(self, request)

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied
