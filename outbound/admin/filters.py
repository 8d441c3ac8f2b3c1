"""Filters of the deliveries that bulk actions are chosen by."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter, TextFilter

from auditlog.filters import moment
from outbound.models import DeliveryState
from syncconfig.row_ids import row_id

_FAILING = (DeliveryState.DEAD, DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DISCARDED)


class CreatedFilter(RangeDateTimeFilter):
    """From and to; a day alone is the whole day."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        since, until = self._given("from", ends=False), self._given("to", ends=True)
        if since is not None:
            queryset = queryset.filter(created_at__gte=since)
        return queryset if until is None else queryset.filter(created_at__lt=until)

    def _given(self, end: str, *, ends: bool) -> Any:
        day = str(self.used_parameters.get(f"{self.parameter_name}_{end}_0") or "").strip()
        time = str(self.used_parameters.get(f"{self.parameter_name}_{end}_1") or "").strip()
        return moment(f"{day} {time}".strip(), ends=ends)


class ErrorFilter(TextFilter):
    """Text in the last error, among those that have one: what arrived is not read for it."""

    title = _("text in the last error")
    parameter_name = "error"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        term = (self.value() or "").strip()
        return queryset.filter(state__in=_FAILING, last_error__icontains=term) if term else queryset


class RunFilter(TextFilter):
    title = _("run, e.g. #12")
    parameter_name = "run"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        term = (self.value() or "").strip()
        number = term.lstrip("#")
        if not term:
            return queryset
        run_id = row_id(number)
        return queryset.none() if run_id is None else queryset.filter(run_id=run_id)
