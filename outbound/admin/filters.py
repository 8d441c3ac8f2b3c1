"""Filters of the deliveries that bulk actions are chosen by."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from auditlog.filters import MomentsFilter, TermFilter
from outbound.models import DeliveryState
from syncconfig.row_ids import row_id

_FAILING = (
    DeliveryState.DEAD,
    DeliveryState.SUPERSEDED,
    DeliveryState.PENDING,
    DeliveryState.SENDING,
    DeliveryState.DISCARDED,
)


class CreatedFilter(MomentsFilter):
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        since, until = self.given()
        if since is not None:
            queryset = queryset.filter(created_at__gte=since)
        return queryset if until is None else queryset.filter(created_at__lt=until)


class ErrorFilter(TermFilter):
    """Text in the last error, among those that have one: what arrived is not read for it."""

    title = _("text in the last error")
    parameter_name = "error"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state__in=_FAILING, last_error__icontains=self.term) if self.term else queryset


class RunFilter(TermFilter):
    title = _("run, e.g. #12")
    parameter_name = "run"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.term:
            return queryset
        run_id = row_id(self.term.lstrip("#"))
        return queryset.none() if run_id is None else queryset.filter(run_id=run_id)
