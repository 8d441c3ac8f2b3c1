"""Where the records are in a sample of what another system answers: {"data": [...], "has_more": true}."""

from __future__ import annotations

from typing import Any, Final

from mapping.paths import Path, PathError, parse_path

_DEEPEST: Final = 3


def items_guess(sample: object) -> str:
    """The path of the list that looks like the records, the shallowest and among those the longest; empty where the
    sample is a list itself, or holds none of objects."""
    if isinstance(sample, list):
        return ""
    level: list[tuple[tuple[str, ...], object]] = [((), sample)]
    for _depth in range(_DEEPEST):
        members = [
            ((*path, key), value)
            for path, holder in level
            if isinstance(holder, dict)
            for key, value in holder.items()
            if isinstance(key, str) and key
        ]
        lists = [(path, value) for path, value in members if _is_records(value)]
        if lists:
            path, _value = max(lists, key=lambda found: len(found[1]))
            return str(Path(path))
        level = members
    return ""


def records_of(sample: object, items_path: str) -> list[Any]:
    """The records in the sample: those of the list at the path, or of the sample itself; empty where there is none."""
    found: object = sample
    if items_path:
        try:
            found = parse_path(items_path).read(sample) if isinstance(sample, dict) else None
        except PathError:
            return []
        return found if isinstance(found, list) else []
    return found if isinstance(found, list) else [found]


def first_record(sample: object, items_path: str) -> Any:
    """The record that lines are proposed from; None where there is no object."""
    found = records_of(sample, items_path)
    return found[0] if found and isinstance(found[0], dict) else None


def _is_records(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)
