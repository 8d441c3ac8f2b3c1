"""Asks an Odoo who it is and what its user may do, and keeps the answer on the connection's row."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import median
from time import perf_counter
from typing import Any

from django.utils import timezone

from clients.errors import Kind, RemoteError
from clients.odoo import connect
from syncconfig.connections import client_settings, http_client
from syncconfig.key_ends import is_api_key, key_end
from syncconfig.models import OdooConnection, SyncConfig
from syncconfig.models.connection import Protocol
from syncconfig.rights import Needs, rights_needed, rights_of
from syncconfig.secrets import SecretUnreadable
from syncconfig.watching import watched

_CALLS = 3


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What was found; `error` is empty where everything went well. `call_ms` is the median of a few small reads.

    `findings` is plain JSON, read by `syncconfig.health`: user, login, rights, key, secret_is_key.
    """

    version: str = ""
    protocol: str = ""
    uid: int | None = None
    database: str = ""
    call_ms: float | None = None
    key_ends_at: datetime | None = None
    findings: dict[str, Any] = field(default_factory=dict)
    error: str = ""


def connection_probe(connection: OdooConnection, *, config: SyncConfig | None = None) -> ProbeResult:
    """Log in anew, find the protocol, time a small read, ask for the user's rights, and store what came of it.

    Raises nothing. Odoo is asked: not to be called within a transaction. `config` is the one whose button was pressed.
    """
    needs = rights_needed(connection)
    try:
        with watched(connection, config):
            result = _probe(connection, needs)
    except RemoteError as error:
        result = ProbeResult(error=error.message)
    except SecretUnreadable as error:
        result = ProbeResult(error=str(error))
    # Past `save()`: what was observed is no change of the configuration, and must make no new revision of it.
    observed: dict[str, object] = {"checked_at": timezone.now(), "check_error": result.error}
    if not result.error:
        observed |= {
            "detected_version": result.version[:40],
            "detected_protocol": result.protocol,
            "detected_uid": result.uid,
            "call_ms": result.call_ms,
            "key_ends_at": result.key_ends_at,
            "findings": result.findings,
        }
    OdooConnection.objects.filter(pk=connection.pk).update(**observed)
    for name, value in observed.items():
        setattr(connection, name, value)
    return result


def _probe(connection: OdooConnection, needs: Needs) -> ProbeResult:
    client = connect(client_settings(connection), http=http_client(verify=connection.verify_tls))
    try:
        version = client.version()
        uid = client.authenticate()
    except RemoteError as error:
        raise _without_json2(connection, error) or error from None
    times_ms = []
    users: list[dict[str, Any]] = []
    for _call in range(_CALLS):
        started = perf_counter()
        users = client.read("res.users", [uid], ["login", "name"])
        times_ms.append((perf_counter() - started) * 1000)
        if not users:
            raise RemoteError(
                "Odoo let the user in, but the user may not read their own record. Check the user's rights.",
                kind=Kind.PERMANENT,
                code="access",
            )
    key = key_end(client, secret=connection.secret, uid=uid, now=timezone.now())
    return ProbeResult(
        version=version.text,
        protocol=client.protocol.value,
        uid=uid,
        database=connection.database,
        call_ms=round(median(times_ms), 1),
        key_ends_at=key.ends_at,
        findings={
            "major": version.major,
            "user": users[0]["name"],
            "login": users[0]["login"],
            "secret_is_key": is_api_key(connection.secret),
            "key": {"end": key.end, "count": key.count},
            "rights": [rights.as_dict() for rights in rights_of(client, needs)],
        },
    )


def _without_json2(connection: OdooConnection, error: RemoteError) -> RemoteError | None:
    """What to say where JSON-2 was chosen and this Odoo is too old for it; None where that is not the reason."""
    if connection.protocol != Protocol.JSON2 or error.code != "not_odoo":
        return None
    other = replace(client_settings(connection), protocol=Protocol.JSONRPC)
    try:
        version = connect(other, http=http_client(verify=connection.verify_tls)).version()
    except RemoteError:
        return None
    if version.major >= 19:
        return None
    return RemoteError(
        f"This is Odoo {version.text}, and JSON-2 came with Odoo 19. Set the protocol of the connection to Automatic.",
        kind=Kind.PERMANENT,
        code="no_json2",
    )
