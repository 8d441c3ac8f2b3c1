"""Where an entry can be replayed: those who know how say it here, since the log knows neither way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import User

from auditlog.models import ApiLog


@dataclass(frozen=True, slots=True)
class ReplayOffer:
    """A button on the entry's page; without a `url`, the reason why there is none."""

    label: str
    url: str = ""
    reason: str = ""


Offerer = Callable[[ApiLog, User], ReplayOffer | None]
_offerers: list[Offerer] = []


def add_replay_offer(offerer: Offerer) -> None:
    """`offerer(entry, user)` gives the page that simulates and then replays the exchange; None for what is not its."""
    if offerer not in _offerers:
        _offerers.append(offerer)


def replay_offers(entry: ApiLog, user: User) -> list[ReplayOffer]:
    return [offer for offerer in _offerers if (offer := offerer(entry, user)) is not None]
