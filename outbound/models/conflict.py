"""Records that were changed on both sides, and wait until somebody has chosen."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from outbound.models.delivery import Delivery
from syncconfig.models import SyncConfig


class ConflictState(models.TextChoices):
    OPEN = "open", _("Waits for a choice")
    SETTLED = "settled", _("Settled")
    AGREED = "agreed", _("Both sides agree by themselves")
    ENDED = "ended", _("Nothing left to choose")


class Conflict(models.Model):
    """One record that its sync could not write, because it was changed in both Odoos since they last agreed.

    `fields` holds, by key, what both last agreed on (`base`, missing where they never did) and the values of both
    sides, `source` and `target`; `choices` says, by key, whose was taken. Only `outbound.conflicts` writes here.
    """

    config = models.ForeignKey(
        SyncConfig, on_delete=models.CASCADE, related_name="conflicts", verbose_name=_("config"), db_index=False
    )
    record_id = models.BigIntegerField(_("Odoo id"))
    target_id = models.BigIntegerField(_("id in the other Odoo"))
    title = models.CharField(_("record"), max_length=200)
    delivery = models.ForeignKey(
        Delivery, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("delivery")
    )
    fields = models.JSONField(_("values"))
    state = models.CharField(_("state"), max_length=10, choices=ConflictState.choices, default=ConflictState.OPEN)
    choices = models.JSONField(_("chosen"), default=dict)
    end_reason = models.CharField(_("why nothing is left to choose"), max_length=200, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("settled by")
    )
    settled_at = models.DateTimeField(_("settled"), null=True)
    created_at = models.DateTimeField(_("seen first"), auto_now_add=True)
    seen_at = models.DateTimeField(_("seen last"))

    class Meta:
        verbose_name = _("conflict")
        verbose_name_plural = _("conflicts")
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("settle_conflict", _("Can settle conflicts"))]
        constraints = [
            models.UniqueConstraint(
                fields=["config", "record_id"],
                condition=models.Q(state="open"),
                name="one_open_conflict_per_record",
            )
        ]
        indexes = [models.Index(fields=["state", "-id"], name="conflict_by_state")]

    def __str__(self) -> str:
        return f"{self.config}: {self.title}"
