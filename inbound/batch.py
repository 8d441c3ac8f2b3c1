"""The body of a batch: mixed operations, and what becomes of the others when one fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from inbound.errors import ApiError, ErrorCode
from inbound.operations import Operation, Verb
from inbound.projection import chosen_keys
from inbound.work import Work

MAX_ODOO_ID: Final = 2**31 - 1
_KEYS: Final = ("operations", "continue_on_error", "transaction", "return_fields")
_ENTRY_KEYS: Final = ("action", "id", "identifier", "data", "partial")
_METHODS: Final = {Verb.CREATE: "POST", Verb.UPDATE: "PUT", Verb.DELETE: "DELETE"}


@dataclass(frozen=True, slots=True)
class Batch:
    """`continues`: a failed operation does not keep the others from being done. `is_together`: all or none."""

    operations: tuple[Operation, ...]
    continues: bool
    is_together: bool
    return_fields: tuple[str, ...]


def read_batch(work: Work, payload: Any, *, max_records: int) -> Batch:
    """Raises ApiError 400 naming the entry, 405 for an action that the endpoint does not allow, and 413."""
    from inbound.jobs import check_count  # which needs Batch from here

    if not isinstance(payload, dict) or not isinstance(payload.get("operations"), list):
        raise _bad('Send {"operations": [{"action": "create", "data": {...}}, ...]}.')
    for key in payload:
        if key not in _KEYS:
            raise _bad(f"There is no key {key[:100]!r} in a batch. Known are: {', '.join(_KEYS)}.", key=key[:100])
    entries = payload["operations"]
    check_count(entries, max_records)
    is_together = _flag(payload, "transaction", default=False)
    continues = _flag(payload, "continue_on_error", default=not is_together)
    if is_together and continues:
        raise _bad("transaction does all or nothing, so continue_on_error cannot be true with it.")
    return_fields: tuple[str, ...] = ()
    if payload.get("return_fields") is not None:
        given = payload["return_fields"]
        names = given if isinstance(given, list) and all(isinstance(name, str) for name in given) else None
        if names is None:
            raise _bad("return_fields must be a list of keys.", key="return_fields")
        return_fields = chosen_keys(work.plan, ",".join(names), "return_fields")
    operations = tuple(_operation(work, at, entry) for at, entry in enumerate(entries))
    return Batch(operations, continues, is_together, return_fields)


def _flag(payload: dict[str, Any], key: str, *, default: bool) -> bool:
    value = payload.get(key, default)
    if not isinstance(value, bool):
        raise _bad(f"{key} must be true or false.", key=key)
    return value


def _operation(work: Work, at: int, entry: Any) -> Operation:
    if not isinstance(entry, dict):
        raise _bad(f"Entry {at} is no JSON object.", index=at)
    for key in entry:
        if key not in _ENTRY_KEYS:
            raise _bad(f"Entry {at}: there is no key {key[:100]!r}. Known are: {', '.join(_ENTRY_KEYS)}.", index=at)
    action = entry.get("action")
    if not isinstance(action, str) or action not in list(Verb):
        raise _bad(f"Entry {at}: action must be one of {', '.join(Verb)}.", index=at)
    verb = Verb(action)
    if _METHODS[verb] not in work.config.methods:
        raise ApiError(
            405, ErrorCode.METHOD_NOT_ALLOWED, f"Entry {at}: this endpoint does not allow to {verb}.", index=at
        )
    body = entry.get("data")
    if verb is Verb.DELETE:
        if body is not None:
            raise _bad(f"Entry {at}: delete takes no data.", index=at)
    elif not isinstance(body, dict):
        raise _bad(f"Entry {at}: data must be the record, a JSON object.", index=at)
    if verb is Verb.CREATE:
        if "id" in entry or "identifier" in entry:
            raise _bad(f"Entry {at}: create takes no id; the record's own identifier is in its data.", index=at)
        return Operation(verb, body)
    return Operation(verb, body, *_target(at, entry), _flag(entry, "partial", default=True))


def _target(at: int, entry: dict[str, Any]) -> tuple[int | None, str | None]:
    odoo_id, identifier = entry.get("id"), entry.get("identifier")
    if (odoo_id is None) == (identifier is None):
        raise _bad(f"Entry {at}: name the record by its id or by its identifier, one of the two.", index=at)
    if odoo_id is not None:
        if not isinstance(odoo_id, int) or isinstance(odoo_id, bool) or not 0 < odoo_id <= MAX_ODOO_ID:
            raise _bad(f"Entry {at}: id must be Odoo's, a whole number above 0.", index=at)
        return odoo_id, None
    if isinstance(identifier, bool) or not isinstance(identifier, (str, int)) or identifier == "":
        raise _bad(f"Entry {at}: identifier must be a text or a whole number.", index=at)
    return None, str(identifier)


def _bad(message: str, **details: Any) -> ApiError:
    return ApiError(400, ErrorCode.VALIDATION_ERROR, message, **details)
