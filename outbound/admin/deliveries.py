"""Deliveries: what was to be sent, every attempt at it, and sending it again."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from auditlog.models import ApiLog
from auditlog.redaction import redactor
from outbound.admin.looking import LookingAdmin, back_to, badge, link
from outbound.models import Delivery, DeliveryState, RecordLink
from outbound.order_keys import is_odoo_id
from outbound.replay import DISCARDABLE, REPLAYABLE, delivery_discard, delivery_replay
from syncconfig.admin.safety import NamedFilter
from syncconfig.trail import act_record

_COLOURS = {
    DeliveryState.PENDING: "info",
    DeliveryState.SENDING: "primary",
    DeliveryState.DELIVERED: "success",
    DeliveryState.DEAD: "danger",
    DeliveryState.SKIPPED: "warning",
    DeliveryState.DISCARDED: "warning",
}
MAX_ATTEMPTS_SHOWN = 100


@admin.register(Delivery)
class DeliveryAdmin(LookingAdmin):
    list_display = (
        "shown_number", "shown_state", "config", "shown_record", "external_id", "method", "attempts", "last_status",
        "shown_next", "created_at", "shown_error",
    )  # fmt: skip
    list_display_links = ("shown_number",)
    list_filter = ("state", ("config", NamedFilter))
    search_fields = ("record_id",)
    search_help_text = _("An Odoo id, an external id, or an Idempotency-Key")
    fieldsets = (
        (None, {"fields": ("shown_state", "config_link", "run_link", ("shown_odoo_id", "external_id"), "shown_error")}),
        (_("Attempts"), {"fields": ("shown_attempts", ("attempts", "shown_next", "delivered_at"))}),
        (_("What is sent"), {"fields": ("method", "shown_payload", "shown_key", "shown_batch")}),
    )
    readonly_fields = (
        "shown_state", "config_link", "run_link", "shown_odoo_id", "shown_error", "shown_attempts", "shown_next",
        "shown_payload", "shown_key", "shown_batch",
    )  # fmt: skip
    actions_detail = ("replay", "discard")
    actions = ("replay_chosen", "discard_chosen")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).select_related("config", "run").defer("payload", "config__auth_secret")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact matches: each finds its rows without reading them all."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(idempotency_key=term) | Q(external_id=term)
        if term.lstrip("#").isdigit() and len(term) < 19:
            found |= Q(record_id=int(term.lstrip("#")))
        if len(term) == 32 and all(digit in "0123456789abcdef" for digit in term):
            found |= Q(batch=term)
        return queryset.filter(found), False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_replay_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_act(request) and self._is_in(object_id, REPLAYABLE)

    def has_discard_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_act(request) and self._is_in(object_id, DISCARDABLE)

    def _may_act(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("outbound.replay_delivery"))

    def _is_in(self, delivery_id: Any, states: tuple[DeliveryState, ...]) -> bool:
        return delivery_id is None or Delivery.objects.filter(pk=delivery_id, state__in=states).exists()

    # --- what is shown ---

    @admin.display(description=_("Delivery"))
    def shown_number(self, delivery: Delivery) -> str:
        return f"#{delivery.pk}"

    @admin.display(description=_("State"))
    def shown_state(self, delivery: Delivery) -> SafeString:
        return badge(delivery.get_state_display(), _COLOURS[DeliveryState(delivery.state)])

    @admin.display(description=_("Odoo id"))
    def shown_record(self, delivery: Delivery) -> str:
        """A number that only puts deliveries in order is nothing to be shown."""
        return str(delivery.record_id) if is_odoo_id(delivery.record_id) else "-"

    @admin.display(description=_("Odoo id"))
    def shown_odoo_id(self, delivery: Delivery) -> str:
        """Of what was fetched, the id under which it came into Odoo."""
        if is_odoo_id(delivery.record_id) or not delivery.external_id:
            return self.shown_record(delivery)
        found = RecordLink.objects.filter(config_id=delivery.config_id, external_id=delivery.external_id)
        return str(found.values_list("odoo_id", flat=True).first() or "-")

    @admin.display(description=_("Next attempt"))
    def shown_next(self, delivery: Delivery) -> str:
        if delivery.state != DeliveryState.PENDING or delivery.next_attempt_at is None:
            return "-"
        return format_date(timezone.localtime(delivery.next_attempt_at), "Y-m-d H:i:s")

    @admin.display(description=_("Last error"))
    def shown_error(self, delivery: Delivery) -> str:
        text = delivery.last_error
        return (text if len(text) <= 200 else f"{text[:199]}…") or "-"

    @admin.display(description=_("Sync config"))
    def config_link(self, delivery: Delivery) -> SafeString:
        return link("syncconfig_syncconfig_change", delivery.config, delivery.config_id)

    @admin.display(description=_("Run"))
    def run_link(self, delivery: Delivery) -> str | SafeString:
        if delivery.run_id is None:
            return "-"
        return link("outbound_syncrun_change", f"#{delivery.run_id}", delivery.run_id)

    @admin.display(description=_("Payload"))
    def shown_payload(self, delivery: Delivery) -> SafeString:
        keys = frozenset(delivery.config.lines.filter(is_secret=True).values_list("key", flat=True))
        text = json.dumps(delivery.payload, indent=2, ensure_ascii=False)
        return format_html('<pre class="sync-code">{}</pre>', redactor(frozenset(), keys).text(text))

    @admin.display(description=_("Idempotency-Key"))
    def shown_key(self, delivery: Delivery) -> str:
        return delivery.batch.hex if delivery.batch else delivery.idempotency_key

    @admin.display(description=_("Batch"))
    def shown_batch(self, delivery: Delivery) -> str | SafeString:
        if not delivery.batch:
            return "-"
        return link("outbound_delivery_changelist", _("The others in it"), query=f"?q={delivery.batch.hex}")

    @admin.display(description=_("Attempts"))
    def shown_attempts(self, delivery: Delivery) -> str | SafeString:
        """The exchanges of the log that carried it, in their order, and what is planned."""
        if delivery.sent_with:
            mine = Q(batch=delivery.sent_with)
        else:
            mine = Q(batch=delivery.batch) if delivery.batch else Q(delivery_id=delivery.pk)
        columns = ("created_at", "status", "duration_ms", "error", "summary")
        rows = ApiLog.objects.filter(mine).only(*columns).order_by("id")
        lines: list[tuple[str, str | SafeString, str, str]] = [
            (
                format_date(timezone.localtime(row.created_at), "Y-m-d H:i:s"),
                link("auditlog_apilog_change", row.status or _now("no answer"), row.pk),
                f"{row.duration_ms} ms",
                row.error or (row.summary if delivery.sent_with else ""),
            )
            for row in rows[:MAX_ATTEMPTS_SHOWN]
        ]
        if delivery.state == DeliveryState.PENDING:
            lines.append((self.shown_next(delivery), _now("next attempt"), "", ""))
        if not lines:
            return "-"
        made = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", lines)
        return format_html('<table class="sync-table">{}</table>', made)

    # --- buttons and actions ---

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
        self._tell_replayed(request, [object_id])
        return back_to("outbound_delivery_change", object_id)

    @action(
        description=_("Discard"),
        url_path="discard",
        icon="delete",
        permissions=["discard"],
        variant=ActionVariant.DANGER,
        dialog={
            "title": _("Discard this delivery"),
            "description": _("It is not sent any more. The next run sends the record anew, as it is then."),
            "form_class": BaseDialogForm,
            "form_submit_text": _("Discard"),
        },
    )
    def discard(self, request: HttpRequest, form: BaseDialogForm, object_id: int) -> HttpResponse:
        self._tell_discarded(request, [object_id])
        return back_to("outbound_delivery_change", object_id)

    @admin.action(description=_("Send again"), permissions=["replay"])
    def replay_chosen(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        self._tell_replayed(request, queryset.values_list("pk", flat=True))

    @admin.action(description=_("Discard"), permissions=["discard"])
    def discard_chosen(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        self._tell_discarded(request, queryset.values_list("pk", flat=True))

    def _in_states(self, ids: Any, states: tuple[DeliveryState, ...]) -> list[Delivery]:
        """The rows that are going to be acted on, for the record of who did what."""
        rows = Delivery.objects.filter(pk__in=list(ids), state__in=states).select_related("config")
        return list(rows.only("record_id", "external_id", "config__name"))

    def _tell_replayed(self, request: HttpRequest, ids: Any) -> None:
        rows = self._in_states(ids, REPLAYABLE)
        count = delivery_replay(ids=ids, user=request.user)  # type: ignore[arg-type]
        if count:
            act_record(user=request.user, objects=rows, text=_("Sent again."))
            messages.success(request, _now("%(count)s will be sent again.") % {"count": count})
        else:
            messages.warning(request, _now("Nothing to do: only dead, discarded and delivered ones are sent again."))

    def _tell_discarded(self, request: HttpRequest, ids: Any) -> None:
        rows = self._in_states(ids, DISCARDABLE)
        count = delivery_discard(ids=ids, user=request.user)  # type: ignore[arg-type]
        if count:
            act_record(user=request.user, objects=rows, text=_("Discarded."))
            messages.success(request, _now("%(count)s discarded.") % {"count": count})
        else:
            messages.warning(request, _now("Nothing to do: only waiting and dead ones can be discarded."))
