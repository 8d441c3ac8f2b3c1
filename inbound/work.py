"""What every step of a request needs."""

from __future__ import annotations

from dataclasses import dataclass

from clients.odoo.client import OdooClient
from mapping.plan import Plan
from syncconfig.models import SyncConfig


@dataclass(frozen=True, slots=True)
class Work:
    """A config with its connection, compiled, and the client for its Odoo."""

    config: SyncConfig
    plan: Plan
    client: OdooClient
