"""The lines of an Out config as another Odoo receives them: what goes out under a key goes into the field of that name.

A key is the field's name there, dotted as the path of the field: `name`, `order_line[].product_uom_qty`. A relation is
found there by the field that its line is matched by, and never by an id: the key of such a line is the relation, or the
relation and the field it is found by there (`partner_id`, `partner_id.email`). Sub-lines of a relation need a line for
it, as on every way into Odoo. Pure.

The lines made here serve both ways, so that a record of the other Odoo can be read into the same payload and compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from mapping.caseless import TEXT_TYPES
from mapping.matching import OnMatch
from mapping.paths import SPREAD, Path, PathError, parse_path
from mapping.spec import (
    PSEUDO_FIELDS,
    RELATION_TYPES,
    X2MANY_TYPES,
    Direction,
    FieldType,
    LineSpec,
    PlanSpec,
    Problem,
    Schema,
)

RELATIONAL: Final = "relational"
_MATCHING: Final = ("on_missing", "on_match", "mode", "unmatched", "case")


class Leg(NamedTuple):
    """A field of the other Odoo and the one here that its value comes from."""

    there: str
    here: str
    calculation: str
    match_field: str

    @property
    def way_back(self) -> Leg:
        return Leg(self.here, self.there, self.calculation, self.match_field)


Legs = Mapping[str, frozenset[Leg]]
"""By the first name of the key: what is compared and written as one."""


@dataclass(frozen=True, slots=True)
class Receiving:
    """`spec` is what is compiled, unless there are `problems`. `not_compared` are keys of related records that are made
    where there is none, and otherwise left as they are: differences there are none of this record's."""

    spec: PlanSpec
    problems: tuple[Problem, ...]
    not_compared: tuple[Path, ...] = ()
    legs: Legs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A line that goes out: the names of its key, and the field that it reads where there is one."""

    line: LineSpec
    names: tuple[str, ...]
    source: FieldType | None

    @property
    def match_field(self) -> str:
        return str(self.line.options.get("match_field") or "")

    @property
    def is_relational(self) -> bool:
        relation = self.source is not None and self.source.type in RELATION_TYPES
        return self.line.calculation == RELATIONAL and relation and self.line.options.get("out_as") is None

    @property
    def is_rows(self) -> bool:
        is_many = self.source is not None and self.source.type in X2MANY_TYPES
        return self.is_relational and is_many and not self.match_field


def receiving(spec: PlanSpec, *, source: Schema, model: str, target: Schema, further: Iterable[str] = ()) -> Receiving:
    """The plan's spec for records of `model`, whose fields `target` knows. `further` are keys that scripts add."""
    problems: list[Problem] = []
    sent = [each for line in spec.lines if (each := _sent(line, spec.model, source, problems)) is not None]
    made: list[LineSpec] = []
    for each in sent:
        line = _line(each, sent, model, target, problems)
        if line is not None:
            made.append(line)
    taken = {line.field.partition(".")[0] for line in made}
    made += [LineSpec(name, name) for name in further if name not in taken and target.field(model, name) is not None]
    found = replace(spec, model=model, lines=tuple(made), direction=Direction.BOTH, before=None, after=None)
    return Receiving(found, tuple(problems), tuple(_not_compared(made)), _legs(spec.lines, made))


def keys_turned_round(one: Legs, other: Legs) -> dict[str, str]:
    """key -> the key under which the sync of the other direction sends the same value back, where it does: the same
    fields, taken over as they are."""
    return {
        key: back
        for key, legs in one.items()
        for back, legs_back in other.items()
        if {leg.way_back for leg in legs} == legs_back and all(map(_is_as_it_is, legs))
    }


def _is_as_it_is(leg: Leg) -> bool:
    # Within objects and lists the names are part of the value.
    has_names = "." in leg.there or "." in leg.here
    return leg.calculation in ("plain", RELATIONAL) and bool(leg.here) and (not has_names or leg.there == leg.here)


def _legs(sent: Sequence[LineSpec], made: Sequence[LineSpec]) -> Legs:
    lines = {line.key: line for line in sent if line.direction != Direction.IN}
    legs: dict[str, set[Leg]] = {}
    for line in made:
        origin = lines.get(line.key)
        leg = Leg(
            line.field,
            origin.field if origin else "",
            origin.calculation if origin else "",
            str(line.options.get("match_field") or ""),
        )
        legs.setdefault(line.field.partition(".")[0], set()).add(leg)
    return {key: frozenset(found) for key, found in legs.items()}


