"""One exchange: both sides as they went over the wire, what else belongs to it, and what to do with it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from auditlog.curl import curl_of
from auditlog.models import ApiLog, Direction
from auditlog.naming import RecordName
from auditlog.pretty import pretty_body, pretty_headers
from auditlog.replays import replay_offers
from auditlog.story import LIST_FIELDS, side_of, story_query

SAME_REQUEST_LIMIT = 200


def status_class(entry: ApiLog) -> str:
    if entry.status is None:
        return "none"
    if entry.error and entry.status < 400:
        return "fault"
    return f"{entry.status // 100}xx"


def entry_page(model_admin: Any, request: HttpRequest, entry: ApiLog) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": str(entry),
        "opts": model_admin.opts,
        "media": model_admin.media,
        "entry": entry,
        "original": entry,
        "status_class": status_class(entry),
        "sides": [
            (_("Request"), pretty_headers(entry.request_headers), pretty_body(entry.request_body)),
            (_("Answer"), pretty_headers(entry.response_headers), pretty_body(entry.response_body)),
        ],
        "story": _story(entry),
        "curl": curl_of(entry, site_url=request.build_absolute_uri("/")),
        "offers": replay_offers(entry, request.user),  # type: ignore[arg-type]
        "same_request": same_request(entry),
    }
    return TemplateResponse(request, "admin/auditlog/apilog/change_form.html", context)


def _story(entry: ApiLog) -> str:
    """The query of the record's story. What we send is logged under Odoo's id; what comes in, under Odoo's id once
    there is one, and under the identifier before."""
    ref = entry.record_ref
    if not entry.config_id or not ref:
        return ""
    is_odoo_id = entry.direction == Direction.OUT or entry.response_headers.get("X-Odoo-Id") == ref
    if is_odoo_id and ref.isascii() and ref.isdigit():
        return story_query(RecordName(entry.config_id, int(ref)))
    return story_query(RecordName(entry.config_id, None, ref))


def same_request(entry: ApiLog) -> list[dict[str, Any]]:
    """What happened under the same request id, in the order in which it began, the entry itself among it."""
    if not entry.request_id:
        return []
    found = ApiLog.objects.filter(request_id=entry.request_id).select_related("config").only(*LIST_FIELDS)
    rows = list(found.order_by("created_at", "id")[:SAME_REQUEST_LIMIT])
    if len(rows) < 2:
        return []
    start = rows[0].created_at
    return [
        {
            "row": row,
            "side": side_of(row),
            "status_class": status_class(row),
            "offset_ms": round((row.created_at - start).total_seconds() * 1000),
            "is_this": row.pk == entry.pk,
        }
        for row in rows
    ]
