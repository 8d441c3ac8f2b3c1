"""Values with related records in them, as a script may see them: each stands as an object that tells what it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from mapping.results import RelatedRecord

MARK = "_related"
"""The key by which a related record is recognised when it comes back."""


def encode(values: object) -> tuple[object, list[object]]:
    """The values as plain JSON, and the related records in them. What a script changes inside one is not heeded."""
    related: list[object] = []
    return _encoded(values, related), related


def _encoded(value: object, related: list[object]) -> object:
    if isinstance(value, RelatedRecord):
        related.append(value)
        shown = {
            MARK: len(related) - 1,
            "id": value.id,
            "model": value.model,
            "match_field": value.match_field,
            "match_value": value.match_value,
        }
        return {**shown, "values": _encoded(value.values, related)}
    if isinstance(value, dict):
        return {key: _encoded(inner, related) for key, inner in value.items()}
    if isinstance(value, list):
        return [_encoded(inner, related) for inner in value]
    return value


def decode(value: object, related: Sequence[object]) -> object:
    """What a script gave back, with the related records in their places again."""
    if isinstance(value, dict):
        place = value.get(MARK)
        if isinstance(place, int) and 0 <= place < len(related):
            return related[place]
        return {key: decode(inner, related) for key, inner in value.items()}
    if isinstance(value, list):
        return [decode(inner, related) for inner in value]
    return value


def holds(value: object, wanted: Collection[int]) -> Iterator[int]:
    """The ids (Python's) of the objects within the value that are among the wanted ones."""
    if isinstance(value, RelatedRecord):
        value = value.values
    if isinstance(value, dict):
        if id(value) in wanted:
            yield id(value)
        for inner in value.values():
            yield from holds(inner, wanted)
    elif isinstance(value, list):
        for inner in value:
            yield from holds(inner, wanted)
