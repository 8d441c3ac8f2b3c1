"""Odoo connections: who is asked, whether it answers, and what it lets us do."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from syncconfig.admin.dialogs import dialog_done
from syncconfig.admin.safety import ReadableErrorsMixin
from syncconfig.admin.seen import CONNECTION_MARKS, SeenMixin
from syncconfig.forms import OdooConnectionForm
from syncconfig.health import PROTOCOL_NAMES, State, health_of, key_sentence
from syncconfig.models import OdooConnection
from syncconfig.models.connection import Protocol
from syncconfig.moves import MoveAskingAdminMixin
from syncconfig.probes import ProbeResult, connection_probe
from syncconfig.rights import OPERATIONS
from syncconfig.schemas import Refreshed, connection_schemas_refresh
from syncconfig.spans import ago, span_since
from syncconfig.trail import act_record

_TEST_AFTER_SAVE = "_test_after_save"
_COLOURS = {State.OK: "success", State.FAILED: "danger", State.WARNING: "warning", State.UNTESTED: "info"}
_CHANGE, _LIST = "syncconfig_odooconnection_change", "syncconfig_odooconnection_changelist"


def tell_result(request: HttpRequest, connection: OdooConnection, result: ProbeResult) -> None:
    """The outcome of a test, as messages on the next page."""
    if result.error:
        messages.error(request, _now("%(name)s: %(error)s") % {"name": connection.name, "error": result.error})
        return
    messages.success(
        request,
        _now(
            "%(name)s answers: Odoo %(version)s, database %(database)s, %(user)s (%(login)s, user id %(uid)s), "
            "%(protocol)s, %(ms)s ms a call."
        )
        % {
            "name": connection.name,
            "version": result.version,
            "database": result.database,
            "user": result.findings["user"],
            "login": result.findings["login"],
            "uid": result.uid,
            "protocol": PROTOCOL_NAMES.get(Protocol(result.protocol), "?"),
            "ms": result.call_ms,
        },
    )
    health = health_of(connection, now=timezone.now())
    if health.state is not State.OK:
        messages.warning(request, health.sentence)


def tell_refreshed(request: HttpRequest, report: Refreshed) -> None:
    """What came of asking for the models' fields anew."""
    for model, reason in list(report.errors.items())[:5]:
        messages.error(request, f"{model}: {reason}")
    if not report.count:
        messages.info(request, _now("No model is known yet: they are learnt when a config is saved."))
    elif not report.errors:
        done = ngettext(
            "The fields of %(count)s model were read anew.",
            "The fields of %(count)s models were read anew.",
            report.count,
        )
        messages.success(request, done % {"count": report.count})


