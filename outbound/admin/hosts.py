"""Hosts: which of them answer, and letting one be called again at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from outbound.admin.looking import LookingAdmin, badge
from outbound.hosts import breaker_close
from outbound.models import BreakerState, Host
from syncconfig.trail import act_record

_COLOURS = {BreakerState.CLOSED: "success", BreakerState.OPEN: "danger"}


@admin.register(Host)
class HostAdmin(LookingAdmin):
    empty_text = _("No host yet: each one stands here from the first call that does not get a usable answer.")
    list_display = ("address", "shown_state", "failures", "opened_at", "probe_at", "not_before", "last_error")
    list_filter = ("state",)
    search_fields = ("address",)
    ordering = ("address",)
    fields = (
        "address", "shown_state", "failures", ("opened_at", "probe_at"), "not_before", "last_error", "changed_at"
    )  # fmt: skip
    readonly_fields = ("shown_state",)
    actions = ("close_chosen",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """By address, in pages as Django makes them: hosts are few."""
        return ChangeList

    @admin.display(description=_("Circuit breaker"), ordering="state")
    def shown_state(self, host: Host) -> SafeString:
        return badge(host.get_state_display(), _COLOURS[BreakerState(host.state)])

    def has_close_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("outbound.replay_delivery"))

    @admin.action(description=_("Call again at once"), permissions=["close"])
    def close_chosen(self, request: HttpRequest, queryset: QuerySet[Host]) -> None:
        for host in queryset:
            breaker_close(host)
            act_record(user=request.user, objects=[host], text=_("Called again at once."))
            messages.success(request, _now("%(host)s is called again.") % {"host": host.address})
