"""Which target a config has."""

from __future__ import annotations

from typing import Final

from outbound.targets.base import Target
from outbound.targets.http_api import HttpApiTarget
from outbound.targets.odoo_items import OdooItemsTarget
from outbound.targets.other_odoo import OtherOdooTarget
from syncconfig.models import SyncConfig

HTTP_API: Final = "http_api"
ODOO_ITEMS: Final = "odoo_items"
OTHER_ODOO: Final = "other_odoo"

TARGETS: Final[dict[str, type[Target]]] = {
    HTTP_API: HttpApiTarget,
    ODOO_ITEMS: OdooItemsTarget,
    OTHER_ODOO: OtherOdooTarget,
}


def target_kind(config: SyncConfig) -> str:
    """Which of `TARGETS` an Out config sends to."""
    if config.is_odoo_to_odoo:
        return OTHER_ODOO
    return ODOO_ITEMS if config.fetches else HTTP_API


def target_for(config: SyncConfig) -> Target:
    """The target of an Out config. Raises RemoteError PERMANENT where the config cannot be used for sending."""
    return TARGETS[target_kind(config)](config)


def target_host_url(config: SyncConfig) -> str:
    """The URL whose host its deliveries go to."""
    return TARGETS[target_kind(config)].host_url(config)
