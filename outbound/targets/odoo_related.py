"""Related records that must exist before the record that refers to them, e.g. the customer of an order.

Each one to be created is claimed (`outbound.record_claims`) from before it is looked up again until after the record
that needs it is written. So two requests make one customer, and a customer that was made for an order which Odoo then
refuses can be taken back before anybody else refers to it. Claims are taken in the order of their keys, so that two
requests never wait for each other.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient
from mapping.results import RelatedRecord, related_records
from outbound import record_claims
from outbound.record_claims import Claim, ClaimBusy, ClaimLost
from outbound.record_turns import turn_at
from outbound.targets.odoo_lookup import ARCHIVED_TOO, ids_by_value, place_of

logger = logging.getLogger(__name__)

CREATING = "Another request is creating this record at the moment. Send this one again."
CHANGING = "Another request is changing this record at the moment. Send this one again."


class RelatedFailed(Exception):
    """A related record could not be written; `error` says why."""

    def __init__(self, record: RelatedRecord, error: RemoteError) -> None:
        super().__init__(error.message)
        self.record = record
        self.error = error


@dataclass(slots=True)
class _Held:
    """A claim on a related record. `is_created`: by this request. `in_doubt`: nobody knows, so it is not released."""

    record: RelatedRecord
    claim: Claim
    is_created: bool = False
    in_doubt: bool = False


class RelatedRecords:
    """The related records of some records about to be written. Use as a context manager around their writing.

    `held` are keys of claims that the caller holds: a record that refers to itself, or to one that waits for it, can
    never be written, and is refused.
    """

    def __init__(
        self, *, client: OdooClient, ttl_s: float, timeout_s: float, held: frozenset[str] = frozenset()
    ) -> None:
        self._client = client
        self._place = place_of(client)
        self._theirs = held
        self._ttl_s = ttl_s
        self._timeout_s = timeout_s
        self._held: dict[str, _Held] = {}
        self._failed: dict[int, RelatedFailed] = {}
        self._needed: Counter[int] = Counter()
        self._has_any = False

    def __enter__(self) -> RelatedRecords:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._take_back()
        record_claims.release([held.claim for held in self._held.values() if not held.in_doubt])

    def prepare(self, pages: Iterable[dict[str, object]]) -> None:
        """Write the related records within these values; failures are told by `resolve`.

        Raises RemoteError where Odoo cannot be asked, and `busy` where another request is making one of them.
        """
        records = list(related_records(list(pages)))
        self._has_any = bool(records)
        missing = {related_key(self._place, record): record for record in records if record.id is None}
        for key in sorted(missing):
            if key in self._theirs:
                self._failed[id(missing[key])] = RelatedFailed(missing[key], in_a_circle())
            else:
                self._held[key] = _Held(missing[key], self._claim(key))
        self._look_again([held.record for held in self._held.values()])
        held_by = {id(held.record): held for held in self._held.values()}
        for record in records:
            if id(record) in self._failed:
                continue
            try:
                self._write(record, held_by.get(id(record)))
            except RelatedFailed as failure:
                self._failed[id(record)] = failure

    def resolve(self, values: dict[str, object]) -> dict[str, object]:
        """The values with ids where related records stood. Raises RelatedFailed."""
        if not self._has_any:
            return values
        return {name: self._resolved(value) for name, value in values.items()}

    def need(self, values: dict[str, object]) -> None:
        """The record with these values is being written: what it refers to stays, unless it is spared."""
        if self._has_any:
            self._needed.update(id(record) for record in related_records(values))

    def spare(self, values: dict[str, object]) -> None:
        """Odoo has refused the record with these values."""
        if self._has_any:
            self._needed.subtract(id(record) for record in related_records(values))

    def _resolved(self, value: object) -> object:
        if isinstance(value, RelatedRecord):
            failure = self._failed.get(id(value))
            if failure is not None:
                raise failure
            return value.id
        if isinstance(value, dict):
            return {name: self._resolved(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._resolved(inner) for inner in value]
        return value

    def _claim(self, key: str) -> Claim:
        try:
            return record_claims.wait(key, ttl_s=self._ttl_s, timeout_s=self._timeout_s)
        except ClaimBusy:
            raise busy() from None

    def _look_again(self, records: list[RelatedRecord]) -> None:
        """Between mapping's lookup and the claim, somebody else may have made the record. An archived one counts:
        it is the same customer."""
        places = dict.fromkeys((record.model, record.match_field) for record in records)
        for model, match_field in places:
            wanted = [record for record in records if (record.model, record.match_field) == (model, match_field)]
            values = [record.match_value for record in wanted]
            found = ids_by_value(self._client, model, match_field, values, context=ARCHIVED_TOO)
            for record in wanted:
                ids = found.get(record.match_value)
                if ids:
                    record.id = ids[0]
                    record.values = {}

    def _write(self, record: RelatedRecord, held: _Held | None) -> None:
        values = self.resolve(record.values)
        try:
            if record.id is None and held is not None:
                record.id = self._create(record, values, held)
            elif record.id is not None and values:
                # Orders of one customer often come together, and each of them writes the customer.
                with turn_at(place=self._place, model=record.model, ids=[record.id]):
                    self._client.write(record.model, [record.id], values)
        except RemoteError as error:
            raise RelatedFailed(record, error) from error
        except ClaimLost:
            raise RelatedFailed(record, busy()) from None

    def _create(self, record: RelatedRecord, values: dict[str, object], held: _Held) -> int:
        record_claims.keep([held.claim])
        held.in_doubt = True
        try:
            (made,) = self._client.create(record.model, [values])
        except RemoteError as error:
            if error.kind is not Kind.AMBIGUOUS:
                held.in_doubt = False
                raise
            found = find_lost(self._client, record.model, record.match_field, [record.match_value])
            if record.match_value not in found:
                raise
            made = found[record.match_value]
        held.in_doubt = False
        held.is_created = True
        return made

    def _take_back(self) -> None:
        """Delete what was created for records that were then refused, the latest first."""
        for held in reversed(self._held.values()):
            record = held.record
            if not held.is_created or record.id is None or self._needed[id(record)] > 0:
                continue
            try:
                self._client.unlink(record.model, [record.id])
            except RemoteError as error:
                logger.warning("%s(%s), made for a refused record, stays: %s", record.model, record.id, error)


def related_key(place: str, record: RelatedRecord) -> str:
    """The key under which the record is claimed: the same one under which it would be posted itself."""
    return record_claims.claim_key(
        place=place, model=record.model, match_field=record.match_field, value=record.match_value
    )


def in_a_circle() -> RemoteError:
    return RemoteError(
        "The record refers to itself, or to another new record that refers to it. Send them one after the other, the "
        "one that is referred to first.",
        kind=Kind.PERMANENT,
        code="bad_value",
    )


def find_lost(client: OdooClient, model: str, field: str, values: list[object]) -> dict[object, int]:
    """value -> the newest record that has it, after the answer of a create was lost; empty when Odoo cannot tell."""
    try:
        found = ids_by_value(client, model, field, values, context=ARCHIVED_TOO)
    except RemoteError:
        return {}
    return {value: ids[-1] for value, ids in found.items()}


def busy(message: str = CREATING) -> RemoteError:
    """Another request has been at the same record for longer than this one wanted to wait."""
    return RemoteError(
        message,
        kind=Kind.RETRYABLE,
        code="busy",
        retry_after_s=5,
    )
