"""What is the same in the OpenAPI document of every endpoint: parameters, bodies and answers."""

from __future__ import annotations

from typing import Any, Final

from inbound.errors import ErrorCode
from inbound.models.request import RequestState
from inbound.schemas import Schema


def query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


FIELDS: Final = query("fields", {"type": "string"}, "Keys to show, with commas.")
RETURN_FIELDS: Final = query("return_fields", {"type": "string"}, "Keys to answer with, with commas.")
PARTIAL: Final = query(
    "partial",
    {"type": "string", "enum": ["true", "false"]},
    "false: the whole record is sent, and what is required must be in it. true, as it is by default: what is not sent "
    "is left alone.",
)
KEY: Final = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "Sent again with the same key within 24 hours, a request is answered again and done once.",
}  # fmt: skip
DRY: Final = {
    "name": "X-Dry-Run", "in": "header", "required": False, "schema": {"type": "string", "enum": ["1", "0"]},
    "description": "1: tell what would be done, and do nothing.",
}  # fmt: skip

_ERROR_ENTRY: Final[Schema] = {
    "type": "object",
    "required": ["line_id", "external_key", "field", "value", "message"],
    "properties": {
        "line_id": {"type": ["integer", "null"], "description": "The line of the mapping, for the staff of the hub."},
        "external_key": {"type": ["string", "null"], "description": "The key as it is sent, such as lines[0].sku."},
        "field": {"type": ["string", "null"], "description": "The field in Odoo."},
        "value": {"description": "What was sent."},
        "message": {"type": "string"},
    },
}
ERROR: Final[Schema] = {
    "type": "object",
    "required": ["status", "message", "code"],
    "properties": {
        "status": {"const": "error"},
        "message": {"type": "string"},
        "code": {"type": "integer"},
        "error": {"enum": [code.value for code in ErrorCode]},
        "line_id": {"type": "integer"},
        "errors": {"type": "array", "items": _ERROR_ENTRY},
        "trace_id": {"type": "string"},
        "request_id": {"type": "string"},
    },
}
REMOVED: Final[Schema] = {"type": "object"}
REQUEST: Final[Schema] = {
    "type": "object",
    "required": ["id", "state", "accepted_at", "attempts"],
    "properties": {
        "id": {"type": "string"},
        "state": {"enum": RequestState.values},
        "accepted_at": {"type": "string", "format": "date-time"},
        "attempts": {"type": "integer"},
        "done_at": {"type": ["string", "null"], "format": "date-time"},
        "answer": {
            "type": "object",
            "description": "What it was answered: as it would have been at once.",
            "properties": {"code": {"type": "integer"}, "body": {}},
        },
        "next_attempt_at": {"type": ["string", "null"], "format": "date-time"},
        "last_error": {"type": ["string", "null"]},
    },
}
REQUEST_ID: Final = {
    "name": "request_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"},
    "description": "From the answer that accepted it.",
}  # fmt: skip


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def body(schema: Schema, example: Any) -> Schema:
    media: Schema = {"schema": schema}
    if example:
        media["example"] = example
    return {"required": True, "content": {"application/json": media}}


def success(data: Schema, **more: Schema) -> Schema:
    properties = {"status": {"enum": ["success", "partial", "error"]}, "data": data, "request_id": {"type": "string"}}
    return {"type": "object", "required": ["status", "data"], "properties": {**properties, **more}}


def single(name: str) -> Schema:
    return success(ref(f"{name}.read"))


def list_of(name: str) -> Schema:
    pagination = {"type": "object", "properties": {"limit": {"type": "integer"}, "total": {"type": "integer"}}}
    return success({"type": "array", "items": ref(f"{name}.read")}, pagination=pagination)


def entries() -> Schema:
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
    return success({"type": "array", "items": entry}, summary=summary)


def answers(schema: Schema, *, codes: tuple[str, ...] = ("200",), many: Schema | None = None) -> Schema:
    either = {"anyOf": [schema, many, _DRY_ANSWER]} if many else {"anyOf": [schema, _DRY_ANSWER]}
    found = {code: _answer("Done.", either) for code in codes}
    if many is not None:
        found["207"] = _answer("Some entries failed; each says how it fared.", many)
    return {**found, **_REFUSALS}


_DRY_ANSWER: Final[Schema] = {"type": "object", "required": ["dry_run"], "properties": {"dry_run": {"const": True}}}


def accepted() -> Schema:
    data = {
        "type": "object",
        "required": ["id", "state", "status_url"],
        "properties": {word: {"type": "string"} for word in ("id", "state", "status_url")},
    }
    body = {"type": "object", "required": ["status"], "properties": {"status": {"const": "accepted"}, "data": data}}
    return {
        "202": _answer("Accepted; the status address tells what becomes of it.", body),
        "200": _answer("What would be done.", _DRY_ANSWER),
        **_REFUSALS,
    }


def _answer(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def batch_body(name: str) -> Schema:
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
            "data": ref(f"{name}.change"),
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


_REFUSALS: Final[Schema] = {
    "429": {"$ref": "#/components/responses/TooMany"},
    "default": {"$ref": "#/components/responses/Refused"},
}
_COUNT: Final[Schema] = {"schema": {"type": "integer"}}
RESPONSES: Final[Schema] = {
    "Refused": _answer("Refused, with the reason.", ref("Error")),
    "TooMany": {
        **_answer("Too many calls.", ref("Error")),
        "headers": {
            "Retry-After": {**_COUNT, "description": "Seconds to wait."},
            "X-RateLimit-Limit": {**_COUNT, "description": "Calls a minute or an hour, whichever ends first."},
            "X-RateLimit-Remaining": _COUNT,
            "X-RateLimit-Reset": {**_COUNT, "description": "When it begins anew, in seconds since 1970."},
        },
    },
}
"""What every operation may answer."""
