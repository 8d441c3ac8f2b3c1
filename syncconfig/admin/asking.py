"""Asks Odoo while somebody edits a config: how many records its filter matches, and what a record looks like.

Both read, on demand, with short timeouts: the form waits for them. What they show is in Odoo, so it is for those who
may preview.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from clients.errors import RemoteError
from clients.http import Timeouts
from clients.odoo import OdooClient, connect
from clients.odoo.domain import DomainError, check_domain, parse_domain
from clients.odoo.read_only import ReadOnlyOdoo
from mapping.suggest_out import record_fields
from syncconfig.admin.actions import add_config_view, check_may_edit
from syncconfig.connections import client_settings, fields_of, http_client
from syncconfig.models import OdooConnection
from syncconfig.row_ids import row_id
from syncconfig.secrets import SecretUnreadable
from syncconfig.validators import validate_model_name
from syncconfig.watching import watched

TIMEOUTS: Final = Timeouts(connect_s=3, read_s=6)
MAX_EXAMPLES: Final = 5

Answer = Callable[[OdooClient, OdooConnection, str, list[Any]], dict[str, Any]]


def domain_count(model_admin: Any, request: HttpRequest) -> JsonResponse:
    """POST connection, model, domain -> {count, examples: [{id, name}]} or {error, position}."""

    def answer(client: OdooClient, connection: OdooConnection, model: str, domain: list[Any]) -> dict[str, Any]:
        check_domain(domain, fields_of(connection, model))
        count = client.search_count(model, domain)
        found = client.search_read(model, domain, ["display_name"], limit=MAX_EXAMPLES) if count else []
        return {"count": count, "examples": [{"id": row["id"], "name": row["display_name"]} for row in found]}

    return _asked(model_admin, request, answer)


def record_sample(model_admin: Any, request: HttpRequest) -> JsonResponse:
    """POST connection, model, domain -> {record}: the newest one of the domain as JSON text, or {error}."""

    def answer(client: OdooClient, connection: OdooConnection, model: str, domain: list[Any]) -> dict[str, Any]:
        names = record_fields(fields_of(connection, model))
        found = client.search_read(model, domain, names, limit=1, order="id desc")
        if not found:
            return {"error": _("No record is in the filter domain.")}
        return {"record": json.dumps(found[0], indent=2, ensure_ascii=False, default=str)}

    return _asked(model_admin, request, answer)


def _asked(model_admin: Any, request: HttpRequest, answer: Answer) -> JsonResponse:
    check_may_edit(model_admin, request)
    if not (model_admin.has_preview_permission(request) or model_admin.has_add_permission(request)):
        raise PermissionDenied
    if request.method != "POST":
        return JsonResponse({"error": _("Send it with POST.")}, status=405)
    number, model = row_id(request.POST.get("connection", "")), request.POST.get("model", "").strip()
    if number is None:
        return JsonResponse({"error": _("Choose an Odoo connection first.")})
    connection = OdooConnection.objects.filter(pk=number).first()
    if connection is None:
        return JsonResponse({"error": _("There is no such connection.")}, status=404)
    try:
        validate_model_name(model)
        with watched(connection):
            client = _quick_client(connection)
            domain = _domain(request.POST.get("domain", ""), client, connection)
            return JsonResponse(answer(client, connection, model, domain))
    except DomainError as error:
        return JsonResponse({"error": str(error), "position": error.position})
    except ValidationError as error:
        return JsonResponse({"error": error.messages[0]})
    except (RemoteError, SecretUnreadable) as error:
        return JsonResponse({"error": str(error)})


def _domain(text: str, client: OdooClient, connection: OdooConnection) -> list[Any]:
    now = datetime.now(UTC)
    # What is no domain needs no Odoo to be told so.
    parse_domain(text or "[]", now=now, uid=1, tz=connection.timezone)
    return parse_domain(text or "[]", now=now, uid=client.authenticate(), tz=connection.timezone)


def _quick_client(connection: OdooConnection) -> OdooClient:
    settings = replace(client_settings(connection), timeouts=TIMEOUTS)
    return ReadOnlyOdoo(connect(settings, http=http_client(verify=connection.verify_tls)))


add_config_view("domain-count/", name="syncconfig_domain_count", view=domain_count)
add_config_view("record-sample/", name="syncconfig_record_sample", view=record_sample)
