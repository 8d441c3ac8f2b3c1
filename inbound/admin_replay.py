"""“Replay” on a request of the log: what it would do now, and then doing it."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _now

from auditlog.models import ApiLog
from auditlog.replays import ReplayOffer
from inbound.errors import ApiError
from inbound.models import RequestState
from inbound.replaying import Replayed, replay_process, replay_simulate
from inbound.stored_requests import NotReplayable, Stored, is_request, stored_request
from outbound.admin.preview import preview_context

PERMISSION: Final = "inbound.replay_inboundrequest"
SIMULATION_HOLDS_S: Final = 15 * 60
_SALT: Final = "inbound.replay"


def request_offer(entry: ApiLog, user: User) -> ReplayOffer | None:
    """What the log's page of a request offers."""
    if not is_request(entry) or not user.has_perm(PERMISSION):
        return None
    label = _now("Replay …")
    try:
        stored_request(entry)
    except NotReplayable as reason:
        return ReplayOffer(label, reason=_now("cannot be replayed: %(reason)s") % {"reason": reason})
    url = reverse("admin:inbound_inboundrequest_replay", args=[entry.pk])
    return ReplayOffer(label, url, _now("Shows first what it would do."))


def replay_page(model_admin: Any, request: HttpRequest, entry_id: int) -> HttpResponse:
    """GET shows the request, POST simulates, POST with the token of a simulation processes."""
    if not request.user.has_perm(PERMISSION) or not request.user.has_perm("auditlog.view_apilog"):
        raise PermissionDenied
    entry = ApiLog.objects.filter(pk=entry_id).first()
    back = reverse("admin:auditlog_apilog_change", args=[entry_id])
    if entry is None:
        messages.warning(request, _now("The log does not have this entry any more."))
        return HttpResponseRedirect(reverse("admin:auditlog_apilog_changelist"))
    try:
        stored = stored_request(entry)
    except NotReplayable as reason:
        messages.error(request, _now("The request cannot be replayed: %(reason)s") % {"reason": reason})
        return HttpResponseRedirect(back)
    if "confirm" in request.POST and _was_simulated(request, stored):
        return _process(model_admin, request, stored)
    preview = replay_simulate(stored) if request.method == "POST" else None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _now("Replay %(what)s") % {"what": f"{entry.method} {entry.url}"},
        "opts": model_admin.opts,
        "entry": entry,
        "stored": stored,
        "waits": stored.row is not None and stored.row.state == RequestState.WAITING,
        "back": back,
        "token": signing.dumps(_simulated(stored), salt=_SALT) if preview and not preview.problem else "",
        **preview_context(preview),
    }
    return TemplateResponse(request, "admin/inbound/replay.html", context)


def _simulated(stored: Stored) -> list[Any]:
    """What a simulation was of: the entry, and the lines as they were."""
    return [stored.entry.pk, stored.config.revision, stored.config.connection.revision]


def _was_simulated(request: HttpRequest, stored: Stored) -> bool:
    try:
        found = signing.loads(request.POST["confirm"], salt=_SALT, max_age=SIMULATION_HOLDS_S)
    except signing.BadSignature:
        found = None
    if found == _simulated(stored):
        return True
    messages.warning(request, _now("The simulation is too old, or the sync config has changed. Here is a new one."))
    return False


def _process(model_admin: Any, request: HttpRequest, stored: Stored) -> HttpResponse:
    try:
        replayed = replay_process(stored, user=request.user)  # type: ignore[arg-type]
    except ApiError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:auditlog_apilog_change", args=[stored.entry.pk]))
    told = _told(replayed)
    model_admin.log_change(request, stored.entry, f"Replayed the request. {told}")
    is_good = replayed.reply is None or replayed.reply.status < 400
    (messages.success if is_good else messages.error)(request, told)
    newest = ApiLog.objects.filter(request_id=stored.entry.request_id, summary__startswith="Replay of #")
    shown = newest.exclude(request_id="").order_by("-id").values_list("pk", flat=True).first()
    return HttpResponseRedirect(reverse("admin:auditlog_apilog_change", args=[shown or stored.entry.pk]))


def _told(replayed: Replayed) -> str:
    if replayed.row is not None and replayed.row.state == RequestState.DONE:
        return _now("It was done before under its Idempotency-Key; nothing was done again.")
    if replayed.row is not None:
        return _now("It is in the queue, and is processed in a moment.")
    assert replayed.reply is not None  # noqa: S101 - one of the two is there
    values = {"status": replayed.reply.status, "error": replayed.reply.body.get("message", "")}
    if replayed.reply.status < 400:
        return _now("It was processed (%(status)s).") % values
    return _now("It was refused (%(status)s): %(error)s") % values
