"""POST, PUT and DELETE: from a parsed body to what was done in Odoo, and the answer made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clients.errors import RemoteError
from clients.odoo.client import OdooClient
from inbound.errors import ApiError, ErrorCode
from inbound.reading import not_found, with_id
from inbound.refusals import mapping_refusal, remote_refusal
from mapping.engine import map_in
from mapping.paths import ABSENT, parse_path
from mapping.plan import Plan
from mapping.results import MappingResult
from mapping.spec import X2MANY_TYPES, Direction
from outbound.targets.odoo import Action, WriteOutcome, remove_record, update_record
from outbound.targets.odoo_lookup import odoo_lookup
from outbound.targets.odoo_upsert import upsert_records
from syncconfig.models import SyncConfig
from syncconfig.models.config import DeleteMode


@dataclass(frozen=True, slots=True)
class Written:
    """`status` is the HTTP status of the answer."""

    status: int
    odoo_id: int
    data: dict[str, Any]


def post_record(*, config: SyncConfig, plan: Plan, client: OdooClient, body: dict[str, Any]) -> Written:
    """Create the record, or do with an existing one what the config says. 201 created, 200 otherwise.

    Raises ApiError, RelatedFailed and RemoteError; then nothing was written, unless it says that it is not known.
    """
    _refuse_list(plan, body)
    result = _mapped(plan, client, body, partial=False)
    (outcome,) = upsert_records(config=config, plan=plan, client=client, results=[result])
    if outcome.error is not None:
        raise remote_refusal(outcome.error, plan=plan, related=outcome.related)
    odoo_id = outcome.odoo_id or 0
    if outcome.action is Action.REFUSED:
        raise ApiError(
            409,
            ErrorCode.DUPLICATE_RECORD,
            f"A record with this {plan.identifier.key} exists already. Send PUT to its address to change it.",
            key=plan.identifier.key,
            field=plan.identifier.field,
            id=odoo_id,
        )
    return Written(
        201 if outcome.action is Action.CREATED else 200,
        odoo_id,
        _answer(plan, config.connection.timezone, body, result, outcome),
    )


def put_record(*, config: SyncConfig, plan: Plan, client: OdooClient, odoo_id: int, body: dict[str, Any]) -> Written:
    """Write what the body holds, and leave alone what it does not. Raises as `post_record`, and 404."""
    _refuse_list(plan, body)
    result = _mapped(plan, client, body, partial=True)
    try:
        outcome = update_record(config=config, client=client, odoo_id=odoo_id, result=result)
    except RemoteError as error:
        raise _by_id(error, config, plan, odoo_id) from error
    return Written(200, odoo_id, _answer(plan, config.connection.timezone, body, result, outcome))


def delete_record(*, config: SyncConfig, client: OdooClient, odoo_id: int) -> Written:
    """Archive or delete the record, as the config says. Raises ApiError 404, and RemoteError."""
    archive = config.delete_mode == DeleteMode.ARCHIVE
    try:
        remove_record(config=config, client=client, odoo_id=odoo_id, archive=archive)
    except RemoteError as error:
        raise _by_id(error, config, None, odoo_id) from error
    return Written(200, odoo_id, {"id": odoo_id, "archived" if archive else "deleted": True})


def _by_id(error: RemoteError, config: SyncConfig, plan: Plan | None, odoo_id: int) -> ApiError:
    if error.code == "missing_record" and error.model in (None, config.model):
        return not_found(odoo_id)
    return remote_refusal(error, plan=plan)


def _mapped(plan: Plan, client: OdooClient, body: dict[str, Any], *, partial: bool) -> MappingResult:
    (result,) = map_in(plan, [body], lookup=odoo_lookup(client), partial=partial, existing=True)
    if not result.ok:
        raise mapping_refusal(result.errors)
    return result


def _refuse_list(plan: Plan, body: Mapping[str, Any]) -> None:
    is_list = list(body) == ["records"] and isinstance(body["records"], list)
    if is_list and not any(line.key.startswith("records") for line in plan.lines):
        raise ApiError(
            400,
            ErrorCode.VALIDATION_ERROR,
            "The body is a list of records. This endpoint takes one record per request: send its object itself.",
            key="records",
        )


def _answer(plan: Plan, tz: str, body: dict[str, Any], result: MappingResult, outcome: WriteOutcome) -> dict[str, Any]:
    """What was written, under the caller's keys, as a GET would show it; nothing is read back. Values that became
    ids in Odoo are shown as they came. An existing record that was left alone is only named."""
    data: dict[str, Any] = {}
    if outcome.action in (Action.CREATED, Action.UPDATED, Action.UNCHANGED):
        values = result.values or {}
        for line in plan.lines:
            if line.direction == Direction.IN or not line.key:
                continue
            named = plan.field_by_key.get(line.key)
            is_plain = named is not None and named[0] == line.field and named[1].type not in X2MANY_TYPES
            if is_plain and named is not None and line.field in values:
                value: object = named[1].from_odoo(values[line.field], tz=tz)
            else:
                value = parse_path(line.key).read(body)
            if value is not ABSENT and not _is_rows(line.key, plan):
                parse_path(line.key).write(data, value)
    return with_id(data, outcome.odoo_id or 0)


def _is_rows(key: str, plan: Plan) -> bool:
    """Whether the key is a list that other lines describe the elements of."""
    return key.endswith("[]") and any(line.key.startswith(key) and line.key != key for line in plan.lines)
