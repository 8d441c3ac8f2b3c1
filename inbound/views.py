"""The endpoints' one view: who calls, what may be called, what is asked, and the answer, all of it in the log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from auditlog.recorder import Recording, recording
from clients.odoo.client import OdooClient
from inbound.auth import authenticate
from inbound.body import check_media_type, parse_object, read_body
from inbound.endpoints import allowed_methods, extras_of, find_endpoint
from inbound.errors import ApiError, ErrorCode, error_body
from inbound.filters import read_query
from inbound.headers import API_VERSION, check_api_version, request_id_of
from inbound.reading import read_one, read_page
from inbound.writing import Written, delete_record, post_record, put_record
from mapping.plan import Plan
from syncconfig.connections import client_for
from syncconfig.models import SyncConfig
from syncconfig.plans import plan_for

MAX_ODOO_ID = 2**31 - 1


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
    rec: Recording

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.request_id = request_id_of(request)
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
                client_address=str(request.META.get("REMOTE_ADDR", "")),
                error="" if refusal is None else refusal.reason or refusal.message,
                error_kind="" if refusal is None else refusal.error.value,
                record_ref=self.record_ref,
            )
        if request.method == "HEAD":
            # Not every server drops the body by itself, and the next answer on the connection would begin with it.
            response["Content-Length"] = str(len(response.content))
            response.content = b""
        return response

    def _answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: Response = super().dispatch(request, *args, **kwargs)  # type: ignore[assignment]
        response["X-Request-ID"] = self.request_id
        response["X-API-Version"] = API_VERSION
        response["Cache-Control"] = "no-store"
        try:
            response.render()
        except (ValueError, TypeError) as error:
            # Something in Odoo's answer that is no JSON; the log of the process says what.
            failed = self.handle_exception(error)
            body = error_body(message=str(failed.data["message"]), code=500, trace_id=self.request_id)
            return JsonResponse(body, status=500, headers={"X-Request-ID": self.request_id})
        return response


class UnknownPath(ApiView):
    """Anything below the API's prefix that is no endpoint."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise ApiError(
            404, ErrorCode.NOT_FOUND, "There is no such address. Endpoints are at /bj_api_sync/v1/<endpoint>."
        )


class EndpointView(ApiView):
    """`/<endpoint>` and `/<endpoint>/<record_id>`."""

    config: SyncConfig
    client: OdooClient
    odoo_id: int | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Everything before the work itself, cheapest first; the body comes last."""
        self.config = self.rec.config = find_endpoint(kwargs["endpoint"])
        self._hide_secrets()
        authenticate(request._request, self.config)
        check_api_version(request._request)
        self._check_method(request)
        self.odoo_id = _odoo_id(kwargs.get("record_id", ""))
        self.plan = plan_for(self.config)
        self.rec.add_secret_keys(self.plan.secret_fields | self.plan.secret_keys)
        self.client = client_for(self.config.connection)

    def _hide_secrets(self) -> None:
        config = self.config
        self.rec.add_secrets([config.auth_secret, config.connection.secret])
        if config.auth_header:
            self.rec.add_secret_keys([config.auth_header])

    def _check_method(self, request: Request) -> None:
        allowed = allowed_methods(self.config)
        if request.method not in allowed:
            raise ApiError(
                405,
                ErrorCode.METHOD_NOT_ALLOWED,
                f"{request.method} is not allowed here. Allowed are: {', '.join(allowed)}.",
                headers={"Allow": ", ".join(allowed)},
            )

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        if self.plan is not None:
            for name, value in extras_of(self.config).headers.items():
                answer[name] = value
        return answer

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        allowed = allowed_methods(self.config)
        return Response({"status": "success", "data": {"methods": allowed}}, headers={"Allow": ", ".join(allowed)})

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if self.odoo_id is not None:
            _refuse_parameters(request)
            record = read_one(config=self.config, plan=self._plan, client=self.client, odoo_id=self.odoo_id)
            return self._success(record, odoo_id=self.odoo_id)
        query = read_query(self.config, self._plan, extras_of(self.config).filters, request._request.GET)
        page = read_page(config=self.config, plan=self._plan, client=self.client, query=query)
        ends_at = query.offset + len(page.records)
        pagination = {
            "total": page.total,
            "limit": query.limit,
            "offset": query.offset,
            "next": _page_link(request, ends_at) if page.records and ends_at < page.total else None,
            "previous": _page_link(request, max(0, query.offset - query.limit)) if query.offset else None,
        }
        return Response({"status": "success", "data": page.records, "pagination": pagination})

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if self.odoo_id is not None:
            raise _bad(
                "POST creates a record, so it takes no id in its address. Leave it out, or send PUT to change it."
            )
        return self._written(lambda body: post_record(**self._work, body=body), request)

    def put(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        odoo_id = self._needed_id("PUT")
        return self._written(lambda body: put_record(**self._work, odoo_id=odoo_id, body=body), request)

    def delete(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        odoo_id = self._needed_id("DELETE")
        written = delete_record(config=self.config, client=self.client, odoo_id=odoo_id)
        return self._success(written.data, odoo_id=odoo_id)

    @property
    def _plan(self) -> Plan:
        assert self.plan is not None  # noqa: S101 - `initial` has set it, or has refused
        return self.plan

    @property
    def _work(self) -> dict[str, Any]:
        return {"config": self.config, "plan": self._plan, "client": self.client}

    def _needed_id(self, method: str) -> int:
        if self.odoo_id is None:
            raise _bad(
                f"{method} needs the id of the record: {method} /bj_api_sync/v1/{self.config.endpoint}/<record_id>."
            )
        return self.odoo_id

    def _written(self, write: Callable[[dict[str, Any]], Written], request: Request) -> Response:
        check_media_type(request._request)
        self.received = read_body(request._request, max_bytes=settings.SYNC_MAX_BODY_BYTES)
        body = parse_object(self.received)
        written = write(body)
        return self._success(written.data, odoo_id=written.odoo_id, status=written.status)

    def _success(self, data: dict[str, Any], *, odoo_id: int, status: int = 200) -> Response:
        self.record_ref = str(odoo_id)
        return Response({"status": "success", "data": data}, status=status, headers={"X-Odoo-Id": str(odoo_id)})


def _odoo_id(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:20]) > 0):
        raise _bad(f"The id in the address must be Odoo's, a whole number above 0, not {text[:40]!r}.")
    if len(text) > 19 or int(text) > MAX_ODOO_ID:
        raise ApiError(404, ErrorCode.NOT_FOUND, f"There is no record {text[:40]} at this endpoint.")
    return int(text)


def _refuse_parameters(request: Request) -> None:
    for name in request._request.GET:
        raise ApiError(
            400,
            ErrorCode.VALIDATION_ERROR,
            f"There is no parameter {name[:100]!r} when one record is asked for by its id.",
            parameter=name[:100],
        )


def _page_link(request: Request, offset: int) -> str:
    query = request._request.GET.copy()
    query["offset"] = str(offset)
    return request._request.build_absolute_uri(f"{request._request.path}?{query.urlencode()}")


def _bad(message: str) -> ApiError:
    return ApiError(400, ErrorCode.VALIDATION_ERROR, message)
