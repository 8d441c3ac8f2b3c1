"""Paths into JSON: `customer.address.city`, `note_attributes[0].value`, `line_items[].sku`, `"my.key".x`.

A path is parsed once and then reads and writes through closures, so that the hot loop splits no text.

Reading promises never to raise. What is not there is ABSENT, which is not null: a key that is missing, an index
beyond the end, or any segment of something that is no container (text, number, null). `[]` reads every element of
a list and gives a list of the same length, with null where the rest of the path is absent in an element; over null
it gives null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from enum import Enum
from functools import cached_property
from typing import Any, Final

MAX_TEXT_LENGTH = 500
MAX_SEGMENTS = 32
# Writing [n] fills the list up to n, so an index is also a size.
MAX_INDEX = 999

_BARE_KEY = re.compile(r'[^.\[\]"]+')
_QUOTED_KEY = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_INDEX = re.compile(r"\[(\d*)\]", re.ASCII)


class _Absent(Enum):
    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent.ABSENT


class _Spread(Enum):
    SPREAD = "[]"

    def __repr__(self) -> str:
        return "SPREAD"


SPREAD: Final = _Spread.SPREAD

Segment = str | int | _Spread
Reader = Callable[[object], object]
Writer = Callable[[MutableMapping[str, object], object], None]


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
        return _reader(self.segments)

    @cached_property
    def write(self) -> Writer:
        """`write(target, value)` puts the value where `read` finds it, making objects and lists on the way.

        A path with `[]` wants a list (null counts as an empty one), and leaves what other paths wrote into the
        same elements. Raises ValueError where something else than an object or list already is in the way.
        """
        return _writer(self.segments)

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


def _reader(segments: tuple[Segment, ...]) -> Reader:
    if SPREAD in segments:
        at = segments.index(SPREAD)
        return _spread_reader(_reader(segments[:at]), _reader(segments[at + 1 :]))
    if len(segments) == 1 and isinstance(segments[0], str):
        return _key_reader(segments[0])
    if len(segments) == 2 and isinstance(segments[0], str) and isinstance(segments[1], str):
        return _two_keys_reader(segments[0], segments[1])
    return _steps_reader(segments)


def _key_reader(key: str) -> Reader:
    def read(record: object) -> object:
        try:
            return record[key]  # type: ignore[index]
        except (KeyError, TypeError):  # TypeError: text, number, null or list, none of which has keys
            return ABSENT

    return read


def _two_keys_reader(first: str, second: str) -> Reader:
    def read(record: object) -> object:
        try:
            return record[first][second]  # type: ignore[index]
        except (KeyError, TypeError):
            return ABSENT

    return read


def _steps_reader(segments: tuple[Segment, ...]) -> Reader:
    steps = tuple((segment, isinstance(segment, int)) for segment in segments)

    def read(record: object) -> object:
        value = record
        try:
            for segment, is_index in steps:
                # Text has indexes as well, but its first character is nothing that anyone asked for.
                if is_index and not isinstance(value, (list, tuple)):
                    return ABSENT
                value = value[segment]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return ABSENT
        return value

    return read


def _spread_reader(before: Reader, after: Reader) -> Reader:
    def read(record: object) -> object:
        items = before(record)
        if items is None:
            return None
        if not isinstance(items, (list, tuple)):
            return ABSENT
        return [None if value is ABSENT else value for value in map(after, items)]

    return read


def _writer(segments: tuple[Segment, ...]) -> Writer:
    if len(segments) == 1 and isinstance(segments[0], str):
        key = segments[0]

        def write_key(target: MutableMapping[str, object], value: object) -> None:
            target[key] = value

        return write_key

    if all(isinstance(segment, str) for segment in segments):
        return _keys_writer(tuple(str(segment) for segment in segments))

    def write(target: MutableMapping[str, object], value: object) -> None:
        _write(target, segments, 0, value)

    return write


def _keys_writer(keys: tuple[str, ...]) -> Writer:
    outer, last = keys[:-1], keys[-1]

    def write(target: MutableMapping[str, object], value: object) -> None:
        holder: Any = target
        for key in outer:
            inner = holder.get(key)
            if inner is None:
                inner = holder[key] = {}
            elif not isinstance(inner, MutableMapping):
                raise ValueError(f"{key!r} holds a value already, so nothing can be written into it")
            holder = inner
        holder[last] = value

    return write


def _write(target: object, segments: tuple[Segment, ...], at: int, value: object) -> None:
    segment = segments[at]
    if isinstance(segment, str):
        if not isinstance(target, MutableMapping):
            raise ValueError(f"{segment!r} cannot be written into something that is no object")
        if at == len(segments) - 1:
            target[segment] = value
        else:
            _write(_container(target, segment, target.get(segment), segments[at + 1]), segments, at + 1, value)
        return
    if not isinstance(target, list):
        raise ValueError("an element cannot be written into something that is no list")
    if isinstance(segment, int):
        _write_element(target, segment, segments, at, value)
        return
    if value is None:
        return
    if not isinstance(value, (list, tuple)):
        raise ValueError("[] takes a list of values")
    for index, item in enumerate(value):
        _write_element(target, index, segments, at, item)


def _write_element(target: list[object], index: int, segments: tuple[Segment, ...], at: int, value: object) -> None:
    target.extend([None] * (index + 1 - len(target)))
    if at == len(segments) - 1:
        target[index] = value
    else:
        _write(_container(target, index, target[index], segments[at + 1]), segments, at + 1, value)


def _container(holder: object, place: str | int, current: object, following: Segment) -> object:
    """What already is in the place, or a new object or list there when it is empty."""
    if current is not None:
        return current
    made: object = {} if isinstance(following, str) else []
    holder[place] = made  # type: ignore[index]
    return made


def is_object(value: object) -> bool:
    """Whether the value is a JSON object, as far as paths are concerned."""
    return type(value) is dict or isinstance(value, Mapping)
