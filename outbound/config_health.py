"""How each sync does: from its runs, its traffic, what waits and what is dead. Read for a whole page of them at once.

One expression says who is healthy, for the badge, the filter and the home page alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import models
from django.db.models import Case, Exists, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext_lazy as _
from django_q.models import Schedule

from auditlog.traffic import Rate, any_hour_of_config, api_hours, last_ok_of_config, rates_of
from clients.odoo.changes import FORMAT, ChangeCursor
from outbound.models import Delivery, DeliveryPolicy, DeliveryState, OdooHook, RunState, SyncRun
from outbound.states import ACTIVE_RUNS
from outbound.triggers import schedule_name
from syncconfig.models import RequestType, SyncConfig, SyncTrigger

MOST_COUNTED: Final = 1000
RECENT: Final = timedelta(hours=1)
DAY: Final = timedelta(hours=24)


class Health(models.TextChoices):
    HEALTHY = "healthy", _("Healthy")
    FAILING = "failing", _("Failing")
    PAUSED = "paused", _("Paused")
    NEVER = "never", _("Never ran")
    OFF = "off", _("Off")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one sync. `pending` and `dead` end at `MOST_COUNTED`; `behind` is how old our picture of the
    source is, which is Odoo, or the other system where a sync fetches; None where it has never been read through."""

    health: Health
    last_success: datetime | None
    last_run_state: str | None
    last_run_error: str
    rate: Rate | None
    pending: int
    dead: int
    behind: timedelta | None
    promised: timedelta | None
    next_run: datetime | None
    is_running: bool
    has_hook: bool

    def is_late(self, now: datetime) -> bool:
        """Whether it has not succeeded for longer than promised."""
        return self.promised is not None and (self.last_success is None or now - self.last_success > self.promised)


