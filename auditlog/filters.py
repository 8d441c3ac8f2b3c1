"""Filters of the log. Each says whether an index finds its rows, or whether rows must be looked at one by one.

The list combines them as it likes; what is not `found` by an index is looked for in a bounded number of rows, see
`auditlog.change_list`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.apps import apps
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter, TextFilter

from auditlog.models import ApiLog
from auditlog.naming import names_of
from syncconfig.row_ids import row_id

_PERIODS = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}
_HIGHEST_STATUS: Final = 999
STORED_LATE: Final = timedelta(hours=1)
"""Rows are stored when their recording ends, and so in another order than that of their times; never so much later."""


class NamedFilter(admin.RelatedFieldListFilter):
    """By a related row's name, which is all that is read of it: other columns may be credentials."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(field.related_model._default_manager.order_by("name").values_list("pk", "name"))


class LogFilter:
    """What the list asks of a filter. `found` is the part of it that an index answers; a filter without one leaves
    the rows as they are. `is_scan`: each row that is found must be looked at; `reads_bodies`: also its bodies."""

    reads_bodies = False

    @property
    def is_scan(self) -> bool:
        return False

    def found(self, rows: QuerySet[ApiLog]) -> QuerySet[ApiLog]:
        return rows


class ConfigFilter(LogFilter, NamedFilter):
    def found(self, rows: QuerySet[ApiLog]) -> QuerySet[ApiLog]:
        ids: Any = self.used_parameters.get(self.lookup_kwarg)
        return rows.filter(config_id__in=ids) if ids else rows


class ChoiceFilter(LogFilter, admin.ChoicesFieldListFilter):
    """A choice that so many rows have that no index would help."""

    @property
    def is_scan(self) -> bool:
        return bool(self.used_parameters)


class DryRunFilter(LogFilter, admin.BooleanFieldListFilter):
    def found(self, rows: QuerySet[ApiLog]) -> QuerySet[ApiLog]:
        wanted: Any = self.used_parameters.get(self.lookup_kwarg)
        return rows.filter(is_dry_run=True) if wanted and str(wanted[-1]) in ("1", "True") else rows


class StatusClassFilter(LogFilter, admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status_class"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("failed", _("Failed in any way")),
            ("2", "2xx"),
            ("3", "3xx"),
            ("4", "4xx"),
            ("5", "5xx"),
            ("none", _("No answer")),
        ]

    @property
    def is_scan(self) -> bool:
        return self.value() not in (None, "failed")

    def found(self, rows: QuerySet[ApiLog]) -> QuerySet[ApiLog]:
        return rows.filter(is_failed=True) if self.value() in {"failed", "4", "5", "none"} else rows

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value, rows = self.value(), self.found(queryset)
        if value == "none":
            return rows.filter(status=None)
        if value in {"2", "3", "4", "5"}:
            return rows.filter(status__gte=int(value) * 100, status__lt=int(value) * 100 + 100)
        return rows


class TermFilter(TextFilter):
    """A filter that is written rather than chosen."""

    @property
    def term(self) -> str:
        """What was written, as databases take it; empty for nothing."""
        return (self.value() or "").replace("\x00", "").strip()


