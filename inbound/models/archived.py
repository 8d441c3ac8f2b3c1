"""Records of Odoo that a caller's DELETE has archived."""

from __future__ import annotations

from django.db import models


class ArchivedRecord(models.Model):
    """To callers such a record is gone, until one of them posts it again; see `inbound.archived`.

    `key` is a hash that names the Odoo database, the model and the record, so that another endpoint, and another
    connection to the same Odoo, see it as well.
    """

    key = models.CharField(max_length=64, primary_key=True)
    archived_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key
