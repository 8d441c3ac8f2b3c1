"""Changes that Odoo told of, and the rules in Odoo that make it tell."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from syncconfig.models import SyncConfig
from syncconfig.secrets import EncryptedTextField


class Notice(models.Model):
    """A record that Odoo said has changed, to be looked at when `due_at` has come; one row however often it said so.

    Odoo 18 tells before it commits, so the record is looked at twice: soon, and again when a slow transaction is over.
    """

    config = models.ForeignKey(SyncConfig, on_delete=models.CASCADE, related_name="notices", db_index=False)
    record_id = models.BigIntegerField()
    through = models.CharField(max_length=100, default="", blank=True)
    """Empty, or the field of the config's records that names this one: those are meant which are a part of it."""
    due_at = models.DateTimeField(db_index=True)
    looks = models.PositiveSmallIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["config", "record_id", "through"], name="notice_once_per_record")
        ]

    def __str__(self) -> str:
        return f"{self.config_id}/{self.record_id}"


class OdooHook(models.Model):
    """The automation rule in Odoo that tells of a config's changes. `secret` is the last part of the address it
    calls, which is all that protects it: Odoo signs nothing."""

    config = models.OneToOneField(SyncConfig, on_delete=models.CASCADE, related_name="odoo_hook")
    secret = EncryptedTextField()
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    rule_ids = models.JSONField(_("rules in Odoo"), default=list)
    action_ids = models.JSONField(_("actions in Odoo"), default=list)
    links = models.JSONField(default=dict, editable=False)
    """Other models that tell too: the field of the config's records that names their records, by model."""
    told_at = models.DateTimeField(_("last call"), null=True, editable=False)
    checked_at = models.DateTimeField(_("last checked"), null=True)
    problem = models.TextField(_("problem"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("rule in Odoo")
        verbose_name_plural = _("rules in Odoo")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return str(self.config)
