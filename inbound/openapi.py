"""The OpenAPI 3.1 document of the endpoints, made from the live configs: what is not allowed is not in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from clients.errors import RemoteError
from clients.odoo.domain import DomainError
from inbound.endpoints import Extras, extras_of
from inbound.errors import API_PREFIX
from inbound.filters import OPERATORS, ORDERED, TEXTS
from inbound.headers import API_VERSION
from inbound.openapi_parts import (
    DRY,
    ERROR,
    FIELDS,
    KEY,
    PARTIAL,
    REMOVED,
    REQUEST,
    REQUEST_ID,
    RESPONSES,
    RETURN_FIELDS,
    accepted,
    answers,
    batch_body,
    body,
    entries,
    list_of,
    query,
    ref,
    single,
    success,
)
from inbound.schemas import RecordSchemas, Schema, record_schemas
from mapping.plan import Plan
from syncconfig.models import SyncConfig
from syncconfig.plans import ConfigBroken, plan_for
from syncconfig.secrets import SecretUnreadable

ROOT: Final = f"{API_PREFIX}v1"
_ABOUT: Final = (
    "Records of Odoo, read and written through mapped endpoints. Answers are JSON; dates are ISO 8601 with an offset."
    "\n\n"
    "Every answer has a request_id, which the staff of the hub find in their log. A refusal has a sentence in message, "
    "a stable word in error, and in errors what is wrong with which key."
    "\n\n"
    "A POST of a record that exists is recognised by its identifier. With an Idempotency-Key a request may be repeated "
    "for 24 hours and is done once. X-RateLimit-Remaining tells how many calls are left; after a 429 or 503, wait as "
    "many seconds as Retry-After says."
)
_TYPE_NAMES: Final = {"char": "text", "html": "text", "many2one": "id of a record", "monetary": "float"}
_ID: Final = {"name": "record_id", "in": "path", "required": True, "description": "The id in Odoo."}
_BY: Final = {"name": "identifier", "in": "path", "required": True}


def document(configs: Iterable[SyncConfig], *, site_url: str) -> dict[str, Any]:
    """The document of these In configs; one that does not fit Odoo at the moment is left out."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Schema] = {"Error": ERROR}
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
            "description": _ABOUT,
        },
        "servers": [{"url": site_url.rstrip("/")}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": security, "responses": RESPONSES},
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
        root["get"] |= {"parameters": _list_parameters(plan, extras), "responses": answers(list_of(name))}
        for at, word in ((one, "get"), (by, "get_by")):
            at["get"] = {**common, "operationId": f"{name}_{word}", "summary": f"Read one of {name}"}
            at["get"] |= {"parameters": [FIELDS], "responses": answers(single(name))}
    if config.method_post:
        root["post"] = {**common, "operationId": f"{name}_create", "summary": f"Create, one or a list of {name}"}
        one_or_many = {"oneOf": [ref(f"{name}.write"), {"type": "array", "minItems": 1, "items": ref(f"{name}.write")}]}
        root["post"] |= {
            "parameters": [RETURN_FIELDS, KEY, DRY],
            "requestBody": body(one_or_many, records.example),
            "responses": accepted() if is_queued else answers(single(name), codes=("200", "201"), many=entries()),
        }
    if config.method_put:
        for at, word in ((one, ""), (by, "_by")):
            for method in ("put", "patch"):
                at[method] = {**common, "operationId": f"{name}_{method}{word}", "summary": f"Change one of {name}"}
                at[method] |= {
                    "parameters": [RETURN_FIELDS, *([PARTIAL] if method == "put" else []), KEY, DRY],
                    "requestBody": body(ref(f"{name}.change"), records.example),
                    "responses": accepted() if is_queued else answers(single(name)),
                }
    if config.method_delete:
        word = "Archive" if config.delete_mode == "archive" else "Delete"
        for at, suffix in ((one, ""), (by, "_by")):
            at["delete"] = {**common, "operationId": f"{name}_delete{suffix}", "summary": f"{word} one of {name}"}
            at["delete"] |= {"parameters": [KEY, DRY], "responses": accepted() if is_queued else answers(REMOVED)}
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
        _link(name, root["post"]["responses"], one, is_queued=is_queued)
        batch = {**common, "operationId": f"{name}_batch", "summary": f"Several operations on {name}"}
        batch |= {
            "parameters": [KEY],
            "requestBody": body(batch_body(name), _batch_example(records)),
            "responses": accepted() if is_queued else answers(entries(), codes=("200", "201", "207")),
        }
        paths[f"{whole}/batch"] = {"post": batch}
    if is_queued:
        told = {**common, "operationId": f"{name}_request", "summary": "What became of an accepted request"}
        told |= {"responses": answers(success(REQUEST))}
        paths[f"{whole}/requests/{{request_id}}"] = {"parameters": [REQUEST_ID], "get": told}


def _link(name: str, responses: dict[str, Any], one: dict[str, Any], *, is_queued: bool) -> None:
    """Say in the answer to a POST where its record, or what becomes of the request, is found."""
    id_of_it = "$response.body#/data/id"
    if is_queued:
        told = {"operationId": f"{name}_request", "parameters": {"request_id": id_of_it}}
        responses["202"] = {**responses["202"], "links": {"told": told}}
        return
    links = {
        method: {"operationId": each["operationId"], "parameters": {"record_id": id_of_it}}
        for method, each in one.items()
    }
    if links:
        for code in ("200", "201"):
            responses[code] = {**responses[code], "links": links}


def _batch_example(records: RecordSchemas) -> Any:
    return {"operations": [{"action": "create", "data": records.example}]} if records.example else None


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
        query("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "Records a page."),
        query("offset", {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}, "Records before the page."),
        query("cursor", {"type": "string"}, "From next_cursor; empty for the first page. Not with offset."),
        query("sort", {"type": "string"}, "Keys with commas, - for downwards: name,-price."),
        FIELDS,
        query("q", {"type": "string"}, "A text anywhere in the record."),
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
        ways = ", ".join(f"__{word}" for word in words)
        shown = _TYPE_NAMES.get(kind.type, kind.type)
        found.append(query(key, {"type": "string"}, f"Equal to this {shown}; or with one of {ways} behind the name."))
        names.add(key)
    for name, param in extras.filters.items():
        if name not in names:
            found.append(query(name, {"type": "string"}, f"{param.field} {param.operator} this value."))
    return found
