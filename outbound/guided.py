"""What the guided path makes besides the config itself: how its records are delivered, and where they are in what is
fetched."""

from __future__ import annotations

from outbound.models import DeliveryPolicy, PullPolicy
from syncconfig.guided.drafts import DELIVERY, Draft
from syncconfig.models import SyncConfig


def policies_make(config: SyncConfig, draft: Draft) -> None:
    """Store the delivery settings that the draft has given the config, and the place of the list in what is fetched,
    where it is not the answer itself. Raises ValidationError."""
    delivery: DeliveryPolicy | None = getattr(config, DELIVERY, None)
    if delivery is not None:
        _store(config, delivery)
    if draft.fetches and draft.items_path:
        _store(config, PullPolicy(items_path=draft.items_path))


def _store(config: SyncConfig, policy: DeliveryPolicy | PullPolicy) -> None:
    policy.config = config
    policy.full_clean()
    policy.save()
