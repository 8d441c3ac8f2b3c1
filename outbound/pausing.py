"""Staff's hand on syncs: pausing one, and letting it go on."""

from __future__ import annotations

from outbound.models import DeliveryPolicy
from syncconfig.models import RequestType, SyncConfig


def config_pause(*, config: SyncConfig) -> bool:
    """Send nothing of an Out config any more, or answer nobody at the endpoint of an In one. What changes meanwhile
    waits. False: it was so already."""
    if config.request_type == RequestType.IN:
        return _set_active(config, value=False)
    if not config.active:
        return False
    DeliveryPolicy.objects.bulk_create([DeliveryPolicy(config=config)], ignore_conflicts=True)
    return _set_paused(config, value=True)


def config_resume(*, config: SyncConfig) -> bool:
    """Undo `config_pause`. False: it was not paused; an Out config that is switched off stays so."""
    if config.request_type == RequestType.IN:
        return _set_active(config, value=True)
    return _set_paused(config, value=False)


def _set_paused(config: SyncConfig, *, value: bool) -> bool:
    return bool(DeliveryPolicy.objects.filter(config=config, is_paused=not value).update(is_paused=value))


def _set_active(config: SyncConfig, *, value: bool) -> bool:
    if config.active == value:
        return False
    config.active = value
    # By `save`, so that every process learns of the new revision.
    config.save(update_fields=["active", "updated_at"])
    return True
