"""A line of the mapping: this field of Odoo is that key outside."""

from __future__ import annotations

import json

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from syncconfig import rules
from syncconfig.models.config import SyncConfig
from syncconfig.validators import validate_field_path, validate_key_path


class Calculation(models.TextChoices):
    PLAIN = "plain", _("Plain: the value as it is")
    CONSTANT = "constant", _("Constant: always the default value")
    TEMPLATE = "template", _("Template: a text made of several values")
    VALUE_MAP = "value_map", _("Value map: each value stands for another")
    DATE_FORMAT = "date_format", _("Date: in the other system's format")
    NUMBER_FORMAT = "number_format", _("Number: in the other system's format")
    RELATIONAL = "relational", _("Relational: a record of another model")
    SCRIPT = "script", _("Script: the work of Python")


class Direction(models.TextChoices):
    BOTH = "both", _("Both")
    IN = "in", _("Only into Odoo")
    OUT = "out", _("Only out of Odoo")


class Absent(models.TextChoices):
    SKIP = "skip", _("Leave the field alone")
    ERROR = "error", _("Reject the record")
    DEFAULT = "default", _("Use the default value")
    CLEAR = "clear", _("Empty the field")


class OnMissing(models.TextChoices):
    ERROR = "error", _("Reject the record")
    EMPTY = "empty", _("Leave the field empty")
    CREATE = "create", _("Create it from the sub-lines")


class OnMatch(models.TextChoices):
    KEEP = "keep", _("Leave it as it is")
    UPDATE = "update", _("Update it from the sub-lines")


class X2ManyMode(models.TextChoices):
    REPLACE = "replace", _("Replace what is there")
    ADD = "add", _("Add to what is there")
    MATCH = "match", _("Match with what is there: update, create, remove")


class SyncConfigLine(models.Model):
    """One line. A dotted field (`order_line.product_id`) is a sub-line of the line for its first part."""

    config = models.ForeignKey(SyncConfig, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("position"), default=0, db_index=False)
    active = models.BooleanField(_("active"), default=True, help_text=_("Off: as if the line were not there."))
    field = models.CharField(
        _("Odoo field"),
        max_length=200,
        blank=True,
        validators=[validate_field_path],
        help_text=_(
            "Technical name, e.g. <code>name</code>; through a relation <code>partner_id.email</code>; of the lines "
            "of an order <code>order_line.product_id</code>."
        ),
    )
    key = models.CharField(
        _("external key"),
        max_length=300,
        blank=True,
        validators=[validate_key_path],
        help_text=_(
            "Where the value is in the other system's JSON: <code>email</code>, <code>customer.address.city</code>, "
            "<code>line_items[].sku</code>."
        ),
    )
    is_identifier = models.BooleanField(
        _("identifier"),
        default=False,
        help_text=_("The value by which a record is recognised again. Exactly one active line has it."),
    )
    calculation = models.CharField(
        _("calculation"),
        max_length=20,
        choices=Calculation.choices,
        default=Calculation.PLAIN,
        help_text=_("How the value is made: taken as it is, looked up in another model, written in another form."),
    )
    direction = models.CharField(
        _("direction"),
        max_length=4,
        choices=Direction.choices,
        default=Direction.BOTH,
        help_text=_("Lines may serve one direction only, e.g. a computed total only out of Odoo."),
    )
    required = models.BooleanField(
        _("required"),
        default=False,
        help_text=_("A record in which the value is missing or empty is rejected."),
    )
    absent = models.CharField(
        _("when absent"),
        max_length=10,
        choices=Absent.choices,
        default=Absent.SKIP,
        help_text=_("What happens when the key is not in the payload at all."),
    )
    default = models.JSONField(
        _("default value"),
        null=True,
        blank=True,
        help_text=_('As JSON, e.g. <code>"draft"</code>, <code>1.5</code> or <code>true</code>. Also the constant.'),
    )
    is_secret = models.BooleanField(
        _("secret"), default=False, help_text=_("Show the value as *** in errors and in the log.")
    )
    match_field = models.CharField(
        _("match by"),
        max_length=100,
        blank=True,
        help_text=_(
            "Relational only. Field of the other model that the value is compared with, e.g. <code>code</code> for a "
            "country, <code>default_code</code> for a product, <code>id</code> for Odoo's own id, <code>xml_id</code>, "
            "<code>display_name</code>. Empty for a list that sub-lines make."
        ),
    )
    on_missing = models.CharField(
        _("no match"),
        max_length=10,
        choices=OnMissing.choices,
        default=OnMissing.ERROR,
        help_text=_("Relational only. What happens when no record matches."),
    )
    on_match = models.CharField(
        _("match found"),
        max_length=10,
        choices=OnMatch.choices,
        default=OnMatch.KEEP,
        help_text=_("Relational only. What the sub-lines do to a record that was found."),
    )
    x2many_mode = models.CharField(
        _("list"),
        max_length=10,
        choices=X2ManyMode.choices,
        default=X2ManyMode.REPLACE,
        help_text=_("Relational lists only, e.g. order lines: what becomes of those that are there already."),
    )
    options = models.JSONField(_("options"), default=dict, blank=True)
    script = models.TextField(
        _("script"),
        blank=True,
        help_text=_(
            "Python that sets <code>result</code>, e.g. <code>result = value.strip().upper()</code>, or, on the whole "
            "record, changes <code>values</code>."
        ),
    )
    script_reverse = models.TextField(
        _("script out of Odoo"),
        blank=True,
        help_text=_("The way back of a line for both directions. Empty: the line is for one direction only."),
    )

    class Meta:
        verbose_name = _("mapping line")
        verbose_name_plural = _("mapping lines")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.field} ↔ {self.key}"

    @property
    def get_inline_title(self) -> str:
        """The line in the closed row of the form; the name is unfold's."""
        arrow = {Direction.IN: "←", Direction.OUT: "→"}.get(Direction(self.direction), "↔")
        notes = [
            _("identifier") if self.is_identifier else "",
            _("required") if self.required else "",
            _("by %(field)s") % {"field": self.match_field} if self.match_field else "",
            _("script") if self.calculation == Calculation.SCRIPT else "",
            "" if self.active else _("off"),
        ]
        title = f"{self.field or '-'} {arrow} {self.key or self._made_of()}"
        return ", ".join([title, *(str(note) for note in notes if note)])

    def _made_of(self) -> str:
        """What takes the place of the key in the title."""
        if self.is_secret:
            return "***"
        if self.calculation == Calculation.TEMPLATE:
            return str(self.options.get("template", ""))[:60]
        if self.calculation == Calculation.SCRIPT:
            return self.script.strip().partition("\n")[0][:60]
        return json.dumps(self.default, ensure_ascii=False)[:60]

    def clean(self) -> None:
        if messages := rules.line_messages(self):
            raise ValidationError(messages)
