"""The endpoints' views: who calls, what may be called, what is asked, and the answer."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import QueryDict
from rest_framework.request import Request
from rest_framework.response import Response

from inbound import accepting
from inbound.batch import MAX_ODOO_ID
from inbound.crowding import room_at
from inbound.endpoints import extras_of
from inbound.errors import ApiError, ErrorCode
from inbound.filters import read_query
from inbound.finding import identifier_value
from inbound.guarding import GuardedView
from inbound.models import InboundRequest
from inbound.ordering import cursor_of
from inbound.projection import chosen_keys, picked
from inbound.reading import read_identified, read_one, read_page
from inbound.work import Work
from inbound.writing_view import WritingView


class EndpointView(WritingView):
    """`/<endpoint>`, `/<endpoint>/<record_id>` and `/<endpoint>/by/<identifier>`."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.odoo_id = _odoo_id(kwargs.get("record_id", ""))
        if "identifier" in kwargs:
            self.identifier = kwargs["identifier"].removesuffix("/")

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        given = request._request.GET
        with room_at(self.config.connection_id):
            work = self.work()
            if self.odoo_id is None and self.identifier is None:
                return self._page(request, work, given)
            fields = _fields_of_one(work, given)
            if self.odoo_id is not None:
                record, odoo_id = read_one(work, self.odoo_id), self.odoo_id
            else:
                value = identifier_value(work, self.identifier or "")
                record, odoo_id = read_identified(work, value)
        data = picked(record, fields) if fields else record
        self.record_ref = str(odoo_id)
        return Response({"status": "success", "data": data}, headers={"X-Odoo-Id": str(odoo_id)})

    def _page(self, request: Request, work: Work, given: QueryDict) -> Response:
        query = read_query(work.config, work.plan, extras_of(work.config).filters, given)
        page = read_page(work, query)
        records = [picked(record, query.fields) for record in page.records] if query.fields else page.records
        pagination: dict[str, Any] = {"limit": query.limit}
        if query.is_by_cursor:
            following = None if page.last_id is None else cursor_of(page.last_id, query.order)
            link = None if following is None else _page_link(request, cursor=following)
            pagination |= {"next": link, "next_cursor": following}
        else:
            ends_at, total = query.offset + len(records), page.total or 0
            before = max(0, query.offset - query.limit)
            pagination = {
                "total": total,
                **pagination,
                "offset": query.offset,
                "next": _page_link(request, offset=ends_at) if records and ends_at < total else None,
                "previous": _page_link(request, offset=before) if query.offset else None,
            }
        return Response({"status": "success", "data": records, "pagination": pagination})

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if self.odoo_id is not None or self.identifier is not None:
            raise self._not_here(
                "POST creates a record, so it takes no id in its address. Leave it out, or send PUT to change it."
            )
        return self.write(request)

    def put(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self._check_target(request)
        return self.write(request)

    patch = put

    def delete(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self._check_target(request)
        return self.write(request, has_body=False)

    def methods_here(self) -> list[str]:
        is_record = bool(self.kwargs.get("record_id")) or "identifier" in self.kwargs
        others = {"POST"} if is_record else {"PUT", "PATCH", "DELETE"}
        return [method for method in self.methods() if method not in others]

    def _not_here(self, message: str) -> ApiError:
        """The endpoint takes the method, but not at this address."""
        return ApiError(405, ErrorCode.METHOD_NOT_ALLOWED, message, headers={"Allow": ", ".join(self.methods_here())})

    def _check_target(self, request: Request) -> None:
        if self.odoo_id is None and self.identifier is None:
            address = f"/bj_api_sync/v1/{self.config.endpoint}"
            raise self._not_here(
                f"{request.method} needs to know the record: {request.method} {address}/<record_id>, or "
                f"{address}/by/<identifier>."
            )


class BatchView(EndpointView):
    """`/<endpoint>/batch`."""

    is_batch = True

    def methods(self) -> list[str]:
        return ["POST", "OPTIONS"]


class RequestView(GuardedView):
    """`/<endpoint>/requests/<id>`: what became of an accepted request."""

    def methods(self) -> list[str]:
        return ["GET", "HEAD", "OPTIONS"]

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = None
        try:
            public_id = uuid.UUID(kwargs["public_id"])
        except ValueError:
            public_id = None
        if public_id is not None:
            row = InboundRequest.objects.filter(config=self.config, public_id=public_id, is_queued=True).first()
        if row is None:
            shown = kwargs["public_id"][:100]
            raise ApiError(404, ErrorCode.NOT_FOUND, f"There is no accepted request {shown!a} at this endpoint.")
        return Response({"status": "success", "data": accepting.shown(row)})


def _odoo_id(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:20]) > 0):
        raise _bad(f"The id in the address must be Odoo's, a whole number above 0, not {text[:40]!r}.")
    if len(text) > 19 or int(text) > MAX_ODOO_ID:
        raise ApiError(404, ErrorCode.NOT_FOUND, f"There is no record {text[:40]} at this endpoint.")
    return int(text)


def _fields_of_one(work: Work, given: QueryDict) -> tuple[str, ...]:
    for name in given:
        if name != "fields":
            raise _bad(
                f"There is no parameter {name[:100]!r} when one record is asked for by its id. Known is: fields.",
                parameter=name[:100],
            )
        if len(given.getlist(name)) > 1:
            raise _bad(f"The parameter {name} came several times. Send it once.", parameter=name)
    return chosen_keys(work.plan, str(given["fields"]), "fields") if "fields" in given else ()


def _page_link(request: Request, **changed: Any) -> str:
    query = request._request.GET.copy()
    for name, value in changed.items():
        query[name] = str(value)
    return request._request.build_absolute_uri(f"{request._request.path}?{query.urlencode()}")


def _bad(message: str, **details: Any) -> ApiError:
    return ApiError(400, ErrorCode.VALIDATION_ERROR, message, **details)
