"""Buttons and list actions of the sync configs, also those that other apps bring.

Imports point one way, so this app knows none of the others: `outbound/admin.py` calls `add_config_button` and
`add_config_action` when Django loads it, which is before the first URL is resolved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpRequest

from syncconfig.models import RequestType, SyncConfig


class ConfigActionsMixin:
    """For the ModelAdmin of sync configs: its buttons are methods of this class, added at any time before a request."""

    actions_detail: ClassVar[list[str]] = []
    actions: ClassVar[list[Callable[..., Any]]] = []
    button_types: ClassVar[dict[str, RequestType]] = {}

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The buttons that the user may press and that make sense for the config."""
        offered: list[Any] = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        if not self.button_types:
            return offered
        kind = SyncConfig.objects.filter(pk=object_id).values_list("request_type", flat=True).first()
        return [item for item in offered if self.button_types.get(item.method.original_function_name, kind) == kind]


def add_config_button(method: Callable[..., Any], *, request_type: RequestType | None = None) -> None:
    """Show a button on every config's form, or only on those of one request type.

    `method(model_admin, request, object_id) -> HttpResponse` is decorated with `unfold.decorators.action`. Its
    `permissions=[...]` are obeyed: "run" is the right to run a sync, "change" and "view" are Django's.
    """
    name: str = method.__name__
    setattr(ConfigActionsMixin, name, method)
    if name not in ConfigActionsMixin.actions_detail:
        ConfigActionsMixin.actions_detail.append(name)
    if request_type is not None:
        ConfigActionsMixin.button_types[name] = request_type


def add_config_action(method: Callable[..., Any]) -> None:
    """Offer an action on the configs chosen in the list: `method(model_admin, request, queryset)`."""
    if method not in ConfigActionsMixin.actions:
        ConfigActionsMixin.actions.append(method)
