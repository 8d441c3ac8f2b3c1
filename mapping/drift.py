"""What has changed in Odoo under the feet of a config: its lines against the fields as they were and as they are.

A `Snapshot` is taken when a config is known to be right, and kept as plain JSON. Later it is compared with the fields
of the day: not all fields that fill themselves are known, so a required field without a line means something only
when it was not required before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mapping.spec import RELATION_TYPES, Direction, FieldType, LineSpec, PlanSpec

FieldsOf = Callable[[str], Mapping[str, FieldType] | None]
"""The fields of a model by name; None for a model that does not exist."""

MAX_LISTED = 10


class DriftKind(StrEnum):
    VANISHED = "vanished"
    TYPE_CHANGED = "type_changed"
    RELATION_CHANGED = "relation_changed"
    NOW_REQUIRED = "now_required"
    NOW_READONLY = "now_readonly"
    SELECTION_GONE = "selection_gone"


@dataclass(frozen=True, slots=True)
class Drift:
    """One change. `field` is dotted as in the line, or `model.field` for a field without a line (`line_id` None)."""

    kind: DriftKind
    line_id: int | None
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What a line relies on of a field. `selection` holds the keys of a selection, None for other types."""

    type: str
    relation: str | None = None
    readonly: bool = False
    selection: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The fields that lines name or go through, dotted, and the required fields of every model they touch."""

    fields: Mapping[str, Shape]
    required: Mapping[str, frozenset[str]]

    def as_dict(self) -> dict[str, object]:
        """Plain JSON; `from_dict` reads it back."""
        return {
            "fields": {
                name: [shape.type, shape.relation, shape.readonly, shape.selection and list(shape.selection)]
                for name, shape in self.fields.items()
            },
            "required": {model: sorted(names) for model, names in self.required.items()},
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Mapping[str, list[object]]]) -> Snapshot:
        fields = {
            name: Shape(
                str(type_),
                None if relation is None else str(relation),
                bool(readonly),
                tuple(map(str, selection)) if isinstance(selection, (list, tuple)) else None,
            )
            for name, (type_, relation, readonly, selection) in plain["fields"].items()
        }
        return cls(fields, {model: frozenset(map(str, names)) for model, names in plain["required"].items()})


def take_snapshot(spec: PlanSpec, fields_of: FieldsOf) -> Snapshot:
    """What the lines of the config rely on now. What does not exist is left out."""
    shapes: dict[str, Shape] = {}
    models: dict[str, None] = {spec.model: None}
    for line in spec.lines:
        for dotted, model, field in _walk(spec.model, line, fields_of):
            models[model] = None
            if field is not None:
                shapes[dotted] = _shape(field)
    return Snapshot(shapes, {model: _required(fields_of(model)) for model in models})


def find_drift(spec: PlanSpec, before: Snapshot, fields_of: FieldsOf) -> list[Drift]:
    """What has changed since, in the order of the lines; then what has become required without a line."""
    found: dict[tuple[DriftKind, str], Drift] = {}
    lined: set[tuple[str, str]] = set()
    for line in spec.lines:
        for dotted, model, field in _walk(spec.model, line, fields_of):
            lined.add((model, dotted.rpartition(".")[2]))
            for kind, message in _changes(dotted, line, before.fields.get(dotted), field, spec):
                found.setdefault((kind, dotted), Drift(kind, line.line_id, dotted, message))
    drifts = list(found.values())
    if Direction(spec.direction).is_in:
        drifts += _now_required(before, lined, fields_of)
    return drifts


def _changes(
    dotted: str, line: LineSpec, was: Shape | None, field: FieldType | None, spec: PlanSpec
) -> Iterable[tuple[DriftKind, str]]:
    if field is None:
        yield DriftKind.VANISHED, f"{dotted} is not in Odoo any more; mend the line or remove it"
        return
    if was is None:
        return
    now = _shape(field)
    if now.type != was.type:
        yield DriftKind.TYPE_CHANGED, f"{dotted} was a {was.type} and is a {now.type} now; check the line's values"
    elif now.relation != was.relation:
        yield (
            DriftKind.RELATION_CHANGED,
            f"{dotted} led to {was.relation} and leads to {now.relation} now; check the line and its sub-lines",
        )
    # Only the last part of a dotted field is written by the line.
    writes = dotted == line.field and Direction(line.direction).is_in and Direction(spec.direction).is_in
    if now.readonly and not was.readonly and writes:
        yield DriftKind.NOW_READONLY, f"{dotted} is read-only in Odoo now; let the line be for out only"
    gone = [key for key in was.selection or () if key not in (now.selection or ())]
    if gone and now.type == was.type:
        listed = ", ".join(gone[:MAX_LISTED]) + (", ..." if len(gone) > MAX_LISTED else "")
        yield DriftKind.SELECTION_GONE, f"{dotted} does not know {listed} any more; check maps, constants and defaults"


def _now_required(before: Snapshot, lined: set[tuple[str, str]], fields_of: FieldsOf) -> Iterable[Drift]:
    for model, known in before.required.items():
        for name in sorted(_required(fields_of(model)) - known):
            if (model, name) not in lined:
                message = f"{model} requires {name} now, and no line writes it; add one, or a constant"
                yield Drift(DriftKind.NOW_REQUIRED, None, f"{model}.{name}", message)


def _walk(model: str, line: LineSpec, fields_of: FieldsOf) -> Iterable[tuple[str, str, FieldType | None]]:
    """Each field on the line's way, with its dotted name and model; the last is None where it does not exist.

    The field that a relation is matched by counts as well.
    """
    names = [name for name in line.field.split(".") if name]
    match_field = line.options.get("match_field")
    dotted = ""
    for at, name in enumerate(names):
        dotted = f"{dotted}.{name}" if dotted else name
        field = (fields_of(model) or {}).get(name)
        yield dotted, model, field
        if field is None or not field.relation or field.type not in RELATION_TYPES:
            return
        model = field.relation
        if at == len(names) - 1 and isinstance(match_field, str) and match_field not in _NO_FIELDS:
            yield f"{dotted}.{match_field}", model, (fields_of(model) or {}).get(match_field)


_NO_FIELDS = frozenset({"", "id", "xml_id", "display_name"})


def _shape(field: FieldType) -> Shape:
    selection = getattr(field, "selection", None)
    keys = tuple(str(item[0]) for item in selection) if selection is not None else None
    return Shape(field.type, field.relation, field.readonly, keys)


def _required(fields: Mapping[str, FieldType] | None) -> frozenset[str]:
    """The fields that a new record must be given, without those that Odoo is known to fill by itself."""
    return frozenset(
        name
        for name, field in (fields or {}).items()
        if field.required and not field.readonly and not getattr(field, "has_default", False)
    )
