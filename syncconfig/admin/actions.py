"""Buttons, list actions, tabs and pages of the sync configs, also those that other apps bring.

Imports point one way, so this app knows none of the others: their admin calls `add_config_button`,
`add_config_action` and `add_config_inline` when Django loads it, which is before the first URL is resolved.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.contrib.admin.options import InlineModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from syncconfig.admin.finding import row_at
from syncconfig.models import RequestType, SyncConfig

_MORE: dict[str, Any] = {"title": _("More"), "icon": "more_horiz", "items": []}


class ConfigActionsMixin:
    """For the ModelAdmin of sync configs: its buttons are methods of this class, added at any time before a request."""

    actions_detail: ClassVar[list[Any]] = []
    actions_list: ClassVar[list[str]] = []
    actions: ClassVar[list[Callable[..., Any]]] = []
    button_types: ClassVar[dict[str, RequestType]] = {}
    button_tests: ClassVar[dict[str, Callable[[SyncConfig], bool]]] = {}
    further_inlines: ClassVar[dict[type[InlineModelAdmin], RequestType]] = {}
    further_views: ClassVar[dict[str, tuple[str, Callable[..., Any]]]] = {}
    history_context: ClassVar[Callable[..., dict[str, Any]] | None] = None

    def get_urls(self) -> list[URLPattern]:
        """Also the pages of others."""
        site = self.admin_site  # type: ignore[attr-defined]
        own = [
            path(route, site.admin_view(partial(view, self)), name=name)
            for route, (name, view) in self.further_views.items()
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """With the versions of the config."""
        context = {**(extra_context or {})}
        if self.history_context is not None and self.has_view_or_change_permission(request):  # type: ignore[attr-defined]
            context |= type(self).history_context(request, object_id)  # type: ignore[misc]
        return super().history_view(request, object_id, context)  # type: ignore[misc]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The buttons that the user may press and that make sense for the config."""
        offered: list[Any] = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        if not self.button_types and not self.button_tests:
            return offered
        names = ("request_type", "active", "method_get", "method_delete", "target_connection_id", "pair_id")
        config = row_at(SyncConfig.objects.only(*names), object_id)
        return [item for item in offered if config and self._makes_sense(item.method.original_function_name, config)]

    def _makes_sense(self, name: str, config: SyncConfig) -> bool:
        if self.button_types.get(name, config.request_type) != config.request_type:
            return False
        return name not in self.button_tests or self.button_tests[name](config)

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Also those of other apps that make sense for the config, and that the user may see."""
        shown: list[Any] = super().get_inline_instances(request, obj)  # type: ignore[misc]
        for kind, request_type in self.further_inlines.items():
            inline = kind(self.model, self.admin_site)  # type: ignore[attr-defined]
            if request.method == "POST":
                prefix = inline.get_formset(request, obj).get_default_prefix()
                is_wanted = f"{prefix}-TOTAL_FORMS" in request.POST
            else:
                is_wanted = obj is None or obj.request_type == request_type
            if is_wanted and inline.has_view_or_change_permission(request, obj):
                if not inline.has_add_permission(request, obj):
                    inline.max_num = 0
                shown.append(inline)
        return shown


def add_config_inline(inline: type[InlineModelAdmin], *, request_type: RequestType) -> None:
    """Show rows that belong to a config on the forms of one request type."""
    ConfigActionsMixin.further_inlines[inline] = request_type


def add_config_view(route: str, *, name: str, view: Callable[..., Any]) -> None:
    """A page below the list of configs: `view(model_admin, request, **parts of the route)`. It checks permissions
    itself."""
    ConfigActionsMixin.further_views[route] = (name, view)


def add_config_list_button(method: Callable[..., Any]) -> None:
    """Show a button above the list: `method(model_admin, request) -> HttpResponse`, as `add_config_button`."""
    setattr(ConfigActionsMixin, method.__name__, method)
    if method.__name__ not in ConfigActionsMixin.actions_list:
        ConfigActionsMixin.actions_list.append(method.__name__)


def check_may_edit(model_admin: Any, request: HttpRequest) -> None:
    """Raises PermissionDenied for users who may neither add nor change configs."""
    if not (model_admin.has_add_permission(request) or model_admin.has_change_permission(request)):
        raise PermissionDenied


def add_config_button(
    method: Callable[..., Any],
    *,
    request_type: RequestType | None = None,
    is_in_menu: bool = False,
    only_if: Callable[[SyncConfig], bool] | None = None,
) -> None:
    """Show a button on every config's form, or only on those of one request type; `is_in_menu` puts it under “More”,
    where what is needed seldom leaves room for the rest, and `only_if` is asked with the config.

    `method(model_admin, request, object_id) -> HttpResponse` is decorated with `unfold.decorators.action`. Its
    `permissions=[...]` are obeyed: "run" is the right to run a sync, "change" and "view" are Django's.
    """
    name: str = method.__name__
    setattr(ConfigActionsMixin, name, method)
    names = ConfigActionsMixin.actions_detail
    if is_in_menu:
        if _MORE not in names:
            names.append(_MORE)
        if name not in _MORE["items"]:
            _MORE["items"].append(name)
    elif name not in names:
        # The menu stays last.
        names.insert(len(names) - (_MORE in names), name)
    if request_type is not None:
        ConfigActionsMixin.button_types[name] = request_type
    if only_if is not None:
        ConfigActionsMixin.button_tests[name] = only_if


def add_config_action(method: Callable[..., Any]) -> None:
    """Offer an action on the configs chosen in the list: `method(model_admin, request, queryset)`."""
    if method not in ConfigActionsMixin.actions:
        ConfigActionsMixin.actions.append(method)
