"""From whatever went wrong to the refusal that the caller gets.

Odoo's own sentences about the caller's data are handed on, with the mapping line and key they concern. What is about
the hub (its connection, its configuration, its addresses) is said in general words, and in full only in the log.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Final

from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from rest_framework.exceptions import APIException

from clients.errors import Kind, RemoteError
from clients.odoo.domain import DomainError
from inbound.errors import ApiError, ErrorCode
from mapping.plan import Plan
from mapping.results import FieldError, RelatedRecord
from outbound.targets.odoo_related import RelatedFailed
from syncconfig.plans import ConfigBroken
from syncconfig.secrets import SecretUnreadable

RETRY_AFTER_S: Final = 10

_ABOUT_THE_DATA: Final = frozenset(
    {"validation", "required", "user_error", "bad_value", "missing_record", "missing_argument", "unknown_value"}
)
_DUPLICATE: Final = frozenset({"not_unique", "many_records", "outside_domain"})
_ABOUT_THE_CONFIG: Final = frozenset(
    {"unknown_field", "unsearchable_field", "unknown_model", "unknown_method", "cannot_archive"}
)
_LATE: Final = frozenset({"timeout", "connect_timeout"})

CONFIG_MESSAGE: Final = (
    "The configuration of this endpoint is incomplete or does not fit Odoo. The staff of the hub must mend it; its log "
    "says what is wrong."
)
CONNECTION_MESSAGE: Final = (
    "The hub's connection to Odoo needs attention. The staff of the hub must mend it; its log says what is wrong."
)
IN_DOUBT_MESSAGE: Final = (
    "Odoo did not answer in time, and it is not known whether the change was made. Send the same request again, with "
    "the same record identifier: nothing will be created twice."
)


def refusal(exception: Exception, *, plan: Plan | None = None) -> ApiError:
    """The refusal for any exception; a 500 for one that nobody expected. `plan` lets it name lines and keys."""
    if isinstance(exception, ApiError):
        return exception
    if isinstance(exception, RelatedFailed):
        return remote_refusal(exception.error, plan=plan, related=exception.record)
    if isinstance(exception, RemoteError):
        return remote_refusal(exception, plan=plan)
    for kind, build in _KINDS:
        if isinstance(exception, kind):
            return build(exception)
    return ApiError(
        500, ErrorCode.INTERNAL_ERROR, "The hub failed. Its staff find the reason in its log under the trace id."
    )


def mapping_refusal(errors: Iterable[FieldError], *, status: int = 400, hint: str = "") -> ApiError:
    """Every error of the record, by line: 400 for what the caller sent, 502 for what Odoo holds. `hint` is said
    after the first of them."""
    found = [
        {
            "line_id": error.line_id,
            "external_key": error.key,
            "field": error.field,
            "value": error.value,
            "rule": error.rule.value,
            "message": error.message,
        }
        for error in errors
    ]
    first = found[0]
    more = f" ({len(found) - 1} more in errors)" if len(found) > 1 else ""
    name = first["external_key"] or first["field"]
    message = f"{name}: {first['message']}" if name else str(first["message"])
    sentence = message if message.endswith(".") else f"{message}."
    return ApiError(
        status,
        ErrorCode.VALIDATION_ERROR if status == 400 else ErrorCode.ODOO_ERROR,
        f"{sentence}{more}{f' {hint}' if hint else ''}",
        line_id=first["line_id"],
        errors=found,
    )


def remote_refusal(error: RemoteError, *, plan: Plan | None = None, related: RelatedRecord | None = None) -> ApiError:
    """The refusal for a failed call to Odoo. `related` is the related record that the call was about."""
    reason = f"{error.code}: {error.message}"
    if error.kind is Kind.AMBIGUOUS:
        return ApiError(504, ErrorCode.ODOO_TIMEOUT, IN_DOUBT_MESSAGE, headers=_retry(error), reason=reason)
    if error.code in _ABOUT_THE_DATA:
        return _about_the_data(400, ErrorCode.VALIDATION_ERROR, error, plan, related)
    if error.code in _DUPLICATE:
        return _about_the_data(409, ErrorCode.DUPLICATE_RECORD, error, plan, related)
    if error.code == "access_error":
        return ApiError(
            403,
            ErrorCode.PERMISSION_DENIED,
            f"Odoo does not let the hub's user do this: {error.message} Give that user the right in Odoo.",
            reason=reason,
        )
    if error.code in _ABOUT_THE_CONFIG:
        return ApiError(
            503,
            ErrorCode.CONFIGURATION_ERROR,
            f"{CONFIG_MESSAGE} {error.message}",
            reason=reason,
            field=error.field,
            line_id=_line_id(error.field, plan, related),
        )
    if error.code in _LATE:
        return ApiError(
            504,
            ErrorCode.ODOO_TIMEOUT,
            "Odoo did not answer in time. Nothing was changed; send the request again later.",
            headers=_retry(error),
            reason=reason,
        )
    if error.code == "busy":
        return ApiError(503, ErrorCode.ODOO_UNAVAILABLE, error.message, headers=_retry(error), reason=reason)
    if error.kind is Kind.RETRYABLE:
        return ApiError(
            503,
            ErrorCode.ODOO_UNAVAILABLE,
            "Odoo cannot be reached at the moment. Nothing was changed; send the request again later.",
            headers=_retry(error),
            reason=reason,
        )
    if error.code == "server_error":
        return ApiError(502, ErrorCode.ODOO_ERROR, error.message, reason=reason)
    return ApiError(502, ErrorCode.CONFIGURATION_ERROR, CONNECTION_MESSAGE, reason=reason)


def _about_the_data(
    status: int, code: ErrorCode, error: RemoteError, plan: Plan | None, related: RelatedRecord | None
) -> ApiError:
    field = error.field
    if plan is None or (error.model not in (None, plan.model) and related is None):
        return ApiError(status, code, error.message, field=field)
    path = f"{_dotted(plan, related)}{field}" if field else None
    key = plan.keys_by_field.get(path) if path else None
    line_id = _line_id(field, plan, related)
    if key is None and related is not None:
        key = related.path
    entry = {"line_id": line_id, "external_key": key, "field": path, "value": None, "message": error.message}
    return ApiError(
        status, code, error.message, line_id=line_id, field=path, key=key, errors=[entry] if path or key else None
    )


def _line_id(field: str | None, plan: Plan | None, related: RelatedRecord | None) -> int | None:
    """The line that writes the field; otherwise the one of the related record."""
    if plan is not None and field:
        path = f"{_dotted(plan, related)}{field}"
        for line in plan.lines:
            if line.field == path:
                return line.line_id
    return related.line_id if related is not None else None


def _dotted(plan: Plan, related: RelatedRecord | None) -> str:
    """What stands before the names of the related record's fields in the lines: `partner_id.`."""
    if related is None:
        return ""
    return next((f"{line.field}." for line in plan.lines if line.line_id == related.line_id), "")


