"""Two records that are to agree, and what they last agreed on: which fields are written, left, or in dispute. Pure.

A field is a top-level key of the payload, which both sides were mapped to by the same lines, so that their values may
be compared as they stand. What both last agreed on (the base) tells who changed a field: whoever differs from it. A
field that both changed, each its own way, is in dispute, and so is one that was never agreed on. That one side is
empty then is no dispute: there is one value to have.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mapping.lines import is_blank
from mapping.paths import ABSENT, Path

MAX_KEPT: Final = 2000
"""Characters of a text that are kept in a base; of a longer one, a picture say, its hash is."""
DECIMALS: Final = 6


class Winner(StrEnum):
    """Whose value a disputed field gets."""

    SOURCE = "source"
    TARGET = "target"
    ASK = "ask"
    """Nobody's, until staff have chosen."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every field in one of four groups, in the order of the payload."""

    agreed: tuple[str, ...]
    changed_here: tuple[str, ...]
    """Only in the source."""
    changed_there: tuple[str, ...]
    """Only in the target."""
    disputed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """`write` goes to the target, `left` stays there as it is; with `asked`, nothing of the record may be written."""

    write: tuple[str, ...]
    left: tuple[str, ...]
    asked: tuple[str, ...]
    base: dict[str, object]
    """What both agree on when it is written."""


def comparable(payload: Mapping[str, object], *, without: Iterable[Path] = ()) -> dict[str, object]:
    """The payload as it is compared and kept: lists without their order, which Odoo does not promise, numbers and empty
    values in one form, long texts as hashes. The paths `without` are left out."""
    made = {key: _comparable(value) for key, value in payload.items()}
    for path in without:
        _drop(made, path)
    return made


def compare(source: Mapping[str, object], target: Mapping[str, object], base: Mapping[str, object]) -> Comparison:
    """The fields of `source`, all three as `comparable` gives them. One that `target` lacks cannot be read there: it
    counts as changed here unless the base holds the source's value."""
    groups: dict[str, list[str]] = {"agreed": [], "changed_here": [], "changed_there": [], "disputed": []}
    for key, ours in source.items():
        groups[_group(ours, target.get(key, ABSENT), base.get(key, ABSENT))].append(key)
    return Comparison(**{name: tuple(keys) for name, keys in groups.items()})


def _group(ours: object, theirs: object, base: object) -> str:
    if theirs is ABSENT:
        return "agreed" if base is not ABSENT and ours == base else "changed_here"
    if ours == theirs:
        return "agreed"
    if base is ABSENT:
        if is_blank(theirs):
            return "changed_here"
        return "changed_there" if is_blank(ours) else "disputed"
    if theirs == base:
        return "changed_here"
    return "changed_there" if ours == base else "disputed"


def decide(
    comparison: Comparison,
    *,
    source: Mapping[str, object],
    base: Mapping[str, object],
    winner: Winner,
    overwrites: bool,
) -> Decision:
    """What is written. `overwrites`: what was changed only in the target becomes again as it is in the source, but for
    what was never agreed on: an empty source erases nothing. Otherwise it stays, and the base too, so that the sync of
    the other direction sees the change.

    Of a dispute that the target wins, the base becomes the source's value: from now on it is a change of the target.
    """
    written = [*comparison.changed_here]
    left: list[str] = []
    for key in comparison.changed_there:
        (written if overwrites and key in base else left).append(key)
    after = {**base, **{key: source[key] for key in (*comparison.agreed, *written)}}
    if comparison.disputed and winner is Winner.ASK:
        return Decision((), (), comparison.disputed, dict(base))
    after |= {key: source[key] for key in comparison.disputed}
    (written if winner is Winner.SOURCE else left).extend(comparison.disputed)
    # A key that no line sends any more is nothing to agree on.
    return Decision(tuple(written), tuple(left), (), {key: after[key] for key in after if key in source})


def _comparable(value: object) -> object:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        # True == 1 in Python, and is no number in Odoo.
        return "true" if value else "false"
    if isinstance(value, float):
        rounded = round(value, DECIMALS)
        return int(rounded) if rounded.is_integer() else rounded
    if isinstance(value, str):
        return value if len(value) <= MAX_KEPT else "sha256:" + hashlib.sha256(value.encode()).hexdigest()
    if isinstance(value, Mapping):
        return {str(key): _comparable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return sorted((_comparable(inner) for inner in value), key=_as_text)
    return value


def _as_text(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _drop(value: dict[str, object], path: Path) -> None:
    *outer, last = path.segments
    inner: object = value
    for segment in outer:
        inner = inner.get(segment) if isinstance(inner, dict) else None
    if isinstance(inner, dict):
        inner.pop(last, None)
