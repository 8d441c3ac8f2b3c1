"""Columns and filters of the list of sync configs that say how each does; what they say comes from other apps.

A provider loads what it knows of a whole page at once, after the page was chosen, so that the number of queries does
not grow with the number of configs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from syncconfig.models import RequestType, SyncConfig

Shown = str | SafeString
TITLES: Final[dict[str, Any]] = {
    "health": _("Health"),
    "last_success": _("Last success"),
    "rate": _("In 24 hours"),
    "backlog": _("Backlog"),
    "next_run": _("Next run"),
}
_CELLS: Final = "_health_cells"


@dataclass(frozen=True, slots=True)
class ConfigColumns:
    """`load` gives what is known, by config id; `show` makes one column's cell of it."""

    load: Callable[[Sequence[SyncConfig]], Mapping[int, Any]]
    show: Mapping[str, Callable[[SyncConfig, Any], Shown]]
    request_type: RequestType | None = None


class ConfigChangeList(ChangeList):
    """The page of the list, with what the providers know of its rows."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[SyncConfig] = list(self.result_list)  # type: ignore[has-type]
        self.result_list = rows
        cells: dict[int, dict[str, Shown]] = {config.pk: {} for config in rows}
        for provider in HealthColumnsMixin.providers:
            wanted = [
                config
                for config in rows
                if provider.request_type is None or config.request_type == provider.request_type
            ]
            known = provider.load(wanted) if wanted else {}
            for config in wanted:
                if config.pk in known:
                    for name, show in provider.show.items():
                        cells[config.pk][name] = show(config, known[config.pk])
        for config in rows:
            setattr(config, _CELLS, cells[config.pk])


class HealthColumnsMixin:
    """For the ModelAdmin of sync configs."""

    providers: ClassVar[list[ConfigColumns]] = []
    health_filters: ClassVar[list[type[admin.SimpleListFilter]]] = []

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ConfigChangeList

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [*self.health_filters, *super().get_list_filter(request)]  # type: ignore[misc]


def add_config_columns(columns: ConfigColumns) -> None:
    """Fill columns of the list, for configs of one request type or of both."""
    HealthColumnsMixin.providers.append(columns)


def add_config_filter(kind: type[admin.SimpleListFilter]) -> None:
    """Offer a filter on top of the list's own."""
    if kind not in HealthColumnsMixin.health_filters:
        HealthColumnsMixin.health_filters.append(kind)


def health_column(name: str) -> Callable[[SyncConfig], Shown]:
    """For `list_display`: the column that the providers fill."""

    @admin.display(description=TITLES[name])
    def shown(config: SyncConfig) -> Shown:
        cells: dict[str, Shown] = getattr(config, _CELLS, {})
        return cells.get(name, "-")

    shown.__name__ = f"shown_{name}"
    return shown
