"""`X-Dry-Run: 1`: what a request would do, told instead of done."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from auditlog.recorder import Recording
from inbound.archived import gone_among
from inbound.errors import ApiError, ErrorCode
from inbound.jobs import Asked, Job
from inbound.operations import Operation, Verb, operation_ids
from inbound.reading import not_found
from inbound.refusals import CONFIG_MESSAGE
from inbound.work import Work
from outbound.preview import MAX_RECORDS, Preview
from outbound.preview_in import preview_in, preview_removal


def is_dry_run(request: HttpRequest) -> bool:
    """Raises ApiError 400 for a value that could mean either: a caller who wants nothing written must not find out
    that it was."""
    given = request.headers.get("X-Dry-Run", "").strip().lower()
    if given in ("", "0", "false", "no"):
        return False
    if given in ("1", "true", "yes"):
        return True
    raise _bad(f"X-Dry-Run must be 1 or 0, not {given[:40]!a}. Nothing was done.")


def dry_answer(work: Work, asked: Asked, job: Job, rec: Recording) -> dict[str, Any]:
    """The body of the answer. Raises ApiError where there is no telling."""
    if asked.is_batch:
        raise _bad("X-Dry-Run is not offered for batches; send the records as a list. Nothing was done.")
    if len(job.operations) > MAX_RECORDS:
        raise _bad(f"X-Dry-Run takes at most {MAX_RECORDS} records at once. Nothing was done.")
    preview = preview_job(work, job, rec)
    if preview.problem:
        raise ApiError(503, ErrorCode.CONFIGURATION_ERROR, CONFIG_MESSAGE, reason=preview.problem)
    told = preview.as_dict()
    data = told["records"][0] if job.is_single else told["records"]
    return {"status": "success", "dry_run": True, "data": data, "calls": told["calls"]}


def preview_job(work: Work, job: Job, rec: Recording) -> Preview:
    """What the operations would do, each as if the others were not. Raises ApiError where a record is not found."""
    if all(each.verb is Verb.CREATE for each in job.operations):
        return preview_in(config=work.config, payloads=[each.body for each in job.operations], rec=rec)
    whole = Preview()
    for each in job.operations:
        preview = _preview(work, each, rec)
        whole.records += preview.records
        whole.problem = whole.problem or preview.problem
    return whole


def _preview(work: Work, operation: Operation, rec: Recording) -> Preview:
    if operation.verb is Verb.CREATE:
        return preview_in(config=work.config, payloads=[operation.body], rec=rec)
    (odoo_id,) = operation_ids(work, [operation])
    if isinstance(odoo_id, ApiError):
        raise odoo_id
    if gone_among(work, [odoo_id]):
        raise not_found(odoo_id)
    if operation.verb is Verb.DELETE:
        return preview_removal(config=work.config, odoo_id=odoo_id, rec=rec)
    return preview_in(config=work.config, payloads=[operation.body], odoo_id=odoo_id, rec=rec)


def _bad(message: str) -> ApiError:
    return ApiError(400, ErrorCode.VALIDATION_ERROR, message)
