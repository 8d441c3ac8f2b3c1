"""Authorizations of Out configs that need more than a login and a secret."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from clients.signing import webhook_signer
from syncconfig.models import SyncConfig
from syncconfig.secrets import EncryptedTextField, SecretUnreadable, secret_is_stored
from syncconfig.validators import validate_http_url


class OutAuthKind(models.TextChoices):
    NONE = "none", _("Only what the config itself says")
    OAUTH2 = "oauth2", _("OAuth2 client credentials")
    WEBHOOK = "webhook", _("Standard Webhooks signature")


class OutAuth(models.Model):
    """What a config shows besides, or instead of, its own authorization; and its certificate for mTLS."""

    config = models.OneToOneField(SyncConfig, on_delete=models.CASCADE, related_name="out_auth")
    kind = models.CharField(
        _("kind"),
        max_length=10,
        choices=OutAuthKind.choices,
        default=OutAuthKind.NONE,
        help_text=_("OAuth2 replaces the config's own authorization; a signature comes on top of it."),
    )
    token_url = models.CharField(
        _("token URL"),
        max_length=500,
        blank=True,
        validators=[validate_http_url],
        help_text=_("OAuth2 only, e.g. <code>https://login.example.com/oauth2/token</code>."),
    )
    client_id = models.CharField(
        _("client id"), max_length=200, blank=True, help_text=_("OAuth2 only, e.g. <code>odoo-sync</code>.")
    )
    scope = models.CharField(
        _("scope"),
        max_length=300,
        blank=True,
        help_text=_("OAuth2 only, where asked for, e.g. <code>products.write</code>."),
    )
    secret = EncryptedTextField(
        _("secret"),
        blank=True,
        help_text=_("The client secret, or the signing secret, e.g. <code>whsec_...</code>. Stored encrypted."),
    )
    old_secret = EncryptedTextField(
        _("old secret"),
        blank=True,
        help_text=_("Signature only: while the receiver changes over, both sign. Stored encrypted."),
    )
    certificate = EncryptedTextField(
        _("client certificate"),
        blank=True,
        help_text=_("mTLS: the certificate, then its private key without a password, both as PEM. Stored encrypted."),
    )

    authorities = models.TextField(
        _("certificate authorities"),
        blank=True,
        help_text=_("PEM certificates to be trusted besides the public ones, e.g. of one's own authority."),
    )

    class Meta:
        verbose_name = _("further authorization")
        verbose_name_plural = _("further authorization")

    def __str__(self) -> str:
        return self.get_kind_display()

    def clean(self) -> None:
        found: dict[str, Any] = {}
        has_secret = secret_is_stored(self, "secret")
        if self.kind == OutAuthKind.OAUTH2:
            if not self.token_url:
                found["token_url"] = _("Write where tokens are issued, e.g. https://login.example.com/oauth2/token.")
            if not self.client_id:
                found["client_id"] = _("OAuth2 needs a client id.")
        if self.kind != OutAuthKind.NONE and not has_secret:
            found["secret"] = _("This kind needs a secret.")
        if self.kind == OutAuthKind.WEBHOOK and has_secret and "secret" not in found:
            found |= self._signing_messages()
        if found:
            raise ValidationError(found)

    def _signing_messages(self) -> dict[str, Any]:
        messages = {}
        for name in ("secret", "old_secret"):
            try:
                webhook_signer([secret] if (secret := getattr(self, name)) else [])
            except SecretUnreadable:
                continue
            except ValueError as error:
                messages[name] = str(error)
        return messages
