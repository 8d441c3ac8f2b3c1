"""What every view of the API has in common: the log of the exchange, the headers of the answer, its bytes."""

from __future__ import annotations

import re
import time
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from auditlog.models import Party
from auditlog.recorder import Recording, recording
from inbound.addresses import client_address
from inbound.errors import ApiError, ErrorCode, error_body
from inbound.headers import API_VERSION, request_id_of
from inbound.rendering import compress, etag_of, is_known, with_request_id
from mapping.plan import Plan

_HOOK: Final = re.compile(r"(/hooks?/+).+")


class JsonOnly(BaseContentNegotiation):
    """Whatever Accept says: the API speaks JSON, and a refusal that cannot be read helps nobody."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """Records every exchange, and gives every answer its headers."""

    content_negotiation_class = JsonOnly
    http_method_names = ["get", "head", "post", "put", "patch", "delete", "options", "trace"]

    # DRF's own would name the methods of the class in Allow, also in refusals that say otherwise.
    default_response_headers: dict[str, str] = {}

    request_id = ""
    refusal: ApiError | None = None
    plan: Plan | None = None
    received = b""
    record_ref = ""
    summary = ""
    party = Party.API
    address = ""
    rec: Recording

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.request_id = request_id_of(request)
        self.address = client_address(request)
        started_at, started = timezone.now(), time.perf_counter()
        with recording(request_id=self.request_id) as rec:
            self.rec = rec
            response = self._answer(request, *args, **kwargs)
            refusal = self.refusal
            rec.add_inbound(
                method=request.method or "",
                url=request.get_full_path(),
                headers=dict(request.headers),
                body=self.received,
                status=response.status_code,
                response_headers=dict(response.headers),
                response_body=response.content,
                duration_ms=(time.perf_counter() - started) * 1000,
                started_at=started_at,
                client_address=self.address,
                error="" if refusal is None else refusal.reason or refusal.message,
                error_kind="" if refusal is None else refusal.error.value,
                record_ref=self.record_ref,
                summary=self.summary,
                party=self.party,
            )
        compress(request, response)
        if response.status_code != 304:
            # Without it the server sends chunks, which an older caller cannot read.
            response["Content-Length"] = str(len(response.content))
        if request.method == "HEAD":
            # Not every server drops the body by itself, and the next answer on the connection would begin with it.
            response.content = b""
        return response

    def _answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: Response = super().dispatch(request, *args, **kwargs)  # type: ignore[assignment]
        response["X-Request-ID"] = self.request_id
        response["X-API-Version"] = API_VERSION
        is_read = request.method in ("GET", "HEAD") and response.status_code == 200
        response.setdefault("Cache-Control", "private, no-cache" if is_read else "no-store")
        try:
            response.render()
        except (ValueError, TypeError) as error:
            # Something in Odoo's answer that is no JSON; the log of the process says what.
            failed = self.handle_exception(error)
            body = error_body(message=str(failed.data["message"]), code=500, trace_id=self.request_id)
            return JsonResponse(body, status=500, headers={"X-Request-ID": self.request_id})
        if is_read:
            response["ETag"] = etag_of(response.content)
            if is_known(request, response["ETag"]):
                kept = ("ETag", "Cache-Control", "X-Request-ID", "X-API-Version")
                return HttpResponse(status=304, headers={name: response[name] for name in kept})
        response.content = with_request_id(response.content, self.request_id)
        return response


class UnknownPath(ApiView):
    """Anything below the API's prefix that is no endpoint."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # What looks like the address of a hook with a slip in it holds a secret.
        request.path = _HOOK.sub(r"\1***", request.path)
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise no_such_address()


def no_such_address(*, reason: str = "") -> ApiError:
    message = "There is no such address. Endpoints are at /bj_api_sync/v1/<endpoint>."
    return ApiError(404, ErrorCode.NOT_FOUND, message, reason=reason)
