"""The endpoint behind a name: its config as it is now, and what else of it is read once per revision."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from inbound.errors import ApiError, ErrorCode
from syncconfig.models import RequestType, SyncConfig, SyncParam
from syncconfig.models.extras import ParamKind


@dataclass(frozen=True, slots=True)
class Extras:
    """The filters that callers may use, by parameter name, and the headers of every answer."""

    filters: Mapping[str, SyncParam]
    headers: Mapping[str, str] = field(repr=False)


_extras: dict[int, tuple[int, Extras]] = {}
_extras_lock = threading.Lock()


def find_endpoint(name: str) -> SyncConfig:
    """The active In config of this endpoint, with its connection: one query. Raises ApiError 404."""
    found = (
        SyncConfig.objects.select_related("connection")
        .filter(endpoint=name, request_type=RequestType.IN, active=True)
        .first()
        if "\x00" not in name
        else None
    )
    if found is None:
        raise ApiError(404, ErrorCode.NOT_FOUND, f"There is no endpoint {name[:100]!a}. Check the address.")
    return found


def extras_of(config: SyncConfig) -> Extras:
    """The config's filters and headers, kept per process by revision."""
    with _extras_lock:
        known = _extras.get(config.pk)
    if known and known[0] == config.revision:
        return known[1]
    extras = Extras(
        filters={param.name: param for param in config.params.filter(kind=ParamKind.FILTER)},
        headers={header.key: header.value for header in config.headers.all()},
    )
    with _extras_lock:
        _extras[config.pk] = (config.revision, extras)
    return extras


def allowed_methods(config: SyncConfig) -> list[str]:
    """What may be called, in the order of the Allow header."""
    methods = config.methods
    if "GET" in methods:
        methods.insert(1, "HEAD")
    return [*methods, "OPTIONS"]