class WrittenFilter(LogFilter, TermFilter):
    """What makes no sense finds nothing."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.matching(queryset, self.term) if self.term else queryset

    def found(self, rows: QuerySet[ApiLog]) -> QuerySet[ApiLog]:
        return self.matching(rows, self.term) if self.term else rows

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        raise NotImplementedError


class StatusFilter(WrittenFilter):
    title = _("exact status, e.g. 404")
    parameter_name = "status"

    @property
    def is_scan(self) -> bool:
        return bool(self.term)

    def found(self, rows: QuerySet[ApiLog]) -> QuerySet[ApiLog]:
        return rows.filter(is_failed=True) if 400 <= (row_id(self.term) or 0) < 600 else rows

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        status = row_id(term)
        return rows.none() if status is None or status > _HIGHEST_STATUS else self.found(rows).filter(status=status)


class RecordFilter(WrittenFilter):
    title = _("record: Odoo id, identifier or external id")
    parameter_name = "record"

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return rows.filter(about(term))


class RequestIdFilter(WrittenFilter):
    title = _("request id")
    parameter_name = "request_id"

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return rows.filter(request_id=term)


class _NumberFilter(WrittenFilter):
    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        number = term.lstrip("#")
        found = row_id(number)
        return rows.none() if found is None else rows.filter(**{str(self.parameter_name): found})


class RunFilter(_NumberFilter):
    title = _("run, e.g. #12")
    parameter_name = "run_id"


class DeliveryFilter(_NumberFilter):
    """Also the requests that carried it together with others."""

    title = _("delivery, e.g. #345")
    parameter_name = "delivery_id"

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        mine = super().matching(rows, term)
        if mine.query.is_empty():
            return mine
        # By name: deliveries know the log, not the other way round.
        deliveries = apps.get_model("outbound", "Delivery")._default_manager
        batch = deliveries.filter(pk=int(term.lstrip("#"))).values_list("batch", flat=True).first()
        return mine if batch is None else rows.filter(batch=batch)


class TextInBodiesFilter(WrittenFilter):
    title = _("text in bodies and errors")
    parameter_name = "text"
    reads_bodies = True

    @property
    def is_scan(self) -> bool:
        return bool(self.term)

    def found(self, rows: QuerySet[ApiLog]) -> QuerySet[ApiLog]:
        return rows

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return rows.filter(holding(term))


class PeriodFilter(LogFilter, admin.SimpleListFilter):
    title = _("time")
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1h", _("Last hour")), ("1d", _("Last day")), ("7d", _("Last 7 days")), ("30d", _("Last 30 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.found(queryset)

    def found(self, rows: QuerySet[ApiLog]) -> QuerySet[ApiLog]:
        period = _PERIODS.get(self.value() or "")
        return between(rows, timezone.now() - period, None) if period else rows


class MomentsFilter(RangeDateTimeFilter):
    """From and to; a day alone is the whole day."""

    def given(self) -> tuple[datetime | None, datetime | None]:
        """The first moment, and the first one behind; None where none was written."""
        return self._moment("from", ends=False), self._moment("to", ends=True)

    def _moment(self, end: str, *, ends: bool) -> datetime | None:
        day = str(self.used_parameters.get(f"{self.parameter_name}_{end}_0") or "").strip()
        time = str(self.used_parameters.get(f"{self.parameter_name}_{end}_1") or "").strip()
        return moment(f"{day} {time}".strip(), ends=ends)


class TimeFilter(LogFilter, MomentsFilter):
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.found(queryset)

    def found(self, rows: QuerySet[ApiLog]) -> QuerySet[ApiLog]:
        since, until = self.given()
        return between(rows, since, until) if since or until else rows


def moment(text: str, *, ends: bool) -> datetime | None:
    """The time that was written, in the zone of the site; of a day alone its beginning, or the end of it. None for
    what is no time."""
    try:
        day = parse_date(text)
        found = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # noqa: DTZ001 - aware below
        if found is None:
            return None
        if day and ends:
            found += timedelta(days=1)
        return timezone.make_aware(found) if timezone.is_naive(found) else found
    except (ValueError, OverflowError):
        return None


def between(rows: QuerySet[ApiLog], since: datetime | None, until: datetime | None) -> QuerySet[ApiLog]:
    """The rows of a time, as a range of ids: in the order of ids no row before it or after it is looked at."""
    if since is not None:
        older = ApiLog.objects.filter(created_at__lt=since - STORED_LATE).order_by("-created_at")
        first = older.values_list("id", flat=True).first()
        rows = rows.filter(created_at__gte=since, **({} if first is None else {"id__gt": first}))
    if until is not None:
        newer = ApiLog.objects.filter(created_at__gte=until + STORED_LATE).order_by("created_at")
        last = newer.values_list("id", flat=True).first()
        rows = rows.filter(created_at__lt=until, **({} if last is None else {"id__lt": last}))
    return rows


def about(term: str) -> Q:
    """The rows about a record, by any of its names."""
    refs = {term, term.removeprefix("#")}
    # By record alone, so that one index answers: another config's record of the same name is told by its config.
    for name in names_of(term, term.removeprefix("#")):
        refs.update(name.refs)
    return Q(record_ref__in=sorted(refs))


def called(term: str) -> Q:
    """The rows with this request id, or about the record of this name."""
    return Q(request_id=term) | about(term)


def holding(term: str) -> Q:
    """The rows in whose bodies or error the text stands."""
    return Q(request_body__icontains=term) | Q(response_body__icontains=term) | Q(error__icontains=term)
