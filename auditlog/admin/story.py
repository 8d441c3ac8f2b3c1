"""The page of a record's story."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now

from auditlog.admin.entry import status_class
from auditlog.models import ApiLog, Direction, Party
from auditlog.story import Event, Subject, requests_about, side_of, subject_of, tell, trace
from syncconfig.models import SyncConfig
from syncconfig.row_ids import row_id

_COLOURS: Final = {
    "2xx": "success",
    "3xx": "info",
    "4xx": "warning",
    "5xx": "danger",
    "none": "danger",
    "fault": "danger",
}


def story_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """By GET the story; by POST also each value's way, for which Odoo is read."""
    subject = _subject(request)
    if subject is None:
        messages.warning(request, _now("There is no such record. Search for it by any of its names."))
        return HttpResponseRedirect(reverse("admin:auditlog_apilog_find"))
    told, rows = tell(subject, request.user)  # type: ignore[arg-type]
    may_trace = request.user.has_perm("syncconfig.run_syncconfig") or request.user.has_perm(
        "syncconfig.change_syncconfig"
    )
    ways = trace(subject, _latest_body(subject, rows)) if request.method == "POST" and may_trace else None
    events = sorted([*told.events, *map(_event, rows)], key=lambda event: event.at, reverse=True)
    now = timezone.now()
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _now("The story of %(record)s") % {"record": subject.title},
        "opts": model_admin.opts,
        "media": model_admin.media,
        "subject": subject,
        "verdict": told.verdicts[0] if told.verdicts else None,
        "facts": told.facts,
        "planned": sorted((each for each in events if each.is_future), key=lambda event: event.at),
        "events": [each for each in events if not each.is_future],
        "now": now,
        "may_trace": may_trace,
        "ways": ways,
    }
    return TemplateResponse(request, "admin/auditlog/story.html", context)


def _subject(request: HttpRequest) -> Subject | None:
    odoo_id = row_id(request.GET.get("id", ""))
    record = request.GET.get("record", "").replace("\x00", "")[:200]
    if not record and odoo_id is None:
        return None
    config = SyncConfig.objects.defer("auth_secret").filter(pk=row_id(request.GET.get("config", "")) or 0).first()
    return None if config is None else subject_of(config, record=record, odoo_id=odoo_id)


def _latest_body(subject: Subject, rows: list[ApiLog]) -> str:
    """The stored body of the newest request that came in with values of the record."""
    for row in requests_about(subject, rows):
        if row.config_id == subject.config.pk and row.method != "DELETE":
            return str(ApiLog.objects.filter(pk=row.pk).values_list("request_body", flat=True).first() or "")
    return ""


def _event(row: ApiLog) -> Event:
    kind = status_class(row)
    text = row.summary or row.url
    if row.party == Party.API and row.direction == Direction.IN:
        text = f"{row.method} {row.url}"
    elif row.party == Party.API:
        text = f"{row.method} {row.url}" + (f" ({row.summary})" if row.summary else "")
    if row.is_dry_run:
        text = _now("Dry run: %(what)s") % {"what": text}
    label = _now("No answer") if row.status is None else str(row.status)
    return Event(
        at=row.created_at,
        side=side_of(row),
        title=text if len(text) <= 160 else f"{text[:159]}…",
        url=reverse("admin:auditlog_apilog_change", args=[row.pk]),
        label=label,
        colour=_COLOURS.get(kind, "info"),
        detail=row.error,
    )
