"""One row per HTTP exchange, in or out. Written by `auditlog.recorder` alone, and never changed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Direction(models.TextChoices):
    IN = "in", _("In")
    OUT = "out", _("Out")


class Party(models.TextChoices):
    API = "api", _("External system")
    ODOO = "odoo", _("Odoo")


class ApiLog(models.Model):
    """An exchange, redacted before it was stored.

    `config`, `delivery_id` and `run_id` are plain references without a database constraint: the log outlives what
    it speaks of, is purged by range, and pays for no cascade.
    """

    created_at = models.DateTimeField(_("time"), help_text=_("When the request began."))
    direction = models.CharField(_("direction"), max_length=3, choices=Direction.choices)
    party = models.CharField(_("with"), max_length=4, choices=Party.choices)
    config = models.ForeignKey(
        "syncconfig.SyncConfig",
        verbose_name=_("config"),
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    delivery_id = models.BigIntegerField(_("delivery"), null=True)
    batch = models.UUIDField(_("batch"), null=True, help_text=_("One request that carried several deliveries."))
    run_id = models.BigIntegerField(_("run"), null=True)
    request_id = models.CharField(_("request id"), max_length=200, blank=True)
    method = models.CharField(_("method"), max_length=10)
    url = models.TextField(_("URL"))
    summary = models.CharField(
        _("what"),
        max_length=200,
        blank=True,
        help_text=_("The call in a few words, e.g. <code>res.partner.create</code>."),
    )
    status = models.PositiveSmallIntegerField(_("status"), null=True, help_text=_("Empty: no answer came."))
    duration_ms = models.PositiveIntegerField(_("duration"), help_text=_("Milliseconds."))
    request_headers = models.JSONField(_("request headers"), default=dict)
    request_body = models.TextField(_("request body"), blank=True)
    response_headers = models.JSONField(_("response headers"), default=dict)
    response_body = models.TextField(_("response body"), blank=True)
    error = models.TextField(_("error"), blank=True)
    error_kind = models.CharField(_("kind of error"), max_length=40, blank=True)
    client_address = models.CharField(_("from"), max_length=64, blank=True)
    record_ref = models.CharField(
        _("record"),
        max_length=200,
        blank=True,
        help_text=_("Identifier or Odoo id of the record, e.g. <code>#1001</code>."),
    )

    is_dry_run = models.BooleanField(
        _("dry run"), default=False, help_text=_("Part of a preview: nothing was changed by it.")
    )

    class Meta:
        verbose_name = _("log entry")
        verbose_name_plural = _("log")
        ordering = ["-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["created_at"]),
            models.Index(fields=["config", "-id"]),
            models.Index(fields=["request_id"]),
            models.Index(fields=["delivery_id"]),
            models.Index(fields=["batch"]),
            models.Index(fields=["record_ref", "-id"]),
            models.Index(fields=["-id"], condition=models.Q(is_dry_run=True), name="dry_runs"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.summary or self.url} {self.status or '-'}"
