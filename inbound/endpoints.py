"""The endpoint behind a name: its config as it is now, and what else of it is read once per revision."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings
from django.db import connection as database

from inbound.errors import ApiError, ErrorCode
from inbound.keys import Key, keys_of
from inbound.limits import Limit
from inbound.models import EndpointPolicy
from inbound.validators import Network, networks_of
from syncconfig.models import RequestType, SyncConfig, SyncParam
from syncconfig.models.extras import ParamKind


@dataclass(frozen=True, slots=True)
class Extras:
    """What belongs to an endpoint: the filters that callers may use, by parameter name; the headers of every answer;
    what opens it; and its policy, which is one of defaults where staff have made none."""

    filters: Mapping[str, SyncParam]
    headers: Mapping[str, str] = field(repr=False)
    keys: tuple[Key, ...]
    networks: tuple[Network, ...]
    policy: EndpointPolicy

    @property
    def max_body_bytes(self) -> int:
        own = self.policy.max_body_bytes
        return own if own is not None else int(settings.SYNC_MAX_BODY_BYTES)

    def limits(self, key: Key | None) -> list[Limit]:
        """The endpoint's, and the credential's where it has one."""
        policy = self.policy
        per_minute = settings.SYNC_RATE_PER_MINUTE if policy.per_minute is None else policy.per_minute
        per_hour = settings.SYNC_RATE_PER_HOUR if policy.per_hour is None else policy.per_hour
        found = [Limit(f"config:{policy.config_id}", per_minute, per_hour)]
        if key is not None and key.credential_id is not None:
            own_minute = per_minute if key.per_minute is None else key.per_minute
            own_hour = per_hour if key.per_hour is None else key.per_hour
            found.append(Limit(f"credential:{key.credential_id}", own_minute, own_hour))
        return found


Version = tuple[int, int]
"""The revisions of a config and its connection: what is kept in memory holds for these."""

# Asked with every request: making Django's query would take longer than executing it.
_FIND: Final = """
    SELECT config.id, config.revision, odoo.revision
    FROM syncconfig_syncconfig config JOIN syncconfig_odooconnection odoo ON odoo.id = config.connection_id
    WHERE config.endpoint = %s AND config.request_type = %s AND config.active
"""

_configs: dict[int, tuple[Version, SyncConfig]] = {}
_extras: dict[int, tuple[Version, Extras]] = {}
_lock = threading.Lock()


def find_endpoint(name: str) -> SyncConfig:
    """The active In config of this endpoint, with its connection. Raises ApiError 404.

    One narrow query; the config itself is read, and its secrets decrypted, once per revision. It is shared by threads
    and must not be changed.
    """
    if "\x00" in name:
        raise _no_endpoint(name)
    with database.cursor() as cursor:
        cursor.execute(_FIND, [name, RequestType.IN.value])
        row = cursor.fetchone()
    if row is None:
        raise _no_endpoint(name)
    pk, version = row[0], (row[1], row[2])
    with _lock:
        known = _configs.get(pk)
    if known and known[0] == version:
        return known[1]
    found = SyncConfig.objects.filter(pk=pk, endpoint=name, request_type=RequestType.IN, active=True)
    config = found.select_related("connection").first()
    if config is None:
        raise _no_endpoint(name)
    with _lock:
        _configs[pk] = (_version(config), config)
    return config


def _no_endpoint(name: str) -> ApiError:
    return ApiError(404, ErrorCode.NOT_FOUND, f"There is no endpoint {name[:100]!a}. Check the address.")


def _version(config: SyncConfig) -> Version:
    return config.revision, config.connection.revision


def extras_of(config: SyncConfig) -> Extras:
    """The config's filters and headers, kept per process by revision."""
    with _lock:
        known = _extras.get(config.pk)
    if known and known[0] == _version(config):
        return known[1]
    policy = EndpointPolicy.objects.filter(config=config).first() or EndpointPolicy(config=config)
    extras = Extras(
        filters={param.name: param for param in config.params.filter(kind=ParamKind.FILTER)},
        headers={header.key: header.value for header in config.headers.all()},
        keys=keys_of(config),
        networks=networks_of(policy.allowed_networks),
        policy=policy,
    )
    with _lock:
        _extras[config.pk] = (_version(config), extras)
    return extras


def allowed_methods(config: SyncConfig) -> list[str]:
    """What may be called, in the order of the Allow header."""
    methods = config.methods
    if "GET" in methods:
        methods.insert(1, "HEAD")
    if "PUT" in methods:
        methods.insert(methods.index("PUT") + 1, "PATCH")
    return [*methods, "OPTIONS"]