def _retry(error: RemoteError) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(error.retry_after_s or RETRY_AFTER_S)))}


def _broken_config(exception: Any) -> ApiError:
    return ApiError(503, ErrorCode.CONFIGURATION_ERROR, CONFIG_MESSAGE, reason=str(exception))


def _suspicious(exception: Any) -> ApiError:
    return ApiError(400, ErrorCode.VALIDATION_ERROR, "The request could not be understood.", reason=str(exception))


def _database_away(exception: Any) -> ApiError:
    return ApiError(
        503,
        ErrorCode.INTERNAL_ERROR,
        "The hub's database cannot be reached at the moment. Send the request again later.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
        reason=str(exception),
    )


def _of_the_framework(exception: Any) -> ApiError:
    code = ErrorCode.VALIDATION_ERROR if exception.status_code < 500 else ErrorCode.INTERNAL_ERROR
    return ApiError(exception.status_code, code, str(exception.detail))


_KINDS: Final[tuple[tuple[type[Exception], Callable[[Any], ApiError]], ...]] = (
    (ConfigBroken, _broken_config),
    (SecretUnreadable, _broken_config),
    (DomainError, _broken_config),
    (SuspiciousOperation, _suspicious),
    (OperationalError, _database_away),
    (APIException, _of_the_framework),
)
