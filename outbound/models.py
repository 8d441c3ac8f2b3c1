"""What is to be delivered, what became of it, and which record is which on the other side."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from syncconfig.models import SyncConfig


class RunTrigger(models.TextChoices):
    MANUAL = "manual", _("By hand")
    COMMAND = "command", _("Command line")
    SCHEDULE = "schedule", _("Schedule")
    REPLAY = "replay", _("Replay")


class RunState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class SyncRun(models.Model):
    """One execution of an Out config: a walk over its records by id, page by page.

    `cursor` is the highest id whose page has its deliveries in the table; a run that is taken up again goes on
    from there. Done means that every record is read and what has to be delivered is in the table; deliveries that
    wait for another attempt go on counting in `delivered_count` and `dead_count` afterwards.

    Only `outbound.states` changes `state`. `claimed_until` is the lease of whoever executes it, and tells one
    executor from the next; `failures` counts the failed tries since the last page that could be read.
    """

    config = models.ForeignKey(SyncConfig, on_delete=models.CASCADE, related_name="runs", verbose_name=_("config"))
    trigger = models.CharField(_("started by"), max_length=10, choices=RunTrigger.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("user"),
    )
    state = models.CharField(_("state"), max_length=10, choices=RunState.choices, default=RunState.PENDING)
    record_ids = models.JSONField(_("chosen records"), null=True, blank=True)
    is_full = models.BooleanField(_("everything"), default=False, help_text=_("Send unchanged records too."))
    cursor = models.BigIntegerField(_("cursor"), default=0)
    read_count = models.PositiveIntegerField(_("read"), default=0)
    unchanged_count = models.PositiveIntegerField(_("unchanged"), default=0)
    held_count = models.PositiveIntegerField(
        _("held back"),
        default=0,
        help_text=_("Refused by the other side before, and unchanged since. Replay or discard their dead deliveries."),
    )
    rejected_count = models.PositiveIntegerField(_("rejected by the mapping"), default=0)
    queued_count = models.PositiveIntegerField(_("to deliver"), default=0)
    delivered_count = models.PositiveIntegerField(_("delivered"), default=0)
    dead_count = models.PositiveIntegerField(_("dead"), default=0)
    error = models.TextField(_("error"), blank=True)
    problems = models.JSONField(_("rejected records"), default=list, help_text=_("The first hundred, with the reason."))
    claimed_until = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveSmallIntegerField(_("failed tries"), default=0, editable=False)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-id"]
        default_permissions = ("view", "delete")
        indexes = [models.Index(fields=["state", "claimed_until"])]
        constraints = [
            models.UniqueConstraint(
                fields=["config"],
                condition=models.Q(state__in=["pending", "running"]),
                name="one_active_run_per_config",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.config}"


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    SENDING = "sending", _("Sending")
    DELIVERED = "delivered", _("Delivered")
    DEAD = "dead", _("Dead")
    SKIPPED = "skipped", _("Skipped")
    DISCARDED = "discarded", _("Discarded")


def _idempotency_key() -> str:
    return uuid.uuid4().hex


class Delivery(models.Model):
    """One record to be delivered. Its attempts are the rows of the log that name it.

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
    last_status = models.PositiveSmallIntegerField(_("last status"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)

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
            models.Index(fields=["claim"], name="delivery_by_claim", condition=models.Q(claim__isnull=False)),
            models.Index(fields=["config", "record_id", "-id"], name="delivery_by_record"),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
            models.Index(fields=["batch"], name="delivery_by_batch"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.config} {self.record_id}"


class RecordLink(models.Model):
    """This Odoo record is that external record.

    In: `external_id` is the identifier's value. Out: `payload_hash` is that of the payload last delivered.
    """

    config = models.ForeignKey(SyncConfig, on_delete=models.CASCADE, related_name="links", verbose_name=_("config"))
    odoo_id = models.BigIntegerField(_("Odoo id"), null=True, blank=True)
    external_id = models.CharField(_("external id"), max_length=200, null=True, blank=True)
    payload_hash = models.CharField(max_length=64, blank=True)
    synced_at = models.DateTimeField(_("last synced"), null=True)

    class Meta:
        verbose_name = _("record link")
        verbose_name_plural = _("record links")
        ordering = ["-id"]
        default_permissions = ("view", "delete")
        constraints = [
            models.UniqueConstraint(fields=["config", "odoo_id"], name="link_once_per_odoo_record"),
            models.UniqueConstraint(fields=["config", "external_id"], name="link_once_per_external_record"),
        ]

    def __str__(self) -> str:
        return f"{self.odoo_id} ↔ {self.external_id}"


class RecordClaim(models.Model):
    """The right to create one record in Odoo, held until `claimed_until`; see `outbound.record_claims`."""

    key = models.CharField(max_length=64, primary_key=True)
    token = models.CharField(max_length=32)
    claimed_until = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key
