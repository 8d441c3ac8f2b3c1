"""How a config delivers, beyond what the config itself says."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from outbound.validators import validate_body_template, validate_emails, validate_statuses, validate_windows
from syncconfig.models import SyncConfig
from syncconfig.secrets import EncryptedTextField
from syncconfig.validators import validate_field_path, validate_http_url_template, validate_key_path


class BodyFormat(models.TextChoices):
    JSON = "json", "JSON"
    NDJSON = "ndjson", _("NDJSON: one record per line")
    FORM = "form", _("Form: name=value")
    XML = "xml", _("XML, by the template below")


class Deletions(models.TextChoices):
    IGNORE = "ignore", _("Leave them alone")
    REPORT = "report", _("Report them")
    DELETE = "delete", _("Report them, and send a DELETE for each")


class DeliveryPolicy(models.Model):
    """Options of an Out config; without a row everything is as the defaults here say."""

    config = models.OneToOneField(SyncConfig, on_delete=models.CASCADE, related_name="delivery_policy")

    puts_linked = models.BooleanField(
        _("PUT what is known"),
        default=False,
        help_text=_("POST a record that the other system does not know yet, PUT one whose id there is known."),
    )
    linked_url = models.CharField(
        _("URL of a known record"),
        max_length=1000,
        blank=True,
        validators=[validate_http_url_template],
        help_text=_(
            "For that PUT, and for deletions, e.g. <code>https://shop.example.com/api/products/{external_id}</code>. "
            "Empty: the config's own URL."
        ),
    )
    body_format = models.CharField(
        _("body"),
        max_length=10,
        choices=BodyFormat.choices,
        default=BodyFormat.JSON,
        help_text=_("How the record, or the page of records, is written."),
    )
    body_template = models.TextField(
        _("body template"),
        blank=True,
        validators=[validate_body_template],
        help_text=_(
            'XML only, e.g. <code>&lt;items&gt;{each}&lt;item sku="{sku}"/&gt;{/each}&lt;/items&gt;</code>. '
            "What is in braces is a mapped key; what is in {each} is repeated for each record of a page."
        ),
    )
    success_statuses = models.CharField(
        _("success"),
        max_length=100,
        blank=True,
        validators=[validate_statuses],
        help_text=_("Statuses that mean delivered, e.g. <code>200-299, 409</code>. Empty: 200 to 299."),
    )
    items_path = models.CharField(
        _("results in the answer"),
        max_length=200,
        blank=True,
        validators=[validate_key_path],
        help_text=_("Pages only. Where the list with one result per record is, e.g. <code>results</code>."),
    )
    item_id_path = models.CharField(
        _("id in a result"),
        max_length=200,
        blank=True,
        validators=[validate_key_path],
        help_text=_("Pages only. Where a result says its own id, e.g. <code>id</code>."),
    )
    item_error_path = models.CharField(
        _("error in a result"),
        max_length=200,
        blank=True,
        validators=[validate_key_path],
        help_text=_("Pages only. What a refused record's result holds, and others do not, e.g. <code>error</code>."),
    )
    error_path = models.CharField(
        _("error in the answer"),
        max_length=200,
        blank=True,
        validators=[validate_key_path],
        help_text=_(
            "For systems that answer 200 to what they refuse: where the error is then, e.g. <code>error</code>."
        ),
    )
    write_back_field = models.CharField(
        _("write the id back to"),
        max_length=100,
        blank=True,
        validators=[validate_field_path],
        help_text=_("Odoo field that gets the other system's id, e.g. <code>x_shop_id</code>. Empty: none."),
    )

    rate_per_minute = models.PositiveIntegerField(
        _("requests per minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(60_000)],
        help_text=_("The most that the host is sent by all workers together, e.g. <code>120</code>. Empty: no limit."),
    )
    breaker_failures = models.PositiveIntegerField(
        _("failures until it pauses"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=_("After so many calls in a row without a usable answer the host is left alone for a while."),
    )
    breaker_pause_s = models.PositiveIntegerField(
        _("pause"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
        help_text=_("Seconds until one delivery is tried; doubled while it fails, up to an hour."),
    )

    is_paused = models.BooleanField(
        _("paused"), default=False, help_text=_("On: nothing is sent, and what changes waits until it is switched off.")
    )
    run_windows = models.CharField(
        _("run windows"),
        max_length=300,
        blank=True,
        validators=[validate_windows],
        help_text=_(
            "When it may run by itself, in the connection's time zone, e.g. <code>Mon-Fri 22:00-06:00</code>. A run "
            "that falls due outside starts once when the next window opens. Empty: always."
        ),
    )
    reads_changes = models.BooleanField(
        _("read only what changed"),
        default=False,
        help_text=_(
            "Ask Odoo for the records written since the last run, instead of all. A change of a related record (the "
            "name of a category, say) is then seen with the next full run only."
        ),
    )
    change_cursor = models.CharField(max_length=50, blank=True, editable=False)
    watched_fields = models.CharField(
        _("watched keys"),
        max_length=500,
        blank=True,
        help_text=_("Mapped keys that make a record count as changed, e.g. <code>price, stock</code>. Empty: all."),
    )
    deletions = models.CharField(
        _("deleted records"),
        max_length=10,
        choices=Deletions.choices,
        default=Deletions.IGNORE,
        help_text=_("What to do about records that were sent, and are not in Odoo any more."),
    )
    deletes_left = models.BooleanField(
        _("also what left the filter domain"),
        default=False,
        help_text=_(
            "Records that the filter domain does not select any more count as deleted too: archived, not for sale any "
            "more, without consent. A domain with a moving date leaves records behind every day."
        ),
    )
    deletion_ceiling = models.PositiveIntegerField(
        _("most deletions at once"),
        default=20,
        help_text=_("Where more records are gone than this, nothing is deleted until somebody has agreed."),
    )

    promised_minutes = models.PositiveIntegerField(
        _("promised every"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Minutes within which it should have succeeded again; otherwise an alert. Empty: no promise."),
    )
    alert_emails = models.CharField(
        _("alerts by e-mail"),
        max_length=500,
        blank=True,
        validators=[validate_emails],
        help_text=_("Who is told when something dies or does not run, e.g. <code>ops@example.com</code>."),
    )
    alert_url = EncryptedTextField(
        _("alerts by webhook"),
        blank=True,
        help_text=_("An address that gets a POST with the alert as JSON. Stored encrypted: it may hold a secret."),
    )
    is_run_due = models.BooleanField(default=False, editable=False)
    """A schedule fell due while it could not run."""
    alerted_at = models.JSONField(default=dict, editable=False)
    """When staff were last told of each kind of trouble, as ISO times."""
    agreed_deletions = models.PositiveIntegerField(default=0, editable=False)
    """How many deletions staff agreed to, once."""
    held_deletions = models.PositiveIntegerField(default=0, editable=False)
    """How many were found at the last look, where those were too many to be made without being asked."""

    class Meta:
        verbose_name = _("delivery settings")
        verbose_name_plural = _("delivery settings")

    def __str__(self) -> str:
        return str(self.config)

    @property
    def watched_keys(self) -> tuple[str, ...]:
        """The keys of `watched_fields`."""
        return tuple(part.strip() for part in self.watched_fields.split(",") if part.strip())

    def clean(self) -> None:
        found: dict[str, Any] = {}
        is_page = self.config.request_shape == "page"
        if self.body_format == BodyFormat.XML and not self.body_template.strip():
            found["body_template"] = _('Write how a record becomes XML, e.g. <item sku="{sku}"/>.')
        if self.body_format == BodyFormat.FORM and is_page:
            found["body_format"] = _("A form holds one record. Choose one request per record, or another format.")
        if self.body_format == BodyFormat.XML and is_page and "{each}" not in self.body_template:
            found["body_template"] = _("One request carries a page: put {each}...{/each} around what is repeated.")
        if self.puts_linked and is_page:
            found["puts_linked"] = _(
                "One request carries a page, and so has one method. Choose one request per record."
            )
        if self.config.fetches:
            found |= self._sending_messages()
        for key in self.watched_keys:
            try:
                validate_key_path(key)
            except ValidationError as error:
                found["watched_fields"] = f"{key}: {'; '.join(error.messages)}"
        if self.deletions == Deletions.DELETE and is_page and not self.linked_url:
            found["linked_url"] = _("A deletion is of one record. Write its URL, e.g. .../products/{external_id}.")
        knows_id = self.config.is_odoo_to_odoo or self.config.answer_id_path or self.item_id_path
        if self.write_back_field and not knows_id:
            found["write_back_field"] = _("Say first where the answer holds the id (“id in the answer”).")
        if found:
            raise ValidationError(found)

    def _sending_messages(self) -> dict[str, Any]:
        """What is set that only makes sense for what is sent."""
        found = {
            name: _("This sync fetches (GET); this is for what is sent. Clear it.")
            for name in ("puts_linked", "reads_changes", "write_back_field", "watched_fields", "deletes_left")
            if getattr(self, name)
        }
        if self.deletions != Deletions.IGNORE:
            found["deletions"] = _("This sync fetches (GET), and what is deleted elsewhere stays in Odoo.")
        return found


def policy_of(config: SyncConfig) -> DeliveryPolicy:
    """The config's policy, or the defaults."""
    found = DeliveryPolicy.objects.filter(config_id=config.pk).first()
    return found or DeliveryPolicy(config=config)
