"""One thing for all deliveries that match the list's filter: a page that says how many, simulates, and then acts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from auditlog.pages import places_take
from clients.errors import RemoteError
from outbound.budget import Budget
from outbound.bulk import MAX_ANEW, Bulk, BulkResult, bulk_apply, bulk_count, bulk_rows, bulk_sample
from outbound.models import Delivery
from outbound.order_keys import record_name
from outbound.replay import MAX_REASON
from outbound.replay_many import replay_simulate
from outbound.runs import RunRefused
from syncconfig.models import SyncConfig
from syncconfig.plans import ConfigBroken
from syncconfig.row_ids import row_id
from syncconfig.secrets import SecretUnreadable
from syncconfig.trail import act_record

BUDGET_S: Final = 20.0
SAMPLE: Final = 20
MAX_SIMULATED: Final = 3
"""Configs; of each SAMPLE deliveries are looked at."""

TITLES: Final = {
    Bulk.REPLAY: _("Send again"),
    Bulk.ANEW: _("Map anew and send"),
    Bulk.HURRY: _("Send now"),
    Bulk.DISCARD: _("Discard"),
}
_WORDS: Final = {
    Bulk.REPLAY: _(
        "With the old payload and, as far as the request is the same, the same Idempotency-Key. Those of whose record "
        "something newer was sent or waits are left alone."
    ),
    Bulk.ANEW: _("The old payloads are given up; a run maps the records as they are in Odoo now, and sends them."),
    Bulk.HURRY: _("They do not wait for the time of their next attempt. The attempt counts as ever."),
    Bulk.DISCARD: _(
        "They are not sent any more. The records are sent anew, as they are then, by the next run that reads them: one "
        "over everything, or, where only changes are read, one after they have changed."
    ),
}
_LOGGED: Final = {
    Bulk.REPLAY: _("Sent again."),
    Bulk.ANEW: _("Mapped anew and sent."),
    Bulk.HURRY: _("Sent before its time."),
    Bulk.DISCARD: _("Discarded. %(reason)s"),
}


class ReasonForm(forms.Form):
    """Why they are given up."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=MAX_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Shown with each of them, e.g. The shop has these orders already, entered by hand."),
    )


def bulk_page(model_admin: Any, request: HttpRequest, what: str) -> HttpResponse:
    """The filter is in the address, as in the list's, and behind which id a choice goes on. POST with `confirm` acts;
    POST without it simulates."""
    if what not in list(Bulk):
        raise Http404
    if not request.user.has_perm("outbound.replay_delivery") or not model_admin.has_view_permission(request):
        raise PermissionDenied
    _before, behind = places_take(request)
    bulk = Bulk(what)
    list_url = f"{reverse('admin:outbound_delivery_changelist')}?{request.GET.urlencode()}"
    try:
        changes = model_admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        messages.error(request, _now("The filter makes no sense. Choose it anew."))
        return HttpResponseRedirect(reverse("admin:outbound_delivery_changelist"))
    has_states = any(name.startswith(("state", "id__in")) for name in request.GET)
    chosen = Delivery.objects.filter(pk__in=changes.queryset.order_by().values("pk"))
    rows = bulk_rows(chosen, bulk, has_states=has_states)
    if behind is not None:
        rows = rows.filter(pk__gt=behind)
    until = _until(request, rows)
    rows = rows.filter(pk__lte=until)
    form = ReasonForm(request.POST if "confirm" in request.POST else None) if bulk is Bulk.DISCARD else None
    if "confirm" in request.POST and (form is None or form.is_valid()):
        reason = form.cleaned_data["reason"] if form is not None else ""
        result = bulk_apply(
            rows,
            bulk,
            user=request.user,  # type: ignore[arg-type]
            reason=reason,
            budget=Budget(BUDGET_S),
            told=lambda ids: log_many(request, ids, _LOGGED[bulk], **({"reason": reason} if reason else {})),
        )
        _tell(request, bulk, result)
        return HttpResponseRedirect(list_url if result.is_over else _rest_url(request, result.last_id or behind))
    counts = bulk_count(rows)
    is_simulated = request.method == "POST" or bulk in (Bulk.HURRY, Bulk.DISCARD)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": TITLES[bulk],
        "opts": model_admin.opts,
        "media": model_admin.media,
        "words": _WORDS[bulk],
        "what": bulk.value,
        "form": form,
        "until": until,
        "counts": counts,
        "total": sum(count for _pk, _name, count in counts),
        "filters": _filters(changes),
        "only_dead": bulk in (Bulk.REPLAY, Bulk.ANEW) and not has_states,
        "is_simulated": is_simulated,
        "simulated": [_simulated(rows, bulk, counted) for counted in counts[:MAX_SIMULATED]] if is_simulated else [],
        "sample_size": SAMPLE,
        "max_anew": MAX_ANEW if bulk is Bulk.ANEW else None,
        "list_url": list_url,
    }
    return TemplateResponse(request, "admin/outbound/bulk.html", context)


