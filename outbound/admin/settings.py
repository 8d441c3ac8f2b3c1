"""On the form of an Out config: how it delivers, and how its calls show who they are."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminExpandableTextareaWidget

from outbound.models import DeliveryPolicy, OutAuth, PullPolicy
from syncconfig.admin.safety import DeferredSecretsMixin
from syncconfig.secret_forms import SecretField, SecretModelForm

SECRETS = ("alert_url", "secret", "old_secret", "certificate")


class PolicyForm(SecretModelForm):
    secret_names = ("alert_url",)
    alert_url = SecretField()

    class Meta:
        model = DeliveryPolicy
        exclude = ["alert_url"]


class OutAuthForm(SecretModelForm):
    secret_names = ("secret", "old_secret", "certificate")
    secret = SecretField()
    old_secret = SecretField()
    certificate = SecretField(max_length=100_000)

    class Meta:
        model = OutAuth
        exclude = ["secret", "old_secret", "certificate"]


class DeferringFormSet(PaginationInlineFormSet):
    """Looks its rows up without their secrets: one that no key opens any more must not break the submission."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        row_id = form.fields[self._pk_field.name]
        if getattr(row_id, "queryset", None) is not None:
            row_id.queryset = row_id.queryset.defer(*(name for name in SECRETS if hasattr(self.model, name)))


class _OneInline(DeferredSecretsMixin, StackedInline):
    formset = DeferringFormSet
    # The one form is always there, with the defaults in it; untouched it is not stored.
    extra = 1
    max_num = 1
    tab = True
    formfield_overrides = {models.TextField: {"widget": UnfoldAdminExpandableTextareaWidget(attrs={"rows": 1})}}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Who may only look sees no secret's input at all."""
        if self.is_editable(request, obj):
            return list(self.fieldsets or ())
        shown = []
        for title, options in self.fieldsets or ():
            names = [name for name in options["fields"] if name not in SECRETS]
            if self.hidden_column in options["fields"]:
                names.append("shown_secret")
            shown.append((title, {**options, "fields": tuple(names)}))
        return shown


class DeliveryPolicyInline(_OneInline):
    model = DeliveryPolicy
    form = PolicyForm
    hidden_column = "alert_url"
    fieldsets = (
        (
            _("Requests"),
            {"fields": ("puts_linked", "linked_url", "body_format", "body_template", "write_back_field")},
        ),
        (
            _("Answers"),
            {"fields": ("success_statuses", "error_path", "items_path", "item_id_path", "item_error_path")},
        ),
        (
            _("What is sent, and when"),
            {
                "fields": (
                    "is_paused",
                    "run_windows",
                    "reads_changes",
                    "watched_fields",
                    "deletions",
                    "deletes_left",
                    "deletion_ceiling",
                )
            },
        ),
        (_("The host"), {"fields": ("rate_per_minute", "breaker_failures", "breaker_pause_s")}),
        (_("Alerts"), {"fields": ("promised_minutes", "alert_emails", "alert_url")}),
    )


class PullPolicyInline(StackedInline):
    model = PullPolicy
    formset = PaginationInlineFormSet
    extra = 1
    max_num = 1
    tab = True
    fieldsets = (
        (
            _("The answer to GET"),
            {"fields": ("items_path", "pages", "position_param", "size_param", "first_page", "next_path")},
        ),
        (_("Where it ends"), {"fields": ("more_path", "total_path", "max_pages", "other_hosts")}),
        (
            _("Only what is new"),
            {"fields": ("since_param", "since_path", "since_initial", "since_overlap_s", "since_value")},
        ),
    )


class OutAuthInline(_OneInline):
    model = OutAuth
    form = OutAuthForm
    hidden_column = "secret"
    deferred_columns = ("old_secret", "certificate")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "kind",
                    "token_url",
                    "client_id",
                    "scope",
                    "secret",
                    "old_secret",
                    "certificate",
                    "authorities",
                )
            },
        ),
    )
