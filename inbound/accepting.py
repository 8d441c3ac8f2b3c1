"""Requests as rows: how one is stored when it is accepted, and shown when somebody asks for it."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from auditlog.bulk import Insert
from inbound import idempotency
from inbound.jobs import Asked
from inbound.models import EndpointMode, EndpointPolicy, InboundRequest, RequestState
from inbound.waking import wake
from mapping.paths import ABSENT
from mapping.plan import Plan
from syncconfig.examples import API_PATH
from syncconfig.models import SyncConfig

SEVERAL: Final = "*"
"""The record key of a request about several records, which keeps its place among all others."""

_NAMES: Final = (
    *("public_id", "config", "is_queued", "request_id", "idempotency_key", "fingerprint", "method", "action", "query"),
    *("body", "record_key", "state", "attempts", "next_attempt_at", "claim", "claimed_until", "status", "headers"),
    *("answer", "last_error", "callback_tries", "is_told", "created_at", "done_at"),
)


def is_queued(policy: EndpointPolicy) -> bool:
    return policy.mode == EndpointMode.QUEUED


def row_of(
    *, config_id: int, request_id: str, method: str, path: str, query: str, body: bytes, key: str | None, caller: str
) -> InboundRequest:
    """The request as it would be stored. Raises ApiError 400 for an Idempotency-Key that is none."""
    row = InboundRequest(
        public_id=uuid.uuid4(),
        config_id=config_id,
        request_id=request_id,
        method=method,
        query=query,
        created_at=timezone.now(),
    )
    if key is not None:
        row.idempotency_key = idempotency.key_hash(key, caller=caller)
        row.fingerprint = idempotency.fingerprint_of(method=method, path=path, query=query, body=body)
    return row


def accept(plan: Plan, asked: Asked, row: InboundRequest, *, policy: EndpointPolicy) -> InboundRequest:
    """Store the request for the queue, or find the one that came before with its key. Raises ApiError as
    `idempotency.begin`."""
    row.is_queued, row.state, row.next_attempt_at = True, RequestState.WAITING, row.created_at
    row.is_told = not policy.callback_url
    row.action = json.dumps([asked.odoo_id, asked.identifier, asked.is_batch])
    row.body = "" if asked.payload is None else as_text(asked.payload)
    row.record_key = record_key(plan, asked)
    if row.idempotency_key is None:
        _insert(row)
    else:
        known = idempotency.begin_queued(row)
        if known is not None:
            return known
    transaction.on_commit(lambda: wake(row.config_id))
    return row


def _insert(row: InboundRequest) -> None:
    values = [row.config_id if name == "config" else getattr(row, name) for name in _NAMES]
    Insert(InboundRequest, _NAMES).rows([values])


def record_key(plan: Plan, asked: Asked) -> str:
    """Equal for requests about one record, as far as they tell."""
    if asked.odoo_id is not None:
        return _hashed("id", asked.odoo_id)
    if asked.identifier is not None:
        return _hashed("identifier", plan.identity(asked.identifier))
    if asked.is_batch or not isinstance(asked.payload, dict):
        return SEVERAL
    value = plan.identifier_path.read(asked.payload)
    return (
        SEVERAL if value is ABSENT or isinstance(value, (dict, list)) else _hashed("identifier", plan.identity(value))
    )


def record_keys(odoo_id: int | None, identifiers: Iterable[str]) -> list[str]:
    """The keys of requests that may be about the record, those about several among them."""
    own = [] if odoo_id is None else [_hashed("id", odoo_id)]
    spellings = dict.fromkeys(each for text in identifiers for each in (text, text.lower()))
    return [SEVERAL, *own, *(_hashed("identifier", text) for text in spellings)]


def record_name(plan: Plan, asked: Asked) -> str:
    """What the log calls the record until Odoo's id is known; empty for several, and where the identifier is secret."""
    if asked.odoo_id is not None:
        return str(asked.odoo_id)
    if plan.identifier.key in plan.secret_keys:
        return ""
    if asked.identifier is not None:
        return asked.identifier
    if asked.is_batch or not isinstance(asked.payload, dict):
        return ""
    value = plan.identifier_path.read(asked.payload)
    return "" if value is ABSENT or value is None or isinstance(value, (dict, list)) else str(value)


def _hashed(kind: str, value: object) -> str:
    return hashlib.sha256(f"{kind}\x1f{value}".encode("utf-8", "surrogatepass")).hexdigest()


def as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> Any:
    return json.loads(text)


def status_path(config: SyncConfig, row: InboundRequest) -> str:
    """Where its caller asks what became of an accepted request."""
    return f"{API_PATH}{config.endpoint}/requests/{row.public_id}"


def public_id_in(location: str) -> uuid.UUID | None:
    """The request that a status address names."""
    try:
        return uuid.UUID(urlsplit(location).path.rstrip("/").rpartition("/")[2])
    except ValueError:
        return None


def shown(row: InboundRequest) -> dict[str, Any]:
    """What the status address tells of an accepted request."""
    found: dict[str, Any] = {
        "id": str(row.public_id),
        "state": row.state,
        "accepted_at": row.created_at.isoformat(),
        "attempts": row.attempts,
    }
    if row.state == RequestState.DONE:
        found["done_at"] = row.done_at.isoformat() if row.done_at else None
        found["answer"] = {"code": row.status, "body": from_text(row.answer) if row.answer else None}
    else:
        found["next_attempt_at"] = row.next_attempt_at.isoformat() if row.next_attempt_at else None
        found["last_error"] = row.last_error or None
    return found
