"""What needs attention among runs and deliveries: what fails, what is dead, who does not answer, who is not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from django.db.models import Exists, OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from auditlog.traffic import counts_of_day
from outbound.config_health import (
    MOST_COUNTED,
    CappedCount,
    Health,
    dead_count,
    late_configs,
    latest_runs,
    with_health,
)
from outbound.heartbeat import ABSENT_AFTER
from outbound.models import (
    BreakerState,
    Conflict,
    ConflictState,
    Delivery,
    DeliveryPolicy,
    DeliveryState,
    Host,
    OdooHook,
    RunState,
    SyncRun,
    Worker,
)
from syncconfig.attention import MOST_OF_A_KIND, Attention, Urgency
from syncconfig.models import SyncConfig
from syncconfig.spans import span_since

RESTARTED_LATELY: Final = timedelta(minutes=15)
CLOCKS_APART: Final = timedelta(seconds=5)
"""Claims last for half a minute."""
VANISHED_LATELY: Final = timedelta(hours=2)
ONE_MORE: Final = MOST_OF_A_KIND + 1
MANY_FAILED: Final = 5
MANY_PERCENT: Final = 10
"""From so many failed exchanges of a day on, and from such a share of them, somebody should look."""


def worker_needs(now: datetime) -> Iterator[Attention]:
    """No worker, one that vanished, one whose clock is wrong, or one whose processes had to be started anew."""
    workers = list(Worker.objects.order_by("-beat_at")[:20])
    alive = [worker for worker in workers if worker.beat_at > now - ABSENT_AFTER]
    url = reverse("admin:outbound_worker_changelist")
    if not alive:
        seen = ""
        if workers:
            seen = _("The last one was seen %(span)s ago.") % {"span": span_since(workers[0].beat_at, now)}
        text = _(
            "No worker is there, so nothing is sent, run or counted. Start one with manage.py syncworker. %(seen)s"
        ) % {"seen": seen}
        yield Attention(Urgency.STANDSTILL, _("Worker"), text.strip(), url, "syncconfig.view_syncconfig")
        return
    for worker in workers:
        if worker not in alive:
            if _is_replaced(worker, alive) or worker.beat_at < now - VANISHED_LATELY:
                continue
            text = _("It was seen last %(span)s ago, and did not say that it ends.")
            text %= {"span": span_since(worker.beat_at, now)}
            yield Attention(Urgency.SOON, str(worker), text, url, "outbound.view_worker")
        elif worker.beat_at > now + CLOCKS_APART:
            text = _(
                "Its clock and this machine's are %(seconds)s s apart, so that one takes for lost what the other is "
                "sending. Keep all machines in time (NTP)."
            )
            text %= {"seconds": round((worker.beat_at - now).total_seconds())}
            yield Attention(Urgency.BROKEN, str(worker), text, url, "outbound.view_worker")
        elif worker.restarted_at and worker.restarted_at > now - RESTARTED_LATELY:
            text = _("Its processes ended or hung and were started anew, %(span)s ago; its output says why.")
            text %= {"span": span_since(worker.restarted_at, now)}
            yield Attention(Urgency.SOON, str(worker), text, url, "outbound.view_worker")


def _is_replaced(worker: Worker, alive: Iterable[Worker]) -> bool:
    """Whether another one was started on its machine since: the system restarts a worker that was killed."""
    return any(each.host == worker.host and each.started_at > worker.beat_at for each in alive)


def failing_need(now: datetime) -> Iterator[Attention]:
    """Syncs that fail: their last run did, or there is nothing but errors."""
    runs = latest_runs().filter(state=RunState.FAILED)
    failing = with_health(SyncConfig.objects.filter(active=True), now).filter(health=Health.FAILING)
    failing = failing.annotate(run_id=Subquery(runs.values("pk")[:1]), run_error=Subquery(runs.values("error")[:1]))
    rows = list(failing.order_by("name").values("pk", "name", "last_run_state", "run_id", "run_error")[:ONE_MORE])
    for row in rows[:MOST_OF_A_KIND]:
        yield _failing(row)
    if len(rows) > MOST_OF_A_KIND:
        url = f"{reverse('admin:syncconfig_syncconfig_changelist')}?health=failing"
        yield Attention(Urgency.BROKEN, _("More failing syncs"), _("Show all"), url, "syncconfig.view_syncconfig")


def waiting_need(now: datetime) -> Iterator[Attention]:
    """Runs that wait because Odoo, or the system that they fetch from, does not answer."""
    waiting = SyncRun.objects.filter(state=RunState.PENDING, failures__gt=0).exclude(error="")
    rows = waiting.order_by("pk").values_list("pk", "config__name", "error", "next_attempt_at")
    for run_id, name, error, next_attempt_at in rows[:MOST_OF_A_KIND]:
        text = _("Run #%(run)s waits. %(error)s") % {"run": run_id, "error": error}
        if next_attempt_at is not None and next_attempt_at > now:
            text += " " + _("It is tried again in %(span)s.") % {"span": span_since(now, next_attempt_at)}
        url = reverse("admin:outbound_syncrun_change", args=[run_id])
        yield Attention(Urgency.BROKEN, name, text, url, "outbound.view_syncrun")


def refusing_need(now: datetime) -> Iterator[Attention]:
    """Syncs that work, but of whose exchanges within a day many failed: each may be a record that somebody misses."""
    # Where all failed, the sync is failing, which is told above.
    many = {
        config_id: tally
        for (config_id, _direction), tally in counts_of_day(now).items()
        if MANY_FAILED <= tally.failed < tally.count and tally.failed * 100 >= tally.count * MANY_PERCENT
    }
    names = dict(SyncConfig.objects.filter(pk__in=many, active=True).values_list("pk", "name")) if many else {}
    for config_id in sorted(names, key=lambda pk: -many[pk].failed)[:MOST_OF_A_KIND]:
        text = _("Of %(count)s exchanges within 24 hours, %(failed)s failed. Look why, and whether the senders know.")
        text %= {"count": many[config_id].count, "failed": many[config_id].failed}
        url = (
            f"{reverse('admin:auditlog_apilog_changelist')}?config__id__exact={config_id}&status_class=failed&period=1d"
        )
        yield Attention(Urgency.SOON, names[config_id], text, url, "auditlog.view_apilog")


def late_need(now: datetime) -> Iterator[Attention]:
    """Syncs that have not succeeded for longer than promised."""
    for late in islice(late_configs(now), MOST_OF_A_KIND):
        text = _("Late: it has not succeeded for %(span)s; promised is every %(promised)s.")
        text %= {"span": span_since(late.latest, now), "promised": span_since(now - late.promised, now)}
        url = reverse("admin:syncconfig_syncconfig_change", args=[late.config_id])
        yield Attention(Urgency.BROKEN, late.name, text, url, "syncconfig.view_syncconfig")


def dead_need(now: datetime) -> Iterator[Attention]:
    """Dead letters, by sync."""
    dead = Delivery.objects.filter(config=OuterRef("pk"), state=DeliveryState.DEAD)
    configs = SyncConfig.objects.filter(Exists(dead)).annotate(
        dead=dead_count(), error=Subquery(dead.order_by("-id").values("last_error")[:1])
    )
    rows = list(configs.order_by("name").values("pk", "name", "dead", "error")[:ONE_MORE])
    for row in rows[:MOST_OF_A_KIND]:
        number = f"{MOST_COUNTED}+" if row["dead"] > MOST_COUNTED else str(row["dead"])
        text = _("Dead letters: %(count)s. The last one: %(error)s") % {"count": number, "error": row["error"] or "-"}
        query = f"?state__exact=dead&config__id__exact={row['pk']}"
        url = f"{reverse('admin:outbound_delivery_changelist')}{query}"
        yield Attention(Urgency.BROKEN, row["name"], text, url, "outbound.view_delivery")
    if len(rows) > MOST_OF_A_KIND:
        url = f"{reverse('admin:outbound_delivery_changelist')}?state__exact=dead"
        yield Attention(Urgency.BROKEN, _("More dead letters"), _("Show all"), url, "outbound.view_delivery")


def conflicts_need(now: datetime) -> Iterator[Attention]:
    """Records that were changed in both Odoos and wait for a choice, by sync."""
    waiting = Conflict.objects.filter(config=OuterRef("pk"), state=ConflictState.OPEN).order_by()
    count = CappedCount(waiting.values("pk")[: MOST_COUNTED + 1])
    configs = SyncConfig.objects.filter(Exists(waiting)).annotate(waiting=count).order_by("name")
    url = f"{reverse('admin:outbound_conflict_changelist')}?state__exact=open"
    for pk, name, number in configs.values_list("pk", "name", "waiting")[:MOST_OF_A_KIND]:
        shown = f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number)
        text = _("Changed in both Odoos, and waiting for a choice: %(count)s.") % {"count": shown}
        yield Attention(Urgency.BROKEN, name, text, f"{url}&config__id__exact={pk}", "outbound.view_conflict")


def deletions_need(now: datetime) -> Iterator[Attention]:
    """Syncs of whose records more are gone than may be deleted at once."""
    held = DeliveryPolicy.objects.filter(held_deletions__gt=0, config__active=True).order_by("config__name")
    for config_id, name, count in held.values_list("config_id", "config__name", "held_deletions")[:MOST_OF_A_KIND]:
        text = _(
            "%(count)s records are gone from Odoo, more than may be deleted at once. Nothing was deleted. If it is "
            "right, press “Agree to deletions” under “More”."
        ) % {"count": count}
        url = reverse("admin:syncconfig_syncconfig_change", args=[config_id])
        yield Attention(Urgency.BROKEN, name, text, url, "syncconfig.view_syncconfig")


def breakers_need(now: datetime) -> Iterator[Attention]:
    """Hosts that are left alone because they do not answer."""
    for host in Host.objects.filter(state=BreakerState.OPEN).order_by("opened_at")[:MOST_OF_A_KIND]:
        span = span_since(host.opened_at, now) if host.opened_at else "-"
        text = _("Left alone for %(span)s: %(error)s") % {"span": span, "error": host.last_error or "-"}
        url = reverse("admin:outbound_host_change", args=[host.pk])
        yield Attention(Urgency.BROKEN, host.address, text, url, "outbound.view_host")


def hooks_need(now: datetime) -> Iterator[Attention]:
    """Rules in Odoo that are gone, or not as they were made."""
    hooks = OdooHook.objects.exclude(problem="").order_by("config__name")
    for config_id, name, problem in hooks.values_list("config_id", "config__name", "problem")[:MOST_OF_A_KIND]:
        text = _("The rule in Odoo: %(problem)s") % {"problem": problem}
        url = reverse("admin:syncconfig_syncconfig_change", args=[config_id])
        yield Attention(Urgency.BROKEN, name, text, url, "syncconfig.view_syncconfig")


PROVIDERS: Final = (
    worker_needs,
    failing_need,
    waiting_need,
    late_need,
    dead_need,
    conflicts_need,
    deletions_need,
    breakers_need,
    hooks_need,
    refusing_need,
)


def _failing(row: dict[str, Any]) -> Attention:
    if row["last_run_state"] == RunState.FAILED and row["run_id"]:
        text = _("The last run failed: %(error)s") % {"error": row["run_error"] or "-"}
        url = reverse("admin:outbound_syncrun_change", args=[row["run_id"]])
        return Attention(Urgency.BROKEN, row["name"], text, url, "outbound.view_syncrun")
    query = f"?config__id__exact={row['pk']}&status_class=failed"
    url = f"{reverse('admin:auditlog_apilog_changelist')}{query}"
    return Attention(Urgency.BROKEN, row["name"], _("Lately nothing but errors."), url, "auditlog.view_apilog")
