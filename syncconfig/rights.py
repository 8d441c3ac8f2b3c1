"""What the user of a connection may do in Odoo with the models of its configs, and what the configs need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from time import monotonic
from typing import Any, Final

from clients.errors import Kind, RemoteError
from clients.odoo import OdooClient
from clients.odoo.schema import Field, fields_from_get
from syncconfig.models import ModelSchema, OdooConnection, RequestType, SyncConfig, SyncConfigLine
from syncconfig.models.config import DeleteMode, OnExisting

OPERATIONS: Final = ("read", "create", "write", "unlink")
MAX_MODELS: Final = 20
BUDGET_S: Final = 20.0

Needs = dict[str, dict[str, list[str]]]
"""model -> operation -> the names of the configs that need it."""


@dataclass(frozen=True, slots=True)
class ModelRights:
    """`allowed` by operation; `missing` are those that a config needs, with the configs' names. `error` says why
    nothing could be told."""

    model: str
    allowed: dict[str, bool]
    missing: dict[str, list[str]]
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def rights_of(client: OdooClient, needs: Needs) -> list[ModelRights]:
    """One for each model, as Odoo tells it. Raises RemoteError where Odoo cannot be asked any more."""
    found = []
    end_s = monotonic() + BUDGET_S
    for model in list(needs)[:MAX_MODELS]:
        if monotonic() > end_s:
            break
        try:
            allowed = {operation: _may(client, model, operation) for operation in OPERATIONS}
        except RemoteError as error:
            if error.kind is not Kind.PERMANENT:
                raise
            found.append(ModelRights(model, {}, {}, error.message))
            continue
        missing = {operation: names for operation, names in needs[model].items() if not allowed[operation]}
        found.append(ModelRights(model, allowed, missing))
    return found


def _may(client: OdooClient, model: str, operation: str) -> bool:
    if client.version().major >= 18:
        return bool(client.call(model, "has_access", ids=[], kwargs={"operation": operation}))
    # 17 and before; `has_access` came with 18, where this one is deprecated.
    kwargs = {"operation": operation, "raise_exception": False}
    return bool(client.call(model, "check_access_rights", kwargs=kwargs))


def rights_needed(connection: OdooConnection) -> Needs:
    """What the active configs of the connection do. Related models count as far as the fields are known already:
    nothing is asked here."""
    needs: Needs = {}
    known = _Known(connection)
    configs = connection.configs.filter(active=True).defer("auth_secret").prefetch_related("lines")
    for config in configs.order_by("pk"):
        for operation in _of_config(config):
            _add(needs, config.model, operation, config)
        if config.fetches or (config.request_type == RequestType.IN and (config.method_post or config.method_put)):
            _add_related(needs, config, known)
    receiving = connection.receiving_configs.filter(active=True).defer("auth_secret").order_by("pk")
    for config in receiving:
        for operation in _of_receiver(config):
            _add(needs, config.receiving_model, operation, config)
    return needs


def _of_receiver(config: SyncConfig) -> Iterable[str]:
    yield "read"
    if config.method_post:
        yield "create"
    if config.method_post or config.method_put:
        yield "write"
    if config.method_delete:
        yield "write" if config.delete_mode == DeleteMode.ARCHIVE else "unlink"


def _of_config(config: SyncConfig) -> Iterable[str]:
    yield "read"
    if config.fetches:
        yield "create"
        if config.on_existing == OnExisting.UPDATE:
            yield "write"
    if config.request_type != RequestType.IN:
        return
    if config.method_post:
        yield "create"
    if config.method_put or (config.method_post and config.on_existing == OnExisting.UPDATE):
        yield "write"
    if config.method_delete:
        yield "write" if config.delete_mode == DeleteMode.ARCHIVE else "unlink"


def _add_related(needs: Needs, config: SyncConfig, known: _Known) -> None:
    for line in config.lines.all():
        if not line.active or line.direction == "out" or line.calculation != "relational":
            continue
        model = known.relation(config.model, line.field)
        if model:
            for operation in _of_line(line):
                _add(needs, model, operation, config)


def _of_line(line: SyncConfigLine) -> Iterable[str]:
    if line.match_field:
        yield "read"
        if line.on_missing == "create":
            yield "create"
        if line.on_match == "update":
            yield "write"
        return
    yield "create"
    if line.x2many_mode == "replace":
        yield "unlink"
    elif line.x2many_mode == "match":
        yield from ("read", "write", "unlink")


def _add(needs: Needs, model: str, operation: str, config: SyncConfig) -> None:
    names = needs.setdefault(model, {}).setdefault(operation, [])
    if config.name not in names:
        names.append(config.name)


class _Known:
    """The stored fields of a connection's models, each read once."""

    def __init__(self, connection: OdooConnection) -> None:
        self._connection = connection
        self._fields: dict[str, Mapping[str, Field]] = {}

    def relation(self, model: str, path: str) -> str | None:
        """The model that a dotted field leads to."""
        current: str | None = model
        for name in path.split("."):
            field = self._of(current or "").get(name)
            current = field.relation if field else None
            if current is None:
                return None
        return current

    def _of(self, model: str) -> Mapping[str, Field]:
        if model not in self._fields:
            row = ModelSchema.objects.filter(connection=self._connection, model=model).first()
            self._fields[model] = fields_from_get(row.fields) if row else {}
        return self._fields[model]
