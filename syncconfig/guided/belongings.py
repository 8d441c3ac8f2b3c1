"""What else belongs to a sync that was made on the guided path: rows of other apps, made with it or not at all.

Imports point one way, so this app does not know them: the app they belong to makes them (`add_maker`).
"""

from __future__ import annotations

from collections.abc import Callable

from syncconfig.guided.drafts import Draft
from syncconfig.models import SyncConfig

Maker = Callable[[SyncConfig, Draft], None]

_makers: list[Maker] = []


def add_maker(maker: Maker) -> None:
    """`maker(config, draft)` stores its rows of the stored config, and raises ValidationError where it cannot; called
    within the transaction, and registered when apps are ready."""
    if maker not in _makers:
        _makers.append(maker)


def belongings_make(config: SyncConfig, draft: Draft) -> None:
    for maker in _makers:
        maker(config, draft)
