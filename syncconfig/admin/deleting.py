"""Deleting syncs: what goes with them is counted, not listed row by row, and what cannot be undone is said before.

Django's own page reads every delivery and link of a sync to name it, and refuses where somebody may not delete one by
itself; deliveries nobody may. Whoever may delete a sync may delete what belongs to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from django.db.models import CASCADE
from django.http import HttpRequest
from django.utils.text import capfirst

from syncconfig.models import SyncConfig

Words = Callable[[Sequence[SyncConfig]], Iterable[str]]
MOST_COUNTED: Final = 10_000

_obstacles: list[Words] = []
_consequences: list[Words] = []


def add_deletion_words(*, obstacles: Words, consequences: Words) -> None:
    """Of what other apps know: why the configs cannot be deleted now, and what is lost with them beyond their rows."""
    if obstacles not in _obstacles:
        _obstacles.append(obstacles)
        _consequences.append(consequences)


class CountedDeletionMixin:
    """For the ModelAdmin of sync configs, for one and for several that were chosen in the list."""

    def get_deleted_objects(
        self, objs: Iterable[SyncConfig], request: HttpRequest
    ) -> tuple[list[str], dict[str, int | str], set[str], list[str]]:
        configs = list(objs)
        may = all(self.has_delete_permission(request, config) for config in configs)  # type: ignore[attr-defined]
        names = [f"{capfirst(config._meta.verbose_name)}: {config}" for config in configs]
        words = [text for each in _consequences for text in each(configs)]
        obstacles = [text for each in _obstacles for text in each(configs)]
        refused = set() if may else {str(SyncConfig._meta.verbose_name)}
        return [*names, *words], _counts(configs), refused, obstacles


def _counts(configs: list[SyncConfig]) -> dict[str, int | str]:
    """How many rows of each kind go, by its name; counting ends at MOST_COUNTED."""
    found: dict[str, int | str] = {str(SyncConfig._meta.verbose_name_plural): len(configs)}
    for relation in SyncConfig._meta.related_objects:
        if relation.on_delete is not CASCADE:
            continue
        model: Any = relation.related_model
        rows = model._base_manager.filter(**{f"{relation.field.name}__in": configs}).order_by()
        count = rows.values("pk")[: MOST_COUNTED + 1].count()
        if count:
            found[str(model._meta.verbose_name_plural)] = count if count <= MOST_COUNTED else f"> {MOST_COUNTED:,}"
    return found
