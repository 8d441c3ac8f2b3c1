"""A request of the log, processed once more by staff: simulated first, then on the road that it came by.

The log keeps bodies redacted and cut, so it is not always the request. Refused is what would be something else than
came: a body of which a part was cut, or is hidden and read by the config, unless the accepted request still holds it.
Refused is also what nobody was let in with. A request that is in the queue stays one request there, and one with an
Idempotency-Key keeps it.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.http import QueryDict
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _now

from auditlog.bodies import is_whole
from auditlog.models import ApiLog, Direction
from auditlog.recorder import Recording, recording
from auditlog.redaction import HIDDEN
from inbound import accepting, idempotency
from inbound.batch import MAX_ODOO_ID
from inbound.body import parse_body
from inbound.crowding import room_at
from inbound.dry_run import preview_job
from inbound.endpoints import Extras, allowed_methods, extras_of
from inbound.errors import API_PREFIX, ApiError, ErrorCode
from inbound.hidden_parts import hidden_keys, keys_read
from inbound.jobs import Asked, Reply, job_of, refused
from inbound.keeping import do_once
from inbound.models import InboundRequest, RequestState
from inbound.refusals import refusal
from inbound.views import BatchView
from inbound.waking import wake
from inbound.work import Work
from outbound.preview import MAX_RECORDS, Preview
from syncconfig.connections import client_for
from syncconfig.models import RequestType, SyncConfig
from syncconfig.plans import plan_for

logger = logging.getLogger(__name__)

WRITING: Final = ("POST", "PUT", "PATCH", "DELETE")
_SHOWN_KEYS: Final = 5
_CLOCKS: Final = timedelta(milliseconds=5)
"""How far the times of one request may be apart: durations are whole milliseconds."""


class NotReplayable(Exception):
    """The message says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A request as it can be processed again. `row` is the accepted one, where there is one."""

    entry: ApiLog
    config: SyncConfig
    asked: Asked
    body: bytes = field(repr=False)
    row: InboundRequest | None
    hidden: tuple[str, ...] = ()
    """Keys whose values the log hides: `***` is processed in their place, which nothing reads."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it: the reply, or the row that was put back into the queue or had the answer already."""

    reply: Reply | None = None
    row: InboundRequest | None = None


def is_request(entry: ApiLog) -> bool:
    """Whether the entry is a request of others that writes."""
    is_theirs = entry.direction == Direction.IN and entry.url.startswith(API_PREFIX)
    return is_theirs and entry.method in WRITING and entry.config_id is not None


def stored_request(entry: ApiLog) -> Stored:
    """Raises NotReplayable. Asks nobody but the database."""
    if not is_request(entry):
        raise NotReplayable(_now("it is no request of others that writes."))
    if entry.is_dry_run:
        raise NotReplayable(_now("its caller asked for a dry run, so nothing was to be done."))
    if entry.status in (401, 403):
        raise NotReplayable(_now("its caller was not let in, and staff are not to do it in its place."))
    config = SyncConfig.objects.select_related("connection").filter(pk=entry.config_id or 0).first()
    if config is None or config.request_type != RequestType.IN or not config.active:
        raise NotReplayable(_now("its sync config is gone, or not active."))
    if entry.method not in allowed_methods(config):
        raise NotReplayable(_now("the sync config does not allow %(method)s any more.") % {"method": entry.method})
    row = _accepted(entry, config)
    if row is not None and row.state == RequestState.RUNNING:
        raise NotReplayable(_now("it is being processed at this moment."))
    body, hidden = _body(entry, row, config)
    return Stored(entry, config, _asked(entry, config, body), body, row, hidden)


def _accepted(entry: ApiLog, config: SyncConfig) -> InboundRequest | None:
    """The row that the request left: the one that its answer names, or the one that was kept for its key.

    Callers may use a request id again and again, also within a millisecond, so neither it nor the time tells."""
    rows = InboundRequest.objects.filter(config=config)
    located = _header(entry.response_headers, "location")
    if located is not None:
        public_id = accepting.public_id_in(located)
        return None if public_id is None else rows.filter(public_id=public_id).first()
    hashes = _key_hashes(entry, extras_of(config))
    if not hashes:
        return None
    ended_at = entry.created_at + timedelta(milliseconds=entry.duration_ms) + _CLOCKS
    rows = rows.filter(idempotency_key__in=hashes, request_id=entry.request_id, method=entry.method)
    return rows.filter(created_at__gte=entry.created_at - _CLOCKS, created_at__lte=ended_at).order_by("pk").first()


