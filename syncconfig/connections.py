"""From a stored connection to a client that speaks to it, and to what is known of its models' fields.

Clients are kept per process, by connection and revision, so that HTTP connections and the user id are reused.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import timezone

from clients.guard import AddressPolicy
from clients.http import HttpClient, Timeouts
from clients.odoo import OdooClient, OdooSettings, connect
from clients.odoo.defaults import fields_with_defaults
from clients.odoo.schema import Field, fields_from_get
from syncconfig.models import ModelSchema, OdooConnection

_clients: dict[int, tuple[int, OdooClient]] = {}
_clients_lock = threading.Lock()


@cache
def address_policy() -> AddressPolicy:
    """Which addresses this installation may call, from the settings."""
    return AddressPolicy(
        allowed_networks=tuple(settings.SYNC_ALLOWED_NETWORKS), allowed_hosts=frozenset(settings.SYNC_ALLOWED_HOSTS)
    )


@cache
def http_client(*, verify: bool = True) -> HttpClient:
    """The process's one way out."""
    return HttpClient(address_policy(), verify=verify, pool_size=max(8, settings.SYNC_CONNECTIONS_PER_HOST))


def client_for(connection: OdooConnection) -> OdooClient:
    """A client for the connection as it is configured now. Nothing is called until it is used."""
    with _clients_lock:
        known = _clients.get(connection.pk)
        if known and known[0] == connection.revision:
            return known[1]
        client = connect(client_settings(connection), http=http_client(verify=connection.verify_tls))
        if connection.pk:
            _clients[connection.pk] = (connection.revision, client)
        return client


def client_settings(connection: OdooConnection) -> OdooSettings:
    """The connection in the client's own words."""
    context: dict[str, Any] = {}
    if connection.lang:
        context["lang"] = connection.lang
    if connection.timezone:
        context["tz"] = connection.timezone
    if connection.company_ids:
        context["allowed_company_ids"] = [int(part) for part in connection.company_ids.split(",")]
    return OdooSettings(
        url=connection.url,
        database=connection.database,
        login=connection.login,
        secret=connection.secret,
        protocol=connection.protocol,
        context=context,
        timeouts=Timeouts(connect_s=connection.connect_timeout_s, read_s=connection.read_timeout_s),
    )


def fields_of(connection: OdooConnection, model: str, *, refresh: bool = False) -> dict[str, Field]:
    """The model's fields by name: as stored, whatever their age, or from Odoo when they are not stored.

    Old ones are refreshed in the background (`syncconfig.schemas`): no request waits for that. Raises RemoteError when
    Odoo is needed and cannot tell.
    """
    row = ModelSchema.objects.filter(connection=connection, model=model).first()
    if row and not refresh:
        return fields_from_get(row.fields)
    raw = fields_with_defaults(client_for(connection), model)
    now = timezone.now()
    told = {"fetched_at": now, "tried_at": now, "error": ""}
    if row and row.fields == raw:
        # Nothing new: the plans that were compiled against it are kept.
        ModelSchema.objects.filter(pk=row.pk).update(**told)
    else:
        ModelSchema.objects.update_or_create(connection=connection, model=model, defaults={"fields": raw, **told})
    return fields_from_get(raw)
