"""What a config was, at every time it was changed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class VersionSource(models.TextChoices):
    ADMIN = "admin", _("Admin")
    IMPORT = "import", _("Import")
    COMMAND = "command", _("Command")
    RESTORE = "restore", _("Restored")
    DUPLICATE = "duplicate", _("Duplicated")
    HUB = "hub", _("The hub itself")


class ConfigVersion(models.Model):
    """A config with all that belongs to it, as a document, with marks in place of credentials.

    `config_id` is a plain number: the history outlives the config, and a config that is restored takes it over.
    Written by `syncconfig.documents.history` alone.
    """

    config_id = models.BigIntegerField()
    name = models.CharField(_("name"), max_length=100)
    revision = models.PositiveIntegerField(_("revision"))
    document = models.JSONField(_("document"))
    is_deletion = models.BooleanField(_("deleted"), default=False)
    source = models.CharField(_("by way of"), max_length=10, choices=VersionSource.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("user")
    )
    who = models.CharField(_("who"), max_length=150, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("version of a sync config")
        verbose_name_plural = _("versions of sync configs")
        ordering = ["-id"]
        default_permissions = ()
        indexes = [models.Index(fields=["config_id", "-id"], name="version_of_config")]

    def __str__(self) -> str:
        return f"{self.name}, {self.revision}"
