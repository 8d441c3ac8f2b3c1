"""Where an Odoo is and how to speak to it."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from syncconfig.secrets import EncryptedTextField
from syncconfig.validators import validate_http_url, validate_id_list, validate_timezone


class Protocol(models.TextChoices):
    AUTO = "auto", _("Automatic: the fastest that works")
    JSON2 = "json2", _("JSON-2 (Odoo 19 and later, API key)")
    JSONRPC = "jsonrpc", _("JSON-RPC")
    XMLRPC = "xmlrpc", _("XML-RPC")


class OdooConnection(models.Model):
    """An Odoo database, the user whose rights apply, and what the last test found there."""

    name = models.CharField(
        _("name"),
        max_length=100,
        unique=True,
        help_text=_("How staff recognise it, e.g. <em>Production</em>."),
    )
    url = models.CharField(
        _("URL"),
        max_length=500,
        validators=[validate_http_url],
        help_text=_("Address of Odoo without a path, e.g. <code>https://mycompany.odoo.com</code>."),
    )
    database = models.CharField(
        _("database"),
        max_length=100,
        help_text=_("Name of the database, e.g. <code>mycompany-prod-123456</code>."),
    )
    login = models.CharField(
        _("login"),
        max_length=200,
        help_text=_("Login of the Odoo user whose rights apply, e.g. <code>sync@example.com</code>."),
    )
    secret = EncryptedTextField(
        _("API key or password"),
        help_text=_(
            "An API key (Odoo: Preferences, Account Security, New API Key) or the password. Never shown again."
        ),
    )
    protocol = models.CharField(
        _("protocol"),
        max_length=10,
        choices=Protocol.choices,
        default=Protocol.AUTO,
        help_text=_("Leave on Automatic unless a proxy lets only one of them through."),
    )
    lang = models.CharField(
        _("language"),
        max_length=10,
        blank=True,
        help_text=_("Language of names and messages, e.g. <code>en_US</code>. Empty: the user's own."),
    )
    timezone = models.CharField(
        _("time zone"),
        max_length=64,
        default="UTC",
        validators=[validate_timezone],
        help_text=_("Zone of times that come without one, e.g. <code>Europe/Brussels</code>."),
    )
    company_ids = models.CharField(
        _("allowed companies"),
        max_length=200,
        blank=True,
        validators=[validate_id_list],
        help_text=_(
            "Ids of the companies to work in, the main one first, e.g. <code>1,3</code>. Empty: the user's own."
        ),
    )
    verify_tls = models.BooleanField(
        _("verify the certificate"),
        default=True,
        help_text=_("Switch off only for a test server with a self-signed certificate."),
    )
    connect_timeout_s = models.FloatField(
        _("connection timeout"),
        default=5.0,
        validators=[MinValueValidator(0.1), MaxValueValidator(60)],
        help_text=_("Seconds to wait for a connection, e.g. <code>5</code>."),
    )
    read_timeout_s = models.FloatField(
        _("read timeout"),
        default=15.0,
        validators=[MinValueValidator(0.1), MaxValueValidator(600)],
        help_text=_("Seconds to wait for an answer, e.g. <code>15</code>; more where batches are large."),
    )
    detected_version = models.CharField(_("version"), max_length=40, blank=True, editable=False)
    detected_protocol = models.CharField(_("protocol in use"), max_length=10, blank=True, editable=False)
    detected_uid = models.PositiveIntegerField(_("user id"), null=True, blank=True, editable=False)
    call_ms = models.FloatField(_("milliseconds per call"), null=True, blank=True, editable=False)
    checked_at = models.DateTimeField(_("last tested"), null=True, blank=True, editable=False)
    key_ends_at = models.DateTimeField(_("key ends"), null=True, blank=True, editable=False)
    findings = models.JSONField(_("findings"), default=dict, editable=False)
    check_error = models.TextField(_("last error"), blank=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("Odoo connection")
        verbose_name_plural = _("Odoo connections")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
