"""What the commands have in common."""

from __future__ import annotations

from django.core.management.base import CommandError

from syncconfig.models import RequestType, SyncConfig


def config_named(name: str) -> SyncConfig:
    """The Out config of this name. Raises CommandError that names those there are."""
    configs = SyncConfig.objects.select_related("connection")
    config = configs.filter(name=name, request_type=RequestType.OUT).first()
    if config is None:
        names = ", ".join(configs.filter(request_type=RequestType.OUT).values_list("name", flat=True))
        raise CommandError(f"There is no Out config {name!r}. There are: {names or 'none'}.")
    return config
