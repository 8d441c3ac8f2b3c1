"""“Preview” on a sync config: a payload is pasted or ids are named, and the page says what would happen."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from outbound.preview import MAX_RECORDS, Effect, Preview, RecordPreview, WouldCall
from outbound.preview_in import preview_in
from outbound.preview_out import preview_out
from outbound.preview_pull import preview_pull
from syncconfig.admin.finding import row_at
from syncconfig.guided.samples import sample_text
from syncconfig.models import RequestType, SyncConfig
from syncconfig.trail import act_record

MAX_PAYLOAD_LENGTH = 1_000_000
_COLOURS = {
    Effect.CREATE: "success",
    Effect.UPDATE: "primary",
    Effect.SEND: "success",
    Effect.REFUSE: "danger",
    Effect.WAIT: "warning",
    Effect.ARCHIVE: "warning",
    Effect.DELETE: "danger",
}
_WORDS = {
    Effect.CREATE: _("Would be created"),
    Effect.UPDATE: _("Would be updated"),
    Effect.UNCHANGED: _("Unchanged"),
    Effect.IGNORE: _("Would be left alone"),
    Effect.REFUSE: _("Would be refused"),
    Effect.WAIT: _("Would wait"),
    Effect.SKIP: _("Would be left out"),
    Effect.SEND: _("Would be sent"),
    Effect.ARCHIVE: _("Would be archived"),
    Effect.DELETE: _("Would be deleted"),
}


class PayloadForm(forms.Form):
    """What a caller might send."""

    payload = forms.CharField(
        label=_("Payload"),
        max_length=MAX_PAYLOAD_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 14, "class": "sync-code-input", "spellcheck": "false"}),
        help_text=_("The JSON object that a caller sends, or a list of up to 100."),
    )
    odoo_id = forms.IntegerField(
        label=_("As a change of the record"),
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Odoo id, for a PUT to that record. Empty: as a POST."),
    )

    def clean_payload(self) -> list[object]:
        try:
            payload = json.loads(self.cleaned_data["payload"])
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_now("This is no JSON: %(error)s") % {"error": error}) from None
        payloads = payload if isinstance(payload, list) else [payload]
        if not 0 < len(payloads) <= MAX_RECORDS:
            raise forms.ValidationError(
                _now("Paste at least one record, and at most %(most)s.") % {"most": MAX_RECORDS}
            )
        return payloads


class RecordsForm(forms.Form):
    """Which records of Odoo."""

    ids = forms.CharField(
        label=_("Odoo ids"),
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Separated by commas, e.g. 12,15. Empty: the first records of the filter domain."),
    )

    def clean_ids(self) -> list[int] | None:
        text = self.cleaned_data["ids"].strip()
        try:
            return [int(part) for part in text.split(",")][:MAX_RECORDS] if text else None
        except ValueError:
            raise forms.ValidationError(_now("Write whole numbers separated by commas, e.g. 12,15.")) from None


class FetchForm(forms.Form):
    """How much of the first page."""

    limit = forms.IntegerField(
        label=_("Items"),
        min_value=1,
        max_value=MAX_RECORDS,
        initial=10,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("How many items of the first page are shown, e.g. 10. The page is fetched."),
    )


@action(description=_("Preview"), url_path="preview", icon="visibility", permissions=["preview"])
def preview(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page; what it shows changes nothing, but reads Odoo, so it is asked for by POST."""
    config = row_at(SyncConfig.objects.select_related("connection"), object_id)
    if config is None:
        return redirect("admin:syncconfig_syncconfig_changelist")
    is_in = config.request_type == RequestType.IN
    kind = PayloadForm if is_in else FetchForm if config.fetches else RecordsForm
    initial = {"payload": sample_text(request.session, config)} if is_in else {}
    form = kind(request.POST) if request.method == "POST" else kind(initial=initial)
    found: Preview | None = None
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        act_record(user=request.user, objects=[config], text=_("Looked at a preview."))
        if is_in:
            found = preview_in(config=config, payloads=given["payload"], odoo_id=given["odoo_id"])
        elif config.fetches:
            found = preview_pull(config=config, limit=given["limit"])
        else:
            found = preview_out(config=config, ids=given["ids"])
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _now("Preview of %(name)s") % {"name": config.name},
        "opts": model_admin.opts,
        "original": config,
        "config": config,
        "form": form,
        **preview_context(found),
    }
    return TemplateResponse(request, "admin/outbound/preview.html", context)


def preview_context(found: Preview | None) -> dict[str, Any]:
    """What `admin/outbound/preview_records.html` shows."""
    return {
        "preview": found,
        "records": [_row(record) for record in found.records] if found else [],
        "calls": [_call(call) for call in found.calls] if found else [],
    }


def effect_shown(effect: str) -> tuple[Any, str]:
    """What would become of a record, and the colour of the label that says so."""
    known = Effect(effect)
    return _WORDS.get(known, known), _COLOURS.get(known, "info")


def _row(record: RecordPreview) -> dict[str, Any]:
    effect, colour = effect_shown(record.effect)
    return {
        "title": record.title,
        "odoo_id": record.odoo_id,
        "effect": effect,
        "colour": colour,
        "problem": record.problem,
        "errors": record.errors,
        "changes": None
        if record.changes is None
        else [(change.field, _text(change.old), _text(change.new)) for change in record.changes],
        "values": None if record.values is None else json.dumps(record.values, indent=2, ensure_ascii=False),
        "calls": [_call(call) for call in record.calls],
    }


def _call(call: WouldCall) -> tuple[str, str]:
    return call.call, json.dumps(call.content, indent=2, ensure_ascii=False)


def _text(value: object) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
