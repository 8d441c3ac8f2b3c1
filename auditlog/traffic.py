"""What the hourly counts say: traffic of the last day, and how well each config does.

The log itself is read for its end alone, which is not counted yet, and only while that is short.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from django.db.models import Max, OuterRef, QuerySet, Sum

from auditlog.models import BOUNDS_MS, ApiLog, Direction, Party, TrafficHour, TrafficMark
from auditlog.rollup import ROW, SPANS, Tally, hour_of, tallies_of

MAX_TAIL: Final = 2000
HOURS: Final = 24
_NOTHING: Final = Tally()


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour: what others asked us, what we asked others, and what we asked Odoo."""

    begins_at: datetime
    inbound: Tally
    outbound: Tally
    odoo: Tally


@dataclass(frozen=True, slots=True)
class Day:
    """The last hours, oldest first; `is_complete` is False where the newest entries are not counted yet."""

    hours: list[Hour]
    is_complete: bool

    def total(self, name: str) -> Tally:
        """All hours of `inbound`, `outbound` or `odoo` together."""
        return together(getattr(hour, name) for hour in self.hours)


@dataclass(frozen=True, slots=True)
class Rate:
    """How a config did in the last day; `last_ok_at` tells only of what the hours do not count yet."""

    count: int
    failed: int
    last_ok_at: datetime | None = None

    @property
    def percent(self) -> int:
        """Of 100 how many went well; 100 only where all did, 0 only where none did."""
        ok = self.count - self.failed
        if self.count and 0 < ok < self.count:
            return min(99, max(1, round(100 * ok / self.count)))
        return 100 if self.failed == 0 else 0


def traffic_of_day(now: datetime) -> Day:
    """Three queries, however long the log is."""
    newest = hour_of(now)
    begins = [newest - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    found: dict[tuple[datetime, str], Tally] = {}
    rows = TrafficHour.objects.filter(hour__gte=begins[0]).values("hour", "direction", "party")
    for row in rows.annotate(**_sums()):
        _into(found, row["hour"], row["direction"], row["party"], _tally(row))
    tail = _tail()
    is_complete = tail is not None
    for (hour, _config, direction, party), tally in tallies_of(tail or ()).items():
        _into(found, hour, direction, party, tally)
    hours = [
        Hour(at, *(found.get((at, name), _NOTHING) for name in (Direction.IN, Direction.OUT, Party.ODOO)))
        for at in begins
    ]
    return Day(hours, is_complete)


def rates_of(config_ids: Iterable[int], *, now: datetime) -> dict[tuple[int, str], Rate]:
    """By config and direction, of the exchanges with other systems; missing where there were none. Three queries."""
    wanted = set(config_ids)
    found = {key: tally for key, tally in counts_of_day(now).items() if key[0] in wanted}
    for (_hour, config_id, direction, party), tally in tallies_of(_tail() or ()).items():
        if party == Party.API and config_id in wanted:
            _add(found.setdefault((config_id, direction), Tally()), tally)
    return {key: Rate(tally.count, tally.failed, tally.last_ok_at) for key, tally in found.items() if tally.count}


def counts_of_day(now: datetime) -> dict[tuple[int, str], Tally]:
    """By config and direction, of the exchanges with other systems: how many, and how many failed. One query.

    Added up here: asked for the sums by config, SQLite would read all hours that a config ever had, in its order.
    """
    found: dict[tuple[int, str], Tally] = {}
    rows = api_hours(now - timedelta(hours=HOURS)).values_list("config_id", "direction", "count", "failed")
    for config_id, direction, count, failed in rows:
        _add(found.setdefault((config_id, direction), Tally()), Tally(count, failed))
    return found


def _tail() -> list[tuple[Any, ...]] | None:
    """The newest entries of the log, which are not counted yet; None while they are too many. Two queries."""
    upto_id = TrafficMark.objects.filter(pk=1).values_list("upto_id", flat=True).first() or 0
    tail = list(ApiLog.objects.filter(id__gt=upto_id).order_by("id").values_list(*ROW)[: MAX_TAIL + 1])
    return tail if len(tail) <= MAX_TAIL else None


def last_ok_of_config() -> QuerySet[TrafficHour, Any]:
    """For a Subquery in a query of configs: when an exchange of its direction went well for the last time."""
    # Not by hour: there is an index on hours alone, by which PostgreSQL would walk back through those of all configs.
    rows = _of_config().filter(last_ok_at__isnull=False)
    return rows.order_by("-last_ok_at").values("last_ok_at")[:1]


def any_hour_of_config() -> QuerySet[TrafficHour, Any]:
    """For a Subquery in a query of configs: any hour in which there was an exchange; NULL where there never was one."""
    return _of_config().order_by("-last_ok_at").values("hour")[:1]


def _of_config() -> QuerySet[TrafficHour]:
    return TrafficHour.objects.filter(config_id=OuterRef("pk"), direction=OuterRef("request_type"), party=Party.API)


def api_hours(since: datetime) -> QuerySet[TrafficHour]:
    """Counts of exchanges with other systems, from the hour of `since` on."""
    return TrafficHour.objects.filter(party=Party.API, hour__gte=hour_of(since))


def quantile_ms(tally: Tally, part: float) -> int | None:
    """The duration within which `part` of the exchanges were over, estimated within its span; None: there were none."""
    if not tally.count:
        return None
    wanted, before, low = ceil(part * tally.count), 0, 0
    for bound, inside in zip((*BOUNDS_MS, max(tally.longest_ms, BOUNDS_MS[-1])), tally.spans, strict=True):
        if inside and before + inside >= wanted:
            high = min(bound, tally.longest_ms)
            return round(low + (high - low) * (wanted - before) / inside) if high > low else high
        before, low = before + inside, bound
    return tally.longest_ms


def together(tallies: Iterable[Tally]) -> Tally:
    """One tally of several."""
    total = Tally()
    for each in tallies:
        _add(total, each)
    return total


def _into(found: dict[tuple[datetime, str], Tally], hour: datetime, direction: str, party: str, tally: Tally) -> None:
    name = Party.ODOO if party == Party.ODOO else direction
    _add(found.setdefault((hour, name), Tally()), tally)


def _add(total: Tally, more: Tally) -> None:
    total.count += more.count
    total.failed += more.failed
    total.longest_ms = max(total.longest_ms, more.longest_ms)
    total.spans = [one + other for one, other in zip(total.spans, more.spans, strict=True)]
    if more.last_ok_at and (total.last_ok_at is None or more.last_ok_at > total.last_ok_at):
        total.last_ok_at = more.last_ok_at


def _sums() -> dict[str, Sum | Max]:
    return {
        "counted": Sum("count"),
        "failures": Sum("failed"),
        "longest": Max("longest_ms"),
        **{f"sum_{name}": Sum(name) for name in SPANS},
    }


def _tally(row: Mapping[str, Any]) -> Tally:
    return Tally(
        count=row["counted"],
        failed=row["failures"],
        longest_ms=row["longest"],
        spans=[row[f"sum_{name}"] for name in SPANS],
    )
