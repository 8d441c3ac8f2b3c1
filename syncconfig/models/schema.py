"""What Odoo said of a model's fields, kept so that nothing asks again on every request."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from syncconfig.models.connection import OdooConnection


class ModelSchema(models.Model):
    """The answer of `fields_get` for one model of one connection, and its age."""

    connection = models.ForeignKey(OdooConnection, on_delete=models.CASCADE, related_name="schemas")
    model = models.CharField(_("model"), max_length=100)
    fields = models.JSONField(_("fields"))
    fetched_at = models.DateTimeField(_("fetched"))
    tried_at = models.DateTimeField(_("tried"), null=True, editable=False)
    error = models.TextField(_("last error"), blank=True, editable=False)

    class Meta:
        verbose_name = _("known model")
        verbose_name_plural = _("known models")
        constraints = [models.UniqueConstraint(fields=["connection", "model"], name="schema_once_per_connection")]

    def __str__(self) -> str:
        return self.model
