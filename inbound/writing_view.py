"""The part of the endpoints' view that writes: at once, once for a key, or into the queue."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from inbound import accepting
from inbound.body import check_media_type, parse_body
from inbound.crowding import room_at
from inbound.dry_run import dry_answer, is_dry_run
from inbound.endpoints import Extras
from inbound.guarding import GuardedView
from inbound.jobs import Asked, Reply, job_of
from inbound.keeping import do_once
from inbound.models import InboundRequest
from inbound.work import Work
from syncconfig.connections import client_for
from syncconfig.plans import plan_for


class WritingView(GuardedView):
    """`odoo_id` and `identifier` are the record in the address, if any."""

    odoo_id: int | None = None
    identifier: str | None = None
    is_batch = False

    def work(self) -> Work:
        """Called where there is room, since an unknown schema is asked for."""
        plan = self.plan = plan_for(self.config)
        self.rec.add_secret_keys(plan.secret_fields | plan.secret_keys)
        return Work(self.config, plan, client_for(self.config.connection))

    def write(self, request: Request, *, has_body: bool = True) -> Response:
        if is_dry_run(request._request):
            with room_at(self.config.connection_id):
                work, asked, _row = self._read(request, has_body=has_body)
                job = job_of(work, asked, max_records=self._extras.policy.max_records)
                return Response(dry_answer(work, asked, job, self.rec))
        if accepting.is_queued(self._extras.policy):
            # Without asking whether there is room: a queue takes what is sent also while Odoo is slow.
            work, asked, row = self._read(request, has_body=has_body)
            job_of(work, asked, max_records=self._extras.policy.max_records)
            return self._accepted(request, accepting.accept(work.plan, asked, row, policy=self._extras.policy))
        with room_at(self.config.connection_id):
            return self._kept(*self._read(request, has_body=has_body))

    def _read(self, request: Request, *, has_body: bool) -> tuple[Work, Asked, InboundRequest]:
        work = self.work()
        body = self._receive(request) if has_body else b""
        payload = self._parse(request, body) if has_body else None
        asked = Asked(request.method or "", request._request.GET, payload, self.odoo_id, self.identifier, self.is_batch)
        # A request that is refused is looked for by what its caller calls the record.
        self.record_ref = accepting.record_name(work.plan, asked)
        return work, asked, self._row(request, body)

    def _kept(self, work: Work, asked: Asked, row: InboundRequest) -> Response:
        """Do it, and keep the answer where the caller named a key; or answer as before."""
        done = do_once(work, asked, row, max_records=self._extras.policy.max_records)
        return self._replay(done) if isinstance(done, InboundRequest) else self._respond(done)

    def _respond(self, reply: Reply) -> Response:
        if reply.refusal is not None:
            raise reply.refusal
        self.record_ref = reply.record_ref or self.record_ref
        return Response(reply.body, status=reply.status, headers=reply.headers)

    def _replay(self, row: InboundRequest) -> Response:
        headers = {**row.headers, "Idempotent-Replayed": "true"}
        self.record_ref = row.headers.get("X-Odoo-Id", self.record_ref)
        return Response(accepting.from_text(row.answer), status=row.status or 200, headers=headers)

    def _accepted(self, request: Request, row: InboundRequest) -> Response:
        url = request._request.build_absolute_uri(accepting.status_path(self.config, row))
        data = {"id": str(row.public_id), "state": row.state, "status_url": url}
        return Response({"status": "accepted", "data": data}, status=202, headers={"Location": url})

    @property
    def _extras(self) -> Extras:
        assert self.extras is not None  # noqa: S101 - `initial` has set it, or has refused
        return self.extras

    def _receive(self, request: Request) -> bytes:
        check_media_type(request._request)
        self.received = self._read_body(request, self._extras)
        return self.received

    def _parse(self, request: Request, body: bytes) -> Any:
        return parse_body(body, request._request.content_type or "", max_depth=self._extras.policy.max_depth)

    def _row(self, request: Request, body: bytes) -> InboundRequest:
        """The request as it would be stored."""
        asked = request._request
        return accepting.row_of(
            config_id=self.config.pk,
            request_id=self.request_id,
            method=request.method or "",
            path=asked.path,
            query=asked.META.get("QUERY_STRING", ""),
            body=body,
            key=self._idempotency_key(request),
            caller=str(None if self.key is None else self.key.credential_id),
        )

    def _idempotency_key(self, request: Request) -> str | None:
        """The one that the caller names. The id of a signed message is one as well, so that a message which is sent
        again, by its sender or by who has recorded it, is done once."""
        named = request._request.headers.get("Idempotency-Key")
        if named is not None or self.key is None or self.key.signing is None:
            return named
        return self.key.signing.message_id(request._request.headers)
