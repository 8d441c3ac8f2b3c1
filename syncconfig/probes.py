"""Asks an Odoo who it is, and keeps the answer on the connection's row."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from time import perf_counter

from django.utils import timezone

from clients.errors import Kind, RemoteError
from clients.odoo import connect
from syncconfig.connections import client_settings, http_client
from syncconfig.models import OdooConnection
from syncconfig.secrets import SecretUnreadable

_CALLS = 3


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What was found; `error` is empty where everything went well. `call_ms` is the median of a few small reads."""

    version: str = ""
    protocol: str = ""
    uid: int | None = None
    database: str = ""
    call_ms: float | None = None
    error: str = ""


def connection_probe(connection: OdooConnection) -> ProbeResult:
    """Log in anew, find the protocol, time a small read, and store what came of it. Raises nothing."""
    try:
        result = _probe(connection)
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
        }
    OdooConnection.objects.filter(pk=connection.pk).update(**observed)
    return result


def _probe(connection: OdooConnection) -> ProbeResult:
    client = connect(client_settings(connection), http=http_client(verify=connection.verify_tls))
    version = client.version()
    uid = client.authenticate()
    times_ms = []
    for _call in range(_CALLS):
        started = perf_counter()
        found = client.search("res.users", [("id", "=", uid)], limit=1)
        times_ms.append((perf_counter() - started) * 1000)
        if found != [uid]:
            raise RemoteError(
                "Odoo let the user in, but the user may not read their own record. Check the user's rights.",
                kind=Kind.PERMANENT,
                code="access",
            )
    return ProbeResult(
        version=version.text,
        protocol=client.protocol.value,
        uid=uid,
        database=connection.database,
        call_ms=round(median(times_ms), 1),
    )
