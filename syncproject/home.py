"""The home page: what needs attention first, then the traffic of the last day and what is going on.

A few indexed queries however long the log is: traffic comes from the hourly counts, waiting rows are counted to a
limit, and what is shown depends on what the user may see.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from auditlog.traffic import Day, quantile_ms, traffic_of_day
from outbound.config_health import MOST_COUNTED
from outbound.heartbeat import workers_alive
from outbound.models import Delivery, DeliveryState, SyncRun
from outbound.states import ACTIVE_RUNS
from syncconfig.attention import Urgency, attention_for
from syncconfig.models import OdooConnection, SyncConfig
from syncconfig.spans import ago
from syncproject.charts import durations_chart, requests_chart, rows_of

MOST_RUNS: Final = 10
_P95: Final = 0.95


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """For unfold's DASHBOARD_CALLBACK."""
    now = timezone.now()
    return context | {
        "title": _("Home"),
        "steps": _first_steps(request),
        "attention": [
            {"is_broken": each.urgency <= Urgency.BROKEN, "each": each} for each in attention_for(request, now)
        ],
        "traffic": _traffic(now) if request.user.has_perm("auditlog.view_apilog") else None,
        "figures": _figures(request, now),
        "runs": _runs() if request.user.has_perm("outbound.view_syncrun") else None,
    }


def _first_steps(request: HttpRequest) -> list[dict[str, Any]]:
    """What to do in an installation that is still empty, with what is done already; nothing once it is set up."""
    has_connection, has_sync = OdooConnection.objects.exists(), SyncConfig.objects.exists()
    if has_connection and has_sync:
        return []
    may_connect = request.user.has_perm("syncconfig.add_odooconnection")
    may_configure = request.user.has_perm("syncconfig.add_syncconfig")
    return [
        {
            "title": _("Add a connection to your Odoo"),
            "text": _("Its address, the database, a user and an API key. Then press “Test connection”."),
            "url": reverse("admin:syncconfig_odooconnection_add") if may_connect else "",
            "is_done": has_connection,
        },
        {
            "title": _("Make the first sync"),
            "text": _("Which records of which model go where, and which field becomes which key."),
            "url": reverse("admin:syncconfig_syncconfig_add") if may_configure and has_connection else "",
            "is_done": has_sync,
        },
    ]


def _traffic(now: datetime) -> dict[str, Any]:
    day = traffic_of_day(now)
    zone = timezone.get_current_timezone()
    return {
        "cards": [
            _card(day, "inbound", _("In: others called us")),
            _card(day, "outbound", _("Out: we called others")),
            _card(day, "odoo", _("Calls to Odoo")),
        ],
        "requests": requests_chart(day, zone),
        "durations": durations_chart(day, zone),
        "rows": rows_of(day, zone),
        "is_complete": day.is_complete,
        "log_url": reverse("admin:auditlog_apilog_changelist"),
    }


def _card(day: Day, name: str, title: str) -> dict[str, Any]:
    total = day.total(name)
    return {
        "title": title,
        "count": total.count,
        "failed": total.failed,
        "percent": round(100 * total.failed / total.count, 1) if total.count else None,
        "p95": quantile_ms(total, _P95),
    }


def _figures(request: HttpRequest, now: datetime) -> list[dict[str, Any]]:
    """What waits, and who works."""
    workers = list(workers_alive(now))
    figures: list[dict[str, Any]] = [
        {"title": _("Workers"), "value": len(workers), "is_bad": not workers, "url": _url("outbound_worker")},
        {"title": _("Tasks in the queue"), "value": max((each.waiting for each in workers), default="-")},
    ]
    if request.user.has_perm("outbound.view_delivery"):
        waiting = Delivery.objects.filter(state=DeliveryState.PENDING).order_by()[: MOST_COUNTED + 1].count()
        url = f"{_url('outbound_delivery')}?state__exact={DeliveryState.PENDING.value}"
        value = f"{MOST_COUNTED}+" if waiting > MOST_COUNTED else waiting
        figures.append({"title": _("Deliveries waiting"), "value": value, "url": url})
    if request.user.has_perm("outbound.view_syncrun"):
        ended = SyncRun.objects.exclude(state__in=ACTIVE_RUNS).values_list("finished_at", flat=True).first()
        value = ago(ended, now) if ended else _("never")
        figures.append({"title": _("Last run ended"), "value": value, "url": _url("outbound_syncrun")})
    return figures


def _runs() -> list[dict[str, Any]]:
    active = SyncRun.objects.filter(state__in=ACTIVE_RUNS).select_related("config").order_by("-id")
    active = active.defer("config__auth_secret", "record_ids", "problems")
    return [
        {
            "run": run,
            "url": reverse("admin:outbound_syncrun_change", args=[run.pk]),
            "percent": round(100 * run.delivered_count / run.queued_count) if run.queued_count else 0,
        }
        for run in active[:MOST_RUNS]
    ]


def _url(name: str) -> str:
    return reverse(f"admin:{name}_changelist")
