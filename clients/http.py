"""The one way out: every HTTP call of the hub is made here.

What it promises: only allowed addresses, no redirect followed, no cookie kept, nothing read from the environment,
limits on time (per read and in total) and on size (decompressed), and one RemoteError for whatever goes wrong. It
does not judge statuses (`statuses.raise_for_status` does) and does not back off: the caller owns retries.
"""

from __future__ import annotations

import json
import os
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from clients.errors import Kind, RemoteError
from clients.failures import failure
from clients.guard import AddressPolicy
from clients.observe import Exchange, current_observer, hide, observing
from clients.prepare import prepare
from clients.statuses import raise_for_status, redirect_error
from clients.wire import GuardedSession, call, tls_context

__all__ = ["Exchange", "HttpClient", "HttpResponse", "Timeouts", "observing", "raise_for_status", "redirect_error"]

MAX_RESPONSE_BYTES: Final = 50 * 1024 * 1024
MAX_SESSIONS: Final = 256
_CHUNK_BYTES: Final = 64 * 1024
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits of one call in seconds: to connect, between two bytes, and for the whole answer (default: 4 reads)."""

    connect_s: float = 5.0
    read_s: float = 15.0
    total_s: float | None = None

    @property
    def deadline_s(self) -> float:
        return 4 * self.read_s if self.total_s is None else self.total_s


DEFAULT_TIMEOUTS: Final = Timeouts()


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer, whatever its status; `body` is decompressed, `headers` are case-insensitive."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    duration_ms: float
    url: str

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return json.loads(self.body)


class HttpClient:
    """Makes calls under one address policy; shared by threads, usable after a fork.

    `verify` is True for the public certificate authorities, a path to a bundle for one's own, or False. `pool_size`
    is how many idle connections are kept per destination. `authorities` (PEM) are trusted besides; `certificate` (PEM,
    with its key) is shown to servers that ask for one.
    """

    def __init__(
        self,
        policy: AddressPolicy,
        *,
        verify: bool | str = True,
        pool_size: int = 10,
        authorities: str = "",
        certificate: str = "",
    ) -> None:
        self.policy = policy
        self._verify = verify
        self._authorities = authorities
        self._certificate = certificate
        self._pool_size = pool_size
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._sessions: dict[tuple[str, str], GuardedSession] = {}
        self._inherited: list[dict[tuple[str, str], GuardedSession]] = []
        self._context: ssl.SSLContext | None = None

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        safe: bool | None = None,
        redact: tuple[bytes, ...] = (),
    ) -> HttpResponse:
        """Make one call and return the answer, of any status; a redirect is returned, not followed.

        `safe` says that repeating does no harm (default: GET, HEAD and OPTIONS): then a kept-alive connection that
        the server had dropped is replaced once, and a lost answer is RETRYABLE instead of AMBIGUOUS. `redact` lists
        credentials within the body, hidden from observers.

        Raises RemoteError; see `failures` for which failure is of which kind.
        """
        method = method.upper()
        if safe is None:
            safe = method in _SAFE_METHODS
        prepared = prepare(method, url, headers, params, body)
        session = self._session(prepared)
        try:
            return self._exchange(session, prepared, timeouts, max_response_bytes, safe, redact)
        except _DroppedConnection:
            return self._exchange(session, prepared, timeouts, max_response_bytes, safe, redact, last=True)

    def close(self) -> None:
        """Close the idle connections of this process; the client stays usable."""
        with self._lock:
            sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            session.close()

    def _session(self, prepared: requests.PreparedRequest) -> GuardedSession:
        parts = urlsplit(str(prepared.url))
        key = (parts.scheme, parts.netloc)
        if self._pid == os.getpid():
            session = self._sessions.get(key)
            if session is not None:
                return session
        with self._lock:
            if self._pid != os.getpid():
                # The parent's sockets came along; they are kept from the garbage collector, not used or closed.
                self._inherited.append(self._sessions)
                self._sessions, self._pid = {}, os.getpid()
            session = self._sessions.get(key)
            if session is None:
                while len(self._sessions) >= MAX_SESSIONS:
                    self._sessions.pop(next(iter(self._sessions))).close()
                context = self._tls_context() if parts.scheme == "https" else None
                session = GuardedSession(self.policy, context, pool_size=self._pool_size)
                self._sessions[key] = session
            return session

    def _tls_context(self) -> ssl.SSLContext:
        if self._context is None:
            try:
                self._context = tls_context(self._verify, authorities=self._authorities, certificate=self._certificate)
            except (OSError, ValueError) as error:
                own = self._authorities or self._certificate
                what = "The certificates entered for this call" if own else f"The certificate bundle {self._verify}"
                raise RemoteError(f"{what} cannot be read.", kind=Kind.PERMANENT, code="certificate") from error
        return self._context

    def _exchange(
        self,
        session: GuardedSession,
        prepared: requests.PreparedRequest,
        timeouts: Timeouts,
        max_bytes: int,
        safe: bool,
        redact: tuple[bytes, ...],
        *,
        last: bool = False,
    ) -> HttpResponse:
        observer = current_observer.get()
        started_at = datetime.now(UTC) if observer is not None else None
        started = perf_counter()
        call.begin(timeouts.deadline_s)
        answer: requests.Response | None = None
        content = b""
        error: RemoteError | None = None
        try:
            answer = session.send_once(prepared, (timeouts.connect_s, timeouts.read_s))
            content = _read(answer, max_bytes)
        except RemoteError as remote:
            error = remote
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as cause:
            error = failure(cause, method=str(prepared.method), url=str(prepared.url), call=call, safe=safe)
        finally:
            if error is not None and answer is not None:
                answer.close()
        duration_ms = (perf_counter() - started) * 1000
        if observer is not None and started_at is not None:
            observer(_observed(prepared, answer, content, duration_ms, error, started_at, redact))
        if error is not None:
            if safe and not last and error.code == "connection_lost" and call.sent and not call.connected:
                raise _DroppedConnection from error
            # The cause names the same failure with a URL whose query may hold a key: not shown.
            raise error from None
        assert answer is not None  # noqa: S101 - no error, so there is an answer
        return HttpResponse(answer.status_code, answer.headers, content, duration_ms, str(prepared.url))


class _DroppedConnection(Exception):
    """A kept-alive connection turned out to be closed; a safe request may be made again."""


def _read(answer: requests.Response, max_bytes: int) -> bytes:
    """The decompressed body. Raises RemoteError PERMANENT `response_too_large`."""
    declared = answer.headers.get("Content-Length", "")
    if declared.isdecimal() and (len(declared) > 18 or int(declared) > max_bytes):
        raise _too_large(answer, max_bytes)
    chunks: list[bytes] = []
    size = 0
    for chunk in answer.raw.stream(_CHUNK_BYTES, decode_content=True):
        size += len(chunk)
        if size > max_bytes:
            raise _too_large(answer, max_bytes)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(answer: requests.Response, max_bytes: int) -> RemoteError:
    host = urlsplit(str(answer.url)).hostname
    return RemoteError(
        f"The answer of {host} is larger than the limit of {max_bytes} bytes. Ask for fewer records or fields.",
        kind=Kind.PERMANENT,
        code="response_too_large",
        status=answer.status_code,
    )


def _observed(
    prepared: requests.PreparedRequest,
    answer: requests.Response | None,
    content: bytes,
    duration_ms: float,
    error: RemoteError | None,
    started_at: datetime,
    redact: tuple[bytes, ...],
) -> Exchange:
    body = prepared.body if isinstance(prepared.body, bytes) else None
    return Exchange(
        method=str(prepared.method),
        url=str(prepared.url),
        request_headers=dict(prepared.headers),
        request_body=hide(body, redact),
        status=None if answer is None else answer.status_code,
        response_headers={} if answer is None else dict(answer.headers),
        response_body=None if answer is None else content,
        duration_ms=duration_ms,
        error=error,
        started_at=started_at,
    )
