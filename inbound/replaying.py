"""A request of the log, processed once more by staff: simulated first, then on the road that it came by.

A request that is in the queue stays one request there, and one with an Idempotency-Key keeps it.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _now

from auditlog.recorder import Recording, recording
from inbound import accepting
from inbound.crowding import room_at
from inbound.dry_run import preview_job
from inbound.endpoints import Extras, extras_of
from inbound.errors import ApiError, ErrorCode
from inbound.jobs import Reply, job_of, refused
from inbound.keeping import do_once
from inbound.models import InboundRequest, RequestState
from inbound.refusals import refusal
from inbound.stored_requests import Stored, callers_of, header_in
from inbound.waking import wake
from inbound.work import Work
from outbound.preview import MAX_RECORDS, Preview
from syncconfig.connections import client_for
from syncconfig.plans import plan_for

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it: the reply, or the row that was put back into the queue or had the answer already."""

    reply: Reply | None = None
    row: InboundRequest | None = None


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
    key = header_in(stored.entry.request_headers, "idempotency-key")
    callers = callers_of(extras)
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
