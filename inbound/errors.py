"""How the hub says no: the refusal that services raise, its body, and the handlers that turn anything into it.

Nothing of the API ever answers with a page of Django's or with a traceback.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework.response import Response

logger = logging.getLogger(__name__)

API_PREFIX = "/bj_api_sync/"


class ErrorCode(StrEnum):
    """The stable word in `error`, for programs."""

    AUTHENTICATION_ERROR = "AUTHENTICATION_ERROR"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    VALIDATION_ERROR = "VALIDATION_ERROR"
    DUPLICATE_RECORD = "DUPLICATE_RECORD"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    """The same Idempotency-Key with another body, or while the first request with it is still running."""
    RATE_LIMIT_EXCEEDED = "RATE_LIMIT_EXCEEDED"
    LENGTH_REQUIRED = "LENGTH_REQUIRED"
    NOT_ATTEMPTED = "NOT_ATTEMPTED"
    """An entry of a batch that was left alone, because an earlier one failed."""
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    CONFIGURATION_ERROR = "CONFIGURATION_ERROR"
    """This endpoint's configuration, or the hub's connection to Odoo, must be mended by staff of the hub."""
    ODOO_ERROR = "ODOO_ERROR"
    ODOO_UNAVAILABLE = "ODOO_UNAVAILABLE"
    ODOO_TIMEOUT = "ODOO_TIMEOUT"


class ApiError(Exception):
    """A refusal. `reason` is for the log only: what the caller need not know, such as the address of Odoo."""

    def __init__(
        self,
        status: int,
        error: ErrorCode,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        reason: str = "",
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
        self.headers = dict(headers or {})
        self.reason = reason
        self.details = details

    def body(self, *, trace_id: str | None) -> dict[str, Any]:
        return error_body(
            message=self.message, code=self.status, error=self.error.value, **self.details, trace_id=trace_id
        )


def error_body(*, message: str, code: int, **details: Any) -> dict[str, Any]:
    """The body of every refusal: status, message, HTTP code, and details that are not None."""
    return {
        "status": "error",
        "message": message,
        "code": code,
        **{key: value for key, value in details.items() if value is not None},
    }


def exception_handler(exception: Exception, context: dict[str, Any]) -> Response:
    """DRF's: the answer for whatever a view of the API raised."""
    from inbound.refusals import refusal  # which needs ApiError from here

    view = context.get("view")
    trace_id = getattr(view, "request_id", None)
    found = refusal(exception, plan=getattr(view, "plan", None))
    if found.status == 500:
        logger.error("Request %s failed", trace_id, exc_info=exception)
    elif found.reason:
        logger.warning("Request %s was refused with %s: %s", trace_id, found.status, found.reason)
    if view is not None:
        view.refusal = found
    return Response(found.body(trace_id=trace_id), status=found.status, headers=found.headers)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(API_PREFIX):
        return defaults.bad_request(request, exception)
    message = "The request could not be understood."
    if isinstance(exception, DisallowedHost):
        message = "This site is not served under this host name. The staff of the hub can add it to ALLOWED_HOSTS."
    return _page(400, ErrorCode.VALIDATION_ERROR, message)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(API_PREFIX):
        return defaults.permission_denied(request, exception)
    return _page(403, ErrorCode.PERMISSION_DENIED, "Not allowed.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(API_PREFIX):
        return defaults.page_not_found(request, exception)
    return _page(404, ErrorCode.NOT_FOUND, "There is no such endpoint.")


def server_error(request: HttpRequest) -> HttpResponse:
    if not request.path.startswith(API_PREFIX):
        return defaults.server_error(request)
    return _page(500, ErrorCode.INTERNAL_ERROR, "The hub failed. The log of its process says why.")


def _page(status: int, error: ErrorCode, message: str) -> HttpResponse:
    return JsonResponse(error_body(message=message, code=status, error=error.value), status=status)
