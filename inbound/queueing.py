"""Processes what queued endpoints have accepted.

One worker at a time empties an endpoint's queue, under a lease. It takes up to a hundred waiting requests in their
order and does them together, so that their new records are one `create` of Odoo; what Odoo refuses is found by
halving. A request waits for every earlier one about its record. While Odoo is out of reach requests wait for their
next attempt; what cannot be done is done with the refusal as its answer.
"""

from __future__ import annotations

import json
import logging
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F, Q
from django.http import QueryDict
from django.utils import timezone

from auditlog.recorder import Recording, recording
from inbound import callbacks
from inbound.accepting import SEVERAL, as_text, from_text
from inbound.endpoints import extras_of
from inbound.errors import ApiError, ErrorCode
from inbound.jobs import Asked, Job, Reply, job_of, refused, run_jobs
from inbound.models import EndpointPolicy, InboundRequest, RequestState
from inbound.refusals import refusal
from inbound.work import Work
from outbound.budget import Budget
from outbound.retry import JITTER, SCHEDULE_S
from outbound.targets.odoo import claim_ttl_s
from syncconfig.connections import client_for
from syncconfig.models import RequestType, SyncConfig
from syncconfig.plans import plan_for

logger = logging.getLogger(__name__)

TOGETHER: Final = 100
LOOKED_AT: Final = 1000
MAX_BYTES: Final = 16 * 1024 * 1024
MAX_ATTEMPTS: Final = len(SCHEDULE_S)
SUSPECT_AFTER: Final = 3

_DONE: Final = (
    f"UPDATE {InboundRequest._meta.db_table} SET state = %s, status = %s, headers = %s, answer = %s, body = '', "  # noqa: S608
    "attempts = %s, last_error = '', next_attempt_at = %s, done_at = %s WHERE id = %s"
)


def queue_run(*, config_id: int, budget: Budget) -> bool:
    """Process what waits, as long as the budget lasts. True: there is more to do now."""
    config = (
        SyncConfig.objects.select_related("connection")
        .filter(pk=config_id, active=True, request_type=RequestType.IN)
        .first()
    )
    if config is None:
        return False
    lease = _Lease(config)
    if not lease.take():
        return False
    try:
        policy = extras_of(config).policy
        is_more_to_tell = True
        while not budget.is_over:
            rows = list(_next(config_id))
            if rows:
                # Counted before the work, so that a request that kills its worker is not tried for ever.
                InboundRequest.objects.filter(pk__in=[row.pk for row in rows]).update(attempts=F("attempts") + 1)
                _process(config, rows)
            elif not is_more_to_tell:
                return False
            is_more_to_tell = callbacks.tell(config, policy, budget=budget)
            if not lease.renew():
                return False
        return is_more_to_tell or next(_next(config_id), None) is not None
    finally:
        lease.end()


class _Lease:
    """The right to process a queue, in the row of its policy. Longer than any one step of the work can take, so that
    it runs out only when the worker is gone."""

    def __init__(self, config: SyncConfig) -> None:
        self._rows = EndpointPolicy.objects.filter(config_id=config.pk)
        self._claim = uuid.uuid4().hex
        self._length = timedelta(seconds=2 * claim_ttl_s(client_for(config.connection)))

    def take(self) -> bool:
        now = timezone.now()
        free = self._rows.filter(Q(claimed_until=None) | Q(claimed_until__lt=now))
        return free.update(claim=self._claim, claimed_until=now + self._length) == 1

    def renew(self) -> bool:
        return self._mine().update(claimed_until=timezone.now() + self._length) == 1

    def end(self) -> None:
        self._mine().update(claim="", claimed_until=None)

    def _mine(self) -> Any:
        return self._rows.filter(claim=self._claim)