def bulk_url(what: Bulk, ids: Iterable[Any]) -> str:
    """The page for these deliveries, of which there are no more than a list's page shows."""
    query = urlencode({"id__in": ",".join(str(each) for each in ids)})
    return f"{reverse('admin:outbound_delivery_bulk', args=[what.value])}?{query}"


def _rest_url(request: HttpRequest, behind: int | None) -> str:
    """This page, for what comes behind the last one that was acted on."""
    query = request.GET.copy()
    if behind is not None:
        query["after"] = str(behind)
    return f"{request.path}?{query.urlencode()}"


def _until(request: HttpRequest, rows: QuerySet[Delivery]) -> int:
    """The newest id that was counted when the page was first shown."""
    if (given := row_id(request.POST.get("until", ""))) is not None:
        return given
    return rows.aggregate(newest=Max("pk"))["newest"] or 0


def _filters(changes: Any) -> list[str]:
    """The active filters in words, as far as they have any."""
    shown = []
    for spec in changes.filter_specs:
        values = [str(value) for value in spec.used_parameters.values() if value not in (None, "", [""])]
        if not values:
            continue
        chosen = [choice for choice in spec.choices(changes) if choice.get("selected") and "display" in choice]
        shown.append(f"{spec.title}: {chosen[0]['display'] if chosen else ', '.join(values)}")
    return [*shown, f"“{changes.query}”"] if changes.query else shown


def _simulated(rows: QuerySet[Delivery], bulk: Bulk, counted: tuple[int, str, int]) -> dict[str, Any]:
    """What would become of the first deliveries of a config."""
    config_id, name, count = counted
    plain = rows.filter(config_id=config_id).order_by("pk").values_list("pk", flat=True)
    first = list(plain[:SAMPLE])
    current = bulk_sample(rows, config_id, SAMPLE) if bulk is Bulk.REPLAY else first
    shown = Delivery.objects.filter(pk__in=first).order_by("pk").defer("payload")
    found: dict[str, Any] = {
        "name": name,
        "count": count,
        "rows": [(row, record_name(row.record_id, row.external_id), row.pk in current) for row in shown],
        "preview": None,
        "problem": "",
    }
    if bulk is Bulk.ANEW:
        config = SyncConfig.objects.select_related("connection").get(pk=config_id)
        try:
            found["preview"] = replay_simulate(config=config, ids=first, anew=True)
        except (RemoteError, ConfigBroken, RunRefused, SecretUnreadable, ValueError) as error:
            found["problem"] = str(error)
    return found


def log_many(request: HttpRequest, ids: Sequence[int], text: Promise, **values: object) -> None:
    """Record what a person did with these."""
    rows = Delivery.objects.filter(pk__in=ids).select_related("config")
    rows = rows.only("record_id", "external_id", "config__name")
    act_record(user=request.user, objects=rows, text=text, **values)


def _tell(request: HttpRequest, bulk: Bulk, result: BulkResult) -> None:
    words = {"count": result.done, "outdated": result.outdated}
    if result.done:
        text = {
            Bulk.REPLAY: _now("%(count)s will be sent again."),
            Bulk.ANEW: _now("%(count)s are given up, and their records sent as they are now."),
            Bulk.HURRY: _now("%(count)s are sent now."),
            Bulk.DISCARD: _now("%(count)s discarded."),
        }[bulk]
        messages.success(request, text % words)
    elif not result.refused:
        messages.warning(request, _now("Nothing was left to do."))
    if result.outdated:
        text = _now("%(outdated)s were left alone: something newer of their record was sent, waits or is dead.")
        messages.info(request, text % words)
    for run in result.runs:
        messages.info(request, _now("Run #%(run)s is on its way.") % {"run": run})
    for reason in result.refused:
        messages.error(request, reason)
    if not result.is_over:
        messages.warning(request, _now("There are more than one go does. Confirm once more to go on with the rest."))
