"""What every target promises to whoever sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from clients.errors import RemoteError
from outbound.claims import Unit
from outbound.synced import Synced, links_write
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
    odoo_id: int | None = None
    """The record's id in the Odoo that took it, where the target is one."""
    held: str = ""
    """Why nothing was sent, and nothing will be until staff have done something about it."""


class Target:
    """Where deliveries of one config go. Made once for many units, in the thread that owns the database.

    Most targets are called by several threads, which have no database: `prepare` and `send`, unit by unit. One that
    is inline needs the database; it gets many units at once in `send_all`, by the thread that owns it.
    """

    is_inline: ClassVar[bool] = False

    @classmethod
    def host_url(cls, config: SyncConfig) -> str:
        """The URL whose host is called: its breaker, its pauses and its rate are the config's."""
        return config.url

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

    def send_all(self, units: Sequence[Unit]) -> list[Answer | RemoteError]:
        """What became of each unit, in order; inline targets only. Units of one record come in their order. One error
        object for several units is one failure of the host, however many units it kept from arriving."""
        raise NotImplementedError

    def remember(self, synced: Sequence[Synced], now: datetime) -> None:
        """Keep what is known of the records that arrived, within the transaction that writes that they did."""
        links_write(config_id=self.config.pk, synced=synced, now=now)
