"""Which record is which on the other side, and who may create one that does not exist yet."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from syncconfig.models import SyncConfig


class RecordLink(models.Model):
    """This Odoo record is that external record.

    In: `external_id` is the identifier's value. Out: `payload_hash` is that of the payload last delivered. Into another
    Odoo: `external_id` is the id there, and `snapshot` what both records last agreed on, by key.
    """

    config = models.ForeignKey(SyncConfig, on_delete=models.CASCADE, related_name="links", verbose_name=_("config"))
    odoo_id = models.BigIntegerField(_("Odoo id"), null=True, blank=True)
    external_id = models.CharField(_("external id"), max_length=200, null=True, blank=True)
    payload_hash = models.CharField(max_length=64, blank=True)
    snapshot = models.JSONField(_("last agreed on"), null=True, editable=False)
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


class WriteBack(models.Model):
    """The other system's id of a record, to be written into a field of it in Odoo."""

    config = models.ForeignKey(SyncConfig, on_delete=models.CASCADE, related_name="write_backs", db_index=False)
    odoo_id = models.BigIntegerField()
    value = models.CharField(max_length=200)
    due_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["config", "odoo_id"], name="write_back_once_per_record")]

    def __str__(self) -> str:
        return f"{self.config_id}/{self.odoo_id}"
