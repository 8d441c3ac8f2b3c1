"""What the guided path makes besides the config itself: where the records are in what is fetched."""

from __future__ import annotations

from outbound.models import PullPolicy
from syncconfig.guided.drafts import Draft
from syncconfig.models import SyncConfig


def fetching_make(config: SyncConfig, draft: Draft) -> None:
    """Store the place of the list, where it is not the answer itself. Raises ValidationError."""
    if draft.fetches and draft.items_path:
        policy = PullPolicy(config=config, items_path=draft.items_path)
        policy.full_clean()
        policy.save()
