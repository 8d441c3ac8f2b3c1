"""Who may call an endpoint, besides the credential of the config itself."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from inbound.validators import validate_network_list
from syncconfig.models import SyncConfig
from syncconfig.secrets import EncryptedTextField, secret_is_stored
from syncconfig.validators import validate_header_name


class CredentialKind(models.TextChoices):
    BASIC = "basic", _("Basic: login and password")
    BEARER = "bearer", _("Bearer: token")
    HEADER = "header", _("Custom header")
    SIGNATURE = "signature", _("Signature of the body (HMAC)")


class SignatureScheme(models.TextChoices):
    STANDARD = "standard", _("Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature")
    SHOPIFY = "shopify", _("Shopify: X-Shopify-Hmac-Sha256")
    WOOCOMMERCE = "woocommerce", _("WooCommerce: X-WC-Webhook-Signature")
    GITHUB = "github", _("GitHub: X-Hub-Signature-256")
    STRIPE = "stripe", _("Stripe: Stripe-Signature with t= and v1=")
    CUSTOM = "custom", _("Another: header, algorithm and encoding as written below")


class SignatureAlgorithm(models.TextChoices):
    SHA256 = "sha256", "SHA-256"
    SHA512 = "sha512", "SHA-512"
    SHA1 = "sha1", "SHA-1"


class SignatureEncoding(models.TextChoices):
    HEX = "hex", _("hexadecimal")
    BASE64 = "base64", "Base64"


class Credential(models.Model):
    """One caller of an endpoint. Where a config has credentials, a caller must show one of them, or its own one."""

    config = models.ForeignKey(
        SyncConfig, on_delete=models.CASCADE, related_name="credentials", verbose_name=_("config")
    )
    name = models.CharField(_("name"), max_length=100, help_text=_("Who calls with it, e.g. <em>Web shop</em>."))
    active = models.BooleanField(_("active"), default=True)
    kind = models.CharField(
        _("kind"),
        max_length=10,
        choices=CredentialKind.choices,
        default=CredentialKind.BEARER,
        help_text=_("What the caller shows."),
    )
    login = models.CharField(_("login"), max_length=200, blank=True, help_text=_("Basic only, e.g. <code>shop</code>."))
    secret = EncryptedTextField(_("secret"), help_text=_("Password, token, header value or signing secret."))
    next_secret = EncryptedTextField(
        _("next secret"),
        blank=True,
        help_text=_("Valid as well while the caller changes over. Then move it into the field above, and empty this."),
    )
    header_name = models.CharField(
        _("header name"),
        max_length=100,
        blank=True,
        validators=[validate_header_name],
        help_text=_("Custom header and other signatures only, e.g. <code>X-API-Key</code>."),
    )
    scheme = models.CharField(
        _("signature"),
        max_length=12,
        choices=SignatureScheme.choices,
        default=SignatureScheme.STANDARD,
        help_text=_("Signature only. Whose way of signing it is."),
    )
    algorithm = models.CharField(
        _("algorithm"), max_length=8, choices=SignatureAlgorithm.choices, default=SignatureAlgorithm.SHA256
    )
    encoding = models.CharField(
        _("encoding"), max_length=8, choices=SignatureEncoding.choices, default=SignatureEncoding.HEX
    )
    tolerance_s = models.PositiveIntegerField(
        _("tolerance"),
        default=300,
        validators=[MinValueValidator(1), MaxValueValidator(86400)],
        help_text=_("Signatures with a time only. By how many seconds it may differ from ours, e.g. <code>300</code>."),
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True, help_text=_("Not valid from then on."))
    allowed_networks = models.CharField(
        _("allowed networks"),
        max_length=500,
        blank=True,
        validators=[validate_network_list],
        help_text=_("Where calls may come from, e.g. <code>203.0.113.0/24, 198.51.100.7</code>. Empty: anywhere."),
    )
    per_minute = models.PositiveIntegerField(
        _("calls a minute"), null=True, blank=True, help_text=_("Empty: as the endpoint. 0: no limit.")
    )
    per_hour = models.PositiveIntegerField(
        _("calls an hour"), null=True, blank=True, help_text=_("Empty: as the endpoint. 0: no limit.")
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("credential")
        verbose_name_plural = _("credentials")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["config", "name"], name="credential_once_per_config")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        found: dict[str, Any] = {}
        if self.kind == CredentialKind.BASIC and not self.login:
            found["login"] = _("Basic authorization needs a login.")
        if self.kind == CredentialKind.BASIC and ":" in self.login:
            found["login"] = _("The login of Basic authorization cannot contain a colon.")
        own_header = self.kind == CredentialKind.HEADER or (
            self.kind == CredentialKind.SIGNATURE and self.scheme == SignatureScheme.CUSTOM
        )
        if own_header and not self.header_name:
            found["header_name"] = _("Write the name of the header, e.g. X-API-Key.")
        if self.kind == CredentialKind.SIGNATURE and self.scheme == SignatureScheme.STANDARD:
            found |= self._standard_secrets()
        if found:
            raise ValidationError(found)

    def _standard_secrets(self) -> dict[str, Any]:
        from inbound.signatures import standard_key

        message = _("A secret of Standard Webhooks is whsec_ and Base64.")
        found = {}
        for name in ("secret", "next_secret"):
            if secret_is_stored(self, name) and standard_key(str(getattr(self, name))) is None:
                found[name] = message
        return found
