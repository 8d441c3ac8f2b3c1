"""Headers and parameters of a sync's requests."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from syncconfig import rules
from syncconfig.models.config import SyncConfig
from syncconfig.secrets import EncryptedTextField
from syncconfig.validators import validate_header_name


class SyncHeader(models.Model):
    """A header sent with every request of an Out config, or with every answer of an In config."""

    config = models.ForeignKey(SyncConfig, on_delete=models.CASCADE, related_name="headers")
    key = models.CharField(
        _("name"),
        max_length=100,
        validators=[validate_header_name],
        help_text=_("Name of the header, e.g. <code>X-Shop-Domain</code>."),
    )
    value = EncryptedTextField(
        _("value"), help_text=_("Stored encrypted and never shown again, e.g. <code>my-shop</code>.")
    )

    class Meta:
        verbose_name = _("header")
        verbose_name_plural = _("headers")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["config", "key"], name="header_once_per_config")]

    def __str__(self) -> str:
        return self.key


class ParamKind(models.TextChoices):
    QUERY = "query", _("Query: ?name=value of an Out URL")
    PATH = "path", _("Path: {name} in an Out URL")
    FILTER = "filter", _("Filter: what callers of an In endpoint may ask for")


class Operator(models.TextChoices):
    EQ = "=", "="
    NE = "!=", "≠"
    LT = "<", "<"
    LE = "<=", "≤"
    GT = ">", ">"
    GE = ">=", "≥"
    IN = "in", _("in a list")
    ILIKE = "ilike", _("contains")


class SyncParam(models.Model):
    """A parameter: of the URL we call, or a filter that callers of ours may use."""

    config = models.ForeignKey(SyncConfig, on_delete=models.CASCADE, related_name="params")
    kind = models.CharField(
        _("kind"),
        max_length=10,
        choices=ParamKind.choices,
        default=ParamKind.QUERY,
        help_text=_("Part of the query, part of the path, or a filter for callers."),
    )
    name = models.CharField(
        _("name"),
        max_length=100,
        help_text=_("Name of the parameter, e.g. <code>limit</code> or <code>price__gte</code>."),
    )
    field = models.CharField(
        _("Odoo field"),
        max_length=200,
        blank=True,
        help_text=_("Filter only. Field that is compared, e.g. <code>list_price</code>."),
    )
    operator = models.CharField(
        _("operator"),
        max_length=10,
        choices=Operator.choices,
        default=Operator.EQ,
        help_text=_("Filter only. How the field is compared, e.g. <code>≥</code>."),
    )
    value = models.TextField(
        _("value"),
        blank=True,
        help_text=_("Query and path only, e.g. <code>100</code>, or an expression when computed."),
    )
    is_computed = models.BooleanField(
        _("computed"),
        default=False,
        help_text=_(
            "The value is an expression, e.g. <code>(datetime.now() - timedelta(days=1)).strftime('%Y-%m-%d')</code>."
        ),
    )

    class Meta:
        verbose_name = _("parameter")
        verbose_name_plural = _("parameters")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["config", "kind", "name"], name="param_once_per_config")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if messages := rules.param_messages(self):
            raise ValidationError(messages)
