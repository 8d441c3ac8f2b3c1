"""Where the automation rules of Odoo call: "Send Webhook Notification", Odoo 17 and later.

Odoo signs nothing, so the last part of the address is the secret, and it is shown nowhere. Whoever saves in Odoo waits
for the answer, up to a second, and Odoo never calls again. So a post costs one query and one statement, is believed in
nothing but which record to look at (see `outbound.noticed`), and no limit of calls stops one with the right secret, not
even after wrong ones from the same address: a rule that was left behind in Odoo would silence the others.
"""

from __future__ import annotations

import json
from typing import Any, Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from auditlog.models import Party
from inbound.api import ApiView, no_such_address
from inbound.batch import MAX_ODOO_ID
from inbound.body import read_body
from inbound.errors import ApiError, ErrorCode
from inbound.guessing import note_failure
from outbound.hook_plans import HIDDEN, HOOK_PATH
from outbound.noticed import HookTarget, changes_noticed, hook_target, hook_used
from syncconfig.models import SyncConfig

MAX_BODY_BYTES: Final = 1024 * 1024
"""The rules that we make send 100 bytes; one that staff made by hand may send fields that nobody reads."""


class OdooHookView(ApiView):
    """`/bj_api_sync/hooks/<secret>`: a record was created, changed or deleted."""

    party = Party.ODOO
    target: HookTarget

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # The log shows the address, and the log of the process shows the path of whatever failed.
        request.path = request.path_info = f"{HOOK_PATH}{HIDDEN}"
        request.META["QUERY_STRING"] = ""
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        target = hook_target(kwargs["secret"].removesuffix("/"))
        if target is None:
            # Counted by itself: a rule that was left behind in Odoo must not shut out what else calls from there.
            note_failure(f"hook:{self.address}")
            raise no_such_address(reason="No rule of ours calls with this secret. One left behind in Odoo, perhaps?")
        self.target = target
        self.rec.config = SyncConfig(pk=target.config_id)
        if request.method != "POST":
            raise ApiError(
                405,
                ErrorCode.METHOD_NOT_ALLOWED,
                f"{request.method} is not allowed here. Odoo sends POST; a redirect on the way, such as from http to "
                "https, makes it a GET.",
                headers={"Allow": "POST"},
            )

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        body = read_body(request._request, max_bytes=MAX_BODY_BYTES)
        # The record is read afterwards, so what else Odoo sends is kept only where somebody has to look at it.
        self.received = body
        model, record_id, action = _told(body)
        self.record_ref = str(record_id)
        self.summary = f"{model} #{record_id}" + (f": {action}" if action else "")
        through = "" if model == self.target.model else self.target.links.get(model)
        if through is None:
            raise ApiError(
                409,
                ErrorCode.VALIDATION_ERROR,
                f"This address hears of {self.target.model}, not of {model[:100]!a}. Set the rule in Odoo up anew.",
            )
        changes_noticed(config_id=self.target.config_id, record_id=record_id, through=through, action=action)
        hook_used(config_id=self.target.config_id)
        self.received = b""
        return Response({"status": "success"}, status=202)


def _told(body: bytes) -> tuple[str, int, str]:
    """Model, id and action of a post. Whatever stands beside them may be anything that Odoo's fields hold.

    Raises ApiError 400.
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise _no_post("The body is no JSON") from None
    if not isinstance(told, dict):
        raise _no_post("The body is no JSON object")
    model, record_id, action = told.get("_model"), told.get("_id"), told.get("_action")
    if not isinstance(model, str) or not model:
        raise _no_post("The body has no _model with the name of a model")
    if not isinstance(record_id, int) or isinstance(record_id, bool) or not 0 < record_id <= MAX_ODOO_ID:
        raise _no_post("The body has no _id with the number of a record")
    return model, record_id, action if isinstance(action, str) else ""


def _no_post(what: str) -> ApiError:
    return ApiError(
        400,
        ErrorCode.VALIDATION_ERROR,
        f"{what}. This address takes what Odoo's action “Send Webhook Notification” posts, such as "
        '{"_model": "res.partner", "_id": 7, "_action": "..."}.',
    )
