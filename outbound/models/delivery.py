"""One record to be delivered."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outbound.models.run import SyncRun
from outbound.order_keys import record_name
from syncconfig.models import SyncConfig


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    SENDING = "sending", _("Sending")
    DELIVERED = "delivered", _("Delivered")
    DEAD = "dead", _("Dead")
    SUPERSEDED = "superseded", _("Overtaken")
    SKIPPED = "skipped", _("Skipped")
    DISCARDED = "discarded", _("Discarded")


def _idempotency_key() -> str:
    return uuid.uuid4().hex


class Delivery(models.Model):
    """One record to be delivered. Its attempts are the rows of the log that name it.

    `record_id` is the record's id in the Odoo that it comes from. A negative one is no id: it stands for something that
    came from elsewhere, which `external_id` names (`outbound.order_keys`). Either way, deliveries of one config with
    one `record_id` are of one record, and arrive in their order.

    Only `outbound.states` changes `state`. Deliveries with the same `batch` travel in one request, whose
    Idempotency-Key is the batch; otherwise it is the delivery's own. A pending one always has its `next_attempt_at`;
    a sending one has the `claim` of its sender and the end of that lease.
    """

    # Without an index of its own: two of those below begin with it.
    config = models.ForeignKey(
        SyncConfig, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("config"), db_index=False
    )
    run = models.ForeignKey(
        SyncRun,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="deliveries",
        verbose_name=_("run"),
    )
    record_id = models.BigIntegerField(_("Odoo id"))
    external_id = models.CharField(_("external id"), max_length=200, blank=True)
    method = models.CharField(_("method"), max_length=10)
    payload = models.JSONField(_("payload"))
    payload_hash = models.CharField(max_length=64)
    batch = models.UUIDField(_("batch"), null=True, blank=True)
    idempotency_key = models.CharField(_("idempotency key"), max_length=64, unique=True, default=_idempotency_key)
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True, default=timezone.now)
    claimed_until = models.DateTimeField(null=True, editable=False)
    claim = models.UUIDField(null=True, editable=False)
    sent_with = models.UUIDField(null=True, editable=False)
    """The batch in the log that holds the calls of the last attempt, where those carried other deliveries too."""
    last_status = models.PositiveSmallIntegerField(_("last status"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    # With defaults of the database: runs insert deliveries past Django.
    discard_reason = models.CharField(
        _("why it was discarded"),
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text=_("In your own words, e.g. <em>The shop has this order already, entered by hand.</em>"),
    )
    discarded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("discarded by"),
        db_index=False,
    )
    discarded_at = models.DateTimeField(_("discarded"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("replay_delivery", _("Can replay and discard deliveries"))]
        indexes = [
            models.Index(
                fields=["config", "next_attempt_at", "id"],
                name="delivery_due",
                condition=models.Q(state="pending"),
            ),
            models.Index(
                fields=["claimed_until"],
                name="delivery_sending",
                condition=models.Q(state="sending"),
            ),
            models.Index(fields=["config"], name="delivery_dead", condition=models.Q(state="dead")),
            models.Index(fields=["claim"], name="delivery_by_claim", condition=models.Q(claim__isnull=False)),
            models.Index(fields=["config", "record_id", "-id"], name="delivery_by_record"),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
            models.Index(fields=["batch"], name="delivery_by_batch"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.config} {record_name(self.record_id, self.external_id)}"