@admin.register(OdooConnection)
class OdooConnectionAdmin(MoveAskingAdminMixin, SeenMixin, ReadableErrorsMixin, ModelAdmin):
    form = OdooConnectionForm
    hidden_column = "secret"
    list_display = ("name", "url", "database", "login", "shown_state", "shown_note", "checked_at")
    search_fields = ("name", "url", "database")
    empty_text = _("No connection yet. Make one for each Odoo database, with a user and an API key of the hub's own.")
    actions_detail = ("test_connection", "refresh_models")
    actions_submit_line = ("save_and_test",)
    warn_unsaved_form = True
    change_form_before_template = "admin/syncconfig/seen.html"
    marks = CONNECTION_MARKS
    readonly_fields = ("shown_health", "shown_models")
    fieldsets = (
        (
            None,
            {"fields": ("name", "url", "database", "login", "secret", "shown_health", "shown_models")},
        ),
        (_("Details"), {"classes": ["tab"], "fields": ("protocol", "lang", "timezone", "company_ids")}),
        (_("Network"), {"classes": ["tab"], "fields": ("verify_tls", "connect_timeout_s", "read_timeout_s")}),
    )

    # --- what is shown ---

    @display(description=_("State"), label=_COLOURS)
    def shown_state(self, connection: OdooConnection) -> tuple[str, str]:
        health = health_of(connection, now=timezone.now())
        return health.state, health.badge

    @admin.display(description=_("Why"))
    def shown_note(self, connection: OdooConnection) -> str:
        text = health_of(connection, now=timezone.now()).sentence
        return text if len(text) <= 120 else f"{text[:119]}…"

    @admin.display(description=_("Last test"))
    def shown_health(self, connection: OdooConnection) -> str | SafeString:
        now = timezone.now()
        health = health_of(connection, now=now)
        if connection.checked_at is None:
            return _now("Not tested yet. Save, then press “Test connection”.")
        return render_to_string(
            "admin/syncconfig/connection_health.html",
            {
                "connection": connection,
                "health": health,
                "badge_type": _COLOURS[health.state],
                "ago": ago(connection.checked_at, now),
                "protocol": PROTOCOL_NAMES.get(Protocol(connection.detected_protocol or Protocol.AUTO), "-"),
                "key": key_sentence(connection, now=now),
                "operations": OPERATIONS,
                "rights": [_right(rights) for rights in connection.findings.get("rights", [])],
            },
        )

    @admin.display(description=_("Known models"))
    def shown_models(self, connection: OdooConnection) -> str | SafeString:
        if connection.pk is None:
            return "-"
        oldest = connection.schemas.aggregate(oldest=Min("fetched_at"))["oldest"]
        if oldest is None:
            return _now("None yet: they are learnt when a config is saved.")
        text = _now("%(count)s, the oldest read %(age)s ago") % {
            "count": connection.schemas.count(),
            "age": span_since(oldest),
        }
        url = f"{reverse('admin:syncconfig_modelschema_changelist')}?connection__id__exact={connection.pk}"
        return format_html('<a class="text-link" href="{}">{}</a>', url, text)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list[Any]:
        """With what it was and what it is now, for the history; of a secret only that it was changed."""
        message: list[Any] = super().construct_change_message(request, form, formsets, add)
        for each in message:
            if names := each.get("changed", {}).get("fields"):
                each["changed"]["fields"] = [
                    label if name in form.secret_names else f"{label} ({_before_and_after(form, name)})"
                    for label, name in zip(names, form.changed_data, strict=True)
                ]
        return message

    # --- buttons ---

    @action(
        description=_("Test connection"),
        url_path="test",
        icon="network_check",
        permissions=["change"],
        dialog={
            "title": _("Test the connection"),
            "description": _("Odoo is asked who it is, who we are there, and what we may do. Nothing is changed."),
            "form_class": BaseDialogForm,
            "form_submit_text": _("Test"),
        },
    )
    def test_connection(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        connection = self.get_object(request, object_id)
        if connection is None:
            return dialog_done(_LIST)
        tell_result(request, connection, connection_probe(connection))
        act_record(user=request.user, objects=[connection], text=_("Tested the connection."))
        return dialog_done(_CHANGE, object_id)

    @action(
        description=_("Refresh fields"),
        url_path="refresh",
        icon="refresh",
        permissions=["change"],
        dialog={
            "title": _("Read the fields of the known models anew"),
            "description": _("After an update of Odoo, or when a field was added there. It happens daily by itself."),
            "form_class": BaseDialogForm,
            "form_submit_text": _("Refresh"),
        },
    )
    def refresh_models(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        connection = self.get_object(request, object_id)
        if connection is None:
            return dialog_done(_LIST)
        tell_refreshed(request, connection_schemas_refresh(connection))
        act_record(user=request.user, objects=[connection], text=_("Read the fields of the known models anew."))
        return dialog_done(_CHANGE, object_id)

    @action(description=_("Save and test"), permissions=["change"])
    def save_and_test(self, request: HttpRequest, obj: OdooConnection) -> None:
        # The form is saved within a transaction, in which Odoo must not be asked: see `changeform_view`.
        setattr(request, _TEST_AFTER_SAVE, obj.pk)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        if object_id is None:
            # The theme offers such buttons only for what is stored; a new connection is what one wants to test most.
            extra_context = {**(extra_context or {}), "actions_submit_line": self.get_actions_submit_line(request, 0)}
        response = super().changeform_view(request, object_id, form_url, extra_context)
        saved = getattr(request, _TEST_AFTER_SAVE, None)
        connection = OdooConnection.objects.filter(pk=saved).first() if saved is not None else None
        if connection is not None:
            tell_result(request, connection, connection_probe(connection))
            act_record(user=request.user, objects=[connection], text=_("Tested the connection."))
        return response

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._stay(request, obj) or super().response_change(request, obj)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._stay(request, obj) or super().response_add(request, obj, post_url_continue)

    def _stay(self, request: HttpRequest, obj: OdooConnection) -> HttpResponse | None:
        """After “Save and test” the form is shown again, with what was found."""
        if getattr(request, _TEST_AFTER_SAVE, None) is None:
            return None
        return HttpResponseRedirect(reverse(f"admin:{_CHANGE}", args=[obj.pk]))


def _before_and_after(form: Any, name: str) -> str:
    before, after = (
        str(value) if value not in (None, "") else "-"
        for value in (form.initial.get(name), form.cleaned_data.get(name))
    )
    return f"{before[:200]} → {after[:200]}"


def _right(rights: dict[str, Any]) -> dict[str, Any]:
    """A row of the table of rights: one cell an operation, and what is wrong."""
    cells = [
        {"allowed": rights["allowed"].get(operation), "is_missing": operation in rights["missing"]}
        for operation in OPERATIONS
    ]
    return {"model": rights["model"], "cells": cells, "error": rights["error"]}
