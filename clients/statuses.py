"""What an HTTP status means for whoever wants to try again."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from clients.errors import Kind, RemoteError

if TYPE_CHECKING:
    from clients.http import HttpResponse

_RETRYABLE: Final = frozenset({408, 425, 429})
_CODES: Final = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    410: "gone",
    413: "too_large",
    422: "unprocessable",
    429: "rate_limited",
    503: "unavailable",
}


def retry_after_s(value: str | None, *, now: datetime) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as an HTTP date (RFC 9110, 10.2.3); never negative.

    None if there is none or it cannot be read.
    """
    if not value:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())


def raise_for_status(response: HttpResponse, *, now: datetime | None = None) -> None:
    """Return for 2xx, else raise RemoteError.

    3xx is BLOCKED `redirect`; 408, 425, 429 and 5xx are RETRYABLE with `retry_after_s`; other 4xx are PERMANENT, 410
    with the code `gone`. `now` (aware; default the clock) is what an HTTP date in Retry-After is measured against.
    """
    status = response.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise redirect_error(response)
    retryable = status in _RETRYABLE or status >= 500
    parts = urlsplit(response.url)
    raise RemoteError(
        f"{parts.netloc}{parts.path} answered {describe(status)}.",
        kind=Kind.RETRYABLE if retryable else Kind.PERMANENT,
        code=_CODES.get(status, "server_error" if status >= 500 else "rejected"),
        status=status,
        retry_after_s=(
            retry_after_s(response.headers.get("Retry-After"), now=now or datetime.now(UTC)) if retryable else None
        ),
    )


def redirect_error(response: HttpResponse) -> RemoteError:
    """BLOCKED `redirect`: naming where it led (without the query, which may hold a key), so that it can be set."""
    location = response.headers.get("Location", "")
    try:
        parts = urlsplit(urljoin(response.url, location))
        target = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    except ValueError:
        target = "an invalid address"
    asked = urlsplit(response.url)
    return RemoteError(
        f"{asked.netloc}{asked.path} answered {describe(response.status)} to {target}. Redirects are not followed: if "
        f"that is the right address, enter it as the URL.",
        kind=Kind.BLOCKED,
        code="redirect",
        status=response.status,
    )


def describe(status: int) -> str:
    """`404 Not Found`."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
