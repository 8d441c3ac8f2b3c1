"""The OpenAPI 3.1 document of the endpoints, made from the live configs: what is not allowed is not in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from clients.errors import RemoteError
from clients.odoo.domain import DomainError
from inbound.endpoints import Extras, extras_of
from inbound.errors import API_PREFIX, ErrorCode
from inbound.filters import OPERATORS, ORDERED, TEXTS
from inbound.headers import API_VERSION
from inbound.schemas import RecordSchemas, Schema, record_schemas
from mapping.plan import Plan
from syncconfig.models import SyncConfig
from syncconfig.plans import ConfigBroken, plan_for
from syncconfig.secrets import SecretUnreadable

ROOT: Final = f"{API_PREFIX}v1"
_ID: Final = {"name": "record_id", "in": "path", "required": True, "description": "The id in Odoo."}
_BY: Final = {"name": "identifier", "in": "path", "required": True}


def document(configs: Iterable[SyncConfig], *, site_url: str) -> dict[str, Any]:
    """The document of these In configs; one that does not fit Odoo at the moment is left out."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Schema] = {"Error": _ERROR}
    security: dict[str, Schema] = {}
    for config in configs:
        try:
            plan = plan_for(config)
            records = record_schemas(config, plan)
        except (ConfigBroken, DomainError, RemoteError, SecretUnreadable):
            continue
        _endpoint(config, plan, records, paths, schemas, security)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sync hub for Odoo",
            "version": API_VERSION,
            "description": "Records of Odoo, read and written through mapped endpoints.",
        },
        "servers": [{"url": site_url.rstrip("/")}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": security},
    }


def _endpoint(
    config: SyncConfig,
    plan: Plan,
    records: RecordSchemas,
    paths: dict[str, Any],
    schemas: dict[str, Schema],
    security: dict[str, Schema],
) -> None:
    name = str(config.endpoint)
    extras = extras_of(config)
    schemas[f"{name}.write"], schemas[f"{name}.change"] = records.written, records.changed
    schemas[f"{name}.read"] = records.read
    common: dict[str, Any] = {"tags": [name], "security": _security(extras, name, security)}
    is_queued = extras.policy.mode == "queued"
    whole = f"{ROOT}/{name}"
    one: dict[str, Any] = {}
    by: dict[str, Any] = {}
    root: dict[str, Any] = {}
    if config.method_get:
        root["get"] = {**common, "operationId": f"{name}_list", "summary": f"List {name}"}
        root["get"] |= {"parameters": _list_parameters(plan, extras), "responses": _answers(_list(name))}
        for at, word in ((one, "get"), (by, "get_by")):
            at["get"] = {**common, "operationId": f"{name}_{word}", "summary": f"Read one of {name}"}
            at["get"] |= {"parameters": [_FIELDS], "responses": _answers(_single(name))}
    if config.method_post:
        root["post"] = {**common, "operationId": f"{name}_create", "summary": f"Create, one or a list of {name}"}
        one_or_many = {
            "oneOf": [_ref(f"{name}.write"), {"type": "array", "minItems": 1, "items": _ref(f"{name}.write")}]
        }
        root["post"] |= {
            "parameters": [_RETURN_FIELDS, _KEY, _DRY],
            "requestBody": _body(one_or_many, records.example),
            "responses": _accepted() if is_queued else _answers(_single(name), codes=("200", "201"), many=_entries()),
        }
    if config.method_put:
        for at, word in ((one, ""), (by, "_by")):
            for method in ("put", "patch"):
                at[method] = {**common, "operationId": f"{name}_{method}{word}", "summary": f"Change one of {name}"}
                at[method] |= {
                    "parameters": [_RETURN_FIELDS, _KEY, _DRY],
                    "requestBody": _body(_ref(f"{name}.change"), records.example),
                    "responses": _accepted() if is_queued else _answers(_single(name)),
                }
    if config.method_delete:
        word = "Archive" if config.delete_mode == "archive" else "Delete"
        for at, suffix in ((one, ""), (by, "_by")):
            at["delete"] = {**common, "operationId": f"{name}_delete{suffix}", "summary": f"{word} one of {name}"}
            at["delete"] |= {"parameters": [_KEY, _DRY], "responses": _accepted() if is_queued else _answers(_REMOVED)}
    paths[whole] = root
    if one:
        paths[f"{whole}/{{record_id}}"] = {
            "parameters": [{**_ID, "schema": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}}],
            **one,
        }
        key = plan.identifier.key
        paths[f"{whole}/by/{{identifier}}"] = {
            "parameters": [{**_BY, "schema": {"type": "string", "minLength": 1}, "description": f"The {key}."}],
            **by,
        }
    if config.method_post:
        batch = {**common, "operationId": f"{name}_batch", "summary": f"Several operations on {name}"}
        batch |= {
            "parameters": [_KEY],
            "requestBody": _body(_batch(name), None),
            "responses": _accepted() if is_queued else _answers(_entries(), codes=("200", "201", "207")),
        }
        paths[f"{whole}/batch"] = {"post": batch}


def _security(extras: Extras, name: str, security: dict[str, Schema]) -> list[dict[str, list[str]]]:
    found: list[dict[str, list[str]]] = []
    for key in extras.keys:
        if key.kind == "signature":
            header = key.header or "webhook-signature"
            label = f"{name}.signature"
            scheme = {
                "type": "apiKey",
                "in": "header",
                "name": header,
                "description": key.signing and key.signing.hint(),
            }
        elif key.kind == "header":
            label, scheme = f"{name}.{key.header}", {"type": "apiKey", "in": "header", "name": key.header}
        else:
            label, scheme = key.kind, {"type": "http", "scheme": key.kind}
        security[label] = scheme
        if {label: []} not in found:
            found.append({label: []})
    return found


