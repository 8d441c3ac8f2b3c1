"""“Send a sample” on an Out config: one chosen record is really sent, after its request was shown.

It is a run of its own, marked as a sample, with that record alone; whatever becomes of it is in the log and among the
deliveries like any other.
"""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from outbound.admin.preview import preview_context
from outbound.models import Delivery, DeliveryState, RunTrigger, SyncRun
from outbound.preview import Effect, Preview
from outbound.preview_out import preview_out
from outbound.runs import RunRefused, run_execute, run_start
from syncconfig.admin.finding import row_at
from syncconfig.models import SyncConfig
from syncconfig.trail import act_record

BUDGET_S: Final = 5.0


class RecordForm(forms.Form):
    """Which record."""

    record_id = forms.IntegerField(
        label=_("Odoo id"),
        min_value=1,
        max_value=2**31 - 1,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Of one record within the filter domain, e.g. 12. Odoo shows it in the address of the record."),
    )


def sends(config: SyncConfig) -> bool:
    """One that fetches has nothing to send."""
    return not config.fetches


@action(description=_("Send a sample"), url_path="send-sample", icon="outgoing_mail", permissions=["run"])
def send_sample(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """First the request that will go out, then, by another button, the request itself."""
    config = row_at(SyncConfig.objects.select_related("connection"), object_id)
    if config is None or not sends(config):
        return redirect("admin:syncconfig_syncconfig_changelist")
    is_post = request.method == "POST"
    form = RecordForm(request.POST) if is_post else RecordForm(initial={"record_id": _first(config)})
    found: Preview | None = None
    if is_post and form.is_valid():
        record_id = form.cleaned_data["record_id"]
        if request.POST.get("what") == "send":
            run = _send(request, config, record_id)
            if run is not None:
                text = _("Sent record %(id)s as a sample.")
                act_record(user=request.user, objects=[config], text=text, id=record_id)
                return _where(run)
        found = preview_out(config=config, ids=[record_id])
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _now("Send a sample of %(name)s") % {"name": config.name},
        "opts": model_admin.opts,
        "original": config,
        "config": config,
        "form": form,
        "is_sendable": found is not None and not found.problem and _sendable(found),
        **(preview_context(found) if found else {}),
        "is_open": True,
    }
    return TemplateResponse(request, "admin/outbound/send_sample.html", context)


def _first(config: SyncConfig) -> int | None:
    """The record that the first of a preview is; None where none can be had, which the next page says."""
    found = preview_out(config=config, limit=1)
    return found.records[0].odoo_id if found.records else None


def _sendable(found: Preview) -> bool:
    return any(record.effect in (Effect.SEND, Effect.UNCHANGED) for record in found.records)


def _send(request: HttpRequest, config: SyncConfig, record_id: int) -> SyncRun | None:
    try:
        run = run_start(
            config=config,
            trigger=RunTrigger.SAMPLE,
            user=request.user,  # type: ignore[arg-type]
            record_ids=[record_id],
            is_full=True,
        )
    except RunRefused as error:
        messages.error(request, str(error))
        return None
    # At once, as somebody waits for it. Where a worker was faster, or the other side is slow, the worker ends it.
    run_execute(run_id=run.pk, budget_s=BUDGET_S)
    run.refresh_from_db()
    delivery = Delivery.objects.filter(run=run).defer("payload").first()
    if delivery is not None and delivery.state == DeliveryState.DELIVERED:
        messages.success(request, _now("The sample arrived (%(status)s).") % {"status": delivery.last_status or "-"})
    elif delivery is not None and delivery.last_error:
        messages.error(request, _now("The sample did not arrive: %(error)s") % {"error": delivery.last_error})
    elif run.error:
        messages.error(request, run.error)
    else:
        messages.info(request, _now("The sample is on its way."))
    return run


def _where(run: SyncRun) -> HttpResponse:
    delivery = Delivery.objects.filter(run=run).values_list("pk", flat=True).first()
    if delivery is None:
        return redirect("admin:outbound_syncrun_change", run.pk)
    return redirect("admin:outbound_delivery_change", delivery)
