"""Paths into JSON: `customer.address.city`, `note_attributes[0].value`, `line_items[].sku`, `"my.key".x`.

A path is parsed once and then reads and writes through closures, so that the hot loop splits no text.

Reading promises never to raise. What is not there is ABSENT, which is not null: a key that is missing, an index
beyond the end, or any segment of something that is no container (text, number, null). `[]` reads every element of
a list and gives a list of the same length, with null where the rest of the path is absent in an element; over null
it gives null.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final

from mapping.access import ABSENT, SPREAD, Reader, Segment, Writer, is_object, reader, writer

__all__ = [
    "ABSENT",
    "SPREAD",
    "Path",
    "PathError",
    "Reader",
    "Segment",
    "Writer",
    "is_object",
    "parse_path",
]

MAX_TEXT_LENGTH = 500
MAX_SEGMENTS = 32
# Writing [n] fills the list up to n, so an index is also a size.
MAX_INDEX = 999

_BARE_KEY = re.compile(r'[^.\[\]"]+')
_QUOTED_KEY = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_INDEX = re.compile(r"\[(\d*)\]", re.ASCII)


class PathError(ValueError):
    """The text is no path. `position` counts characters from 0."""

    def __init__(self, message: str, *, text: str, position: int) -> None:
        super().__init__(f"{message} (at character {position + 1} of {text[:80]!r})")
        self.position = position


class Path:
    """An immutable parsed path. Equal when its segments are equal."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        self.segments: Final = tuple(segments)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Path) and other.segments == self.segments

    def __hash__(self) -> int:
        return hash(self.segments)

    def __repr__(self) -> str:
        return f"Path({str(self)!r})"

    def __str__(self) -> str:
        return self.render(())

    @property
    def spreads(self) -> int:
        """How many `[]` the path has."""
        return sum(segment is SPREAD for segment in self.segments)

    @cached_property
    def read(self) -> Reader:
        """`read(record)` gives the value or ABSENT; it never raises."""
        return reader(self.segments)

    @cached_property
    def write(self) -> Writer:
        """`write(target, value)` puts the value where `read` finds it, making objects and lists on the way.

        A path with `[]` wants a list (null counts as an empty one), and leaves what other paths wrote into the
        same elements. Raises ValueError where something else than an object or list already is in the way.
        """
        return writer(self.segments)

    def render(self, indexes: Sequence[int]) -> str:
        """The path as text with its first `[]` replaced by these indexes; indexes left over go to the end."""
        left = list(indexes)
        parts: list[str] = []
        for segment in self.segments:
            if isinstance(segment, str):
                parts.append(("." if parts else "") + _quoted(segment))
            elif isinstance(segment, int):
                parts.append(f"[{segment}]")
            else:
                parts.append(f"[{left.pop(0)}]" if left else "[]")
        parts.extend(f"[{index}]" for index in left)
        return "".join(parts)


def parse_path(text: str) -> Path:
    """The path that the text spells. Raises PathError, which says where and why."""
    if len(text) > MAX_TEXT_LENGTH:
        raise PathError(f"a key has at most {MAX_TEXT_LENGTH} characters", text=text, position=MAX_TEXT_LENGTH)
    segments: list[Segment] = []
    position = 0
    if text.startswith("["):
        raise PathError("a key starts with a name, since a record is an object", text=text, position=0)
    while position < len(text) or not segments:
        if text.startswith("[", position):
            match = _INDEX.match(text, position)
            if match is None:
                raise PathError("write [0], [1], ... or []", text=text, position=position)
            segments.append(int(match[1]) if match[1] else SPREAD)
            if match[1] and int(match[1]) > MAX_INDEX:
                raise PathError(f"an index is at most {MAX_INDEX}", text=text, position=position + 1)
            position = match.end()
        else:
            if segments:
                if text[position] != ".":
                    raise PathError("a dot is missing before the next name", text=text, position=position)
                position += 1
            key, position = _parse_key(text, position)
            segments.append(key)
    if len(segments) > MAX_SEGMENTS:
        raise PathError(f"a key has at most {MAX_SEGMENTS} parts", text=text, position=len(text))
    return Path(segments)


def root_of(text: str) -> str:
    """The key that the path begins with; empty where it begins with a position in a list. Raises PathError."""
    first = parse_path(text).segments[0]
    return first if isinstance(first, str) else ""


def _parse_key(text: str, position: int) -> tuple[str, int]:
    if text.startswith('"', position):
        match = _QUOTED_KEY.match(text, position)
        if match is None:
            raise PathError('the quote is not closed (inside it, write \\" and \\\\)', text=text, position=position)
        return re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL), match.end()
    match = _BARE_KEY.match(text, position)
    if match is None:
        raise PathError("a name is missing", text=text, position=position)
    if match[0] != match[0].strip():
        raise PathError("a name with spaces around it must be quoted", text=text, position=position)
    return match[0], match.end()


def _quoted(key: str) -> str:
    if _BARE_KEY.fullmatch(key) and key == key.strip():
        return key
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
