"""Who wants to see the exchanges that are made.

A context variable carries the callback, so a client cached and shared by many threads and tasks reports each
exchange to the scope that caused it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from clients.errors import RemoteError

HIDDEN = b"***"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it. Headers and bodies are left out of the repr: they may hold personal data.

    Credentials the caller declared (`redact=`) are already replaced by `***`; those of the Authorization and custom
    headers are not, and are the observer's to hide. `status` is None where no answer came, `error` is set where the
    exchange failed below HTTP (an answer of 500 is an answer). `started_at` is UTC.
    """

    method: str
    url: str
    request_headers: Mapping[str, str] = field(repr=False)
    request_body: bytes | None = field(repr=False)
    status: int | None
    response_headers: Mapping[str, str] = field(repr=False)
    response_body: bytes | None = field(repr=False)
    duration_ms: float
    error: RemoteError | None
    started_at: datetime


Observer = Callable[[Exchange], None]
current_observer: ContextVar[Observer | None] = ContextVar("current_observer", default=None)


@contextmanager
def observing(callback: Observer) -> Iterator[None]:
    """Report every exchange made inside to `callback`; the innermost scope wins. What `callback` raises, the caller
    of the client gets."""
    token = current_observer.set(callback)
    try:
        yield
    finally:
        current_observer.reset(token)


def hide(data: bytes | None, secrets: tuple[bytes, ...]) -> bytes | None:
    """`data` with every one of `secrets` replaced."""
    if data:
        for secret in secrets:
            if secret:
                data = data.replace(secret, HIDDEN)
    return data
