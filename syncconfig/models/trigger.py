"""When an Out config runs by itself."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from syncconfig import rules
from syncconfig.models.config import SyncConfig
from syncconfig.validators import validate_cron


class TriggerKind(models.TextChoices):
    CRON = "cron", _("At set times (cron)")
    INTERVAL = "interval", _("Every so many minutes")


class SyncTrigger(models.Model):
    """A schedule. django-q2 keeps the clock; `outbound.triggers` keeps its table equal to these rows."""

    config = models.ForeignKey(SyncConfig, on_delete=models.CASCADE, related_name="triggers")
    active = models.BooleanField(_("active"), default=True, help_text=_("Off: it does not run by itself."))
    kind = models.CharField(
        _("kind"),
        max_length=10,
        choices=TriggerKind.choices,
        default=TriggerKind.INTERVAL,
        help_text=_("At set times, or again and again."),
    )
    cron = models.CharField(
        _("cron"),
        max_length=100,
        blank=True,
        validators=[validate_cron],
        help_text=_("Minute, hour, day, month, weekday, e.g. <code>0 6 * * 1-5</code>: at 6 on working days."),
    )
    interval_minutes = models.PositiveIntegerField(
        _("minutes"),
        null=True,
        blank=True,
        # The most that django-q2's own column holds.
        validators=[MinValueValidator(1), MaxValueValidator(32767)],
        help_text=_("Minutes between two runs, e.g. <code>15</code>."),
    )

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.cron if self.kind == TriggerKind.CRON else f"{self.interval_minutes} min"

    def clean(self) -> None:
        if messages := rules.trigger_messages(self):
            raise ValidationError(messages)