def _next(config_id: int) -> Iterator[InboundRequest]:
    """The requests to process now, in their order."""
    now = timezone.now()
    waiting = InboundRequest.objects.filter(config_id=config_id, state=RequestState.WAITING).order_by("id")
    chosen: list[int] = []
    blocked: set[str] = set()
    for pk, key, at in waiting.values_list("pk", "record_key", "next_attempt_at")[:LOOKED_AT]:
        is_due = at is None or at <= now
        is_free = not blocked if key == SEVERAL else not blocked & {key, SEVERAL}
        if is_due and is_free:
            chosen.append(pk)
            if len(chosen) == TOGETHER:
                break
        else:
            blocked.add(key)
    size = count = 0
    for row in InboundRequest.objects.filter(pk__in=chosen).order_by("id").iterator(chunk_size=10):
        if row.attempts > MAX_ATTEMPTS:
            _bury(row)
            continue
        # What has failed so often may be what kills its workers, and goes alone.
        is_suspect = row.attempts >= SUSPECT_AFTER
        if count and (is_suspect or size + len(row.body) > MAX_BYTES):
            return
        size, count = size + len(row.body), count + 1
        yield row
        if is_suspect:
            return


def _bury(row: InboundRequest) -> None:
    """Its worker has died with it again and again."""
    error = ApiError(503, ErrorCode.INTERNAL_ERROR, "The hub could not process the request, and has given it up.")
    _finish([_Outcome(row, refused(error))])


@dataclass(frozen=True, slots=True)
class _Outcome:
    row: InboundRequest
    reply: Reply


def _process(config: SyncConfig, rows: list[InboundRequest]) -> None:
    # What Odoo is asked for several together belongs to none of them alone.
    request_id = rows[0].request_id if len(rows) == 1 else ""
    with recording(config=config, request_id=request_id, secrets=[config.connection.secret]) as rec:
        replies = _replies(config, rows, rec)
    outcomes = [_Outcome(row, reply) for row, reply in zip(rows, replies, strict=True)]
    for row in rows:
        row.attempts += 1
    again = [each for each in outcomes if _is_for_later(each.reply) and each.row.attempts <= len(SCHEDULE_S)]
    _finish([each for each in outcomes if each not in again])
    now = timezone.now()
    for each in again:
        delay_s = SCHEDULE_S[each.row.attempts - 1] * (1 + JITTER * (2 * random.random() - 1))  # noqa: S311
        told = each.reply.refusal
        InboundRequest.objects.filter(pk=each.row.pk).update(
            next_attempt_at=now + timedelta(seconds=delay_s),
            last_error=told.message if told is not None else "Some of its records could not be written yet.",
        )


def _replies(config: SyncConfig, rows: list[InboundRequest], rec: Recording) -> list[Reply]:
    try:
        plan = plan_for(config)
        rec.add_secret_keys(plan.secret_fields | plan.secret_keys)
        work = Work(config, plan, client_for(config.connection))
        jobs = [_job(work, row) for row in rows]
        done = iter(run_jobs(work, [job for job in jobs if isinstance(job, Job)]))
        return [next(done) if isinstance(job, Job) else job for job in jobs]
    except Exception as error:
        found = refusal(error)
        if found.status == 500:
            logger.exception("The queue of %s failed", config)
        return [refused(found)] * len(rows)


def _job(work: Work, row: InboundRequest) -> Job | Reply:
    odoo_id, identifier, is_batch = from_text(row.action)
    asked = Asked(
        row.method,
        QueryDict(row.query),
        from_text(row.body) if row.body else None,
        odoo_id,
        identifier,
        is_batch,
    )
    try:
        job = job_of(work, asked, max_records=extras_of(work.config).policy.max_records)
        return replace(job, is_again=row.attempts > 0)
    except ApiError as error:
        return refused(error)


def _is_for_later(reply: Reply) -> bool:
    if reply.refusal is not None:
        return reply.status >= 500
    return not reply.is_final


def _finish(outcomes: list[_Outcome]) -> None:
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    rows = [
        [
            *(RequestState.DONE.value, each.reply.status, json.dumps(each.reply.headers), as_text(each.reply.body)),
            *(each.row.attempts, now, now, each.row.pk),
        ]
        for each in outcomes
    ]
    if rows:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(_DONE, rows)
