"""What every target promises to whoever sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from outbound.claims import Unit
from syncconfig.models import SyncConfig


@dataclass(frozen=True, slots=True)
class Answer:
    """The target took the unit, but for what it `refused`: reasons by position among the unit's deliveries.

    `external_id` is its own id of the record, where it told one, and `external_ids` those of a batch by position;
    `note` is for staff.
    """

    status: int | None
    external_id: str | None = None
    note: str = ""
    refused: Mapping[int, str] = field(default_factory=dict)
    external_ids: Mapping[int, str] = field(default_factory=dict)


class Target:
    """Where deliveries of one config go. Made once for many units, in the thread that owns the database."""

    def __init__(self, config: SyncConfig) -> None:
        self.config = config

    def secrets(self) -> tuple[str, ...]:
        """Values that must not be stored in the log."""
        raise NotImplementedError

    def secret_keys(self) -> tuple[str, ...]:
        """Keys whose values must not be stored in the log, whatever they are."""
        raise NotImplementedError

    def prepare(self, unit: Unit) -> Any:
        """What `send` needs, made without calling anybody. Raises RemoteError where the unit cannot be sent."""
        raise NotImplementedError

    def send(self, prepared: Any) -> Answer:
        """Send it. Called by several threads at once, without a database. Raises RemoteError."""
        raise NotImplementedError
