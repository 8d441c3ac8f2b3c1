"""Which external record is which Odoo record, and who may create one that does not exist yet.

A row of RecordLink is the unique claim on (config, external id). Without `odoo_id` it is a lock: whoever inserted
it may create the record in Odoo, everybody else waits until the row names the record, is gone, or has expired. An
expired claim is taken over by compare-and-set; the new holder must look the record up in Odoo before creating it,
because the first one may have died after the create.

Nothing here calls a remote system or holds a transaction across one. Comparison is of text, and case-sensitive.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from outbound.models import RecordLink

MAX_KEY_LENGTH: Final = 200
FIRST_POLL_S: Final = 0.02
LONGEST_POLL_S: Final = 0.25
_HASHED: Final = "sha256:"
_RELATED: Final = "related:"


@dataclass(frozen=True, slots=True)
class Known:
    """The external record is this Odoo record."""

    odoo_id: int


@dataclass(slots=True)
class Claim:
    """The holder alone may create the record, until `ttl_s` after the claim was made or renewed."""

    config_id: int
    key: str
    token: uuid.UUID = field(repr=False)
    ttl_s: float
    held_since: float
    """By `time.monotonic`."""


class ClaimBusy(Exception):
    """Somebody else has been creating the record for longer than the caller wanted to wait."""


class ClaimLost(Exception):
    """The claim had expired and was taken over: its former holder must not create the record any more."""


def link_key(value: object) -> str:
    """The external id that stands for an identifier's value: its text, or a hash of it where the text is too long,
    is one that the hub uses itself, or holds a character that databases refuse."""
    text = str(value)
    if len(text) > MAX_KEY_LENGTH or text.startswith((_HASHED, _RELATED)) or "\x00" in text:
        return _hashed(text)
    return text


def related_key(model: str, match_field: str, value: object) -> str:
    """The key under which a record of another model is claimed while it is being created: never an external id."""
    text = f"{_RELATED}{model}:{match_field}={value}"
    return text if len(text) <= MAX_KEY_LENGTH and "\x00" not in text else _RELATED + _hashed(text)


def _hashed(text: str) -> str:
    return _HASHED + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def acquire(*, config_id: int, keys: Iterable[str], ttl_s: float) -> dict[str, Known | Claim | None]:
    """For each key what is known, a claim now held by the caller, or None where somebody else holds one.

    Three statements for any number of keys, one when all of them are known.
    """
    wanted = list(dict.fromkeys(keys))
    rows = _rows(config_id, wanted)
    token = uuid.uuid4()
    now = timezone.now()
    missing = [key for key in wanted if key not in rows]
    if missing:
        until = now + timedelta(seconds=ttl_s)
        RecordLink.objects.bulk_create(
            [RecordLink(config_id=config_id, external_id=key, claim=token, claimed_until=until) for key in missing],
            # Another process got there first: its row stays, and is read below.
            ignore_conflicts=True,
        )
        rows |= _rows(config_id, missing)
    return {key: _position(rows.get(key), config_id, key, token, ttl_s) for key in wanted}


class _Row(NamedTuple):
    external_id: str | None
    pk: int
    odoo_id: int | None
    claim: uuid.UUID | None
    claimed_until: datetime | None


def _rows(config_id: int, keys: list[str]) -> dict[str, _Row]:
    found = RecordLink.objects.filter(config_id=config_id, external_id__in=keys).order_by()
    rows = found.values_list("external_id", "pk", "odoo_id", "claim", "claimed_until")
    return {str(row[0]): _Row(*row) for row in rows}


def _position(row: _Row | None, config_id: int, key: str, token: uuid.UUID, ttl_s: float) -> Known | Claim | None:
    if row is None:
        return None
    if row.odoo_id is not None:
        return Known(row.odoo_id)
    claim = Claim(config_id, key, token, ttl_s, time.monotonic())
    if row.claim == token:
        return claim
    now = timezone.now()
    if row.claimed_until is not None and row.claimed_until > now:
        return None
    taken = RecordLink.objects.filter(pk=row.pk, claim=row.claim, odoo_id=None, claimed_until=row.claimed_until)
    return claim if taken.update(claim=token, claimed_until=now + timedelta(seconds=ttl_s)) == 1 else None


def wait(*, config_id: int, key: str, ttl_s: float, timeout_s: float) -> Known | Claim:
    """What is known once it is known, or a claim once it is free. Raises ClaimBusy after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    pause_s = FIRST_POLL_S
    while True:
        position = acquire(config_id=config_id, keys=[key], ttl_s=ttl_s)[key]
        if position is not None:
            return position
        if time.monotonic() + pause_s > deadline:
            raise ClaimBusy(key)
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, LONGEST_POLL_S)


def keep(claim: Claim) -> None:
    """Make sure, right before the create, that the claim outlasts it. Raises ClaimLost.

    Costs a statement only when the claim is no longer fresh: a tenth of its life lies behind it.
    """
    if time.monotonic() - claim.held_since < claim.ttl_s / 10:
        return
    until = timezone.now() + timedelta(seconds=claim.ttl_s)
    if _mine(claim).update(claimed_until=until) != 1:
        raise ClaimLost(claim.key)
    claim.held_since = time.monotonic()


def settle(claim: Claim, odoo_id: int) -> None:
    """The record exists: waiting ones go on with it. Older links of the config to the same record give way."""
    remember(config_id=claim.config_id, key=claim.key, odoo_id=odoo_id)


def release(claim: Claim) -> None:
    """No record was created, and none may be on its way: the next one may try."""
    _mine(claim).delete()


def remember(*, config_id: int, key: str, odoo_id: int) -> None:
    """The external record `key` is this Odoo record, whatever was known before."""
    values = {"odoo_id": odoo_id, "claim": None, "claimed_until": None, "synced_at": timezone.now()}
    try:
        with transaction.atomic():
            if RecordLink.objects.filter(config_id=config_id, external_id=key).update(**values):
                return
    except IntegrityError:
        # The record was known under another identifier, which it no longer has.
        pass
    with transaction.atomic():
        RecordLink.objects.filter(Q(config_id=config_id, odoo_id=odoo_id) & ~Q(external_id=key)).delete()
        RecordLink.objects.update_or_create(config_id=config_id, external_id=key, defaults=values)


def forget(*, config_id: int, odoo_id: int) -> None:
    """The Odoo record is gone; nothing is that record any more."""
    RecordLink.objects.filter(config_id=config_id, odoo_id=odoo_id).delete()


def _mine(claim: Claim) -> QuerySet[RecordLink]:
    return RecordLink.objects.filter(config_id=claim.config_id, external_id=claim.key, claim=claim.token, odoo_id=None)
