"""A delivery as the sending sees it: its row, without Django's object around it, which costs more than the rest."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db import connection

from auditlog.bulk import Insert
from outbound.models import Delivery, DeliveryState

_LOADED: Final = (
    "pk", "run_id", "record_id", "external_id", "method", "payload", "payload_hash", "batch", "idempotency_key",
    "attempts",
)  # fmt: skip
_INSERTED: Final = (
    "config", "run", "record_id", "external_id", "method", "payload", "payload_hash", "batch", "idempotency_key",
    "state", "attempts", "next_attempt_at", "claimed_until", "claim", "last_error", "created_at",
)  # fmt: skip


@dataclass(slots=True)
class Parcel:
    """`pk` is 0 until the row is inserted and its id is known."""

    pk: int
    run_id: int | None
    record_id: int
    external_id: str
    method: str
    payload: Any = field(repr=False)
    payload_hash: str
    batch: UUID | None
    idempotency_key: str
    attempts: int = 0

    @classmethod
    def new(
        cls,
        *,
        run_id: int | None,
        record_id: int,
        external_id: str,
        method: str,
        payload: Any,
        payload_hash: str,
        batch: UUID | None,
    ) -> Parcel:
        """One that is going to be inserted, with an idempotency key of its own."""
        return cls(0, run_id, record_id, external_id, method, payload, payload_hash, batch, uuid.uuid4().hex)


def parcels_load(deliveries: Any) -> list[Parcel]:
    """The rows of a query of deliveries, in its order."""
    return [Parcel(*row) for row in deliveries.values_list(*_LOADED)]


def parcels_insert(
    parcels: Iterable[Parcel],
    *,
    config_id: int,
    now: datetime,
    claim: UUID | None = None,
    claimed_until: datetime | None = None,
    waiting: Collection[int] = (),
) -> list[Parcel]:
    """Insert them as waiting, or, with a `claim`, as claimed by it already, but for the records that are `waiting`
    for an earlier delivery. Returns the claimed ones, with their ids. The caller holds the transaction.

    A claimed one is in no other state, counts one attempt, and has its lease, as if it had been claimed afterwards.
    """
    rows: list[tuple[Any, ...]] = []
    claimed: list[Parcel] = []
    for parcel in parcels:
        is_ours = claim is not None and parcel.record_id not in waiting
        if is_ours:
            parcel.attempts = 1
            claimed.append(parcel)
        rows.append(
            (
                config_id,
                parcel.run_id,
                parcel.record_id,
                parcel.external_id,
                parcel.method,
                parcel.payload,
                parcel.payload_hash,
                parcel.batch,
                parcel.idempotency_key,
                _SENDING if is_ours else _PENDING,
                parcel.attempts,
                now,
                claimed_until if is_ours else None,
                claim if is_ours else None,
                "",
                now,
            )
        )
    _insert().rows(rows)
    if claimed:
        _learn(claimed, claim)
    return claimed


def _learn(parcels: list[Parcel], claim: UUID | None) -> None:
    """The ids, and the payloads as every later attempt will read them: PostgreSQL's jsonb has its own order of keys
    and way of writing numbers, and a receiver may compare the bodies that come with one key."""
    keeps_text = connection.vendor == "sqlite"
    names = ("idempotency_key", "pk") if keeps_text else ("idempotency_key", "pk", "payload")
    stored = {row[0]: row for row in Delivery.objects.filter(claim=claim).order_by().values_list(*names)}
    for parcel in parcels:
        parcel.pk = stored[parcel.idempotency_key][1]
        if not keeps_text:
            parcel.payload = stored[parcel.idempotency_key][2]


_SENDING: Final = DeliveryState.SENDING.value
_PENDING: Final = DeliveryState.PENDING.value


@cache
def _insert() -> Insert:
    return Insert(Delivery, _INSERTED)
