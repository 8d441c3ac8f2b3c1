"""How an endpoint takes requests, and within which limits."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from inbound.validators import validate_network_list
from syncconfig.models import SyncConfig
from syncconfig.secrets import EncryptedTextField
from syncconfig.validators import validate_http_url


class EndpointMode(models.TextChoices):
    IMMEDIATE = "immediate", _("At once: the answer says what Odoo said")
    QUEUED = "queued", _("Queued: accepted with 202, and processed within seconds")


class EndpointPolicy(models.Model):
    """What an endpoint does otherwise than the defaults, which stand in the settings.

    `claim` and `claimed_until` are the lease of whoever processes the endpoint's queue.
    """

    config = models.OneToOneField(SyncConfig, on_delete=models.CASCADE, related_name="policy", verbose_name=_("config"))
    mode = models.CharField(
        _("requests are processed"),
        max_length=10,
        choices=EndpointMode.choices,
        default=EndpointMode.IMMEDIATE,
        help_text=_("Queued suits bursts: waiting records go to Odoo together, up to a hundred in one call."),
    )
    callback_url = models.CharField(
        _("callback URL"),
        max_length=1000,
        blank=True,
        validators=[validate_http_url],
        help_text=_("Queued only. Told the result of each request, e.g. <code>https://shop.example.com/done</code>."),
    )
    callback_secret = EncryptedTextField(
        _("callback secret"), blank=True, help_text=_("Sent to the callback URL as Authorization: Bearer.")
    )
    per_minute = models.PositiveIntegerField(
        _("calls a minute"), null=True, blank=True, help_text=_("Empty: 100, unless the settings differ. 0: no limit.")
    )
    per_hour = models.PositiveIntegerField(
        _("calls an hour"), null=True, blank=True, help_text=_("Empty: 1000, unless the settings differ. 0: no limit.")
    )
    max_body_bytes = models.PositiveIntegerField(
        _("largest body"), null=True, blank=True, help_text=_("Bytes, e.g. <code>1048576</code>. Empty: the setting.")
    )
    max_records = models.PositiveIntegerField(
        _("records a request"),
        default=1000,
        validators=[MinValueValidator(1), MaxValueValidator(10000)],
        help_text=_("Most records in a list or batch, e.g. <code>1000</code>."),
    )
    max_depth = models.PositiveIntegerField(
        _("nesting"),
        default=64,
        validators=[MinValueValidator(1), MaxValueValidator(64)],
        help_text=_("Most levels of objects and lists within each other, 1 to 64."),
    )
    allowed_networks = models.CharField(
        _("allowed networks"),
        max_length=500,
        blank=True,
        validators=[validate_network_list],
        help_text=_("Where calls may come from, e.g. <code>203.0.113.0/24</code>. Empty: anywhere."),
    )
    claim = models.CharField(max_length=32, blank=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("way of taking requests")
        verbose_name_plural = _("ways of taking requests")

    def __str__(self) -> str:
        return str(self.config)

    def clean(self) -> None:
        if self.callback_url and self.mode != EndpointMode.QUEUED:
            raise ValidationError({"callback_url": _("Only a queued endpoint calls back. Empty this, or choose it.")})
