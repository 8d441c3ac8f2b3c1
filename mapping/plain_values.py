"""What a script gives back, measured and reduced to plain JSON."""

from __future__ import annotations

import base64
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

MAX_DEPTH = 32
_SCALAR_BYTES: Final = 8


class OutputRefused(ValueError):
    """The value is too large, too deep, or nothing that JSON can say."""


def plain_value(value: object, *, max_bytes: int) -> object:
    """The value as JSON knows it: tuples as lists, dates in ISO 8601, decimals as numbers, bytes as text where they
    are ASCII (base64 is) and otherwise in base64. Raises OutputRefused."""
    return _Measure(max_bytes).plain(value, 0)


class _Measure:
    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.left = max_bytes

    def plain(self, value: object, depth: int) -> object:
        if value is None or isinstance(value, (bool, int, float)):
            self._take(_SCALAR_BYTES if not isinstance(value, int) else value.bit_length() // 8 + _SCALAR_BYTES)
            return value
        if isinstance(value, str):
            self._take(len(value) + _SCALAR_BYTES)
            return value
        if depth >= MAX_DEPTH:
            raise OutputRefused(f"it is nested more than {MAX_DEPTH} deep")
        if isinstance(value, (list, tuple)):
            self._take(_SCALAR_BYTES)
            return [self.plain(each, depth + 1) for each in value]
        if isinstance(value, dict):
            self._take(_SCALAR_BYTES)
            return {self._key(key): self.plain(each, depth + 1) for key, each in value.items()}
        return self._other(value)

    def _other(self, value: object) -> object:
        if isinstance(value, (datetime, date, time)):
            self._take(_SCALAR_BYTES)
            return value.isoformat()
        if isinstance(value, Decimal):
            self._take(_SCALAR_BYTES)
            return float(value)
        if isinstance(value, bytes):
            self._take(len(value) * 2)
            return value.decode("ascii") if value.isascii() else base64.b64encode(value).decode("ascii")
        raise OutputRefused(f"a {type(value).__name__}; give text, numbers, dates, lists or objects")

    def _key(self, key: object) -> str:
        if not isinstance(key, str):
            raise OutputRefused(f"an object whose key is a {type(key).__name__}; keys are texts")
        self._take(len(key) + _SCALAR_BYTES)
        return key

    def _take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise OutputRefused(f"it is larger than {self.max_bytes} bytes, the limit of what a script gives back")
