"""Counts the log in hours, behind the back of those who write it: the hot path pays nothing for the figures.

New entries are taken by ranges of ids. Whoever moves the mark on is the one whose counts are kept, in the same
transaction; so it may be run by several at once, and again after it was killed. An id is given out before its row is
seen by others, so a range is counted only once it has been there for `SETTLED_AFTER`: then no row of it is to come.
Dry runs are not counted.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import Max, Q
from django.db.models.expressions import ExpressionWrapper
from django.db.models.fields import BooleanField

from auditlog.bulk import Insert
from auditlog.models import BOUNDS_MS, ApiLog, TrafficHour, TrafficMark

SETTLED_AFTER: Final = timedelta(seconds=30)
CHUNK_IDS: Final = 5000
MAX_CHUNKS: Final = 40
"""In one go: what is more is left for the next minute."""
PURGE_EVERY: Final = timedelta(hours=6)

SPANS: Final = (*(f"ms_{bound}" for bound in BOUNDS_MS), "ms_over")
FAILED: Final = Q(status=None) | Q(status__gte=400) | ~Q(error="")
"""An Odoo fault comes with status 200; only its text tells."""

_COLUMNS: Final = ("hour", "config_id", "direction", "party", "count", "failed", "last_ok_at", "longest_ms", *SPANS)
_TABLE: Final = TrafficHour._meta.db_table
_SUMS: Final = ("count", "failed", *SPANS)


@dataclass(slots=True)
class Tally:
    """What is known of some exchanges: of an hour, or of several put together."""

    count: int = 0
    failed: int = 0
    last_ok_at: datetime | None = None
    longest_ms: int = 0
    spans: list[int] = field(default_factory=lambda: [0] * len(SPANS))

    def add(self, *, at: datetime, duration_ms: int, is_failed: bool) -> None:
        self.count += 1
        self.spans[bisect_left(BOUNDS_MS, duration_ms)] += 1
        self.longest_ms = max(self.longest_ms, duration_ms)
        if is_failed:
            self.failed += 1
        elif self.last_ok_at is None or at > self.last_ok_at:
            self.last_ok_at = at


Key = tuple[datetime, int, str, str]


def log_rollup(*, now: datetime, max_chunks: int = MAX_CHUNKS) -> int:
    """Count what is settled and not counted yet; returns how many ids were passed, counted or not."""
    mark = _mark()
    until = _settled_until(mark, now)
    passed = 0
    for _chunk in range(max_chunks):
        if mark.upto_id >= until:
            break
        start, end = mark.upto_id, _end_of(mark.upto_id, until)
        tallies = tallies_of(ApiLog.objects.filter(id__gt=start, id__lte=end).values_list(*ROW))
        with transaction.atomic():
            if not TrafficMark.objects.filter(pk=mark.pk, upto_id=start).update(upto_id=end):
                return passed  # another one is at it
            _keep(tallies)
        mark.upto_id = end
        passed += end - start
    return passed


def traffic_purge(*, now: datetime, older_than: datetime) -> int:
    """Forget the hours before `older_than`, now and then; returns how many rows went."""
    mark = _mark()
    if mark.purged_at and mark.purged_at > now - PURGE_EVERY:
        return 0
    if not TrafficMark.objects.filter(pk=mark.pk, purged_at=mark.purged_at).update(purged_at=now):
        return 0
    return TrafficHour.objects.filter(hour__lt=older_than).delete()[0]


ROW: Final = (
    "created_at",
    "config_id",
    "direction",
    "party",
    "duration_ms",
    "is_dry_run",
    ExpressionWrapper(FAILED, output_field=BooleanField()),
)


def tallies_of(rows: Iterable[tuple[object, ...]]) -> dict[Key, Tally]:
    """Rows of the log, as `values_list(*ROW)` gives them, by hour, config, direction and party."""
    found: dict[Key, Tally] = {}
    for at, config_id, direction, party, duration_ms, is_dry_run, is_failed in rows:
        if is_dry_run:
            continue
        key: Key = (hour_of(at), config_id or 0, direction, party)  # type: ignore[arg-type, assignment]
        tally = found.get(key)
        if tally is None:
            tally = found[key] = Tally()
        tally.add(at=at, duration_ms=duration_ms, is_failed=bool(is_failed))  # type: ignore[arg-type]
    return found


def hour_of(moment: datetime) -> datetime:
    """When the hour began, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _mark() -> TrafficMark:
    return TrafficMark.objects.get_or_create(pk=1)[0]


def _settled_until(mark: TrafficMark, now: datetime) -> int:
    """The id up to which no row is to come any more; the newest one is noted for the next time."""
    # A clock that was put back must not stop the counting until it has caught up.
    if mark.seen_at is not None and abs(now - mark.seen_at) < SETTLED_AFTER:
        return mark.upto_id
    newest = ApiLog.objects.aggregate(newest=Max("id"))["newest"] or 0
    until = mark.seen_id
    # Ids begin anew where a table was emptied by TRUNCATE ... RESTART IDENTITY; then so does the count.
    upto = mark.upto_id if mark.upto_id <= newest or not newest else 0
    # By both: another one may have noted its last look long ago, and be moving the mark on still.
    mine = TrafficMark.objects.filter(pk=mark.pk, seen_at=mark.seen_at, upto_id=mark.upto_id)
    if not mine.update(seen_id=newest, seen_at=now, upto_id=upto):
        return mark.upto_id
    mark.upto_id = upto
    return until if until <= newest else 0


def _end_of(start: int, until: int) -> int:
    """The end of the next chunk. A gap of ids, such as a purge leaves, is passed at one go."""
    first = ApiLog.objects.filter(id__gt=start).order_by("id").values_list("id", flat=True).first()
    if first is None or first > until:
        return until
    return min(until, first + CHUNK_IDS - 1)


def _keep(tallies: dict[Key, Tally]) -> None:
    # In one order everywhere, so that two writers never wait for each other crosswise.
    rows = [
        (*key, tally.count, tally.failed, tally.last_ok_at, tally.longest_ms, *tally.spans)
        for key, tally in sorted(tallies.items())
    ]
    Insert(TrafficHour, _COLUMNS, suffix=_add_up()).rows(rows)


def _add_up() -> str:
    sums = ", ".join(f"{name} = {_TABLE}.{name} + excluded.{name}" for name in _SUMS)
    greatest = "MAX" if connection.vendor == "sqlite" else "GREATEST"
    ok = (
        f"last_ok_at = CASE WHEN {_TABLE}.last_ok_at IS NULL OR excluded.last_ok_at > {_TABLE}.last_ok_at "
        f"THEN excluded.last_ok_at ELSE {_TABLE}.last_ok_at END"
    )
    return (
        f"ON CONFLICT (config_id, hour, direction, party) DO UPDATE SET {sums}, {ok}, "
        f"longest_ms = {greatest}({_TABLE}.longest_ms, excluded.longest_ms)"
    )
