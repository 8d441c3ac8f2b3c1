"""A line of a sync between two Odoos turned round: what went out under a key comes back from the field of that name.

Needed are the line as the other Odoo receives it (`mapping.receiving`) and the fields of the model it reads from. Only
lines that take a value over as it is, find a record, or map values one by one have a way back. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from mapping.receiving import RELATIONAL
from mapping.spec import X2MANY_TYPES, Direction, LineSpec, Schema

NO_WAY_BACK: Final[Mapping[str, str]] = {
    "constant": "a constant comes from no field",
    "template": "a text that is made of several values is not taken apart again",
    "script": "a script says what goes out, and not what comes back",
    "date_format": "a date in another format is only a text there",
    "number_format": "a number in another format is only a text there",
}


def turned(line: LineSpec, received: LineSpec, *, model: str, source: Schema) -> LineSpec:
    """The line of the way back, for a line of `model` and the one by which the other Odoo receives it. Raises
    ValueError with the reason where there is none."""
    if reason := NO_WAY_BACK.get(line.calculation):
        raise ValueError(reason)
    if not line.field:
        raise ValueError("it comes from no field")
    there = str(received.options.get("match_field") or "")
    here = str(line.options.get("match_field") or "") if line.calculation == RELATIONAL else ""
    options: dict[str, object] = {}
    if line.calculation == "value_map":
        options = _map_turned(line.options)
    elif line.calculation == RELATIONAL:
        options = {name: value for name, value in line.options.items() if name not in ("match_field", "match_key")}
        options |= {name: received.options[name] for name in ("match_field", "match_key") if name in received.options}
    elif "case" in received.options:
        options["case"] = received.options["case"]
    key = _key(line.field, model, source, has_match=bool(here))
    if here and here != there:
        # By another name here than there: the key says so.
        key = f"{key}.{here}"
    return replace(
        line, field=received.field, key=key, line_id=None, direction=Direction.BOTH, absent="skip", default=None,
        options=options,
    )  # fmt: skip


def _key(path: str, model: str, source: Schema, *, has_match: bool) -> str:
    """The field as a key, with `[]` behind each list of rows; a list whose records are found by a field has none."""
    names = path.split(".")
    parts = []
    for at, name in enumerate(names):
        field = source.field(model, name) if model else None
        is_rows = field is not None and field.type in X2MANY_TYPES and not (has_match and at == len(names) - 1)
        parts.append(f"{name}[]" if is_rows else name)
        model = (field.relation or "") if field is not None else ""
    return ".".join(parts)


def _map_turned(options: Mapping[str, object]) -> dict[str, object]:
    given = options.get("map")
    pairs: Iterable[object] = given.items() if isinstance(given, Mapping) else given if isinstance(given, list) else ()
    found: dict[str, object] = {
        "map": [[pair[1], pair[0]] for pair in pairs if isinstance(pair, (list, tuple)) and len(pair) == 2]
    }
    rest = options.get("rest_out")
    if rest == "keep":
        found["rest_out"] = rest
    elif rest == "value":
        raise ValueError("several values here are one there, which may be any of them on the way back")
    return found
