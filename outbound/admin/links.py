"""Links: which record is which on the other side. Removing one makes the record new to its sync."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from auditlog.naming import RecordName
from auditlog.story import story_query
from outbound.admin.looking import LookingAdmin, link
from outbound.links import link_key
from outbound.models import RecordLink
from syncconfig.admin.safety import NamedFilter
from syncconfig.models import SyncConfig
from syncconfig.row_ids import row_id


@admin.register(RecordLink)
class RecordLinkAdmin(LookingAdmin):
    empty_text = _("No link yet. Each says which record of Odoo is which one on the other side, once a sync knows it.")
    list_display = ("config", "odoo_id", "external_id", "synced_at", "story_link")
    list_filter = (("config", NamedFilter),)
    search_fields = ("odoo_id",)
    search_help_text = _("An Odoo id or an external id")
    fields = ("config", "odoo_id", "external_id", "synced_at", "story_link")
    readonly_fields = ("story_link",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RecordLink]:
        return super().get_queryset(request).select_related("config").defer("config__auth_secret")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact matches: each finds its rows without reading them all."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(external_id__in=[term, link_key(term), link_key(term.lower())])
        number = term.lstrip("#")
        if (odoo_id := row_id(number)) is not None:
            found |= Q(odoo_id=odoo_id)
        # By config, since both indexes begin with it.
        return queryset.filter(found, config_id__in=list(SyncConfig.objects.values_list("pk", flat=True))), False

    @admin.display(description=_("Story"))
    def story_link(self, row: RecordLink) -> SafeString:
        query = f"?{story_query(RecordName(row.config_id, row.odoo_id, row.external_id or ''))}"
        return link("auditlog_apilog_story", _("All about this record"), query=query)