def _list_parameters(plan: Plan, extras: Extras) -> list[Schema]:
    found = [
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "Records a page."),
        _query("offset", {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}, "Records before the page."),
        _query("cursor", {"type": "string"}, "From next_cursor; empty for the first page. Not with offset."),
        _query("sort", {"type": "string"}, "Keys with commas, - for downwards: name,-price."),
        _FIELDS,
        _query("q", {"type": "string"}, "A text anywhere in the record."),
    ]
    names = {"limit", "offset", "cursor", "sort", "fields", "q"}
    for key, (_field, kind) in plan.field_by_key.items():
        if key in names:
            continue
        words = [
            word
            for word, operator in OPERATORS.items()
            if (operator == "ilike") <= (kind.type in TEXTS) and (operator[0] not in "<>") | (kind.type in ORDERED)
        ]
        ways = ", ".join(f"{key}__{word}" for word in words)
        found.append(_query(key, {"type": "string"}, f"Equal to this {kind.type}. Also: {ways}."))
        names.add(key)
    for name, param in extras.filters.items():
        if name not in names:
            found.append(_query(name, {"type": "string"}, f"{param.field} {param.operator} this value."))
    return found


def _query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


_FIELDS: Final = _query("fields", {"type": "string"}, "Keys to show, with commas.")
_RETURN_FIELDS: Final = _query("return_fields", {"type": "string"}, "Keys to answer with, with commas.")
_KEY: Final = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "Sent again with the same key within 24 hours, a request is answered again and done once.",
}  # fmt: skip
_DRY: Final = {
    "name": "X-Dry-Run", "in": "header", "required": False, "schema": {"type": "string", "enum": ["1", "0"]},
    "description": "1: tell what would be done, and do nothing.",
}  # fmt: skip

_ERROR: Final[Schema] = {
    "type": "object",
    "required": ["status", "message", "code"],
    "properties": {
        "status": {"const": "error"},
        "message": {"type": "string"},
        "code": {"type": "integer"},
        "error": {"enum": [code.value for code in ErrorCode]},
        "line_id": {"type": "integer"},
        "errors": {"type": "array", "items": {"type": "object"}},
        "trace_id": {"type": "string"},
        "request_id": {"type": "string"},
    },
}
_REMOVED: Final[Schema] = {"type": "object"}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _body(schema: Schema, example: Any) -> Schema:
    media: Schema = {"schema": schema}
    if example:
        media["example"] = example
    return {"required": True, "content": {"application/json": media}}


def _success(data: Schema, **more: Schema) -> Schema:
    properties = {"status": {"enum": ["success", "partial", "error"]}, "data": data, "request_id": {"type": "string"}}
    return {"type": "object", "required": ["status", "data"], "properties": {**properties, **more}}


def _single(name: str) -> Schema:
    return _success(_ref(f"{name}.read"))


def _list(name: str) -> Schema:
    pagination = {"type": "object", "properties": {"limit": {"type": "integer"}, "total": {"type": "integer"}}}
    return _success({"type": "array", "items": _ref(f"{name}.read")}, pagination=pagination)


def _entries() -> Schema:
    entry = {
        "type": "object",
        "required": ["index", "status", "code"],
        "properties": {
            "index": {"type": "integer"},
            "status": {"enum": ["success", "error"]},
            "code": {"type": "integer"},
            "id": {"type": "integer"},
            "data": {"type": "object"},
            "message": {"type": "string"},
        },
    }
    summary = {"type": "object", "properties": {word: {"type": "integer"} for word in ("total", "succeeded", "failed")}}
    return _success({"type": "array", "items": entry}, summary=summary)


def _answers(schema: Schema, *, codes: tuple[str, ...] = ("200",), many: Schema | None = None) -> Schema:
    either = {"anyOf": [schema, many, _DRY_ANSWER]} if many else {"anyOf": [schema, _DRY_ANSWER]}
    found = {code: _answer("Done.", either) for code in codes}
    if many is not None:
        found["207"] = _answer("Some entries failed; each says how it fared.", many)
    return {**found, "default": _answer("Refused, with the reason.", _ref("Error"))}


_DRY_ANSWER: Final[Schema] = {"type": "object", "required": ["dry_run"], "properties": {"dry_run": {"const": True}}}


def _accepted() -> Schema:
    data = {
        "type": "object",
        "required": ["id", "state", "status_url"],
        "properties": {word: {"type": "string"} for word in ("id", "state", "status_url")},
    }
    body = {"type": "object", "required": ["status"], "properties": {"status": {"const": "accepted"}, "data": data}}
    return {
        "202": _answer("Accepted; the status address tells what becomes of it.", body),
        "200": _answer("What would be done.", _DRY_ANSWER),
        "default": _answer("Refused, with the reason.", _ref("Error")),
    }


def _answer(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _batch(name: str) -> Schema:
    target = {
        "id": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
        "identifier": {"type": ["string", "integer"]},
    }
    operation = {
        "type": "object",
        "required": ["action"],
        "properties": {
            "action": {"enum": ["create", "update", "delete"]},
            **target,
            "data": _ref(f"{name}.change"),
            "partial": {"type": "boolean"},
        },
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "required": ["operations"],
        "properties": {
            "operations": {"type": "array", "minItems": 1, "items": operation},
            "continue_on_error": {"type": "boolean"},
            "transaction": {"type": "boolean"},
            "return_fields": {"type": "array", "items": {"type": "string"}},
        },
        "additionalProperties": False,
    }
