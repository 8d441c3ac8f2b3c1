"""From a request that writes to the operations it means, and from their results to its answer.

A job is what a request asks for once its body is parsed. The view runs one job, the queue several together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.http import QueryDict

from inbound.batch import read_batch
from inbound.completing import complete
from inbound.errors import ApiError, ErrorCode, error_body
from inbound.operations import Operation, Verb, done_before, failed, run_operations
from inbound.projection import chosen_keys
from inbound.together import run_together
from inbound.work import Work
from inbound.writing import Result, Written

BATCH: Final = "batch"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that writes, without its transport. `target` says which record its address names, if any; `payload`
    is the parsed body, None where there is none."""

    method: str
    query: QueryDict
    payload: Any = None
    odoo_id: int | None = None
    identifier: str | None = None
    is_batch: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """`is_single`: the answer is that of one record, not of a list. `stops`: nothing is done after a refusal.
    `is_again`: an earlier attempt ended in the middle, and may have done some of it."""

    operations: tuple[Operation, ...]
    is_single: bool
    return_fields: tuple[str, ...] = ()
    stops: bool = False
    is_together: bool = False
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer's status, body and headers; `record_ref` is for the log. `is_final`: asking again would tell
    nothing new, so the answer may be kept. `refusal` is what the single record was refused with."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    record_ref: str = ""
    is_final: bool = True
    refusal: ApiError | None = None


def job_of(work: Work, asked: Asked, *, max_records: int) -> Job:
    """Raises ApiError where the request asks for something that there is not."""
    given = dict.fromkeys(asked.query)
    allowed = {"return_fields"} | ({"partial"} if asked.method == "PUT" else set())
    for name in given:
        if name not in allowed:
            raise _bad(
                f"There is no parameter {name[:100]!r} for {asked.method}. Known: {', '.join(sorted(allowed))}.",
                parameter=name[:100],
            )
        if len(asked.query.getlist(name)) > 1:
            raise _bad(f"The parameter {name} came several times. Send it once.", parameter=name)
    text = asked.query.get("return_fields")
    fields = () if text is None else chosen_keys(work.plan, text, "return_fields")
    if asked.is_batch:
        batch = read_batch(work, asked.payload, max_records=max_records)
        return Job(
            batch.operations, False, batch.return_fields or fields, not batch.continues, is_together=batch.is_together
        )
    if asked.method == "POST":
        bodies = records_of(work, asked.payload, max_records=max_records)
        if bodies is None:
            return Job((Operation(Verb.CREATE, asked.payload),), True, fields)
        return Job(tuple(Operation(Verb.CREATE, body) for body in bodies), False, fields)
    if asked.method == "DELETE":
        one = Operation(Verb.DELETE, odoo_id=asked.odoo_id, identifier=asked.identifier)
        return Job((one,), True)
    if not isinstance(asked.payload, dict):
        raise _bad("The body is a list. PUT and PATCH take one record: send a JSON object.")
    partial = asked.query.get("partial", "true").lower()
    if partial not in ("true", "false", "1", "0"):
        raise _bad(f"partial must be true or false, not {partial[:40]!r}.", parameter="partial")
    return Job(
        (Operation(Verb.UPDATE, asked.payload, asked.odoo_id, asked.identifier, partial in ("true", "1")),),
        True,
        fields,
    )


def records_of(work: Work, payload: Any, *, max_records: int) -> list[dict[str, Any]] | None:
    """The records of a list; None where the payload is one record. Raises ApiError 400 and 413."""
    found = payload
    if isinstance(payload, dict):
        is_list = list(payload) == ["records"] and isinstance(payload["records"], list)
        if not is_list or any(line.key.startswith("records") for line in work.plan.lines):
            return None
        found = payload["records"]
    check_count(found, max_records)
    for at, each in enumerate(found):
        if not isinstance(each, dict):
            raise _bad(f"Entry {at} of the list is no JSON object. Send a list of records.", index=at)
    return list(found)


def check_count(entries: Sequence[Any], max_records: int) -> None:
    if not entries:
        raise _bad("The list is empty. Send at least one record.")
    if len(entries) > max_records:
        raise ApiError(
            413,
            ErrorCode.PAYLOAD_TOO_LARGE,
            f"The list has {len(entries)} entries. At most {max_records} are taken at once; send several lists.",
            limit_records=max_records,
        )


def run_jobs(work: Work, jobs: Sequence[Job]) -> list[Reply]:
    """Neighbours that may be mixed are done together; one reply per job, in order."""
    replies: list[Reply] = []
    waiting: list[Job] = []

    def flush() -> None:
        if not waiting:
            return
        operations = [each for job in waiting for each in job.operations]
        results = iter(run_operations(work, operations, stops=waiting[0].stops))
        for job in waiting:
            replies.append(_reply(work, job, [next(results) for _each in job.operations]))
        waiting.clear()

    for job in jobs:
        if job.is_together or job.stops or (waiting and waiting[0].stops):
            flush()
        if job.is_together:
            try:
                replies.append(_reply(work, job, run_together(work, job.operations)))
            except ApiError as error:
                replies.append(refused(error))
        else:
            waiting.append(job)
    flush()
    return replies


def _reply(work: Work, job: Job, results: list[Result]) -> Reply:
    if job.is_again:
        results = [done_before(work, each, result) for each, result in zip(job.operations, results, strict=True)]
    results = complete(work, results, job.return_fields)
    if job.is_single:
        (result,) = results
        if isinstance(result, ApiError):
            return refused(result)
        body = {"status": "success", "data": result.data}
        headers = {} if result.odoo_id is None else {"X-Odoo-Id": str(result.odoo_id)}
        return Reply(result.status, body, headers, str(result.odoo_id or ""))
    return _reply_to_list(results)


def refused(error: ApiError) -> Reply:
    return Reply(error.status, error.body(trace_id=None), error.headers, is_final=False, refusal=error)


def _reply_to_list(results: list[Result]) -> Reply:
    bad = failed(results)
    if len(bad) == len(results) and bad[0].status >= 500 and len({error.status for error in bad}) == 1:
        # Nothing was done for a reason that lies with none of the records: the whole list may be sent again.
        return refused(bad[0])
    summary = {"total": len(results), "succeeded": len(results) - len(bad), "failed": len(bad)}
    status = {0: "success", len(results): "error"}.get(len(bad), "partial")
    code = 207
    if not bad:
        is_new = all(isinstance(result, Written) and result.status == 201 for result in results)
        code = 201 if is_new else 200
    entries = [_entry(at, result) for at, result in enumerate(results)]
    body = {"status": status, "data": entries, "summary": summary}
    is_final = all(error.status < 500 and error.status not in (424, 429) for error in bad)
    return Reply(code, body, is_final=is_final)


def _entry(at: int, result: Result) -> dict[str, Any]:
    if isinstance(result, Written):
        named = {} if result.odoo_id is None else {"id": result.odoo_id}
        return {"index": at, "status": "success", "code": result.status, **named, "data": result.data}
    return {
        "index": at,
        **error_body(message=result.message, code=result.status, error=result.error.value, **result.details),
    }


def _bad(message: str, **details: Any) -> ApiError:
    return ApiError(400, ErrorCode.VALIDATION_ERROR, message, **details)
