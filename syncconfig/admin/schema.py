"""The models of Odoo whose fields are known here, with their age: to look at, and to read anew."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from clients.errors import RemoteError
from clients.odoo.schema import fields_from_get
from syncconfig.admin.safety import NamedFilter
from syncconfig.connections import fields_of
from syncconfig.models import ModelSchema
from syncconfig.schemas import MAX_AGE
from syncconfig.secrets import SecretUnreadable
from syncconfig.spans import span_since
from syncconfig.trail import act_record
from syncconfig.watching import watched


@admin.register(ModelSchema)
class ModelSchemaAdmin(ModelAdmin):
    empty_text = _("No model is known yet: the fields of a model are read when a sync with it is saved.")
    list_display = ("model", "connection", "shown_age", "shown_state", "error")
    list_filter = (("connection", NamedFilter),)
    search_fields = ("model",)
    ordering = ("connection__name", "model")
    actions = ("refresh_chosen",)
    fields = ("model", "connection", "shown_age", "shown_fields")
    readonly_fields = ("shown_age", "shown_fields")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_refresh_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("syncconfig.change_odooconnection"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelSchema]:
        return super().get_queryset(request).select_related("connection").defer("fields", "connection__secret")

    @admin.display(description=_("Age"), ordering="fetched_at")
    def shown_age(self, schema: ModelSchema) -> str:
        return span_since(schema.fetched_at)

    @display(description=_("State"), label={"ok": "success", "old": "warning", "failed": "danger"})
    def shown_state(self, schema: ModelSchema) -> tuple[str, str]:
        if schema.error:
            return "failed", _now("Error")
        if schema.fetched_at < timezone.now() - MAX_AGE:
            return "old", _now("Due")
        return "ok", _now("Fresh")

    @admin.display(description=_("Fields"))
    def shown_fields(self, schema: ModelSchema) -> SafeString:
        found = sorted(fields_from_get(schema.fields).values(), key=lambda field: field.name)
        return render_to_string("admin/syncconfig/model_fields.html", {"fields": found})

    @admin.action(description=_("Read their fields anew"), permissions=["refresh"])
    def refresh_chosen(self, request: HttpRequest, queryset: QuerySet[ModelSchema]) -> None:
        count = 0
        for schema in queryset.defer("fields")[:100]:
            try:
                with watched(schema.connection):
                    fields_of(schema.connection, schema.model, refresh=True)
                act_record(user=request.user, objects=[schema], text=_("Read its fields anew."))
                count += 1
            except (RemoteError, SecretUnreadable) as error:
                ModelSchema.objects.filter(pk=schema.pk).update(tried_at=timezone.now(), error=str(error))
                messages.error(request, f"{schema.model}: {error}")
        if count:
            messages.success(request, _now("Read anew: %(count)s.") % {"count": count})
