"""What went wrong below HTTP, as a RemoteError.

| what happened | kind | code |
|---|---|---|
| the connection was refused, reset or closed before the request left | RETRYABLE | connection_refused |
| connecting took too long | RETRYABLE | connect_timeout |
| the request left, the answer did not come in time | AMBIGUOUS, if safe RETRYABLE | timeout |
| the request left, the connection broke or the answer was cut short | AMBIGUOUS, if safe RETRYABLE | connection_lost |
| the certificate is not valid | PERMANENT | certificate |
| the other side does not speak TLS | PERMANENT | tls |
| the answer is compressed wrongly | AMBIGUOUS, if safe PERMANENT | bad_answer |
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from clients.errors import Kind, RemoteError
from clients.wire import Call

_TIMEOUTS = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and everything it was made of; requests and urllib3 nest the reason in `reason`, args and causes."""
    waiting, seen = [error], set()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        nested = (getattr(current, "reason", None), current.__cause__, current.__context__, *current.args)
        waiting.extend(item for item in nested if isinstance(item, BaseException))


def failure(cause: BaseException, *, method: str, url: str, call: Call, safe: bool) -> RemoteError:
    """The RemoteError for `cause`, which requests, urllib3 or a socket raised during `call`."""
    parts = urlsplit(url)
    host = parts.netloc
    causes = list(_causes(cause))
    for found in causes:
        if isinstance(found, RemoteError):
            return found
    invalid = next((item for item in causes if isinstance(item, ssl.SSLCertVerificationError)), None)
    if invalid is not None:
        return RemoteError(
            f"The certificate of {host} is not valid: {invalid.verify_message.rstrip('.')}. Renew it, or give the "
            f"hub the certificate authority that issued it.",
            kind=Kind.PERMANENT,
            code="certificate",
        )
    if not call.sent:
        return _before_sending(causes, host, parts.port or (443 if parts.scheme == "https" else 80))
    lost = Kind.RETRYABLE if safe else Kind.AMBIGUOUS
    doubt = "" if safe else f" The {method} may or may not have taken effect."
    if any(isinstance(item, urllib3.exceptions.DecodeError) for item in causes):
        return RemoteError(
            f"{host} answered with a body that cannot be decompressed.{doubt}",
            kind=Kind.PERMANENT if safe else Kind.AMBIGUOUS,
            code="bad_answer",
        )
    if any(isinstance(item, _TIMEOUTS) for item in causes):
        return RemoteError(f"{host} did not answer in time.{doubt}", kind=lost, code="timeout")
    return RemoteError(
        f"The connection to {host} broke before the whole answer had come.{doubt}", kind=lost, code="connection_lost"
    )


def _before_sending(causes: list[BaseException], host: str, port: int) -> RemoteError:
    refused = any(isinstance(item, urllib3.exceptions.NewConnectionError) for item in causes)
    if not refused and any(isinstance(item, _TIMEOUTS) for item in causes):
        return RemoteError(f"{host} did not accept a connection in time.", kind=Kind.RETRYABLE, code="connect_timeout")
    tls = next((item for item in causes if isinstance(item, ssl.SSLError)), None)
    if tls is not None and not isinstance(tls, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return RemoteError(
            f"No TLS connection to {host} could be made ({tls.reason or 'handshake failed'}). Check whether port "
            f"{port} speaks https.",
            kind=Kind.PERMANENT,
            code="tls",
        )
    return RemoteError(
        f"No connection to {host} could be made. Check that it is running and that the URL is right.",
        kind=Kind.RETRYABLE,
        code="connection_refused",
    )
