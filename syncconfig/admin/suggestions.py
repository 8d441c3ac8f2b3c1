"""“Suggest lines” on a sync config: a sample is pasted, and lines for it are taken one by one."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from clients.errors import RemoteError
from mapping.suggest import Suggestion
from syncconfig.admin.finding import row_at
from syncconfig.models import SyncConfig
from syncconfig.secrets import SecretUnreadable
from syncconfig.suggesting import suggestion_accept, suggestions_for
from syncconfig.trail import act_record
from syncconfig.watching import watched

MAX_SAMPLE_LENGTH = 500_000


class SampleForm(forms.Form):
    """A record as the other system writes it."""

    sample = forms.CharField(
        label=_("Sample"),
        max_length=MAX_SAMPLE_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 14, "class": "sync-code-input", "spellcheck": "false"}),
        help_text=_("A JSON object as the other system sends or takes it. It is not stored."),
    )
    accept = forms.CharField(required=False, max_length=600, widget=forms.HiddenInput)

    def clean_sample(self) -> Any:
        try:
            return json.loads(self.cleaned_data["sample"])
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_now("This is no JSON: %(error)s") % {"error": error}) from None


@action(description=_("Suggest lines"), url_path="suggest", icon="auto_fix_high", permissions=["change"])
def suggest(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page. A line is added where its button was pressed, and those that are left are shown again."""
    config = row_at(SyncConfig.objects.select_related("connection").defer("auth_secret"), object_id)
    if config is None:
        return redirect("admin:syncconfig_syncconfig_changelist")
    form = SampleForm(request.POST or None)
    rows: list[dict[str, Any]] = []
    is_asked = form.is_bound and form.is_valid()
    if is_asked:
        found = _suggestions(request, config, form.cleaned_data["sample"])
        left = [each for each in found if not _accepted(request, config, each, form.cleaned_data["accept"])]
        has_identifier = config.lines.filter(is_identifier=True, active=True).exists()
        rows = [_row(each, has_identifier=has_identifier) for each in left]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _now("Lines for %(name)s") % {"name": config.name},
        "opts": model_admin.opts,
        "original": config,
        "config": config,
        "form": form,
        "sample": request.POST.get("sample", ""),
        "is_asked": is_asked,
        "rows": rows,
        "lines": list(config.lines.all()),
    }
    return TemplateResponse(request, "admin/syncconfig/suggestions.html", context)


def _suggestions(request: HttpRequest, config: SyncConfig, sample: Any) -> list[Suggestion]:
    try:
        with watched(config.connection, config):
            return suggestions_for(config, sample)
    except (RemoteError, SecretUnreadable) as error:
        messages.error(request, str(error))
        return []


def _accepted(request: HttpRequest, config: SyncConfig, suggestion: Suggestion, wanted: str) -> bool:
    if not wanted or wanted != _name(suggestion):
        return False
    try:
        line = suggestion_accept(config, suggestion)
    except ValidationError as error:
        messages.error(request, "; ".join(error.messages))
        return False
    added = line.get_inline_title
    act_record(user=request.user, objects=[config], text=_("Added the suggested line %(line)s."), line=added)
    messages.success(request, _now("Added: %(line)s") % {"line": line.get_inline_title})
    return True


def _name(suggestion: Suggestion) -> str:
    return f"{suggestion.line.field} {suggestion.line.key}"


def _row(suggestion: Suggestion, *, has_identifier: bool) -> dict[str, Any]:
    line = suggestion.line
    sample = suggestion.sample
    return {
        "name": _name(suggestion),
        "field": line.field,
        "key": line.key,
        "is_sub_line": "." in line.field,
        "calculation": line.calculation,
        "direction": line.direction,
        "is_identifier": line.is_identifier and not has_identifier,
        "options": ", ".join(f"{name}: {value}" for name, value in line.options.items()),
        "percent": round(suggestion.score * 100),
        "reason": suggestion.reason,
        "sample": "" if sample is None else json.dumps(sample, ensure_ascii=False)[:80],
    }
