"""How often somebody called, for every process to see."""

from __future__ import annotations

from django.db import models


class RateCounter(models.Model):
    """Calls within the running minute and hour, counted in whole ones since the epoch; see `inbound.limits`."""

    key = models.CharField(max_length=100, primary_key=True)
    minute = models.BigIntegerField()
    minute_count = models.PositiveIntegerField()
    hour = models.BigIntegerField()
    hour_count = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key