def _header(headers: dict[str, str], name: str) -> str | None:
    return next((text for known, text in headers.items() if known.lower() == name), None)


def _key_hashes(entry: ApiLog, extras: Extras) -> list[str]:
    """What the request's Idempotency-Key is stored as, by each caller whose it may be."""
    key = _header(entry.request_headers, "idempotency-key")
    if key is None:
        return []
    try:
        return [idempotency.key_hash(key, caller=caller) for caller in _callers(extras)]
    except ApiError:
        return []


def _callers(extras: Extras) -> set[str]:
    return {str(key.credential_id) for key in extras.keys} or {str(None)}


def _body(entry: ApiLog, row: InboundRequest | None, config: SyncConfig) -> tuple[bytes, tuple[str, ...]]:
    """The body, and the keys in it whose values are hidden."""
    if row is not None and row.body:
        return row.body.encode(), ()
    if not is_whole(entry.request_body):
        raise NotReplayable(
            _now("the log kept only a part of its body (SYNC_LOG_BODY_BYTES). Let the caller send it again.")
        )
    if HIDDEN not in entry.request_body:
        return entry.request_body.encode(), ()
    hidden = hidden_keys(entry.request_body)
    needed = keys_read(hidden, config)
    if needed or not hidden:
        told = _now("the log hides a part of its body, which would be sent as ***. Let the caller send it again.")
        keys = ", ".join(needed[:_SHOWN_KEYS])
        raise NotReplayable(f"{told} ({keys})" if keys else told)
    return entry.request_body.encode(), tuple(hidden)


def _asked(entry: ApiLog, config: SyncConfig, body: bytes) -> Asked:
    parts = urlsplit(entry.url)
    if HIDDEN in entry.url:
        raise NotReplayable(_now("the log hides a part of its address. Let the caller send it again."))
    try:
        match = resolve(parts.path)
    except Resolver404:
        raise NotReplayable(_now("there is no such address.")) from None
    record_id, identifier = match.kwargs.get("record_id", ""), match.kwargs.get("identifier")
    if "endpoint" not in match.kwargs or (record_id and not _is_id(record_id)):
        raise NotReplayable(_now("its address names no endpoint or no record."))
    payload = None
    if entry.method != "DELETE":
        content_type = str(entry.request_headers.get("Content-Type", "application/json")).partition(";")[0].strip()
        try:
            payload = parse_body(body, content_type, max_depth=extras_of(config).policy.max_depth)
        except ApiError as error:
            raise NotReplayable(_now("its body cannot be read: %(error)s") % {"error": error.message}) from None
    return Asked(
        entry.method,
        QueryDict(parts.query),
        payload,
        int(record_id) if record_id else None,
        identifier.removesuffix("/") if identifier is not None else None,
        getattr(match.func, "view_class", None) is BatchView,
    )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 11 and 0 < int(text) <= MAX_ODOO_ID


def replay_simulate(stored: Stored) -> Preview:
    """What processing it now would do; nothing is written. What prevents it is the preview's `problem`."""
    with _recording(stored) as rec:
        rec.is_dry_run = True
        try:
            work = _work(stored, rec)
            job = job_of(work, stored.asked, max_records=extras_of(stored.config).policy.max_records)
            if len(job.operations) > MAX_RECORDS:
                told = _now("It has more than %(most)s records, and so many are not simulated.")
                return Preview(problem=told % {"most": MAX_RECORDS})
            return preview_job(work, job, rec)
        except Exception as error:  # noqa: BLE001 - `refusal` logs what nobody foresaw
            found = refusal(error)
            return Preview(problem=found.reason or found.message)


