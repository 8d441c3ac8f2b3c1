"""What happened: one row per HTTP exchange, in or out, their counts by the hour, and what people did."""

from __future__ import annotations

from django.contrib.admin.models import LogEntry
from django.db import models
from django.utils.translation import gettext_lazy as _


class Direction(models.TextChoices):
    IN = "in", _("In")
    OUT = "out", _("Out")


class Party(models.TextChoices):
    API = "api", _("External system")
    ODOO = "odoo", _("Odoo")


class ApiLog(models.Model):
    """An exchange, redacted before it was stored. Written by `auditlog.recorder` alone, and never changed.

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

    # By the database itself: the recorder inserts past Django.
    is_failed = models.GeneratedField(
        expression=models.Case(
            models.When(models.Q(status=None) | models.Q(status__gte=400) | ~models.Q(error=""), then=True),
            default=False,
        ),
        output_field=models.BooleanField(_("failed")),
        db_persist=True,
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
            models.Index(fields=["-id"], condition=models.Q(is_failed=True), name="failed"),
            models.Index(fields=["config", "-id"], condition=models.Q(is_failed=True), name="failed_of_config"),
            models.Index(fields=["run_id", "-id"], condition=models.Q(run_id__isnull=False), name="log_of_run"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.summary or self.url} {self.status or '-'}"


BOUNDS_MS = (25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000)
"""Upper ends of the spans of durations that are counted; what took longer is counted apart."""


class TrafficHour(models.Model):
    """How many exchanges began in one hour: of a config, in a direction, with a party. Written by `auditlog.rollup`.

    `config_id` is 0 for exchanges that belong to no config, since a unique constraint would not see NULL. `ms_25` and
    so on count those that took up to so many milliseconds, and longer than the span before.
    """

    hour = models.DateTimeField()
    config_id = models.PositiveBigIntegerField(default=0)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    party = models.CharField(max_length=4, choices=Party.choices)
    count = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    last_ok_at = models.DateTimeField(null=True)
    ms_25 = models.PositiveIntegerField(default=0)
    ms_50 = models.PositiveIntegerField(default=0)
    ms_100 = models.PositiveIntegerField(default=0)
    ms_250 = models.PositiveIntegerField(default=0)
    ms_500 = models.PositiveIntegerField(default=0)
    ms_1000 = models.PositiveIntegerField(default=0)
    ms_2500 = models.PositiveIntegerField(default=0)
    ms_5000 = models.PositiveIntegerField(default=0)
    ms_10000 = models.PositiveIntegerField(default=0)
    ms_30000 = models.PositiveIntegerField(default=0)
    ms_over = models.PositiveIntegerField(default=0)
    longest_ms = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["config_id", "hour", "direction", "party"], name="traffic_once_per_hour")
        ]
        indexes = [
            models.Index(fields=["hour"], name="traffic_by_hour"),
            models.Index(fields=["config_id", "direction", "party", "-last_ok_at"], name="traffic_last_ok"),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.config_id} {self.direction} {self.party}: {self.count}"


class TrafficMark(models.Model):
    """How far the log is counted in hours: one row. `seen_id` is what was the newest entry at `seen_at`."""

    upto_id = models.BigIntegerField(default=0)
    seen_id = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.upto_id)


class Act(LogEntry):
    """Something that a person did: a row of the admin's own log, under a name that tells it from the log of requests.
    Whoever may view that log may view this."""

    class Meta:
        proxy = True
        verbose_name = _("act of a person")
        verbose_name_plural = _("what people did")
        default_permissions = ()
