"""Links: which record is which on the other side. Removing one makes the record new to its sync."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from outbound.admin.looking import LookingAdmin
from outbound.models import RecordLink
from syncconfig.admin.safety import NamedFilter


@admin.register(RecordLink)
class RecordLinkAdmin(LookingAdmin):
    list_display = ("config", "odoo_id", "external_id", "synced_at")
    list_filter = (("config", NamedFilter),)
    search_fields = ("odoo_id",)
    search_help_text = _("An Odoo id or an external id")
    fields = ("config", "odoo_id", "external_id", "synced_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RecordLink]:
        return super().get_queryset(request).select_related("config").defer("config__auth_secret")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact matches: each finds its rows without reading them all."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(external_id=term)
        if term.lstrip("#").isdigit() and len(term) < 19:
            found |= Q(odoo_id=int(term.lstrip("#")))
        return queryset.filter(found), False
