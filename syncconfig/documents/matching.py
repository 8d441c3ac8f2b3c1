"""Which stored row is meant by which row of a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncconfig.documents.sections import Section


def rows_match(section: Section, stored: Sequence[Any], documents: Sequence[Any]) -> list[Any]:
    """For each row of the document the stored one, or None for a new one. What is matched by none is to go.

    Each stage of the section's identity is tried for all rows before the next, looser one: a line whose key was
    changed is the same line, but not while another has both its field and its key.
    """
    left = list(stored)
    found: list[Any] = [None] * len(documents)
    for names in section.identity:
        by_key: dict[tuple[Any, ...], list[Any]] = {}
        for row in left:
            by_key.setdefault(tuple(getattr(row, name) for name in names), []).append(row)
        for index, document in enumerate(documents):
            if found[index] is not None or not isinstance(document, Mapping):
                continue
            candidates = by_key.get(_key(section, document, names))
            if candidates:
                found[index] = candidates.pop(0)
                left.remove(found[index])
    return found


def _key(section: Section, document: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    defaults = {field.name: field.get_default() for field in section.fields}
    values = (document.get(name, defaults[name]) for name in names)
    # Wrong types are refused later; here they only must not break the lookup.
    return tuple(value if isinstance(value, str | int | float | bool | None) else repr(value) for value in values)
