"""What is known of a host that is being called: whether it answers, and how often it may be called."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class BreakerState(models.TextChoices):
    CLOSED = "closed", _("Closed: it answers")
    OPEN = "open", _("Open: it does not answer")


class Host(models.Model):
    """A scheme, host and port. Written by `outbound.hosts` alone.

    Open, nothing is sent to it until `probe_at`; then one unit is sent as a probe. `not_before` is until when it
    asked to be left alone. `paced_until` is how far the calls that its rate allows have been given away.
    """

    address = models.CharField(
        _("host"), max_length=300, unique=True, help_text=_("e.g. <code>https://shop.example.com</code>")
    )
    state = models.CharField(
        _("circuit breaker"), max_length=10, choices=BreakerState.choices, default=BreakerState.CLOSED
    )
    failures = models.PositiveIntegerField(
        _("failures in a row"), default=0, help_text=_("Calls without a usable answer since the last one that had one.")
    )
    opened_at = models.DateTimeField(_("open since"), null=True)
    probe_at = models.DateTimeField(_("next probe"), null=True)
    pauses = models.PositiveSmallIntegerField(default=0, editable=False)
    not_before = models.DateTimeField(
        _("not before"), null=True, help_text=_("The host asked for it, with Retry-After.")
    )
    paced_until = models.DateTimeField(null=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")
        ordering = ["address"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.address
