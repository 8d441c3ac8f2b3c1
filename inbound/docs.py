"""The documentation of the endpoints: as OpenAPI, as a Postman collection, and as a page to read and try it.

Each shows what the viewer may call: staff with the right to see configs everything, others what their credentials
open, and what is open to everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from inbound.addresses import client_address, is_within
from inbound.auth import AUTH_KINDS
from inbound.endpoints import Extras, extras_of, find_endpoint
from inbound.errors import ApiError, ErrorCode
from inbound.guessing import check_address, note_failure
from inbound.keys import Key
from inbound.openapi import document
from inbound.postman import collection
from syncconfig.models import RequestType, SyncConfig

READ: Final = ("GET", "HEAD")


def only_read(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuses other methods as the endpoints do, and not with Django's page about CSRF."""

    @csrf_exempt
    @wraps(view)
    def read(request: HttpRequest) -> HttpResponse:
        if request.method in READ:
            return view(request)
        refused = ApiError(
            405,
            ErrorCode.METHOD_NOT_ALLOWED,
            f"{request.method} is not allowed here. Allowed are: {', '.join(READ)}.",
            headers={"Allow": ", ".join(READ)},
        )
        return _refusal(refused)

    return read


@only_read
def openapi(request: HttpRequest) -> HttpResponse:
    return _json(request, as_collection=False)


@only_read
def postman(request: HttpRequest) -> HttpResponse:
    response = _json(request, as_collection=True)
    response["Content-Disposition"] = 'attachment; filename="sync-hub.postman_collection.json"'
    return response


@only_read
def page(request: HttpRequest) -> HttpResponse:
    """The page itself holds nothing: it asks for the document with the reader's own credentials."""
    response = render(request, "inbound/docs.html")
    response["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    return response


def _json(request: HttpRequest, *, as_collection: bool) -> HttpResponse:
    try:
        configs = _visible(request)
    except ApiError as error:
        return _refusal(error)
    made = document(configs, site_url=request.build_absolute_uri("/"))
    response = JsonResponse(collection(made) if as_collection else made)
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Authorization, Cookie"
    return response


def _refusal(error: ApiError) -> HttpResponse:
    return JsonResponse(error.body(trace_id=None), status=error.status, headers=error.headers)


def _visible(request: HttpRequest) -> list[SyncConfig]:
    """Raises ApiError 429 for an address that guesses."""
    names = SyncConfig.objects.filter(request_type=RequestType.IN, active=True, endpoint__isnull=False)
    configs = [find_endpoint(str(name)) for name in names.order_by("endpoint").values_list("endpoint", flat=True)]
    user = getattr(request, "user", None)
    if user is not None and user.is_active and user.is_staff and user.has_perm("syncconfig.view_syncconfig"):
        return configs
    address = client_address(request)
    check_address(address)
    problems = {config.pk: _problem(request, extras_of(config), address) for config in configs}
    is_known = any(not problems[config.pk] and extras_of(config).keys for config in configs)
    if "wrong" in problems.values() and not is_known:
        note_failure(address)
    return [config for config in configs if not problems[config.pk]]


def _problem(request: HttpRequest, extras: Extras, address: str) -> str:
    """Why the viewer may not call the endpoint; "" where they may. A signature opens nothing here: there is no body to
    sign."""
    if extras.networks and not is_within(address, extras.networks):
        return "elsewhere"
    found = {_problem_of(request, key, address) for key in extras.keys} or {""}
    return next(problem for problem in ("", "elsewhere", "expired", "wrong", "missing") if problem in found)


def _problem_of(request: HttpRequest, key: Key, address: str) -> str:
    if not key.secrets or key.kind == "signature":
        return "missing"
    problem = AUTH_KINDS[key.kind].problem(request, key, lambda: b"")
    if not problem and key.expires_at is not None and key.expires_at <= timezone.now():
        return "expired"
    if not problem and key.networks and not is_within(address, key.networks):
        return "elsewhere"
    return problem
