"""A delivery as staff see it: in a row of the list, and in the fields of its page."""

from __future__ import annotations

import json

from django.contrib import admin
from django.db.models import Q
from django.template.defaultfilters import date as format_date
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from auditlog.models import ApiLog
from auditlog.naming import RecordName
from auditlog.redaction import redactor
from auditlog.story import story_query
from outbound.admin.looking import badge, link
from outbound.models import Delivery, DeliveryState, RecordLink
from outbound.order_keys import is_odoo_id

_COLOURS = {
    DeliveryState.PENDING: "info",
    DeliveryState.SENDING: "primary",
    DeliveryState.DELIVERED: "success",
    DeliveryState.DEAD: "danger",
    DeliveryState.SUPERSEDED: "info",
    DeliveryState.SKIPPED: "warning",
    DeliveryState.DISCARDED: "warning",
}
MAX_ATTEMPTS_SHOWN = 100


class DeliveryShown:
    """For the ModelAdmin of deliveries."""

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

    @admin.display(description=_("Record"))
    def shown_ids(self, delivery: Delivery) -> str | SafeString:
        """As Odoo numbers it, and under that as the other system does."""
        if not is_odoo_id(delivery.record_id):
            return delivery.external_id
        if not delivery.external_id:
            return str(delivery.record_id)
        return format_html('{}<span class="sync-why">{}</span>', delivery.record_id, delivery.external_id)

    @admin.display(description=_("Created"), ordering="id")
    def shown_created(self, delivery: Delivery) -> SafeString:
        at = timezone.localtime(delivery.created_at)
        return format_html('<span class="whitespace-nowrap">{}</span>', format_date(at, "Y-m-d H:i:s"))

    @admin.display(description=_("Attempts"))
    def shown_tries(self, delivery: Delivery) -> SafeString:
        """How many, what the last one brought, and when the next one is due."""
        told = f"{delivery.method} {delivery.last_status or ''}".strip()
        if delivery.state == DeliveryState.PENDING and delivery.next_attempt_at is not None:
            told = _now("%(told)s, next at %(time)s") % {
                "told": told,
                "time": format_date(timezone.localtime(delivery.next_attempt_at), "H:i:s"),
            }
        return format_html('{}<span class="sync-why">{}</span>', delivery.attempts, told)

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
        rows = ApiLog.objects.filter(mine).only(*columns).order_by("-id")
        attempts = [*rows[:MAX_ATTEMPTS_SHOWN]][::-1]
        next_at = delivery.next_attempt_at if delivery.state == DeliveryState.PENDING else None
        if not attempts and next_at is None:
            return "-"
        context = {"attempts": attempts, "next_at": next_at, "now": timezone.now(), "delivery": delivery}
        return render_to_string("admin/outbound/attempts.html", context)

    @admin.display(description=_("Story"))
    def story_link(self, delivery: Delivery) -> SafeString:
        is_known = is_odoo_id(delivery.record_id)
        name = RecordName(delivery.config_id, delivery.record_id if is_known else None, delivery.external_id)
        query = f"?{story_query(name)}"
        return link("auditlog_apilog_story", _("All about this record"), query=query)

    @admin.display(description=_("Discarded"))
    def shown_discard(self, delivery: Delivery) -> str:
        if delivery.state != DeliveryState.DISCARDED or delivery.discarded_at is None:
            return "-"
        return _now("%(when)s by %(user)s: %(reason)s") % {
            "when": format_date(timezone.localtime(delivery.discarded_at), "Y-m-d H:i:s"),
            "user": delivery.discarded_by or _now("the hub"),
            "reason": delivery.discard_reason or _now("no reason was given"),
        }
