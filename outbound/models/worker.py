"""Whether a worker is there: a row that each `syncworker` keeps fresh, which the web server can see."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Worker(models.Model):
    """A running `syncworker`. Written by `outbound.heartbeat` alone; one that ends by itself takes its row with it."""

    host = models.CharField(_("machine"), max_length=200)
    pid = models.PositiveIntegerField(_("process"))
    processes = models.PositiveSmallIntegerField(_("worker processes"), default=0)
    started_at = models.DateTimeField(_("started"))
    beat_at = models.DateTimeField(_("last sign of life"), db_index=True)
    waiting = models.PositiveIntegerField(
        _("tasks in the queue"), default=0, help_text=_("As this worker saw it last; the queue is shared by all.")
    )
    restarts = models.PositiveIntegerField(
        _("restarts"), default=0, help_text=_("How often its processes ended or hung, and were started anew.")
    )
    restarted_at = models.DateTimeField(_("last restart"), null=True)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering = ["-beat_at"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
