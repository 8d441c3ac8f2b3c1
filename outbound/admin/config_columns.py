"""How each sync does, in the list of sync configs: badges that say in words what their colour says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import date as format_date
from django.template.defaultfilters import truncatechars
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from outbound.admin.looking import badge, link
from outbound.config_health import MOST_COUNTED, Facts, Health, facts_of, with_health
from outbound.models import DeliveryState, RunState
from syncconfig.admin.columns import ConfigColumns, Shown, add_config_columns, add_config_filter
from syncconfig.models import RequestType, SyncConfig
from syncconfig.spans import ago, span_since

_COLOURS: Final = {
    Health.HEALTHY: "success",
    Health.FAILING: "danger",
    Health.PAUSED: "warning",
    Health.NEVER: "info",
    Health.OFF: "",
}
GOOD_PERCENT: Final = 99
FAIR_PERCENT: Final = 90


class HealthFilter(admin.SimpleListFilter):
    title = _("health")
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Health.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in Health.values:
            return queryset
        return with_health(queryset, timezone.now()).filter(health=self.value())


def _load(configs: Sequence[SyncConfig]) -> Mapping[int, Facts]:
    return facts_of(configs, timezone.now())


def shown_health(config: SyncConfig, facts: Facts) -> Shown:
    """The badge, and why it is so where that is worth a word."""
    shown = badge(facts.health.label, _COLOURS[facts.health])
    if config.drift:
        shown = format_html('<span class="sync-cell">{} {}</span>', shown, badge(_now("Odoo changed"), "danger"))
    if facts.health != Health.FAILING:
        return shown
    return format_html('{}<span class="sync-reason">{}</span>', shown, truncatechars(_why(facts), 90))


def shown_last_success(config: SyncConfig, facts: Facts) -> Shown:
    """When it last did what it is for; under it, of what time our picture of its source is."""
    shown: Shown = _ago(facts.last_success)
    if facts.is_late(timezone.now()) and facts.health != Health.OFF:
        shown = format_html("{} {}", badge(_now("Late"), "warning"), shown)
    if facts.behind is None:
        return shown
    behind = _behind(facts.behind, fetches=config.fetches)
    return format_html('{}<span class="sync-why">{}</span>', shown, behind)


def _behind(span: timedelta, *, fetches: bool) -> str:
    if span < timedelta(minutes=1):
        return _now("in step with the source") if fetches else _now("in step with Odoo")
    text = _now("%(span)s behind the source") if fetches else _now("%(span)s behind Odoo")
    return text % {"span": _span(span)}


def shown_rate(config: SyncConfig, facts: Facts) -> Shown:
    """Of the exchanges with the other system, by the hourly counts."""
    if facts.rate is None:
        return _now("no traffic")
    percent = facts.rate.percent
    colour = "success" if percent >= GOOD_PERCENT else "warning" if percent >= FAIR_PERCENT else "danger"
    of = _now("of %(count)s") % {"count": facts.rate.count}
    return format_html('{}<span class="sync-why">{}</span>', badge(f"{percent} %", colour), of)


def shown_backlog(config: SyncConfig, facts: Facts) -> Shown:
    """What waits and what is dead, each with the way to it."""
    parts = []
    if facts.pending:
        parts.append(_deliveries(config, DeliveryState.PENDING, _now("%(count)s waiting"), facts.pending))
    if facts.dead:
        dead = _deliveries(config, DeliveryState.DEAD, _now("%(count)s dead"), facts.dead)
        parts.append(format_html('<strong class="sync-bad">{}</strong>', dead))
    if not parts:
        return _now("none") if config.request_type == RequestType.OUT else "-"
    return format_html('<span class="sync-cell">{}</span>', format_html_join(", ", "{}", ((part,) for part in parts)))


def shown_next_run(config: SyncConfig, facts: Facts) -> Shown:
    if config.request_type == RequestType.IN:
        return _now("when called") if config.active else "-"
    if facts.is_running:
        return badge(_now("Running"), "primary")
    if facts.health == Health.OFF:
        return "-"
    if facts.health == Health.PAUSED:
        return _now("when resumed")
    if facts.next_run is not None:
        return _moment(facts.next_run, _until(facts.next_run))
    return _now("when Odoo tells") if facts.has_hook else _now("by hand")


def _why(facts: Facts) -> str:
    if facts.last_run_state == RunState.FAILED:
        return facts.last_run_error or _now("The last run failed.")
    return _now("Lately nothing but errors.")


def _deliveries(config: SyncConfig, state: DeliveryState, text: str, count: int) -> SafeString:
    number = f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)
    query = f"?config__id__exact={config.pk}&state__exact={state.value}"
    return link("outbound_delivery_changelist", text % {"count": number}, query=query)


def _ago(moment: datetime | None) -> Shown:
    if moment is None:
        return _now("never")
    return _moment(moment, ago(moment, depth=1))


def _until(moment: datetime) -> str:
    span = moment - timezone.now()
    return _now("now") if span <= timedelta(0) else _now("in %(span)s") % {"span": _span(span)}


def _span(span: timedelta) -> str:
    now = timezone.now()
    return span_since(now - span, now, depth=1)


def _moment(moment: datetime, text: str) -> SafeString:
    exact = format_date(timezone.localtime(moment), "Y-m-d H:i")
    return format_html('<span class="sync-cell" title="{}">{}</span>', exact, text)


add_config_columns(
    ConfigColumns(
        load=_load,
        show={
            "health": shown_health,
            "last_success": shown_last_success,
            "rate": shown_rate,
            "backlog": shown_backlog,
            "next_run": shown_next_run,
        },
    )
)
add_config_filter(HealthFilter)
