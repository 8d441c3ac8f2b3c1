"""“Send a sample” on an In config: the endpoint is called as a caller would, with its own credential, as a dry run.

Unlike “Preview” it takes the whole way in: credential, networks, limits, methods, the body's rules; and it shows the
answer that the caller would get.
"""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from io import BytesIO
from typing import Any, Final

from django import forms
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from inbound.keys import Key, keys_of
from inbound.views import EndpointView
from outbound.admin.preview import effect_shown
from syncconfig.admin.finding import row_at
from syncconfig.examples import API_PATH
from syncconfig.guided.samples import sample_text
from syncconfig.models import SyncConfig
from syncconfig.trail import act_record

MAX_PAYLOAD_LENGTH: Final = 1_000_000
SHOWN_HEADERS: Final = ("Content-Type", "X-Request-ID", "X-RateLimit-Remaining", "Retry-After", "WWW-Authenticate")


class SampleForm(forms.Form):
    """What a caller might send. What is no JSON may be sent as well: the endpoint says what it thinks of it."""

    payload = forms.CharField(
        label=_("Body"),
        max_length=MAX_PAYLOAD_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 14, "class": "sync-code-input", "spellcheck": "false"}),
        help_text=_("What a caller posts. It is answered as it would be, but nothing is written (X-Dry-Run: 1)."),
    )


@action(description=_("Send a sample"), url_path="post-sample", icon="send", permissions=["preview"])
def post_sample(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page, and under it the answer."""
    config = row_at(SyncConfig.objects.select_related("connection"), object_id)
    if config is None:
        return redirect("admin:syncconfig_syncconfig_changelist")
    initial = {"payload": sample_text(request.session, config)}
    form = SampleForm(request.POST) if request.method == "POST" else SampleForm(initial=initial)
    answer: dict[str, Any] | None = None
    if form.is_bound and form.is_valid():
        answer = _answer(request, config, form.cleaned_data["payload"])
        act_record(user=request.user, objects=[config], text=_("Posted a sample, as a dry run."))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _now("Send a sample to %(name)s") % {"name": config.name},
        "opts": model_admin.opts,
        "original": config,
        "config": config,
        "form": form,
        "answer": answer,
    }
    return TemplateResponse(request, "admin/inbound/post_sample.html", context)


def _answer(request: HttpRequest, config: SyncConfig, payload: str) -> dict[str, Any]:
    key = next((key for key in keys_of(config) if key.kind in _SHOWING and key.secrets), None)
    response: Any = EndpointView.as_view()(_as_caller(request, config, payload, key), endpoint=config.endpoint or "")
    text = response.content.decode("utf-8", "replace")
    effects: list[Any] = []
    with suppress(ValueError):
        told = json.loads(text)
        text = json.dumps(told, indent=2, ensure_ascii=False)
        effects = _effects(told)
    return {
        "effects": effects,
        "status": response.status_code,
        "reason": response.reason_phrase,
        "is_good": response.status_code < 400,
        "headers": [(name, response[name]) for name in SHOWN_HEADERS if name in response],
        "body": text,
        "is_without_key": key is None and bool(keys_of(config)),
    }


def _effects(told: Any) -> list[tuple[Any, str]]:
    """What would become of each record, in the words and colours of a preview."""
    data = told.get("data") if isinstance(told, dict) and told.get("dry_run") else None
    records = data if isinstance(data, list) else [data]
    return [effect_shown(record["effect"]) for record in records if isinstance(record, dict) and "effect" in record]


def _as_caller(request: HttpRequest, config: SyncConfig, payload: str, key: Key | None) -> WSGIRequest:
    """A request as it would come from outside: nothing of the login of whoever presses the button is in it."""
    body = payload.encode()
    kept = ("SERVER_NAME", "SERVER_PORT", "HTTP_HOST", "REMOTE_ADDR")
    server = {name: request.META[name] for name in kept if name in request.META}
    headers = {} if key is None else _SHOWING[key.kind](key)
    return WSGIRequest(
        {
            **server,
            "REQUEST_METHOD": "POST",
            "PATH_INFO": f"{API_PATH}{config.endpoint}",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_DRY_RUN": "1",
            "wsgi.input": BytesIO(body),
            "wsgi.url_scheme": request.scheme or "http",
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
        }
    )


def _basic(key: Key) -> dict[str, str]:
    token = base64.b64encode(f"{key.login}:{key.secrets[0]}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


_SHOWING: Final = {
    "basic": _basic,
    "bearer": lambda key: {"Authorization": f"Bearer {key.secrets[0]}"},
    "header": lambda key: {key.header: key.secrets[0]},
}
"""How a key is shown; a signature is not among them, as who signs has the body first."""
