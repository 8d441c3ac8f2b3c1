"""“What people did”: every change and every button, by whom and when. To look at, for administrators."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import date as format_date
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from auditlog.models import Act
from auditlog.pages import KeysetAdminMixin
from syncconfig.row_ids import row_id

_PERIODS = {"1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}


class UserFilter(admin.SimpleListFilter):
    """People who have done something."""

    title = _("user")
    parameter_name = "user"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        acted = get_user_model().objects.filter(Exists(LogEntry.objects.filter(user=OuterRef("pk"))))
        return [(str(pk), name) for pk, name in acted.order_by("username").values_list("pk", "username")[:100]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        user_id = row_id(self.value() or "")
        return queryset if user_id is None else queryset.filter(user_id=user_id)


class KindFilter(admin.SimpleListFilter):
    """Kinds of objects that something was done to."""

    title = _("object")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        touched = ContentType.objects.filter(Exists(LogEntry.objects.filter(content_type=OuterRef("pk"))))
        return sorted(((str(kind.pk), kind.name) for kind in touched), key=lambda each: each[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        kind_id = row_id(self.value() or "")
        return queryset if kind_id is None else queryset.filter(content_type_id=kind_id)


class TimeFilter(admin.SimpleListFilter):
    title = _("time")
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1d", _("Last day")), ("7d", _("Last 7 days")), ("30d", _("Last 30 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        period = _PERIODS.get(self.value() or "")
        return queryset.filter(action_time__gte=timezone.now() - period) if period else queryset


@admin.register(Act)
class ActAdmin(KeysetAdminMixin, ModelAdmin):
    empty_text = _("Nobody has changed anything or pressed a button yet.")
    list_display = ("shown_time", "user", "shown_kind", "shown_object", "shown_action", "shown_message")
    list_display_links = ("shown_time",)
    list_filter = (UserFilter, KindFilter, TimeFilter)
    list_filter_submit = False
    list_per_page = 50
    list_fullwidth = True
    list_select_related = ("user", "content_type")
    # By id: the table has no index on the time.
    ordering = ("-id",)
    search_fields = ("object_repr", "change_message")
    search_help_text = _("Part of an object's name, or of what was done")
    actions = None
    fields = ("shown_time", "user", "shown_kind", "shown_object", "shown_action", "shown_message")
    readonly_fields = fields

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("admin.view_logentry"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("Time"))
    def shown_time(self, entry: Act) -> str:
        return format_date(timezone.localtime(entry.action_time), "Y-m-d H:i:s")

    @admin.display(description=_("Kind of object"))
    def shown_kind(self, entry: Act) -> str:
        return str(entry.content_type.name) if entry.content_type else "-"

    @admin.display(description=_("Object"))
    def shown_object(self, entry: Act) -> str | SafeString:
        """With the way to it, where it can still be there."""
        kind = entry.content_type
        if kind is None or not entry.object_id or entry.action_flag == DELETION:
            return entry.object_repr
        try:
            url = reverse(f"admin:{kind.app_label}_{kind.model}_change", args=[entry.object_id])
        except NoReverseMatch:
            return entry.object_repr
        return format_html('<a class="text-link" href="{}">{}</a>', url, entry.object_repr)

    @display(description=_("Action"), label={"added": "success", "acted": "info", "deleted": "danger"})
    def shown_action(self, entry: Act) -> tuple[str, str]:
        if entry.action_flag == ADDITION:
            return "added", _now("Added")
        if entry.action_flag == DELETION:
            return "deleted", _now("Deleted")
        # What a form changed is kept as a list; what a button did, as a sentence.
        return ("changed", _now("Changed")) if entry.change_message.startswith("[") else ("acted", _now("Acted"))

    @admin.display(description=_("What"))
    def shown_message(self, entry: Act) -> str:
        return entry.get_change_message() or "-"
