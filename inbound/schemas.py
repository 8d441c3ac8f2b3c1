"""The JSON Schema of an endpoint's records, from its compiled lines and Odoo's fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from clients.errors import RemoteError
from clients.odoo.schema import Field
from mapping.paths import SPREAD, Segment, parse_path
from mapping.plan import Plan
from mapping.spec import X2MANY_TYPES, Direction, LineSpec
from syncconfig.connections import fields_of
from syncconfig.models import SyncConfig

Schema = dict[str, Any]

# What is taken for each type of Odoo, and one example. What comes back is the first of the types.
_TYPES: Final[dict[str, tuple[list[str], Schema, Any]]] = {
    "char": (["string", "number"], {}, "text"),
    "text": (["string", "number"], {}, "A longer text."),
    "html": (["string", "number"], {}, "<p>Text</p>"),
    "integer": (["integer"], {}, 1),
    "float": (["number"], {}, 12.5),
    "monetary": (["number"], {}, 12.5),
    "boolean": (["boolean"], {}, True),
    "date": (["string"], {"format": "date"}, "2026-03-14"),
    "datetime": (["string"], {"format": "date-time"}, "2026-03-14T09:26:53+01:00"),
    "selection": (["string"], {}, "draft"),
    "many2one": (["integer"], {}, 3),
    "many2one_reference": (["integer"], {}, 3),
    "reference": (["string"], {}, "res.partner,3"),
    "binary": (["string"], {"contentEncoding": "base64"}, "aGVsbG8="),
}


@dataclass(frozen=True, slots=True)
class RecordSchemas:
    """`written` is what POST takes, `changed` what PUT and PATCH take, and `read` what comes back."""

    written: Schema
    changed: Schema
    read: Schema
    example: dict[str, Any]


def record_schemas(config: SyncConfig, plan: Plan) -> RecordSchemas:
    """Raises RemoteError where a model's fields are not known yet and Odoo cannot be asked."""
    read: Schema = _object()
    read["properties"]["id"] = {"type": "integer", "description": "The id in Odoo."}
    written, changed = _object(), _object()
    example: dict[str, Any] = {}
    for line in plan.lines:
        if not line.key:
            continue
        segments = parse_path(line.key).segments
        field = _field(config, line.field)
        if line.direction != Direction.IN:
            _put(read, segments, _leaf(plan, line, field, is_input=False), is_required=False)
        if line.direction != Direction.OUT:
            leaf = _leaf(plan, line, field, is_input=True)
            is_required = (line.required or line.is_identifier) and line.default is None
            _put(written, segments, leaf, is_required=is_required)
            _put(changed, segments, leaf, is_required=False)
            _example(example, line, leaf)
    return RecordSchemas(written, changed, read, example)


def _object() -> Schema:
    return {"type": "object", "properties": {}}


def _field(config: SyncConfig, dotted: str) -> Field | None:
    model: str | None = config.model
    found: Field | None = None
    for name in dotted.split("."):
        try:
            found = fields_of(config.connection, model).get(name) if model else None
        except RemoteError:
            return None
        model = found.relation if found is not None else None
    return found


def _leaf(plan: Plan, line: LineSpec, field: Field | None, *, is_input: bool) -> Schema:
    named = plan.field_by_key.get(line.key)
    kind = named[1].type if named is not None else (field.type if field is not None else "")
    is_plain = line.calculation == "plain"
    described = {"description": _description(field)} if field is not None else {}
    if kind in X2MANY_TYPES or kind not in _TYPES or (not is_plain and named is None):
        # A list of a relation, a script's value: what it is only Odoo or the script tells.
        return described
    types, extra, _example_value = _TYPES[kind]
    found: Schema = {"type": [*(types if is_input else types[:1]), "null"], **extra, **described}
    if is_input and extra.get("format") == "date-time":
        found.pop("format")
    if is_plain and kind == "selection" and field is not None and field.selection:
        found["enum"] = [*(value for value, _label in field.selection), None]
    if is_input and (line.required or line.is_identifier) and line.default is None:
        found["type"] = types
        if "enum" in found:
            found["enum"].remove(None)
        if types[0] == "string" and "enum" not in found:
            found["minLength"] = 1
    return found


def _description(field: Field) -> str:
    return f"{field.label}. {field.help}" if field.help else field.label


def _put(schema: Schema, segments: tuple[Segment, ...], leaf: Schema, *, is_required: bool) -> None:
    """The leaf at its place; objects and lists on the way are made."""
    at = schema
    for position, segment in enumerate(segments):
        is_last = position == len(segments) - 1
        if isinstance(segment, str):
            properties = at.setdefault("properties", {})
            if at.get("type") is None:
                at["type"] = ["object", "null"]
            if is_required and segment not in at.setdefault("required", []):
                at["required"].append(segment)
            if is_last:
                properties.setdefault(segment, {}).update(leaf)
                return
            if is_required and isinstance(properties.get(segment, {}).get("type"), list):
                properties[segment]["type"] = properties[segment]["type"][0]
            at = properties.setdefault(segment, {})
        else:
            at["type"] = "array" if is_required else ["array", "null"]
            at = at.setdefault("items", {})
            # What is required of an element says nothing of the list around it.
            is_required = is_required and segment is SPREAD
    at.update(leaf)


def _example(example: dict[str, Any], line: LineSpec, leaf: Schema) -> None:
    path = parse_path(line.key)
    types = leaf.get("type")
    value: Any = line.default
    if value is None:
        value = next((each for each in leaf.get("enum", []) if each), None)
    if value is None and types is not None:
        value = next(
            (sample for kinds, extra, sample in _TYPES.values() if kinds[0] == types[0] and _fits(extra, leaf)), "text"
        )
    for _spread in range(path.spreads):
        value = [value]
    try:
        path.write(example, value)
    except ValueError:
        return  # another line reads the object around it as a whole


def _fits(extra: Schema, leaf: Schema) -> bool:
    return extra.get("format") in (None, leaf.get("format"))
