"""Who may create a record in Odoo that does not exist yet.

A row of RecordClaim is the right to create the record of (Odoo database, model, identifier field, value), whichever
configs ask for it. Rows are few and short-lived: they are deleted when the record exists, or when nobody creates it.
A claim is a lease: one whose holder died is taken over after its time, and the new holder must look the record up in
Odoo before creating it, because the first one may have died after the create.

Nothing here calls a remote system or holds a transaction across one. Comparison is of text, and case-sensitive.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from outbound.models import RecordClaim

FIRST_POLL_S: Final = 0.02
LONGEST_POLL_S: Final = 0.25
MAX_KEYS: Final = 5000
"""In one statement: PostgreSQL takes 65,535 parameters, SQLite 32,766."""

_TABLE: Final = RecordClaim._meta.db_table
# What is expired is taken over in the same statement. The row of another holder is left alone, and not returned.
_TAKE: Final = (
    f"INSERT INTO {_TABLE} (key, token, claimed_until) VALUES {{rows}} "  # noqa: S608 - our own table's name
    "ON CONFLICT (key) DO UPDATE SET token = excluded.token, claimed_until = excluded.claimed_until "
    f"WHERE {_TABLE}.claimed_until <= %s RETURNING key"
)
_KEEP: Final = f"UPDATE {_TABLE} SET claimed_until = %s WHERE token = %s AND key IN ({{keys}})"  # noqa: S608
_RELEASE: Final = f"DELETE FROM {_TABLE} WHERE token = %s AND key IN ({{keys}})"  # noqa: S608
# For the transaction that it stands in, which here is the statement.
_NO_WAIT: Final = "set_config('synchronous_commit', 'off', true)"


@dataclass(slots=True)
class Claim:
    """The holder alone may create the record, until `ttl_s` after the claim was made or renewed."""

    key: str
    token: str = field(repr=False)
    ttl_s: float
    held_since: float
    """By `time.monotonic`."""


class ClaimBusy(Exception):
    """Somebody else has been creating the record for longer than the caller wanted to wait."""


class ClaimLost(Exception):
    """The claim had expired and was taken over: its former holder must not create the record any more."""


def claim_key(*, place: str, model: str, match_field: str, value: object) -> str:
    """The key of a record of `model` whose field has this value; `place` names the Odoo database."""
    parts = "\x1f".join((place, model, match_field, str(value)))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


def take(keys: Iterable[str], *, ttl_s: float, is_courtesy: bool = False) -> dict[str, Claim]:
    """The claims that are now the caller's; those of others are left out. One statement for any number of keys.

    `is_courtesy`: no harm is done where a crash of the database forgets them, so it need not wait for its disk.
    """
    # In one order for everybody, so that two statements never wait for each other's rows.
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    token = uuid.uuid4().hex
    now = timezone.now()
    until = connection.ops.adapt_datetimefield_value(now + timedelta(seconds=ttl_s))
    since = time.monotonic()
    taken: dict[str, Claim] = {}
    for start in range(0, len(wanted), MAX_KEYS):
        part = wanted[start : start + MAX_KEYS]
        params: list[Any] = [each for key in part for each in (key, token, until)]
        params.append(connection.ops.adapt_datetimefield_value(now))
        with connection.cursor() as cursor:
            statement = _TAKE.format(rows=", ".join(["(%s, %s, %s)"] * len(part)))
            cursor.execute(statement + (f", {_NO_WAIT}" if is_courtesy and _can_skip_wait() else ""), params)
            taken |= {row[0]: Claim(row[0], token, ttl_s, since) for row in cursor.fetchall()}
    return taken


def wait(key: str, *, ttl_s: float, timeout_s: float) -> Claim:
    """The claim once it is free. Raises ClaimBusy after `timeout_s`."""
    for _pause in pauses(timeout_s):
        if taken := take([key], ttl_s=ttl_s):
            return taken[key]
    raise ClaimBusy(key)


def pauses(timeout_s: float) -> Iterable[None]:
    """Yield at once, and again after growing pauses, for as long as `timeout_s` lasts."""
    deadline = time.monotonic() + timeout_s
    pause_s = FIRST_POLL_S
    while True:
        yield
        if time.monotonic() + pause_s > deadline:
            return
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, LONGEST_POLL_S)


def keep(claims: Sequence[Claim]) -> None:
    """Make sure, right before the create, that the claims outlast it. Raises ClaimLost.

    Costs a statement only for claims that are no longer fresh: a tenth of their life lies behind them.
    """
    now_s = time.monotonic()
    for token, old in _by_token(claim for claim in claims if now_s - claim.held_since >= claim.ttl_s / 10).items():
        until = connection.ops.adapt_datetimefield_value(timezone.now() + timedelta(seconds=old[0].ttl_s))
        if _execute(_KEEP, [until, token], old) != len(old):
            raise ClaimLost(old[0].key)
        for claim in old:
            claim.held_since = now_s


def release(claims: Sequence[Claim], *, is_courtesy: bool = False) -> None:
    """The records exist now, or nobody is creating them and none may be on its way: the next one may try."""
    for token, mine in _by_token(claims).items():
        _execute(_RELEASE + (f" RETURNING {_NO_WAIT}" if is_courtesy and _can_skip_wait() else ""), [token], mine)


def _can_skip_wait() -> bool:
    return connection.vendor == "postgresql"


def _by_token(claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        found.setdefault(claim.token, []).append(claim)
    return found


def _execute(statement: str, params: list[Any], claims: Sequence[Claim]) -> int:
    """How many rows it was about."""
    count = 0
    for start in range(0, len(claims), MAX_KEYS):
        part = [claim.key for claim in claims[start : start + MAX_KEYS]]
        with connection.cursor() as cursor:
            cursor.execute(statement.format(keys=", ".join(["%s"] * len(part))), [*params, *part])
            count += cursor.rowcount
    return count
