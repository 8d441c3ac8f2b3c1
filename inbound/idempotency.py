"""Idempotency-Key: a request that is sent again is answered again, and done once.

The first request with a key stores a row under a lease before it does anything, and its answer in it at the end. Who
comes with the same key gets that answer for 24 hours; 409 while the first one is at work; 422 with another request.
A first one that died is taken over when its lease has run out: what it has done is found again by the identifiers of
its records. An answer that may be another one the next time (a refusal, Odoo out of reach) is not kept.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from inbound.errors import ApiError, ErrorCode
from inbound.models import InboundRequest, RequestState

KEPT: Final = timedelta(hours=24)
MAX_KEY_LENGTH: Final = 255
BUSY_RETRY_S: Final = 2


@dataclass(frozen=True, slots=True)
class Attempt:
    """The right to do the request of this row. `is_again`: an earlier attempt died, and may have done some of it."""

    pk: int
    claim: str
    is_again: bool


def key_hash(key: str, *, caller: str) -> str:
    """Keys are their callers' own. Raises ApiError 400 for a key that is none."""
    if not key.strip() or len(key) > MAX_KEY_LENGTH or not key.isprintable():
        raise ApiError(
            400,
            ErrorCode.VALIDATION_ERROR,
            f"Idempotency-Key must be 1 to {MAX_KEY_LENGTH} printable characters, such as a UUID.",
        )
    return hashlib.sha256(f"{caller}\x1f{key}".encode("utf-8", "surrogatepass")).hexdigest()


def fingerprint_of(*, method: str, path: str, query: str, body: bytes) -> str:
    """Equal exactly when everything that was asked for is."""
    digest = hashlib.sha256(f"{method} {path}?{query}\n".encode("utf-8", "surrogatepass"))
    digest.update(body)
    return digest.hexdigest()


def begin(row: InboundRequest, *, lease_s: float) -> Attempt | InboundRequest:
    """The right to do the request, or the row of the one that was done or queued before. `row` is not stored yet.

    Raises ApiError 409 while another one is at work with the key, and 422 where the key was used for something else.
    """
    now = timezone.now()
    row.state, row.claim, row.claimed_until = RequestState.RUNNING, uuid.uuid4().hex, now + timedelta(seconds=lease_s)
    for _turn in range(3):
        try:
            with transaction.atomic():
                row.pk = None
                row.save(force_insert=True)
        except IntegrityError:
            # Another request got there first with the key.
            found = _known(row)
            if found is not None:
                return found
        else:
            return Attempt(row.pk, row.claim, is_again=False)
    raise busy()


def begin_queued(row: InboundRequest) -> InboundRequest | None:
    """Store a request for the queue, unless one with its key is known: that one is returned. Raises as `begin`."""
    for _turn in range(3):
        try:
            with transaction.atomic():
                row.pk = None
                row.save(force_insert=True)
        except IntegrityError:
            found = _known(row)
            if isinstance(found, InboundRequest):
                return found
            if found is not None:
                # An immediate one that died; the endpoint has become a queued one since.
                give_up(found)
        else:
            return None
    raise busy()


def _known(row: InboundRequest) -> Attempt | InboundRequest | None:
    """What is known under the row's key; None where that has just gone."""
    first = InboundRequest.objects.filter(config_id=row.config_id, idempotency_key=row.idempotency_key).first()
    if first is None:
        return None
    now = timezone.now()
    if first.created_at < now - KEPT and first.state != RequestState.WAITING:
        InboundRequest.objects.filter(pk=first.pk, claim=first.claim).delete()
        return None
    if first.fingerprint != row.fingerprint:
        raise ApiError(
            422,
            ErrorCode.IDEMPOTENCY_CONFLICT,
            "This Idempotency-Key was used for another request. Send a new key with a new request.",
        )
    if first.is_queued or first.state == RequestState.DONE:
        return first
    if first.claimed_until is not None and first.claimed_until > now:
        raise busy()
    mine = InboundRequest.objects.filter(pk=first.pk, state=RequestState.RUNNING, claim=first.claim)
    if mine.update(claim=row.claim, claimed_until=row.claimed_until) != 1:
        raise busy()
    return Attempt(first.pk, row.claim, is_again=True)


def busy() -> ApiError:
    return ApiError(
        409,
        ErrorCode.IDEMPOTENCY_CONFLICT,
        "A request with this Idempotency-Key is being processed. Send it again in a moment, with the same key.",
        headers={"Retry-After": str(BUSY_RETRY_S)},
    )


def finish(attempt: Attempt, *, status: int, headers: dict[str, str], answer: str) -> None:
    """Keep the answer."""
    InboundRequest.objects.filter(pk=attempt.pk, claim=attempt.claim).update(
        state=RequestState.DONE,
        status=status,
        headers=headers,
        answer=answer,
        done_at=timezone.now(),
        claim="",
        claimed_until=None,
    )


def give_up(attempt: Attempt) -> None:
    """Nothing is kept: the same request may be sent again, and is done then."""
    InboundRequest.objects.filter(pk=attempt.pk, claim=attempt.claim).delete()


def requests_purge(*, now: Any = None) -> int:
    """Delete what nobody can ask for any more; returns how many."""
    before = (now or timezone.now()) - KEPT
    return (
        InboundRequest.objects.filter(created_at__lt=before, is_told=True)
        .exclude(state=RequestState.WAITING)
        .delete()[0]
    )
