"""What staff see of endpoints: who may call and how, on the config's form; and the requests that were accepted."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline
from unfold.decorators import display
from unfold.forms import PaginationInlineFormSet

from auditlog.pages import KeysetAdminMixin
from auditlog.replays import add_replay_offer
from inbound.admin_replay import replay_page, request_offer
from inbound.admin_sample import post_sample
from inbound.models import Credential, EndpointPolicy, InboundRequest
from inbound.needs import waiting_of, waiting_text, waiting_url
from syncconfig.admin.actions import add_config_button, add_config_inline
from syncconfig.admin.columns import ConfigColumns, add_config_columns
from syncconfig.admin.safety import DeferredSecretsMixin, NamedFilter
from syncconfig.models import RequestType, SyncConfig
from syncconfig.secret_forms import SecretField, SecretModelForm


class CredentialForm(SecretModelForm):
    secret_names = ("secret", "next_secret")
    secrets_needed = ("secret",)
    secret = SecretField()
    next_secret = SecretField()

    class Meta:
        model = Credential
        exclude = ["secret", "next_secret"]


class PolicyForm(SecretModelForm):
    secret_names = ("callback_secret",)
    callback_secret = SecretField()

    class Meta:
        model = EndpointPolicy
        exclude = ["callback_secret"]


class DeferringFormSet(PaginationInlineFormSet):
    """Looks its rows up without their secrets: one that no key opens any more must not break the submission."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        row_id = form.fields[self._pk_field.name]
        if getattr(row_id, "queryset", None) is not None:
            names = [name for name in ("secret", "next_secret", "callback_secret") if hasattr(self.model, name)]
            row_id.queryset = row_id.queryset.defer(*names)


class CredentialInline(DeferredSecretsMixin, StackedInline):
    model = Credential
    form = CredentialForm
    formset = DeferringFormSet
    hidden_column = "secret"
    deferred_columns = ("next_secret",)
    readonly_fields = ("last_used_at",)
    extra = 0
    tab = True
    show_count = True
    collapsible = True
    verbose_name_plural = _("Credentials")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "kind"),
                    "active",
                    ("login", "header_name"),
                    ("secret", "next_secret"),
                    ("scheme", "tolerance_s"),
                    ("algorithm", "encoding"),
                    ("expires_at", "allowed_networks"),
                    ("per_minute", "per_hour"),
                    "last_used_at",
                )
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Rows of fields, which the mixin would take for names; who may only look sees no secret's input at all."""
        if self.is_editable(request, obj):
            return list(self.fieldsets)
        title, options = self.fieldsets[0]
        shown = [row for row in options["fields"] if row != ("secret", "next_secret")]
        return [(title, {**options, "fields": (*shown, "shown_secret")})]


class PolicyInline(DeferredSecretsMixin, StackedInline):
    model = EndpointPolicy
    form = PolicyForm
    formset = DeferringFormSet
    hidden_column = "callback_secret"
    # The one form is always there, with the defaults in it; untouched it is not stored.
    extra = 1
    max_num = 1
    tab = True
    verbose_name_plural = _("way of taking requests")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "mode",
                    "callback_url",
                    "callback_secret",
                    "per_minute",
                    "per_hour",
                    "max_body_bytes",
                    "max_records",
                    "max_depth",
                    "allowed_networks",
                )
            },
        ),
    )


add_config_button(post_sample, request_type=RequestType.IN)
add_replay_offer(request_offer)
add_config_inline(CredentialInline, request_type=RequestType.IN)
add_config_inline(PolicyInline, request_type=RequestType.IN)


def shown_waiting(config: SyncConfig, waiting: int) -> SafeString:
    """Accepted requests that wait at the endpoint, and the way to them."""
    text = _now("%(count)s waiting") % {"count": waiting_text(waiting)}
    return format_html('<a class="text-link" href="{}">{}</a>', waiting_url(config.pk), text)


add_config_columns(ConfigColumns(load=waiting_of, show={"backlog": shown_waiting}, request_type=RequestType.IN))


@admin.register(InboundRequest)
class InboundRequestAdmin(KeysetAdminMixin, ModelAdmin):
    """Looked at, never changed. Bodies and answers are left to the log, which hides what is secret in them."""

    empty_text = _(
        "No request is kept. Those to queued endpoints and those with an Idempotency-Key are; all are in the Log."
    )
    list_display = ("public_id", "config", "method", "shown_state", "status", "attempts", "created_at", "done_at")
    list_filter = (("config", NamedFilter), "state", "is_queued")
    list_filter_submit = False
    search_fields = ("public_id", "request_id")
    search_help_text = _("The request's whole id, or the whole X-Request-ID")
    fields = (
        ("config", "method"),
        ("state", "status"),
        ("is_queued", "attempts"),
        ("created_at", "done_at", "next_attempt_at"),
        "last_error",
        "is_told",
        ("request_id", "public_id"),
        "log_link",
    )
    readonly_fields = ("log_link",)

    def get_urls(self) -> list[Any]:
        replay = self.admin_site.admin_view(self.replay_view)
        return [path("replay/<int:entry_id>/", replay, name="inbound_inboundrequest_replay"), *super().get_urls()]

    def replay_view(self, request: HttpRequest, entry_id: int) -> HttpResponse:
        return replay_page(self, request, entry_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundRequest]:
        return super().get_queryset(request).select_related("config").defer("body", "answer", "config__auth_secret")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Whole ids, which the indexes find however many requests there are."""
        term = search_term.replace("\x00", "").strip()
        if not term:
            return queryset, False
        found = Q(request_id=term)
        with suppress(ValueError):
            found |= Q(public_id=UUID(term))
        ids = InboundRequest.objects.filter(found).order_by().values_list("pk", flat=True)[: self.list_max_show_all]
        return queryset.filter(pk__in=list(ids)), False

    @admin.display(description=_("In the log"))
    def log_link(self, row: InboundRequest) -> str | SafeString:
        if not row.request_id:
            return "-"
        query = urlencode({"request_id": row.request_id})
        url = f"{reverse('admin:auditlog_apilog_changelist')}?{query}"
        return format_html('<a class="text-link" href="{}">{}</a>', url, _now("Its exchanges, and replaying it"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(
        description=_("State"),
        label={"waiting": "warning", "running": "info", "done": "success"},
    )
    def shown_state(self, row: InboundRequest) -> tuple[str, str]:
        return row.state, row.get_state_display()
