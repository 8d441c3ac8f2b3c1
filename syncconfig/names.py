"""The names that a connected Odoo knows, for those who configure: its models, and the fields along a path."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from django.core.cache import cache

from clients.errors import RemoteError
from clients.odoo.schema import Field
from syncconfig.connections import client_for, fields_of
from syncconfig.models import ModelSchema, OdooConnection

KEPT_S: Final = 600
FAILURE_KEPT_S: Final = 60
MAX_MODELS: Final = 5000


@dataclass(frozen=True, slots=True)
class ModelNames:
    """(technical name, label) of the models, by technical name. `error` says why they are not complete: not every
    user may read the list of models, and then those of which the fields are known are all there is."""

    models: list[tuple[str, str]]
    error: str = ""


@dataclass(frozen=True, slots=True)
class FieldNames:
    """The fields of the model that a path leads to, by name; `error` says where the path leads nowhere."""

    model: str
    fields: list[Field] = field(default_factory=list)
    error: str = ""


def models_of(connection: OdooConnection) -> ModelNames:
    """The models of the connection's Odoo, asked for every ten minutes at most. Raises nothing but SecretUnreadable."""
    key = f"models-{connection.pk}-{connection.revision}"
    known: ModelNames | None = cache.get(key)
    if known is None:
        known = _ask_models(connection)
        cache.set(key, known, FAILURE_KEPT_S if known.error else KEPT_S)
    return known


def _ask_models(connection: OdooConnection) -> ModelNames:
    try:
        found: list[dict[str, Any]] = client_for(connection).search_read(
            "ir.model", [["transient", "=", False]], ["model", "name"], limit=MAX_MODELS, order="model"
        )
    except RemoteError as error:
        stored = ModelSchema.objects.filter(connection=connection).order_by("model")
        return ModelNames([(name, "") for name in stored.values_list("model", flat=True)], error.message)
    return ModelNames([(row["model"], row["name"]) for row in found])


def fields_at(connection: OdooConnection, model: str, path: str) -> FieldNames:
    """The fields of the model at the end of the dotted `path` from `model`; an empty path is the model itself.

    Raises nothing but SecretUnreadable.
    """
    try:
        known = fields_of(connection, model)
        for name in path.split(".") if path else ():
            step = known.get(name)
            if step is None:
                return FieldNames(model, error=f"{model} has no field {name}.")
            if not step.relation:
                return FieldNames(model, error=f"{name} is a {step.type} and leads to no other model.")
            model = step.relation
            known = fields_of(connection, model)
    except RemoteError as error:
        return FieldNames(model, error=error.message)
    return FieldNames(model, sorted(known.values(), key=lambda each: each.name))
