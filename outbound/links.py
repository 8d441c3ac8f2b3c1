"""Which external record is which Odoo record.

A row of RecordLink says so for one config; who may create a record that has none is `outbound.record_claims`' to say.
Nothing here calls a remote system or holds a transaction across one. Comparison is of text, and case-sensitive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from outbound import record_claims
from outbound.models import RecordLink
from outbound.record_claims import Claim, ClaimBusy

MAX_KEY_LENGTH: Final = 200
MAX_ROWS: Final = 2000
_HASHED: Final = "sha256:"

_TABLE: Final = RecordLink._meta.db_table
_KNOWN: Final = f"SELECT external_id, odoo_id FROM {_TABLE} WHERE config_id = %s AND external_id IN ({{keys}})"  # noqa: S608
_MOVE: Final = (
    "ON CONFLICT (config_id, external_id) DO UPDATE SET odoo_id = excluded.odoo_id, synced_at = excluded.synced_at"
)


@dataclass(frozen=True, slots=True)
class Known:
    """The external record is this Odoo record."""

    odoo_id: int


def link_key(value: object) -> str:
    """The external id that stands for an identifier's value: its text, or a hash of it where the text is too long,
    looks like one itself, or holds a character that databases refuse."""
    text = str(value)
    if len(text) > MAX_KEY_LENGTH or text.startswith(_HASHED) or "\x00" in text:
        return _HASHED + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return text


def known(*, config_id: int, keys: Iterable[str]) -> dict[str, int]:
    """key -> Odoo id, for those that are known. One statement."""
    wanted = list(dict.fromkeys(keys))
    found: dict[str, int] = {}
    for start in range(0, len(wanted), MAX_ROWS):
        part = wanted[start : start + MAX_ROWS]
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN.format(keys=", ".join(["%s"] * len(part))), [config_id, *part])
            found |= {key: odoo_id for key, odoo_id in cursor.fetchall() if odoo_id is not None}
    return found


def acquire(*, config_id: int, keys: Mapping[str, str], ttl_s: float) -> dict[str, Known | Claim | None]:
    """For each link key, which `keys` leads to its claim key: what is known, a claim now held by the caller, or None
    where somebody else holds one. Two statements for any number of keys, one when all of them are known."""
    ids = known(config_id=config_id, keys=keys)
    taken = record_claims.take([claim for key, claim in keys.items() if key not in ids], ttl_s=ttl_s)
    return {key: Known(ids[key]) if key in ids else taken.get(claim) for key, claim in keys.items()}


def wait(*, config_id: int, key: str, claim: str, ttl_s: float, timeout_s: float) -> Known | Claim:
    """What is known once it is known, or a claim once it is free. Raises ClaimBusy after `timeout_s`."""
    for _pause in record_claims.pauses(timeout_s):
        position = acquire(config_id=config_id, keys={key: claim}, ttl_s=ttl_s)[key]
        if position is not None:
            return position
    raise ClaimBusy(key)


def settle(*, config_id: int, made: Sequence[tuple[Claim, str, int]]) -> None:
    """The records exist, each under its link key and Odoo id: waiting ones go on with them."""
    remember(config_id=config_id, ids={key: odoo_id for _claim, key, odoo_id in made})
    # After the links: whoever gets a claim finds either the link or, in Odoo, the record.
    record_claims.release([claim for claim, _key, _odoo_id in made])


def remember(*, config_id: int, ids: Mapping[str, int]) -> None:
    """The external record of each key is this Odoo record, whatever was known before: older links of the config to
    the same records give way. One statement, unless there are such links."""
    # Of two keys for one record the later one holds.
    last = {odoo_id: key for key, odoo_id in ids.items()}
    pairs = [(key, odoo_id) for odoo_id, key in last.items()]
    for start in range(0, len(pairs), MAX_ROWS):
        _remember(config_id, pairs[start : start + MAX_ROWS])


def _remember(config_id: int, pairs: list[tuple[str, int]]) -> None:
    # In one order for everybody, so that two statements never wait for each other's rows.
    pairs.sort()
    try:
        # A savepoint only where a transaction is open that the failure would doom.
        if connection.in_atomic_block:
            with transaction.atomic():
                _upsert(config_id, pairs)
        else:
            _upsert(config_id, pairs)
    except IntegrityError:
        # A record was known under another identifier, which it no longer has.
        with transaction.atomic():
            RecordLink.objects.filter(config_id=config_id, odoo_id__in=[odoo_id for _key, odoo_id in pairs]).delete()
            _upsert(config_id, pairs)


def _upsert(config_id: int, pairs: Sequence[tuple[str, int]]) -> None:
    """Every column from the model's own defaults, as Django would insert it."""
    fields = [field for field in RecordLink._meta.local_concrete_fields if not field.primary_key]
    blank = RecordLink(config_id=config_id, synced_at=timezone.now())
    shared = {field.attname: field.get_db_prep_save(getattr(blank, field.attname), connection) for field in fields}
    params: list[Any] = []
    for key, odoo_id in pairs:
        row = {**shared, "external_id": key, "odoo_id": odoo_id}
        params += [row[field.attname] for field in fields]
    columns = ", ".join(str(field.column) for field in fields)
    one = f"({', '.join(['%s'] * len(fields))})"
    values = ", ".join([one] * len(pairs))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {_TABLE} ({columns}) VALUES {values} {_MOVE}", params)  # noqa: S608


def forget(*, config_id: int, odoo_ids: Sequence[int]) -> None:
    """The Odoo records are gone; nothing is one of them any more."""
    for start in range(0, len(odoo_ids), MAX_ROWS):
        RecordLink.objects.filter(config_id=config_id, odoo_id__in=odoo_ids[start : start + MAX_ROWS]).delete()
