"""“Run now” on a sync config, and the same for several in the list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from outbound.models import RunTrigger
from outbound.runs import RunRefused, run_start
from syncconfig.admin.dialogs import dialog_done
from syncconfig.admin.finding import row_at
from syncconfig.models import SyncConfig
from syncconfig.trail import act_record


class RunNowForm(BaseDialogForm):
    """What the run is to do."""

    is_full = forms.BooleanField(
        label=_("Everything"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Send unchanged records too; with GET, fetch from the beginning and write unchanged ones too."),
    )
    record_ids = forms.CharField(
        label=_("Only these Odoo ids"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("When sending: separated by commas, e.g. 12,15. Empty: all records of the filter domain."),
    )

    def clean_record_ids(self) -> list[int] | None:
        text = self.cleaned_data["record_ids"].strip()
        if not text:
            return None
        try:
            return [int(part) for part in text.split(",")]
        except ValueError:
            raise forms.ValidationError(_now("Write whole numbers separated by commas, e.g. 12,15.")) from None


@action(
    description=_("Run now"),
    url_path="run",
    icon="play_circle",
    permissions=["run"],
    dialog={
        "title": _("Run now"),
        "description": _(
            "Records are read from Odoo, or fetched with GET, and those that changed are sent or written."
        ),
        "form_class": RunNowForm,
        "form_submit_text": _("Run"),
    },
)
def run_now(model_admin: Any, request: HttpRequest, form: RunNowForm, object_id: str) -> HttpResponse:
    """Start a run and show it."""
    config = row_at(SyncConfig.objects.defer("auth_secret"), object_id)
    if config is None:
        return dialog_done("syncconfig_syncconfig_changelist")
    try:
        run = run_start(
            config=config,
            trigger=RunTrigger.MANUAL,
            user=request.user,  # type: ignore[arg-type]
            record_ids=form.cleaned_data["record_ids"],
            is_full=form.cleaned_data["is_full"],
        )
    except RunRefused as error:
        messages.error(request, str(error))
        return dialog_done("syncconfig_syncconfig_change", object_id)
    act_record(user=request.user, objects=[config], text=_("Started run #%(id)s."), id=run.pk)
    messages.success(request, _now("Run #%(id)s is on its way.") % {"id": run.pk})
    return dialog_done("outbound_syncrun_change", run.pk)


@admin.action(description=_("Run the chosen syncs now"), permissions=["run"])
def run_chosen(model_admin: Any, request: HttpRequest, queryset: QuerySet[SyncConfig]) -> None:
    """Start a run of each, and say which could not be started."""
    for config in queryset.defer("auth_secret", "connection__secret"):
        try:
            run = run_start(config=config, trigger=RunTrigger.MANUAL, user=request.user)  # type: ignore[arg-type]
        except RunRefused as error:
            messages.error(request, str(error))
        else:
            act_record(user=request.user, objects=[config], text=_("Started run #%(id)s."), id=run.pk)
            messages.success(
                request, _now("Run #%(id)s of %(name)s is on its way.") % {"id": run.pk, "name": config.name}
            )
