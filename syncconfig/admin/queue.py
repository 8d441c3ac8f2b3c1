"""Of the queue what helps staff: when things run next, and what failed. Nothing here starts or changes anything.

What has been done and what waits is told by runs and deliveries; the queue only points at them.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import truncatechars
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.admin import ModelAdmin

for _model in (Success, Failure, OrmQ, Schedule):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


class _Looking(ModelAdmin):
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Schedule)
class ScheduleAdmin(_Looking):
    """The schedules of the syncs, made from their Schedules tab, and the hub's own."""

    empty_text = _("Nothing is scheduled: the first worker that starts makes the hub's own schedules.")
    list_display = ("name", "shown_times", "next_run")
    fields = ("name", "shown_times", "next_run")
    readonly_fields = ("shown_times",)
    ordering = ("next_run",)
    search_fields = ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("Runs"))
    def shown_times(self, schedule: Schedule) -> str:
        if schedule.schedule_type == Schedule.CRON:
            return str(schedule.cron)
        if schedule.schedule_type == Schedule.MINUTES:
            text = ngettext("every minute", "every %(minutes)s minutes", schedule.minutes or 0)
            return text % {"minutes": schedule.minutes}
        return str(schedule.get_schedule_type_display())


@admin.register(Failure)
class FailureAdmin(_Looking):
    """Tasks that broke off. The sweep has put what they were about back on its way; this is for the maintainers."""

    empty_text = _("No task has broken off.")
    list_display = ("name", "func", "started", "stopped", "shown_reason")
    fields = ("name", "func", "args", "started", "stopped", "shown_result")
    readonly_fields = ("shown_result",)
    ordering = ("-stopped",)
    search_fields = ("name", "func")

    @admin.display(description=_("Reason"))
    def shown_reason(self, task: Failure) -> str:
        return truncatechars(str(task.result or ""), 100)

    @admin.display(description=_("Reason"))
    def shown_result(self, task: Failure) -> SafeString:
        return format_html('<pre class="sync-code">{}</pre>', str(task.result or ""))
