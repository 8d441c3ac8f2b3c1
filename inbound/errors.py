"""How the hub says no: the error body of the API, and the handlers for what Django itself refuses."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

API_PREFIX = "/bj_api_sync/"


def error_body(*, message: str, code: int, **details: Any) -> dict[str, Any]:
    """The body of every refusal: status, message, HTTP code, and details that are not None."""
    return {
        "status": "error",
        "message": message,
        "code": code,
        **{key: value for key, value in details.items() if value is not None},
    }


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return JsonResponse(error_body(message="The request could not be understood.", code=400), status=400)
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return JsonResponse(error_body(message="Not allowed.", code=403), status=403)
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return JsonResponse(error_body(message="There is no such endpoint.", code=404), status=404)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return JsonResponse(
            error_body(message="The hub failed. The log of its process says why.", code=500), status=500
        )
    return defaults.server_error(request)
