"""The page behind “Find a record”: one hit leads to its story at once, several are listed."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from auditlog.finding import READ_ROWS, Candidate, find
from auditlog.models import ApiLog
from auditlog.story import LIST_FIELDS, story_query
from syncconfig.models import SyncConfig

MAX_TERM: Final = 200


def find_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    term = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_TERM]
    candidates = find(term) if term else []
    if len(candidates) == 1:
        return HttpResponseRedirect(_address(candidates[0]))
    configs = {
        config.pk: config
        for config in SyncConfig.objects.filter(
            pk__in={each.name.config_id for each in candidates if each.name is not None}
        ).only("name", "model", "request_type")
    }
    orphans = [each.entry_id for each in candidates if each.name is None and each.entry_id is not None]
    entries = {row.pk: row for row in ApiLog.objects.filter(pk__in=orphans).only(*LIST_FIELDS)} if orphans else {}
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Find a record"),
        "opts": model_admin.opts,
        "media": model_admin.media,
        "term": term,
        "candidates": [
            {
                "candidate": each,
                "config": configs.get(each.name.config_id) if each.name else None,
                "entry": entries.get(each.entry_id) if each.entry_id else None,
                "url": _address(each),
            }
            for each in candidates
        ],
        "read_rows": READ_ROWS,
        "text_query": f"{reverse('admin:auditlog_apilog_changelist')}?",
    }
    return TemplateResponse(request, "admin/auditlog/find.html", context)


def _address(candidate: Candidate) -> str:
    if candidate.name is None:
        return reverse("admin:auditlog_apilog_change", args=[candidate.entry_id])
    return f"{reverse('admin:auditlog_apilog_story')}?{story_query(candidate.name)}"
