"""How the sandbox's process and ours speak: JSON after four bytes with its length."""

from __future__ import annotations

import json
import struct
from typing import Any, Final, Protocol

_LENGTH: Final = struct.Struct(">I")


class Broken(Exception):
    """The other end of the pipe is gone."""


class Pipe(Protocol):
    """A pipe without a buffer that could hide what has come from `select`, or with one where nobody selects."""

    def read(self, size: int, /) -> bytes | None: ...
    def write(self, data: memoryview, /) -> int | None: ...
    def flush(self) -> None: ...


def write_message(pipe: Pipe, message: object) -> None:
    body = json.dumps(message, separators=(",", ":"), default=str).encode()
    data = memoryview(_LENGTH.pack(len(body)) + body)
    while data:
        # An unbuffered pipe takes what has room in it.
        data = data[pipe.write(data) or 0 :]
    pipe.flush()


def read_message(pipe: Pipe) -> Any:
    """Raises Broken at the end of what the pipe gives."""
    return json.loads(_read(pipe, _LENGTH.unpack(_read(pipe, _LENGTH.size))[0]))


def _read(pipe: Pipe, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = pipe.read(size)
        if not part:
            raise Broken
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
