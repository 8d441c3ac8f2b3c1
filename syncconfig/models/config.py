"""A sync: which records of which Odoo model go where, and how."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from syncconfig import rules
from syncconfig.models.connection import OdooConnection
from syncconfig.script_limits import HELP as LIMITS_HELP
from syncconfig.script_limits import validate_script_limits
from syncconfig.secrets import EncryptedTextField, secret_is_stored
from syncconfig.validators import (
    validate_domain,
    validate_endpoint,
    validate_header_name,
    validate_http_url_template,
    validate_model_name,
    validate_retry_schedule,
)


class RequestType(models.TextChoices):
    IN = "in", _("In: others call us")
    OUT = "out", _("Out: we call others")


class AuthType(models.TextChoices):
    NONE = "none", _("None")
    BASIC = "basic", _("Basic: login and password")
    BEARER = "bearer", _("Bearer: token")
    HEADER = "header", _("Custom header")


class OnExisting(models.TextChoices):
    UPDATE = "update", _("Update it")
    REJECT = "reject", _("Reject it (In: with 409)")
    IGNORE = "ignore", _("Leave it as it is (In: and answer with it)")


class DeleteMode(models.TextChoices):
    ARCHIVE = "archive", _("Archive the record")
    UNLINK = "unlink", _("Delete the record")


class RequestShape(models.TextChoices):
    RECORD = "record", _("One request per record")
    PAGE = "page", _("One request per page: a JSON array, or an array under a key")


class ConflictRule(models.TextChoices):
    SOURCE = "source", _("The record of this connection wins")
    TARGET = "target", _("The record of the other Odoo wins")
    NEWEST = "newest", _("The record that was changed last wins")
    ASK = "ask", _("Nobody, until staff have chosen")


class SyncConfig(models.Model):
    """One sync in one direction. `revision` grows with every change of it or of its lines, headers and params."""

    name = models.CharField(
        _("name"),
        max_length=100,
        unique=True,
        help_text=_("How staff recognise it, e.g. <em>Shop orders in</em>."),
    )
    active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Off: an Out sync sends nothing, and the endpoint of an In sync answers 404."),
    )
    request_type = models.CharField(
        _("request type"),
        max_length=3,
        choices=RequestType.choices,
        help_text=_(
            "<em>In</em>: other systems call an endpoint here. <em>Out</em>: records of Odoo are sent to a URL or into "
            "another Odoo, or fetched with GET."
        ),
    )
    connection = models.ForeignKey(
        OdooConnection,
        on_delete=models.PROTECT,
        related_name="configs",
        verbose_name=_("Odoo connection"),
        help_text=_("The Odoo that the records are in."),
    )
    model = models.CharField(
        _("Odoo model"),
        max_length=100,
        validators=[validate_model_name],
        help_text=_("Technical name of the model, e.g. <code>sale.order</code> or <code>res.partner</code>."),
    )
    domain = models.TextField(
        _("filter domain"),
        blank=True,
        default="[]",
        validators=[validate_domain],
        help_text=_(
            "Which records belong to this sync, as Odoo writes it, e.g. <code>[('sale_ok', '=', True)]</code>. "
            "Dates may be computed: <code>[('create_date', '>=', datetime.now() - timedelta(days=7))]</code>."
        ),
    )
    endpoint = models.CharField(
        _("endpoint"),
        max_length=100,
        blank=True,
        null=True,
        unique=True,
        validators=[validate_endpoint],
        help_text=_(
            "In only. Last part of the address, e.g. <code>orders</code> for <code>/bj_api_sync/v1/orders</code>."
        ),
    )
    url = models.CharField(
        _("URL"),
        max_length=1000,
        blank=True,
        validators=[validate_http_url_template],
        help_text=_(
            "Out only. Where records are sent, e.g. <code>https://shop.example.com/api/products/{sku}</code>, or "
            "fetched from. In braces: a path parameter or, when sending, a mapped key, <code>{record_id}</code> or "
            "<code>{external_id}</code>."
        ),
    )
    target_connection = models.ForeignKey(
        OdooConnection,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="receiving_configs",
        verbose_name=_("other Odoo"),
        help_text=_(
            "Out only. Records go into this Odoo, in place of a URL; the key of each line is the field's name there."
        ),
    )
    target_model = models.CharField(
        _("model there"),
        max_length=100,
        blank=True,
        validators=[validate_model_name],
        help_text=_("Where it is another one than here, e.g. <code>res.partner</code>. Empty: the same."),
    )
    conflict_rule = models.CharField(
        _("changed on both sides"),
        max_length=10,
        choices=ConflictRule.choices,
        default=ConflictRule.SOURCE,
        help_text=_(
            "What a field becomes that was changed on both sides since they last agreed. In one direction, what was "
            "changed in the other Odoo alone is overwritten where this connection wins, and otherwise stays."
        ),
    )
    pair = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="paired_by",
        verbose_name=_("other direction"),
        help_text=_(
            "The sync that brings changes of the other Odoo here. Named on one of the two only; its rule is that of "
            "both."
        ),
    )
    method_get = models.BooleanField(
        "GET", default=False, help_text=_("In: read one record or a list. Out: fetch records into Odoo.")
    )
    method_post = models.BooleanField("POST", default=False, help_text=_("In: create. Out: send new data."))
    method_put = models.BooleanField("PUT", default=False, help_text=_("In: update. Out: send changes."))
    method_delete = models.BooleanField("DELETE", default=False, help_text=_("In: archive or delete. Out: remove."))

    auth_type = models.CharField(
        _("authorization"),
        max_length=10,
        choices=AuthType.choices,
        default=AuthType.NONE,
        help_text=_("In: what callers must show. Out: what we show. <em>None</em> on an In sync lets anybody in."),
    )
    auth_login = models.CharField(
        _("login"), max_length=200, blank=True, help_text=_("Basic only, e.g. <code>shop</code>.")
    )
    auth_header = models.CharField(
        _("header name"),
        max_length=100,
        blank=True,
        validators=[validate_header_name],
        help_text=_("Custom header only, e.g. <code>X-API-Key</code>."),
    )
    auth_secret = EncryptedTextField(
        _("password, token or header value"),
        blank=True,
        help_text=_("Stored encrypted and never shown again."),
    )

    connect_timeout_s = models.FloatField(
        _("connection timeout"),
        default=5.0,
        validators=[MinValueValidator(0.1), MaxValueValidator(60)],
        help_text=_("Out only. Seconds to wait for a connection, e.g. <code>5</code>."),
    )
    read_timeout_s = models.FloatField(
        _("read timeout"),
        default=15.0,
        validators=[MinValueValidator(0.1), MaxValueValidator(600)],
        help_text=_("Out only. Seconds to wait for the answer, e.g. <code>15</code>."),
    )
    is_paginated = models.BooleanField(
        _("in pages"),
        default=True,
        help_text=_("Read records in pages. Off: a list answers with everything, up to 1000 records."),
    )
    page_size = models.PositiveIntegerField(
        _("page size"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=_("Records per page, 1 to 1000, e.g. <code>100</code>."),
    )

    on_existing = models.CharField(
        _("when the record exists"),
        max_length=10,
        choices=OnExisting.choices,
        default=OnExisting.UPDATE,
        help_text=_("In, and Out with GET. What happens when a record with the same identifier is already in Odoo."),
    )
    delete_mode = models.CharField(
        _("DELETE means"),
        max_length=10,
        choices=DeleteMode.choices,
        default=DeleteMode.ARCHIVE,
        help_text=_(
            "Also for records that are gone, where another Odoo is the target. Archived records can be brought back; "
            "deleted ones cannot."
        ),
    )
    request_shape = models.CharField(
        _("requests"),
        max_length=10,
        choices=RequestShape.choices,
        default=RequestShape.RECORD,
        help_text=_("Out only. One request per record, or one for a whole page of them."),
    )
    wrap_key = models.CharField(
        _("wrapping key"),
        max_length=100,
        blank=True,
        help_text=_("Out only. Key around the record or the page, e.g. <code>products</code>. Empty: none."),
    )
    answer_id_path = models.CharField(
        _("id in the answer"),
        max_length=200,
        blank=True,
        help_text=_("Out, one request per record. Where the answer says its own id, e.g. <code>data.id</code>."),
    )
    only_changed = models.BooleanField(
        _("only what changed"),
        default=True,
        help_text=_("Out only. Leave out records whose mapped values are the same as when last sent or fetched."),
    )
    retry_schedule = models.CharField(
        _("retries"),
        max_length=200,
        blank=True,
        validators=[validate_retry_schedule],
        help_text=_(
            "Out only. Seconds before each new attempt, e.g. <code>5, 30, 120</code>. Empty: 5 s, 30 s, 2 min, "
            "10 min, 30 min, 2 h, 5 h, 10 h, 24 h."
        ),
    )

    before_script = models.TextField(
        _("before mapping"),
        blank=True,
        help_text=_(
            "Python that sees each <code>record</code> before its lines are mapped, and may change it, set "
            "<code>result</code> to another one, leave it out with <code>skip()</code>, or refuse it with "
            "<code>raise UserError('why')</code>."
        ),
    )
    after_script = models.TextField(
        _("after mapping"),
        blank=True,
        help_text=_(
            "Python that sees the mapped <code>values</code> and may change them or set <code>result</code> to what "
            "takes their place, e.g. to wrap them."
        ),
    )
    before_limits = models.CharField(
        _("limits before mapping"),
        max_length=200,
        blank=True,
        validators=[validate_script_limits],
        help_text=LIMITS_HELP,
    )
    after_limits = models.CharField(
        _("limits after mapping"),
        max_length=200,
        blank=True,
        validators=[validate_script_limits],
        help_text=LIMITS_HELP,
    )
    script_writes = models.CharField(
        _("fields that scripts write"),
        max_length=500,
        blank=True,
        help_text=_("Into Odoo: fields that a script sets although no line writes them, e.g. <code>note, ref</code>."),
    )
    script_reads = models.CharField(
        _("fields that scripts read"),
        max_length=500,
        blank=True,
        help_text=_("Out of Odoo: fields that a script needs and no line reads, e.g. <code>write_date</code>."),
    )
    pauses_on_drift = models.BooleanField(
        _("pause on drift"),
        default=False,
        help_text=_("Switch this sync off when fields that it maps have vanished or changed in Odoo."),
    )
    drift = models.JSONField(_("drift"), default=list, editable=False)
    drift_checked_at = models.DateTimeField(_("compared with Odoo"), null=True, editable=False)
    drift_tried_at = models.DateTimeField(null=True, editable=False)
    relied_on = models.JSONField(null=True, editable=False)

    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("sync config")
        verbose_name_plural = _("sync configs")
        ordering = ["name"]
        permissions = [
            ("run_syncconfig", _("Can run a sync")),
            ("author_script", _("Can write the scripts of a sync")),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.endpoint = self.endpoint or None  # two configs without one would otherwise collide on ''
        if messages := rules.config_messages(self, has_secret=secret_is_stored(self, "auth_secret")):
            raise ValidationError(messages)

    @property
    def is_odoo_to_odoo(self) -> bool:
        """Whether records go into another Odoo, and not to a URL."""
        return self.target_connection_id is not None

    @property
    def receiving_model(self) -> str:
        """The model in the other Odoo."""
        return self.target_model or self.model

    @property
    def other_direction(self) -> SyncConfig | None:
        """The sync that brings changes of the other Odoo back, whichever of the two names the other."""
        return self.pair or getattr(self, "paired_by", None)

    @property
    def methods(self) -> list[str]:
        """The chosen HTTP methods, in the order GET, POST, PUT, DELETE."""
        chosen = {
            "GET": self.method_get,
            "POST": self.method_post,
            "PUT": self.method_put,
            "DELETE": self.method_delete,
        }
        return [method for method, is_on in chosen.items() if is_on]

    @property
    def fetches(self) -> bool:
        """Whether an Out config asks an external API and writes its answers into Odoo, instead of sending."""
        return self.request_type == RequestType.OUT and self.method_get

    @property
    def plan_direction(self) -> str:
        """Which ways the mapping is used: an endpoint that both takes and gives needs both."""
        if self.request_type == RequestType.OUT:
            return "in" if self.fetches else "out"
        writes = self.method_post or self.method_put
        return "both" if writes else "out"
