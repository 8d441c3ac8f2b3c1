"""Doing a request once for its Idempotency-Key, and keeping its answer."""

from __future__ import annotations

from dataclasses import replace

from inbound import accepting, idempotency
from inbound.jobs import Asked, Reply, job_of, run_jobs
from inbound.models import InboundRequest
from inbound.work import Work
from outbound.targets.odoo import claim_ttl_s


def do_once(work: Work, asked: Asked, row: InboundRequest, *, max_records: int) -> Reply | InboundRequest:
    """The reply, or the row of the request that came before with its key. `row` is not stored yet. Raises ApiError
    as `idempotency.begin`, and where the request asks for something that there is not."""
    if row.idempotency_key is None:
        return _do(work, asked, max_records=max_records)
    attempt = idempotency.begin(row, lease_s=claim_ttl_s(work.client))
    if isinstance(attempt, InboundRequest):
        return attempt
    try:
        reply = _do(work, asked, max_records=max_records, is_again=attempt.is_again)
    except Exception:
        idempotency.give_up(attempt)
        raise
    if reply.is_final:
        idempotency.finish(attempt, status=reply.status, headers=reply.headers, answer=accepting.as_text(reply.body))
    else:
        idempotency.give_up(attempt)
    return reply


def _do(work: Work, asked: Asked, *, max_records: int, is_again: bool = False) -> Reply:
    job = job_of(work, asked, max_records=max_records)
    (reply,) = run_jobs(work, [replace(job, is_again=is_again)])
    return reply
