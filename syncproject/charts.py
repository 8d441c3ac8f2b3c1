"""The traffic of a day as Chart.js wants it, and as a table for those who cannot see a chart."""

from __future__ import annotations

import json
from datetime import tzinfo
from typing import Any, Final

from django.utils.translation import gettext as _

from auditlog.traffic import Day, Hour, quantile_ms

_IN, _OUT, _ODOO, _FAILED = "#2563eb", "#16a34a", "#9333ea", "#dc2626"
_GREY: Final = "#8b919d"
_P95: Final = 0.95


def requests_chart(day: Day, zone: tzinfo) -> dict[str, str]:
    """Requests by hour: what went well of both directions, and what did not, one on the other."""
    datasets = [
        _bars(_("In"), _IN, [hour.inbound.count - hour.inbound.failed for hour in day.hours]),
        _bars(_("Out"), _OUT, [hour.outbound.count - hour.outbound.failed for hour in day.hours]),
        _bars(_("Failed"), _FAILED, [hour.inbound.failed + hour.outbound.failed for hour in day.hours]),
    ]
    return _chart(day, zone, datasets, is_stacked=True)


def durations_chart(day: Day, zone: tzinfo) -> dict[str, str]:
    """The duration within which 95 of 100 requests were over, by hour."""
    datasets = [
        _line(_("In"), _IN, [_p95(hour, "inbound") for hour in day.hours]),
        _line(_("Out"), _OUT, [_p95(hour, "outbound") for hour in day.hours]),
        _line("Odoo", _ODOO, [_p95(hour, "odoo") for hour in day.hours]),
    ]
    return _chart(day, zone, datasets, is_stacked=False)


def rows_of(day: Day, zone: tzinfo) -> list[dict[str, Any]]:
    """The hours that had traffic, the newest first."""
    return [
        {
            "hour": hour.begins_at.astimezone(zone),
            "inbound": hour.inbound.count,
            "outbound": hour.outbound.count,
            "failed": hour.inbound.failed + hour.outbound.failed,
            "p95": [_p95(hour, name) for name in ("inbound", "outbound", "odoo")],
        }
        for hour in reversed(day.hours)
        if hour.inbound.count or hour.outbound.count or hour.odoo.count
    ]


def _p95(hour: Hour, name: str) -> int | None:
    return quantile_ms(getattr(hour, name), _P95)


def _bars(label: str, colour: str, values: list[int]) -> dict[str, Any]:
    return {"label": label, "data": values, "backgroundColor": colour, "borderRadius": 2, "maxBarThickness": 24}


def _line(label: str, colour: str, values: list[int | None]) -> dict[str, Any]:
    return {
        "label": label,
        "data": values,
        "borderColor": colour,
        "backgroundColor": colour,
        "borderWidth": 2,
        "pointRadius": 2,
        "pointHoverRadius": 4,
        "spanGaps": True,
    }


def _chart(day: Day, zone: tzinfo, datasets: list[dict[str, Any]], *, is_stacked: bool) -> dict[str, str]:
    labels = [f"{hour.begins_at.astimezone(zone):%H:%M}" for hour in day.hours]
    ticks = {"color": _GREY, "maxTicksLimit": 8, "maxRotation": 0, "precision": 0}
    options = {
        "responsive": True,
        "maintainAspectRatio": False,
        "animation": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {
            "legend": {
                "align": "end",
                "labels": {
                    "boxHeight": 6,
                    "boxWidth": 6,
                    "color": _GREY,
                    "pointStyle": "circle",
                    "usePointStyle": True,
                },
            }
        },
        "scales": {
            "x": {"stacked": is_stacked, "grid": {"display": False}, "ticks": ticks},
            "y": {"stacked": is_stacked, "beginAtZero": True, "grid": {"tickWidth": 0}, "ticks": ticks},
        },
    }
    return {"data": json.dumps({"labels": labels, "datasets": datasets}), "options": json.dumps(options)}
