"""Deliveries: what was to be sent, every attempt at it, and sending it again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from outbound.admin.bulk import bulk_page, bulk_url, log_many
from outbound.admin.delivery_shown import DeliveryShown
from outbound.admin.filters import CreatedFilter, ErrorFilter, RunFilter
from outbound.admin.looking import LookingAdmin
from outbound.bulk import Bulk
from outbound.models import Delivery, DeliveryState
from outbound.naming import linked_names
from outbound.replay import DISCARDABLE, MAX_REASON, REPLAYABLE, delivery_discard, delivery_hurry, delivery_replay
from outbound.replay_many import delivery_is_outdated
from syncconfig.admin.dialogs import dialog_done
from syncconfig.admin.finding import row_at
from syncconfig.admin.safety import NamedFilter
from syncconfig.models import SyncConfig
from syncconfig.row_ids import row_id


class DiscardForm(BaseDialogForm):
    """Why it is given up."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=MAX_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Shown with the delivery, e.g. The shop has this order already, entered by hand."),
    )


@admin.register(Delivery)
class DeliveryAdmin(DeliveryShown, LookingAdmin):
    class Media:
        css = {"all": ("auditlog/log.css",)}

    empty_text = _("No delivery yet. Each record that a run sends is one, with its attempts and the answers.")
    list_display = (
        "shown_number", "shown_state", "config", "shown_ids", "shown_created", "shown_tries", "shown_error",
    )  # fmt: skip
    list_display_links = ("shown_number",)
    list_filter = ("state", ("config", NamedFilter), ("created_at", CreatedFilter), ErrorFilter, RunFilter)
    list_filter_submit = True
    list_before_template = "admin/outbound/bulk_bar.html"
    search_fields = ("record_id",)
    search_help_text = _("An Odoo id, an external id, or an Idempotency-Key")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "shown_state",
                    "config_link",
                    "run_link",
                    ("shown_odoo_id", "external_id"),
                    "story_link",
                    "shown_error",
                    "shown_discard",
                )
            },
        ),
        (_("Attempts"), {"fields": ("shown_attempts", ("attempts", "shown_next", "delivered_at"))}),
        (_("What is sent"), {"fields": ("method", "shown_payload", "shown_key", "shown_batch")}),
    )
    readonly_fields = (
        "shown_state", "config_link", "run_link", "shown_odoo_id", "shown_error", "shown_attempts", "shown_next",
        "shown_payload", "shown_key", "shown_batch", "story_link", "shown_discard",
    )  # fmt: skip
    actions_detail = ("hurry", "replay", "map_anew", "discard")
    actions = ("replay_chosen", "anew_chosen", "discard_chosen")

    def get_urls(self) -> list[Any]:
        bulk = self.admin_site.admin_view(self.bulk_view)
        return [path("bulk/<str:what>/", bulk, name="outbound_delivery_bulk"), *super().get_urls()]

    def bulk_view(self, request: HttpRequest, what: str) -> HttpResponse:
        return bulk_page(self, request, what)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows = super().get_queryset(request).select_related("config", "run", "discarded_by")
        return rows.defer("payload", "config__auth_secret")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact matches: each finds its rows without reading them all, an external id by the record's link."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(idempotency_key=term)
        for name in linked_names([term]):
            if name.odoo_id is not None and name.external_id == term:
                found |= Q(config_id=name.config_id, record_id=name.odoo_id)
        if (record_id := row_id(term.lstrip("#"))) is not None:
            # By config, since the index begins with it.
            found |= Q(config_id__in=list(SyncConfig.objects.values_list("pk", flat=True)), record_id=record_id)
        if len(term) == 32 and all(digit in "0123456789abcdef" for digit in term):
            found |= Q(batch=term)
        return queryset.filter(found), False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_replay_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_act(request) and self._is_in(object_id, REPLAYABLE)

    def has_map_anew_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_replay_permission(request, object_id)

    def has_hurry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        waiting = Delivery.objects.filter(state=DeliveryState.PENDING, next_attempt_at__gt=timezone.now())
        return self._may_act(request) and (object_id is None or row_at(waiting, object_id) is not None)

    def has_discard_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_act(request) and self._is_in(object_id, DISCARDABLE)

    def _may_act(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("outbound.replay_delivery"))

    def _is_in(self, delivery_id: Any, states: tuple[DeliveryState, ...]) -> bool:
        return delivery_id is None or row_at(Delivery.objects.filter(state__in=states), delivery_id) is not None

    # --- buttons and actions ---

    @action(
        description=_("Send now"),
        url_path="hurry",
        icon="bolt",
        permissions=["hurry"],
        dialog={
            "title": _("Send this delivery now"),
            "description": _("It does not wait for the time of its next attempt. The attempt counts as ever."),
            "form_class": BaseDialogForm,
            "form_submit_text": _("Send now"),
        },
    )
    def hurry(self, request: HttpRequest, form: BaseDialogForm, object_id: int) -> HttpResponse:
        if delivery_hurry(ids=[object_id]):
            log_many(request, [object_id], _("Sent before its time."))
            messages.success(request, _now("It is sent now."))
        else:
            messages.warning(request, _now("Nothing to do: it does not wait any more."))
        return dialog_done("outbound_delivery_change", object_id)

    @action(
        description=_("Send again"),
        url_path="replay",
        icon="replay",
        permissions=["replay"],
        dialog={
            "title": _("Send this delivery again"),
            "description": _("With the same payload and, as far as the request is the same, the same Idempotency-Key."),
            "form_class": BaseDialogForm,
            "form_submit_text": _("Send again"),
        },
    )
    def replay(self, request: HttpRequest, form: BaseDialogForm, object_id: int) -> HttpResponse:
        if delivery_is_outdated(object_id):
            text = _now(
                "Not sent: something newer of this record was sent or waits, and this would bring back what is "
                "outdated. “Map anew” sends the record as it is now."
            )
            messages.warning(request, text)
        elif delivery_replay(ids=[object_id], user=request.user):  # type: ignore[arg-type]
            log_many(request, [object_id], _("Sent again."))
            messages.success(request, _now("It will be sent again."))
        else:
            messages.warning(request, _now("Nothing to do: what is waiting or being sent is not sent again."))
        return dialog_done("outbound_delivery_change", object_id)

    @action(description=_("Map anew"), url_path="anew", icon="sync", permissions=["map_anew"])
    def map_anew(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the page that shows what would differ."""
        return HttpResponseRedirect(bulk_url(Bulk.ANEW, [object_id]))

    @action(
        description=_("Discard"),
        url_path="discard",
        icon="delete",
        permissions=["discard"],
        variant=ActionVariant.DANGER,
        dialog={
            "title": _("Discard this delivery"),
            "description": _(
                "It is not sent any more. The record is sent anew, as it is then, by the next run that reads it: one "
                "over everything, or, where only changes are read, one after it has changed."
            ),
            "form_class": DiscardForm,
            "form_submit_text": _("Discard"),
        },
    )
    def discard(self, request: HttpRequest, form: DiscardForm, object_id: int) -> HttpResponse:
        reason = form.cleaned_data["reason"]
        if delivery_discard(ids=[object_id], user=request.user, reason=reason):  # type: ignore[arg-type]
            log_many(request, [object_id], _("Discarded. %(reason)s"), reason=reason)
            messages.success(request, _now("It is discarded."))
        else:
            messages.warning(request, _now("Nothing to do: only waiting, dead and skipped ones can be discarded."))
        return dialog_done("outbound_delivery_change", object_id)

    @admin.action(description=_("Send again …"), permissions=["replay"])
    def replay_chosen(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse:
        return HttpResponseRedirect(bulk_url(Bulk.REPLAY, queryset.values_list("pk", flat=True)))

    @admin.action(description=_("Map anew and send …"), permissions=["replay"])
    def anew_chosen(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse:
        return HttpResponseRedirect(bulk_url(Bulk.ANEW, queryset.values_list("pk", flat=True)))

    @admin.action(description=_("Discard …"), permissions=["discard"])
    def discard_chosen(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse:
        return HttpResponseRedirect(bulk_url(Bulk.DISCARD, queryset.values_list("pk", flat=True)))