class CappedCount(Subquery):
    """How many rows a sliced query of one column has: counting ends at the slice."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = models.IntegerField()


def with_health(configs: QuerySet[SyncConfig], now: datetime) -> QuerySet[Any]:
    """The configs with their `health`."""
    mine = Q(config_id=OuterRef("pk"), direction=OuterRef("request_type"))
    went_well = Q(last_ok_at__isnull=False)
    recent, day = (api_hours(now - span).filter(mine) for span in (RECENT, DAY))
    ended = latest_runs().exclude(state__in=ACTIVE_RUNS)
    only_errors = Q(Exists(recent), ~Exists(recent.filter(went_well))) | Q(Exists(day), ~Exists(day.filter(went_well)))
    return configs.annotate(
        last_run_state=Subquery(ended.values("state")[:1]),
        # Rather than Exists, for which PostgreSQL reads the whole table where there is none.
        last_run_at=Subquery(latest_runs().values("created_at")[:1]),
        traffic_hour=Subquery(any_hour_of_config()),
    ).annotate(
        health=Case(
            When(active=False, then=Value(Health.OFF)),
            When(delivery_policy__is_paused=True, request_type=RequestType.OUT, then=Value(Health.PAUSED)),
            When(Q(last_run_state=RunState.FAILED) | only_errors, then=Value(Health.FAILING)),
            When(last_run_at=None, traffic_hour=None, then=Value(Health.NEVER)),
            default=Value(Health.HEALTHY),
            output_field=models.CharField(),
        )
    )


def latest_runs() -> QuerySet[SyncRun]:
    """For a Subquery in a query of configs: its runs, the latest first, by the index on their times."""
    return SyncRun.objects.filter(config=OuterRef("pk")).order_by("-created_at")


def facts_of(configs: Sequence[SyncConfig], now: datetime) -> dict[int, Facts]:
    """By config id. Six queries, however many configs."""
    ids = [config.pk for config in configs]
    rows = _rows(ids, now)
    rates = rates_of(ids, now=now)
    next_runs = _next_runs(ids)
    return {row["pk"]: _facts(row, rates, next_runs, now) for row in rows}


def dead_count() -> CappedCount:
    """In a query of configs: how many dead letters each has."""
    return _waiting(DeliveryState.DEAD)


def last_success_of(row: dict[str, Any]) -> datetime | None:
    """Of a row of `success_columns`: the last run that is done, or exchange that went well, whichever was later."""
    return max((at for at in (row["done_at"], row["ok_at"]) if at is not None), default=None)


def success_columns() -> dict[str, Any]:
    """To annotate a query of configs with, for `last_success_of`."""
    done = latest_runs().filter(state=RunState.DONE)
    return {"done_at": Subquery(done.values("finished_at")[:1]), "ok_at": Subquery(last_ok_of_config())}


@dataclass(frozen=True, slots=True)
class Late:
    """A config that has not succeeded since `latest`, for longer than promised."""

    config_id: int
    name: str
    latest: datetime
    promised: timedelta


def late_configs(now: datetime) -> Iterator[Late]:
    """By name. One that never succeeded counts from when it was made. One query, of which each part ends at the newest
    row of a config."""
    promising: QuerySet[Any] = SyncConfig.objects.filter(
        active=True, delivery_policy__promised_minutes__isnull=False, delivery_policy__is_paused=False
    )
    promising = promising.annotate(**success_columns()).order_by("name")
    for row in promising.values("pk", "name", "created_at", "done_at", "ok_at", "delivery_policy__promised_minutes"):
        latest = last_success_of(row) or row["created_at"]
        promised = timedelta(minutes=row["delivery_policy__promised_minutes"])
        if now - latest > promised:
            yield Late(row["pk"], row["name"], latest, promised)


def _rows(ids: list[int], now: datetime) -> list[dict[str, Any]]:
    runs = latest_runs()
    policy = DeliveryPolicy.objects.filter(config=OuterRef("pk"))
    configs = with_health(SyncConfig.objects.filter(pk__in=ids), now).annotate(
        **success_columns(),
        done_started_at=Subquery(runs.filter(state=RunState.DONE).values("started_at")[:1]),
        last_run_error=Subquery(runs.exclude(state__in=ACTIVE_RUNS).values("error")[:1]),
        is_running=Exists(runs.filter(state__in=ACTIVE_RUNS)),
        has_hook=Exists(OdooHook.objects.filter(config=OuterRef("pk"))),
        pending=_waiting(DeliveryState.PENDING),
        dead=dead_count(),
        cursor=Subquery(policy.filter(reads_changes=True).values("change_cursor")[:1]),
        promised_minutes=Subquery(policy.values("promised_minutes")[:1]),
    )
    return list(
        configs.values(
            "pk", "request_type", "health", "last_run_state", "last_run_error", "is_running", "has_hook", "done_at",
            "ok_at", "done_started_at", "pending", "dead", "cursor", "promised_minutes",
        )
    )  # fmt: skip


def _waiting(state: DeliveryState) -> CappedCount:
    mine = Delivery.objects.filter(config=OuterRef("pk"), state=state).order_by()
    return CappedCount(mine.values("pk")[: MOST_COUNTED + 1])


def _facts(
    row: dict[str, Any], rates: dict[tuple[int, str], Rate], next_runs: dict[int, datetime], now: datetime
) -> Facts:
    is_out = row["request_type"] == RequestType.OUT
    promised = timedelta(minutes=row["promised_minutes"]) if is_out and row["promised_minutes"] else None
    rate = rates.get((row["pk"], row["request_type"]))
    health = Health(row["health"])
    if health == Health.NEVER and rate is not None:
        # Called for the first time within the last minute or two, which the hours do not count yet.
        health = Health.FAILING if rate.failed == rate.count else Health.HEALTHY
    fresh = rate.last_ok_at if rate else None
    return Facts(
        health=health,
        last_success=max((at for at in (last_success_of(row), fresh) if at is not None), default=None),
        last_run_state=row["last_run_state"],
        last_run_error=row["last_run_error"] or "",
        rate=rate,
        pending=row["pending"],
        dead=row["dead"],
        behind=_behind(row["cursor"], row["done_started_at"], now) if is_out else None,
        promised=promised,
        next_run=next_runs.get(row["pk"]),
        is_running=row["is_running"],
        has_hook=row["has_hook"],
    )


def _behind(cursor: str | None, done_started_at: datetime | None, now: datetime) -> timedelta | None:
    """What Odoo changed before this is known here: to the cursor of changes, or to the begin of the last full read."""
    known = done_started_at
    if cursor:
        try:
            known = datetime.strptime(ChangeCursor.from_text(cursor).second, FORMAT).replace(tzinfo=UTC)
        except ValueError:
            return None
    return max(timedelta(0), now - known) if known else None


def _next_runs(ids: list[int]) -> dict[int, datetime]:
    """When the schedules of each config fall due next."""
    triggers = dict(SyncTrigger.objects.filter(config_id__in=ids, active=True).values_list("pk", "config_id"))
    if not triggers:
        return {}
    names = {schedule_name(pk): config_id for pk, config_id in triggers.items()}
    found: dict[int, datetime] = {}
    due = Schedule.objects.filter(name__in=list(names)).values("name").annotate(at=Min("next_run"))
    for name, at in due.values_list("name", "at"):
        config_id = names[name]
        found[config_id] = min(at, found.get(config_id, at))
    return found