def replay_process(stored: Stored, *, user: User) -> Replayed:
    """Process it. A refusal is a reply like any other; the log has it beside the first one, under the same request
    id."""
    if stored.row is not None and stored.row.is_queued:
        return Replayed(row=_queue_again(stored, stored.row))
    started_at, started = timezone.now(), time.perf_counter()
    extras = extras_of(stored.config)
    with _recording(stored) as rec:
        done: Reply | InboundRequest
        try:
            with room_at(stored.config.connection_id):
                work = _work(stored, rec)
                row = _row(stored, extras)
                if accepting.is_queued(extras.policy):
                    job_of(work, stored.asked, max_records=extras.policy.max_records)
                    done = accepting.accept(work.plan, stored.asked, row, policy=extras.policy)
                else:
                    done = do_once(work, stored.asked, row, max_records=extras.policy.max_records)
        except Exception as error:
            found = refusal(error)
            if found.status == 500:
                logger.exception("The replay of log entry %s failed", stored.entry.pk)
            done = refused(found)
        if isinstance(done, InboundRequest):
            status, answer = done.status or 202, done.answer
            headers = {"Location": accepting.status_path(stored.config, done)} if done.is_queued else {}
        else:
            status, answer, headers = done.status, accepting.as_text(done.body), done.headers
        reply = done if isinstance(done, Reply) else None
        told = reply.refusal if reply is not None else None
        rec.add_inbound(
            method=stored.entry.method,
            url=stored.entry.url,
            headers=_headers(stored, user),
            body=stored.body,
            status=status,
            response_headers=headers,
            response_body=answer,
            duration_ms=(time.perf_counter() - started) * 1000,
            started_at=started_at,
            error="" if told is None else told.reason or told.message,
            error_kind="" if told is None else told.error.value,
            record_ref=(reply.record_ref if reply is not None else "") or stored.entry.record_ref,
            summary=f"Replay of #{stored.entry.pk} by {user}",
        )
    return Replayed(reply, done if isinstance(done, InboundRequest) else None)


def _recording(stored: Stored) -> Any:
    secrets = [stored.config.connection.secret]
    secrets += [secret for key in extras_of(stored.config).keys for secret in key.secrets]
    return recording(config=stored.config, request_id=stored.entry.request_id, secrets=secrets)


def _work(stored: Stored, rec: Recording) -> Work:
    plan = plan_for(stored.config)
    rec.add_secret_keys(plan.secret_fields | plan.secret_keys)
    return Work(stored.config, plan, client_for(stored.config.connection))


def _headers(stored: Stored, user: User) -> dict[str, str]:
    kept = ("content-type", "idempotency-key")
    headers = {name: value for name, value in stored.entry.request_headers.items() if name.lower() in kept}
    return {**headers, "X-Replay-Of": str(stored.entry.pk), "X-Replayed-By": str(user)}


def _row(stored: Stored, extras: Extras) -> InboundRequest:
    """As the view would store it. The key counts where it is certain whose it is and nothing is hidden, as the caller's
    own retry would otherwise be another request under it. An answer that is kept under it is the caller's, and no
    reason not to do what staff ask for."""
    key = _header(stored.entry.request_headers, "idempotency-key")
    callers = _callers(extras)
    parts = urlsplit(stored.entry.url)
    is_known = stored.row is None and len(callers) == 1 and not stored.hidden
    return accepting.row_of(
        config_id=stored.config.pk,
        request_id=stored.entry.request_id,
        method=stored.entry.method,
        path=parts.path,
        query=parts.query,
        body=stored.body,
        key=key if is_known else None,
        caller=next(iter(callers)),
    )


def _queue_again(stored: Stored, row: InboundRequest) -> InboundRequest:
    """The same request goes on waiting, from now on: its status address and its key stay what they are. Raises
    ApiError 409 where somebody was faster."""
    now = timezone.now()
    rows = InboundRequest.objects.filter(pk=row.pk, state=row.state)
    if row.state == RequestState.WAITING:
        count = rows.update(next_attempt_at=now)
    else:
        count = rows.update(
            state=RequestState.WAITING,
            body="" if stored.asked.payload is None else accepting.as_text(stored.asked.payload),
            # Not the first attempt: what an earlier one has done is found, and not done twice.
            attempts=1,
            next_attempt_at=now,
            status=None,
            headers={},
            answer="",
            done_at=None,
            is_told=not extras_of(stored.config).policy.callback_url,
        )
    if count != 1:
        raise ApiError(409, ErrorCode.IDEMPOTENCY_CONFLICT, _now("It has just been taken up. Look at it again."))
    wake(row.config_id)
    row.refresh_from_db()
    return row
