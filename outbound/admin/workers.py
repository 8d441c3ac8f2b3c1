"""Workers: which are there, and when each gave its last sign of life."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from outbound.admin.looking import LookingAdmin, badge
from outbound.heartbeat import ABSENT_AFTER
from outbound.models import Worker


@admin.register(Worker)
class WorkerAdmin(LookingAdmin):
    empty_text = _("No worker is there, so nothing is sent, run or counted. Start one: manage.py syncworker")
    list_display = ("__str__", "shown_state", "processes", "started_at", "beat_at", "waiting", "restarts")
    ordering = ("-beat_at",)
    fields = (
        ("host", "pid"),
        ("shown_state", "processes"),
        ("started_at", "beat_at"),
        "waiting",
        ("restarts", "restarted_at"),
    )
    readonly_fields = ("shown_state",)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.display(description=_("State"))
    def shown_state(self, worker: Worker) -> SafeString:
        is_there = worker.beat_at > timezone.now() - ABSENT_AFTER
        return badge(_now("Working"), "success") if is_there else badge(_now("Absent"), "danger")
