"""Odoo connections: who is asked, and whether it answers."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from syncconfig.admin.safety import ReadableErrorsMixin
from syncconfig.forms import OdooConnectionForm
from syncconfig.models import OdooConnection
from syncconfig.probes import ProbeResult, connection_probe

SAVE_AND_TEST = "_test_after_save"


def tell_result(request: HttpRequest, connection: OdooConnection, result: ProbeResult) -> None:
    """The outcome of a test, as a message on the next page."""
    if result.error:
        messages.error(request, _("%(name)s: %(error)s") % {"name": connection.name, "error": result.error})
        return
    messages.success(
        request,
        _("%(name)s answers: Odoo %(version)s, database %(database)s, user id %(uid)s, %(protocol)s, %(ms)s ms a call.")
        % {
            "name": connection.name,
            "version": result.version,
            "database": result.database,
            "uid": result.uid,
            "protocol": {"json2": "JSON-2", "jsonrpc": "JSON-RPC", "xmlrpc": "XML-RPC"}.get(result.protocol, "?"),
            "ms": result.call_ms,
        },
    )


@admin.register(OdooConnection)
class OdooConnectionAdmin(ReadableErrorsMixin, ModelAdmin):
    form = OdooConnectionForm
    hidden_column = "secret"
    list_display = ("name", "url", "database", "login", "shown_state", "checked_at")
    search_fields = ("name", "url", "database")
    actions_detail = ("test_connection",)
    actions_submit_line = ("save_and_test",)
    warn_unsaved_form = True
    readonly_fields = ("shown_result",)
    fieldsets = (
        (
            None,
            {"fields": ("name", "url", "database", "login", "secret", "shown_result")},
        ),
        (_("Details"), {"classes": ["tab"], "fields": ("protocol", "lang", "timezone", "company_ids")}),
        (_("Network"), {"classes": ["tab"], "fields": ("verify_tls", "connect_timeout_s", "read_timeout_s")}),
    )

    @display(description=_("State"), label={"ok": "success", "failed": "danger", "": "info"})
    def shown_state(self, connection: OdooConnection) -> tuple[str, str]:
        if connection.check_error:
            return "failed", str(_("Fails"))
        if connection.checked_at:
            return "ok", f"Odoo {connection.detected_version.partition('-')[0]}"
        return "", str(_("Not tested"))

    @admin.display(description=_("Last test"))
    def shown_result(self, connection: OdooConnection) -> str | SafeString:
        if not connection.checked_at:
            return gettext("Not tested yet. Save, then press “Test connection”.")
        if connection.check_error:
            return connection.check_error
        return format_html(
            "Odoo {}, {}, {} {}, {} ms",
            connection.detected_version,
            connection.detected_protocol,
            _("user id"),
            connection.detected_uid,
            connection.call_ms,
        )

    # A plain link, not a form: it changes nothing but what is known of the connection.
    @action(description=_("Test connection"), url_path="test", icon="network_check", permissions=["change"])
    def test_connection(self, request: HttpRequest, object_id: str) -> HttpResponse:
        back = reverse("admin:syncconfig_odooconnection_change", args=[object_id])
        connection = self.get_object(request, object_id)
        if connection is None:
            return HttpResponseRedirect(reverse("admin:syncconfig_odooconnection_changelist"))
        tell_result(request, connection, connection_probe(connection))
        return HttpResponseRedirect(back)

    @action(description=_("Save and test"), permissions=["change"])
    def save_and_test(self, request: HttpRequest, obj: OdooConnection) -> None:
        # The form is saved within a transaction, in which Odoo must not be asked: the test comes with the redirect.
        setattr(request, SAVE_AND_TEST, True)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        response = super().response_change(request, obj)
        if getattr(request, SAVE_AND_TEST, False):
            return HttpResponseRedirect(reverse("admin:syncconfig_odooconnection_test_connection", args=[obj.pk]))
        return response
