"""How a parsed path reads and writes: closures made once, so that the hot loop splits no text.

Reading never raises. What is not there is ABSENT, which is not null: a missing key, an index beyond the end, or any
segment of something that is no container (text, number, null).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from enum import Enum
from typing import Any, Final


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


def reader(segments: tuple[Segment, ...]) -> Reader:
    if SPREAD in segments:
        at = segments.index(SPREAD)
        return _spread_reader(reader(segments[:at]), reader(segments[at + 1 :]))
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


def writer(segments: tuple[Segment, ...]) -> Writer:
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
