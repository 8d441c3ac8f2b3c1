"""The preview of what an endpoint would do with a payload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from auditlog.recorder import Recording
from clients.errors import RemoteError
from clients.odoo import OdooClient
from clients.odoo.domain import DomainError
from clients.odoo.read_only import ReadOnlyOdoo
from mapping.engine import map_in
from mapping.plan import Plan
from mapping.results import MappingResult, RelatedRecord, diff, related_records
from outbound import links
from outbound.preview import (
    MAX_RECORDS,
    Effect,
    Preview,
    RecordPreview,
    ShownChange,
    WouldCall,
    dry_run,
    refused,
    shown,
    title_of,
)
from outbound.script_env import odoo_ask
from outbound.targets.odoo import missing, record_domain, within
from outbound.targets.odoo_entry import for_create, outside, several
from outbound.targets.odoo_lookup import ARCHIVED_TOO, ids_by_value, odoo_lookup, odoo_related
from syncconfig.connections import client_for, fields_of
from syncconfig.models import SyncConfig
from syncconfig.models.config import DeleteMode, OnExisting
from syncconfig.plans import ConfigBroken, plan_for
from syncconfig.secrets import SecretUnreadable


def preview_in(
    *,
    config: SyncConfig,
    payloads: Sequence[object],
    odoo_id: int | None = None,
    rec: Recording | None = None,
    plan: Plan | None = None,
) -> Preview:
    """What POST of each payload would do, or, with `odoo_id`, PUT of the first one to that record. `plan` is given for
    a config that is not stored.

    Raises nothing remote: a config that is broken and an Odoo that does not answer are the preview's `problem`. `rec`
    is the recording that the calls go to, where there is one; it is marked as a dry run.
    """
    try:
        plan = plan or plan_for(config)
        with dry_run(config, plan, rec):
            return _Previewing(config, plan, odoo_id).preview(payloads[:MAX_RECORDS])
    except (RemoteError, ConfigBroken, DomainError, SecretUnreadable) as error:
        return Preview(problem=str(error))


def preview_removal(*, config: SyncConfig, odoo_id: int, rec: Recording | None = None) -> Preview:
    """What DELETE of the record would do. Raises as `preview_in`."""
    try:
        with dry_run(config, None, rec):
            client = ReadOnlyOdoo(client_for(config.connection))
            domain = record_domain(config, client)
            archives = config.delete_mode == DeleteMode.ARCHIVE
            record = RecordPreview(f"#{odoo_id}", Effect.ARCHIVE if archives else Effect.DELETE, odoo_id)
            if not within(config, client, [odoo_id], domain):
                record.effect, record.problem = Effect.REFUSE, missing(config, odoo_id).message
            elif archives:
                record.calls = [WouldCall(f"{config.model}.write", {"ids": [odoo_id], "vals": {"active": False}})]
            else:
                record.calls = [WouldCall(f"{config.model}.unlink", {"ids": [odoo_id]})]
            return Preview([record])
    except (RemoteError, DomainError, SecretUnreadable) as error:
        return Preview(problem=str(error))


class _Previewing:
    def __init__(self, config: SyncConfig, plan: Plan, odoo_id: int | None) -> None:
        self.config = config
        self.plan = plan
        self.odoo_id = odoo_id
        self.client: OdooClient = ReadOnlyOdoo(client_for(config.connection))
        self.secret = plan.secret_fields
        self.domain = record_domain(config, self.client)

    def preview(self, payloads: Sequence[object]) -> Preview:
        results = map_in(
            self.plan,
            payloads,
            lookup=odoo_lookup(self.client),
            related=odoo_related(self.client),
            ids=None if self.odoo_id is None else [self.odoo_id] * len(payloads),
            partial=self.odoo_id is not None,
            existing=True,
            ask=odoo_ask(self.client),
        )
        return Preview([self._record(result, number) for number, result in enumerate(results, 1)])

    def _record(self, result: MappingResult, number: int) -> RecordPreview:
        title = title_of(result, number, self.secret)
        record = refused(result, title)
        if record is not None or result.values is None:
            return record or RecordPreview(title, Effect.REFUSE)
        record = RecordPreview(title, Effect.CREATE, values=shown(result.values, self.secret))
        try:
            record.odoo_id = self._existing(result)
            if record.odoo_id is None:
                self._would_create(record, result.values)
            else:
                self._would_update(record, record.odoo_id, result.values)
        except RemoteError as error:
            record.effect, record.problem = Effect.REFUSE, error.message
        return record

    def _existing(self, result: MappingResult) -> int | None:
        """The record that would be written to; None for a new one. Raises RemoteError where none may be."""
        if self.odoo_id is not None:
            if not within(self.config, self.client, [self.odoo_id], self.domain):
                raise missing(self.config, self.odoo_id)
            return self.odoo_id
        assert result.identifier is not None  # noqa: S101 - otherwise an error of the mapping
        name, value = result.identifier
        if name == "id":
            known = int(str(value))
            if not within(self.config, self.client, [known], self.domain):
                raise missing(self.config, known)
            return known
        key = links.link_key(value)
        linked = links.known(config_id=self.config.pk, keys=[key]).get(key)
        if linked is not None and within(self.config, self.client, [linked], []):
            if self.domain and not within(self.config, self.client, [linked], self.domain):
                raise outside()
            return linked
        return self._found(name, value)

    def _found(self, name: str, value: object) -> int | None:
        model = self.config.model
        found = ids_by_value(self.client, model, name, [value], domain=self.domain, context=ARCHIVED_TOO)
        ids = found.get(value, [])
        if len(ids) > 1:
            # Of one active record and archived ones, the active one is meant.
            active = ids_by_value(self.client, model, name, [value], domain=self.domain).get(value, [])
            ids = active if len(active) == 1 else ids
        if len(ids) > 1:
            raise several(model, name, value, ids)
        return ids[0] if ids else None

    def _would_create(self, record: RecordPreview, values: dict[str, object]) -> None:
        self._related_calls(record, values)
        content = shown([for_create(values)], self.secret)
        record.calls.append(WouldCall(f"{self.config.model}.create", {"vals_list": content}))

    def _would_update(self, record: RecordPreview, odoo_id: int, values: dict[str, object]) -> None:
        kept = None if self.odoo_id is not None else OnExisting(self.config.on_existing)
        record.effect = Effect.UPDATE
        record.changes = self._changes(odoo_id, values)
        if kept is OnExisting.IGNORE:
            record.effect, record.changes = Effect.IGNORE, []
            return
        if kept is OnExisting.REJECT:
            record.effect, record.changes = Effect.REFUSE, []
            record.problem = f"A record with this {self.plan.identifier.key} exists already (id {odoo_id})."
            return
        if not record.changes:
            record.effect = Effect.UNCHANGED
        if values:
            self._related_calls(record, values)
            content = {"ids": [odoo_id], "vals": shown(values, self.secret)}
            record.calls.append(WouldCall(f"{self.config.model}.write", content))

    def _related_calls(self, record: RecordPreview, values: dict[str, object]) -> None:
        for each in related_records(values):
            content = shown(each.values, self.secret)
            if each.id is None:
                record.calls.append(WouldCall(f"{each.model}.create", {"vals_list": [content]}))
            else:
                record.calls.append(WouldCall(f"{each.model}.write", {"ids": [each.id], "vals": content}))

    def _changes(self, odoo_id: int, values: Mapping[str, object]) -> list[ShownChange]:
        """Field by field, against what is in Odoo now; lists by what would be in them."""
        if not values:
            return []
        (now,) = self.client.read(self.config.model, [odoo_id], list(values), context=ARCHIVED_TOO)
        types = {name: field.type for name, field in fields_of(self.config.connection, self.config.model).items()}
        old = {name: _comparable(now[name], types.get(name)) for name in values}
        new = {name: _after(old[name], _comparable(value, types.get(name))) for name, value in values.items()}
        return [
            ShownChange(change.field, shown(change.old, ()), shown(change.new, ()))
            for change in diff(old, new, secret=self.secret)
        ]


def _comparable(value: Any, kind: str | None) -> object:
    """What Odoo reads or is to be written, in one form: a many2one as its id, what is unset as None."""
    if value is False and kind != "boolean":
        return None
    if (
        kind == "many2one"
        and isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], int)
        and isinstance(value[1], str)
    ):
        return value[0]
    return value


def _after(old: object, value: object) -> object:
    """What would be read afterwards: the commands of a list applied to what is in it, new records described."""
    if isinstance(value, RelatedRecord) and value.id is not None:
        return value.id
    is_commands = isinstance(value, list) and all(isinstance(each, list) and len(each) == 3 for each in value)
    if not is_commands or not isinstance(old, list) or not isinstance(value, list):
        return value
    items: list[object] = list(old)
    for code, target, content in value:
        if code == 6:
            items = list(content)
        elif code == 5:
            items = []
        elif code in (2, 3):
            items = [each for each in items if each != target]
        elif code == 4:
            items += [target] if target not in items else []
        elif code == 0:
            items.append({"new": content})
        else:
            items = [{"id": target, "write": content} if each == target else each for each in items]
    return items