def _sent(line: LineSpec, model: str, source: Schema, problems: list[Problem]) -> _Sent | None:
    if line.direction == Direction.IN or not line.key:
        return None
    try:
        segments = parse_path(line.key).segments
    except PathError:
        return None  # the plan of the way out says so
    names = tuple(segment for segment in segments if isinstance(segment, str))
    if any(not isinstance(segment, str) and segment is not SPREAD for segment in segments):
        problems.append(_problem(line, f"the key {line.key} holds a number; into another Odoo it is a field's name"))
        return None
    return _Sent(line, names, _leaf(source, model, line.field.split(".")) if line.field else None)


def _line(sent: _Sent, others: Sequence[_Sent], model: str, target: Schema, problems: list[Problem]) -> LineSpec | None:
    """The line that writes the field; None with a problem where none can."""
    names, match = sent.names, sent.match_field
    leaf = _leaf(target, model, names)
    if sent.is_relational and not sent.is_rows and len(names) > 1:
        holder = _leaf(target, model, names[:-1])
        is_match = leaf is None or leaf.type not in RELATION_TYPES
        if is_match and holder is not None and holder.type in RELATION_TYPES:
            if leaf is None and names[-1] not in PSEUDO_FIELDS:
                problems.append(_unknown(sent.line, holder.relation or "", names[-1]))
                return None
            names, match, leaf = names[:-1], names[-1], holder
    if leaf is None:
        problems.append(_unknown(sent.line, *_missing(target, model, names)))
        return None
    if message := _refusal(sent, leaf, match, names):
        problems.append(_problem(sent.line, message))
        return None
    if not sent.is_relational or leaf.type not in RELATION_TYPES:
        case = {name: value for name, value in sent.line.options.items() if name == "case" and sent.line.is_identifier}
        return _made(sent.line, names, "plain", case if leaf.type in TEXT_TYPES else {})
    options = {name: sent.line.options[name] for name in _MATCHING if name in sent.line.options}
    if match:
        options["match_field"] = match
    if key := sent.line.options.get("match_key"):
        rows = next((each for each in others if each.line.field == f"{sent.line.field}.{key}"), None)
        options["match_key"] = rows.names[len(names)] if rows and len(rows.names) > len(names) else key
    return _made(sent.line, names, RELATIONAL, options)


def _made(line: LineSpec, names: Sequence[str], calculation: str, options: dict[str, object]) -> LineSpec:
    return LineSpec(
        field=".".join(names),
        key=line.key,
        line_id=line.line_id,
        calculation=calculation,
        is_identifier=line.is_identifier,
        secret=line.secret,
        options=options,
    )


def _refusal(sent: _Sent, leaf: FieldType, match: str, names: Sequence[str]) -> str:
    """Why the line cannot write this field; empty where it can."""
    name = ".".join(names)
    is_sent_id = sent.source is not None and sent.source.type in RELATION_TYPES and not sent.is_relational
    if leaf.type in RELATION_TYPES and (is_sent_id or match == "id"):
        return (
            f"the ids of one Odoo mean nothing in the other; make it relational, without “out as”, and say by which "
            f"field a record of {leaf.relation} is found there, such as its code, reference or e-mail"
        )
    if leaf.type in RELATION_TYPES and not sent.is_relational and sent.source is not None:
        return f"{name} of the other Odoo is a relation; make the line relational, or choose another key"
    if leaf.readonly:
        return f"{name} is read-only in the other Odoo; set the line's direction to “only into Odoo”, or remove it"
    if name == "id":
        return "Odoo gives its ids itself; choose another identifier, such as a reference, a code or an e-mail"
    return ""


def _not_compared(lines: Sequence[LineSpec]) -> Iterable[Path]:
    """Sub-lines of a single related record that is not updated when it is found."""
    kept = [
        line.field
        for line in lines
        if line.calculation == RELATIONAL and line.options.get("on_match", OnMatch.KEEP) == OnMatch.KEEP
    ]
    for line in lines:
        path = parse_path(line.key)
        if path.spreads == 0 and any(line.field.startswith(f"{field}.") for field in kept):
            yield path


def _leaf(schema: Schema, model: str, names: Sequence[str]) -> FieldType | None:
    field: FieldType | None = None
    for name in names:
        field = schema.field(model, name) if model else None
        if field is None:
            return None
        model = field.relation or ""
    return field


def _missing(schema: Schema, model: str, names: Sequence[str]) -> tuple[str, str]:
    """The model and the first name that it has no field of."""
    for at, name in enumerate(names):
        field = schema.field(model, name)
        if field is None:
            return model, name
        if not field.relation:
            return model, ".".join(names[at:])
        model = field.relation
    return model, names[-1]


def _unknown(line: LineSpec, model: str, name: str) -> Problem:
    return _problem(line, f"{model} has no field {name!r} in the other Odoo; the key is the field's name there")


def _problem(line: LineSpec, message: str) -> Problem:
    return Problem(line.line_id, line.field, message)
