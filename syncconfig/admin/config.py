"""Sync configs: the form on which staff say what goes where."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse, reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminExpandableTextareaWidget

from clients.errors import RemoteError
from syncconfig.admin.actions import ConfigActionsMixin, add_config_button, add_config_list_button
from syncconfig.admin.columns import HealthColumnsMixin, health_column
from syncconfig.admin.connection import tell_result
from syncconfig.admin.deleting import CountedDeletionMixin
from syncconfig.admin.dialogs import dialog_done
from syncconfig.admin.form_words import form_words
from syncconfig.admin.guided import GuidedMixin, new_sync
from syncconfig.admin.inlines import HeaderInline, LineInline, ParamInline, TriggerInline
from syncconfig.admin.learning import KNOWN_FIELDS, fields_learn_submitted
from syncconfig.admin.lookups import LookupsMixin
from syncconfig.admin.safety import NamedFilter, ReadableErrorsMixin
from syncconfig.admin.seen import CONFIG_MARKS, SeenMixin
from syncconfig.admin.suggestions import suggest
from syncconfig.code_inputs import AUTHOR_PERMISSION
from syncconfig.drifts import drift_check, snapshot_keep
from syncconfig.examples import API_PATH, curl_command, endpoint_url
from syncconfig.forms import SyncConfigForm
from syncconfig.models import OdooConnection, RequestType, SyncConfig
from syncconfig.moves import MoveAskingAdminMixin
from syncconfig.probes import connection_probe
from syncconfig.secrets import SecretUnreadable
from syncconfig.spans import ago
from syncconfig.trail import act_record
from syncconfig.watching import watched

# For users who may only look there are no inputs, and so no values that a condition could ask.
_IN = "typeof request_type === 'undefined' || request_type == 'in'"
_OUT = "typeof request_type === 'undefined' || request_type == 'out'"
_CALLS = "typeof request_type === 'undefined' || (request_type == 'out' && !target_connection)"
_SENDS = "typeof request_type === 'undefined' || (request_type == 'out' && !method_get && !target_connection)"
_TO_ODOO = "typeof request_type === 'undefined' || (request_type == 'out' && target_connection)"
_REMOVES = "typeof request_type === 'undefined' || request_type == 'in' || target_connection"
_WRITES = "typeof request_type === 'undefined' || request_type == 'in' || method_get"
_AUTH = "typeof auth_type === 'undefined' || auth_type {}"


@admin.register(SyncConfig)
class SyncConfigAdmin(
    GuidedMixin,
    HealthColumnsMixin,
    LookupsMixin,
    ConfigActionsMixin,
    MoveAskingAdminMixin,
    CountedDeletionMixin,
    SeenMixin,
    ReadableErrorsMixin,
    ModelAdmin,
):
    class Media:
        css = {"all": ("syncconfig/config.css",)}
        js = (
            "syncconfig/lookup.js",
            "syncconfig/highlight.js",
            "syncconfig/code.js",
            "syncconfig/bench.js",
            "syncconfig/domain.js",
            "syncconfig/lines.js",
            "syncconfig/tabs.js",
        )

    form = SyncConfigForm
    hidden_column = "auth_secret"
    deferred_columns = ("connection__secret", "target_connection__secret")
    list_display = (
        "name", health_column("health"), "shown_source", "shown_target",
        health_column("last_success"), health_column("rate"), health_column("backlog"), health_column("next_run"),
    )  # fmt: skip
    list_fullwidth = True
    list_filter = ("active", "request_type", ("connection", NamedFilter))
    list_filter_submit = False
    list_select_related = ("connection", "target_connection")
    search_fields = ("name", "model", "endpoint", "url")
    empty_text = _("No sync yet. One says which records go where, which field becomes which key, and when.")
    empty_url, empty_link = reverse_lazy("admin:syncconfig_guided_start"), _("New sync")
    show_add_link = False  # “New sync” takes its place, and offers the bare form as well
    change_form_before_template = "admin/syncconfig/config_before.html"
    change_form_outer_after_template = "admin/syncconfig/config_after.html"
    inlines = (LineInline, HeaderInline, ParamInline, TriggerInline)
    readonly_fields = ("shown_address", "shown_curl", "shown_pair", "drift_details")
    formfield_overrides = {models.TextField: {"widget": UnfoldAdminExpandableTextareaWidget(attrs={"rows": 1})}}
    warn_unsaved_form = True
    marks = CONFIG_MARKS
    save_as = False
    conditional_fields = {
        **dict.fromkeys(("endpoint", "shown_address", "shown_curl"), _IN),
        **dict.fromkeys(("only_changed", "retry_schedule"), _OUT),
        **dict.fromkeys(("url", "connect_timeout_s", "read_timeout_s"), _CALLS),
        **dict.fromkeys(("target_model", "conflict_rule", "pair", "shown_pair"), _TO_ODOO),
        "delete_mode": _REMOVES,
        **dict.fromkeys(("request_shape", "wrap_key", "answer_id_path"), _SENDS),
        "on_existing": _WRITES,
        "auth_login": _AUTH.format("== 'basic'"),
        "auth_header": _AUTH.format("== 'header'"),
        "auth_secret": _AUTH.format("!= 'none'"),
    }
    fieldsets = (
        (None, {"fields": ("name", "active", "request_type", "connection", "model", "domain")}),
        (
            _("Address"),
            {
                "classes": ["tab"],
                "fields": (
                    "endpoint",
                    "url",
                    "method_get",
                    "method_post",
                    "method_put",
                    "method_delete",
                    "shown_address",
                    "shown_curl",
                ),
            },
        ),
        (
            _("Odoo to Odoo"),
            {
                "classes": ["tab"],
                "fields": ("target_connection", "target_model", "conflict_rule", "pair", "shown_pair"),
            },
        ),
        (
            _("Authorization"),
            {"classes": ["tab"], "fields": ("auth_type", "auth_login", "auth_header", "auth_secret")},
        ),
        (
            _("Behaviour"),
            {
                "classes": ["tab"],
                "fields": (
                    "on_existing",
                    "delete_mode",
                    "request_shape",
                    "wrap_key",
                    "answer_id_path",
                    "only_changed",
                    "is_paginated",
                    "page_size",
                    "pauses_on_drift",
                ),
            },
        ),
        (
            _("Scripts"),
            {
                "classes": ["tab"],
                "fields": (
                    "before_script",
                    "before_limits",
                    "after_script",
                    "after_limits",
                    "script_writes",
                    "script_reads",
                ),
            },
        ),
        (
            _("Limits and retries"),
            {"classes": ["tab"], "fields": ("connect_timeout_s", "read_timeout_s", "retry_schedule")},
        ),
    )

    # --- list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("connection", "target_connection")

    @admin.display(description=_("In Odoo"), ordering="model")
    def shown_source(self, config: SyncConfig) -> SafeString:
        return format_html('{}<span class="sync-why">{}</span>', config.model, config.connection.name)

    @admin.display(description=_("Endpoint or URL"))
    def shown_target(self, config: SyncConfig) -> SafeString:
        is_in = config.request_type == RequestType.IN
        text, way = (config.endpoint, _now("In")) if is_in else (config.url, _now("Out"))
        if config.target_connection is not None:
            text = f"{config.target_connection.name}: {config.receiving_model}"
        text = text or "-"
        return format_html(
            '<span class="sync-target" title="{}">{}</span><span class="sync-why">{}</span>',
            text,
            text.partition("://")[2] or text,
            f"{way}: {', '.join(config.methods) or '-'}",
        )

    # --- form ---

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        config = super().get_object(request, object_id, from_field)
        if config is not None:
            config.site_url = request.build_absolute_uri("/")
        return config

    @admin.display(description=_("Full address"))
    def shown_address(self, config: Any) -> str:
        if not config.pk or not config.endpoint:
            return _now("Save an endpoint to see its address.")
        return endpoint_url(config, site_url=config.site_url)

    @admin.display(description=_("Try it"))
    def shown_curl(self, config: Any) -> str | SafeString:
        if not config.pk or not config.endpoint:
            return "-"
        command = curl_command(config, config.lines.all(), site_url=config.site_url)
        links = format_html(
            '<a class="text-link" href="{0}docs">{1}</a> · <a class="text-link" href="{0}openapi.json">OpenAPI</a>',
            API_PATH,
            _now("Documentation of the endpoints, to read and try"),
        )
        return format_html('<pre class="sync-code">{}</pre><p class="sync-domain">{}</p>', command, links)

    @admin.display(description=_("Named by"))
    def shown_pair(self, config: SyncConfig) -> str | SafeString:
        """The sync that names this one as its other direction, and so has the rule of both."""
        other = getattr(config, "paired_by", None) if config.pk else None
        if other is None:
            return "-"
        url = reverse("admin:syncconfig_syncconfig_change", args=[other.pk])
        return format_html(
            '<a class="text-link" href="{}">{}</a> {}',
            url,
            other,
            _now("is the other direction. Its rule for what was changed on both sides holds for this one too."),
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """With what has changed in Odoo on top, where something has."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not obj.drift:
            return fieldsets
        (title, options), *others = fieldsets
        return [(title, {**options, "fields": ("drift_details", *options["fields"])}), *others]

    @admin.display(description=_("Changed in Odoo"))
    def drift_details(self, config: SyncConfig) -> SafeString:
        when = ago(config.drift_checked_at) if config.drift_checked_at else "-"
        return render_to_string("admin/syncconfig/drift.html", {"drifts": config.drift, "ago": when})

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Schedules are for configs that send."""
        if request.method == "POST":
            has_schedules = "triggers-TOTAL_FORMS" in request.POST
        else:
            has_schedules = obj is None or obj.request_type == RequestType.OUT
        if not has_schedules:
            return [inline for inline in self.inlines if inline is not TriggerInline]
        return self.inlines

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        # The class was made for this request alone.
        form.known_fields = getattr(request, KNOWN_FIELDS, None)
        form.may_author = request.user.has_perm(AUTHOR_PERMISSION)
        return form

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("connection", "target_connection"):
            kwargs["queryset"] = OdooConnection.objects.defer("secret")
        elif db_field.name == "pair":
            ways = SyncConfig.objects.filter(request_type=RequestType.OUT, target_connection__isnull=False)
            kwargs["queryset"] = ways.defer("auth_secret")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        if request.method == "POST" and self._may_save(request, object_id):
            # Before the transaction in which the form is checked and saved: Odoo may take its time.
            fields_learn_submitted(request)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        context.update(form_words(self, request, obj))
        if obj is not None and request.method == "GET":
            context.update(self.guided_words(request, obj))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        known = getattr(request, KNOWN_FIELDS, None)
        if known is not None:
            snapshot_keep(form.instance, known)

    def _may_save(self, request: HttpRequest, object_id: str | None) -> bool:
        return self.has_change_permission(request) if object_id else self.has_add_permission(request)

    # --- buttons ---

    def has_run_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("syncconfig.run_syncconfig"))

    def has_preview_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A preview shows what is in Odoo, so looking at configs is not enough."""
        return self.has_run_permission(request) or self.has_change_permission(request)


