"""The list of the log: whatever is filtered for, a page looks at a bounded number of rows, and says so.

Filters that an index answers find their rows at once. Where others remain (a direction, an exact status, a text), the
rows that were found are looked at from the newest on: at most SCANNED_ROWS of them, or READ_ROWS where their bodies
must be read. If that page is not full, it says how far it has looked, and a link goes on from there.
"""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Max, Min, QuerySet
from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.translation import gettext as _now

from auditlog.filters import LogFilter
from auditlog.models import ApiLog
from auditlog.pages import KeysetChangeList

SCANNED_ROWS: Final = 50_000
READ_ROWS: Final = 5_000


class LogChangeList(KeysetChangeList):
    looked_at = ""
    _is_whole = False

    def read_page(self, rows: QuerySet[Any], before: int | None, after: int | None) -> list[Any]:
        scans = [spec for spec in self.filter_specs if isinstance(spec, LogFilter) and spec.is_scan]
        is_url = self.query.strip().startswith(("/", "http://", "https://"))
        if not scans and not is_url:
            return super().read_page(rows, before, after)
        most = READ_ROWS if any(spec.reads_bodies for spec in scans) else SCANNED_ROWS
        return self._scan(rows, before, after, most)

    def _scan(self, rows: QuerySet[Any], before: int | None, after: int | None, most: int) -> list[Any]:
        found = self._found()
        if after is not None:
            top = self._bound(found.filter(pk__gt=after).order_by("pk"), most, after, +1)
            return super().read_page(rows if top is None else rows.filter(pk__lte=top), None, after)
        if before is None:
            newest = ApiLog.objects.aggregate(newest=Max("id"))["newest"]
            before = (newest or 0) + 1
            is_first = True
        else:
            is_first = False
        floor = self._bound(found.filter(pk__lt=before).order_by("-pk"), most, before, -1)
        page = super().read_page(rows if floor is None else rows.filter(pk__gte=floor), before, None)
        if is_first:
            self.newer = None
        if floor is not None and self.older is None:
            self.older = self.get_query_string({"before": floor})
            self.looked_at = self._told(most, floor)
        return page

    def _found(self) -> QuerySet[Any]:
        """What the indexes find: the ground that is looked over."""
        rows: QuerySet[Any] = ApiLog.objects.all()
        for spec in self.filter_specs:
            if isinstance(spec, LogFilter):
                rows = spec.found(rows)
        self._is_whole = not rows.query.where
        return rows

    def _bound(self, found: QuerySet[Any], most: int, place: int, way: int) -> int | None:
        """The id at which looking ends; None where there is an end before."""
        if self._is_whole:
            # The whole log: ids are nearly without gaps, so they need not be counted off.
            end = place + way * most
            edge = ApiLog.objects.aggregate(edge=Min("id") if way < 0 else Max("id"))["edge"]
            return None if edge is None or (end - edge) * way >= 0 else end
        ids = found.values_list("pk", flat=True)
        return next(iter(ids[most : most + 1]), None)

    def _told(self, most: int, floor: int) -> str:
        at = ApiLog.objects.filter(pk__gte=floor).order_by("pk").values_list("created_at", flat=True).first()
        when = format_date(timezone.localtime(at), "Y-m-d H:i:s") if at else "-"
        return _now("%(most)s entries were looked at, back to %(when)s. “Older” looks further back.") % {
            "most": f"{most:,}", "when": when
        }  # fmt: skip
