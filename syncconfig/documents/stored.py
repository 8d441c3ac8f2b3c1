"""Reads rows for documents: credentials as tokens, so that one which no key opens any more breaks no export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import ForeignKey, Model, QuerySet, TextField
from django.db.models.functions import Cast

from syncconfig.documents.sections import Section

_TOKEN: Final = "_token_"  # noqa: S105 - the name of an annotation


def rows(section: Section, **conditions: Any) -> QuerySet[Any]:
    """The rows of the section, their credentials left in the database but for the tokens."""
    tokens = {f"{_TOKEN}{name}".strip("_"): Cast(name, TextField()) for name in section.secret_names}
    found = section.model._default_manager.filter(**conditions).defer(*section.secret_names).annotate(**tokens)
    if section.order_field:
        return found.order_by(section.order_field, "pk")
    return found.order_by("pk")


def token_of(row: Model, name: str) -> str:
    """The encrypted credential of a row that `rows` found; empty where there is none, and for a new row."""
    return getattr(row, f"{_TOKEN}{name}".strip("_"), "") or ""


class RelatedNames:
    """The names of the rows that columns refer to, read once a model."""

    def __init__(self) -> None:
        self._names: dict[type[Model], dict[Any, str]] = {}

    def name(self, field: ForeignKey[Any, Any], row: Model) -> str | None:
        """The name of the row that `row` refers to."""
        number = getattr(row, field.attname)
        model: Any = field.related_model
        if number is not None and number not in self._names.get(model, {}):
            self._names[model] = dict(model._default_manager.values_list("pk", "name"))
        return self._names[model].get(number) if number is not None else None


def by_config(section: Section, ids: Sequence[int]) -> dict[int, list[Any]]:
    """The rows of several configs, by config."""
    found: dict[int, list[Any]] = {number: [] for number in ids}
    for row in rows(section, config_id__in=ids):
        found[row.config_id].append(row)
    return found