@action(
    description=_("Test connection"),
    url_path="test",
    icon="network_check",
    permissions=["change"],
    dialog={
        "title": _("Test the connection of this sync"),
        "description": _("Odoo is asked who it is, who we are there, and what we may do. Nothing is changed."),
        "form_class": BaseDialogForm,
        "form_submit_text": _("Test"),
    },
)
def test_connection(
    model_admin: SyncConfigAdmin, request: HttpRequest, form: BaseDialogForm, object_id: str
) -> HttpResponse:
    """Ask the Odoo of the config."""
    config = model_admin.get_object(request, object_id)
    if config is None:
        return dialog_done("syncconfig_syncconfig_changelist")
    tell_result(request, config.connection, connection_probe(config.connection, config=config))
    act_record(user=request.user, objects=[config, config.connection], text=_("Tested the connection."))
    return dialog_done("syncconfig_syncconfig_change", object_id)


add_config_list_button(new_sync)
add_config_button(test_connection, is_in_menu=True)


@action(
    description=_("Check fields"),
    url_path="drift",
    icon="difference",
    permissions=["change"],
    dialog={
        "title": _("Compare the lines with Odoo's fields"),
        "description": _("Fields that have vanished or changed since this sync was saved. It happens daily by itself."),
        "form_class": BaseDialogForm,
        "form_submit_text": _("Compare"),
    },
)
def check_fields(
    model_admin: SyncConfigAdmin, request: HttpRequest, form: BaseDialogForm, object_id: str
) -> HttpResponse:
    """Look for drift now."""
    config = model_admin.get_object(request, object_id)
    if config is None:
        return dialog_done("syncconfig_syncconfig_changelist")
    act_record(user=request.user, objects=[config], text=_("Compared the lines with Odoo's fields."))
    try:
        with watched(config.connection, config):
            found = drift_check(config)
    except (RemoteError, SecretUnreadable) as error:
        messages.error(request, str(error))
    else:
        for drift in found:
            messages.warning(request, drift.message)
        if not found:
            messages.success(request, _now("Nothing that this sync maps has changed in Odoo."))
        elif not config.active:
            messages.warning(request, _now("The sync is switched off, as it says for this case."))
    return dialog_done("syncconfig_syncconfig_change", object_id)


add_config_button(check_fields, is_in_menu=True)
add_config_button(suggest, is_in_menu=True)
