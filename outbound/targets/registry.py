"""Which target a config has."""

from __future__ import annotations

from typing import Final

from outbound.targets.base import Target
from outbound.targets.http_api import HttpApiTarget
from syncconfig.models import SyncConfig

HTTP_API: Final = "http_api"

TARGETS: Final[dict[str, type[Target]]] = {HTTP_API: HttpApiTarget}


def target_for(config: SyncConfig) -> Target:
    """The target of an Out config. Raises RemoteError PERMANENT where the config cannot be used for sending."""
    return TARGETS[HTTP_API](config)
