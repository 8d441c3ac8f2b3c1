"""Answers what the config form asks while somebody types: names of models and fields of the connected Odoo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path

from clients.odoo.schema import Field
from syncconfig.models import OdooConnection
from syncconfig.names import fields_at, models_of
from syncconfig.row_ids import row_id
from syncconfig.secrets import SecretUnreadable
from syncconfig.validators import validate_field_path, validate_model_name
from syncconfig.watching import watched

MAX_SHOWN_SELECTION = 60


class LookupsMixin:
    """For the ModelAdmin of sync configs. Who may neither add nor change configs is told nothing."""

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site  # type: ignore[attr-defined]
        own = [
            path("lookup/models/", site.admin_view(self.models_view), name="syncconfig_lookup_models"),
            path("lookup/fields/", site.admin_view(self.fields_view), name="syncconfig_lookup_fields"),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def models_view(self, request: HttpRequest) -> JsonResponse:
        """`?connection=`: {items: [{name, label}], error}."""

        def answer(connection: OdooConnection) -> dict[str, Any]:
            found = models_of(connection)
            return {"items": [{"name": name, "label": label} for name, label in found.models], "error": found.error}

        return self._answer(request, answer)

    def fields_view(self, request: HttpRequest) -> JsonResponse:
        """`?connection=&model=&path=partner_id`: {model, items: [{name, label, type, ...}], error}."""
        self._check_may_ask(request)
        model, through = request.GET.get("model", "").strip(), request.GET.get("path", "").strip()
        try:
            validate_model_name(model)
            if through:
                validate_field_path(through)
        except ValidationError as error:
            return JsonResponse({"items": [], "error": error.messages[0]})

        def answer(connection: OdooConnection) -> dict[str, Any]:
            found = fields_at(connection, model, through)
            return {"model": found.model, "items": [_item(each) for each in found.fields], "error": found.error}

        return self._answer(request, answer)

    def _check_may_ask(self, request: HttpRequest) -> None:
        if not (self.has_add_permission(request) or self.has_change_permission(request)):  # type: ignore[attr-defined]
            raise PermissionDenied

    def _answer(self, request: HttpRequest, answer: Callable[[OdooConnection], dict[str, Any]]) -> JsonResponse:
        self._check_may_ask(request)
        number = row_id(request.GET.get("connection", ""))
        if number is None:
            return JsonResponse({"items": [], "error": "Choose an Odoo connection first."})
        try:
            connection = OdooConnection.objects.filter(pk=number).first()
            if connection is None:
                return JsonResponse({"items": [], "error": "There is no such connection."}, status=404)
            with watched(connection):
                return JsonResponse(answer(connection))
        except SecretUnreadable as error:
            return JsonResponse({"items": [], "error": str(error)})


def _item(field: Field) -> dict[str, Any]:
    item: dict[str, Any] = {"name": field.name, "label": field.label, "type": field.type}
    if field.relation:
        item["relation"] = field.relation
    if field.required:
        item["required"] = True
    if field.readonly:
        item["readonly"] = True
    if field.selection:
        item["selection"] = [list(pair) for pair in field.selection[:MAX_SHOWN_SELECTION]]
    return item
