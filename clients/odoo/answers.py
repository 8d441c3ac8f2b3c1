"""Answers that come from something in front of Odoo, or from something that is no Odoo."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from clients.errors import Kind, RemoteError
from clients.http import HttpResponse
from clients.odoo.faults import ACCESS_DENIED
from clients.statuses import describe, redirect_error, retry_after_s

_TITLE: Final = re.compile(r"<title[^>]*>\s*([^<]{1,200}?)\s*</title>", re.IGNORECASE)
_AWAY: Final = frozenset({502, 504})
_LATER: Final = frozenset({408, 425, 429, 503})


def not_an_answer(response: HttpResponse, *, expected: str, safe: bool) -> RemoteError:
    """What to say about `response`, which is not the `expected` (`JSON`, `XML-RPC`) answer of an Odoo.

    Too busy, restarting or upgrading: RETRYABLE `unavailable`. A proxy that lost Odoo in the middle of a write (502,
    504): AMBIGUOUS, since Odoo may have done it. A wrong URL or database: PERMANENT.
    """
    status = response.status
    host = urlsplit(response.url).netloc
    path = urlsplit(response.url).path
    text = response.text[:4000]
    title = _TITLE.search(text)
    shown = f" ({' '.join(title[1].split())})" if title else ""
    if 300 <= status < 400:
        return redirect_error(response)
    if status in _LATER or status in _AWAY:
        kind = Kind.RETRYABLE if safe or status in _LATER else Kind.AMBIGUOUS
        doubt = " The call may or may not have taken effect." if kind is Kind.AMBIGUOUS else ""
        return RemoteError(
            f"{host} answered {describe(status)}{shown}: Odoo is restarting, upgrading or overloaded.{doubt}",
            kind=kind,
            code="unavailable",
            status=status,
            retry_after_s=retry_after_s(response.headers.get("Retry-After"), now=datetime.now(UTC)),
        )
    if status == 401:
        return RemoteError(ACCESS_DENIED, kind=Kind.PERMANENT, code="access_denied", status=status)
    if "No database is selected" in text:
        return RemoteError(
            f"The database does not exist on {host}, or is not served there. Check the database of the connection.",
            kind=Kind.PERMANENT,
            code="unknown_database",
            status=status,
        )
    if status == 413:
        return RemoteError(
            f"{host} refuses a request this large ({describe(status)}). Send fewer records at once.",
            kind=Kind.PERMANENT,
            code="too_large",
            status=status,
        )
    if status >= 500:
        return RemoteError(
            f"{host} answered {describe(status)}{shown}.", kind=Kind.RETRYABLE, code="server_error", status=status
        )
    if status == 403:
        return RemoteError(
            f"{host} forbids {path} (403{shown}); a proxy or firewall in front of Odoo, most likely.",
            kind=Kind.PERMANENT,
            code="forbidden",
            status=status,
        )
    if status >= 400:
        return RemoteError(
            f"No Odoo answers at {host}{path}: {describe(status)}{shown}. Check the URL of the connection; it is the "
            f"one before /web or /odoo.",
            kind=Kind.PERMANENT,
            code="not_odoo",
            status=status,
        )
    what = "HTML" if "<html" in text.lower() or "<!doctype html" in text.lower() else "something else"
    return RemoteError(
        f"{host}{path} answered {what}{shown} instead of {expected}. Check the URL of the connection.",
        kind=Kind.PERMANENT,
        code="not_json" if expected == "JSON" else "not_odoo",
        status=status,
    )


def broken(response: HttpResponse, *, expected: str, safe: bool) -> RemoteError:
    """An answer that began like `expected` and cannot be parsed: cut short, or damaged by a proxy."""
    host = urlsplit(response.url).netloc
    doubt = "" if safe else " The call may or may not have taken effect."
    return RemoteError(
        f"The {expected} answer of {host} is damaged or cut short.{doubt}",
        kind=Kind.RETRYABLE if safe else Kind.AMBIGUOUS,
        code="bad_answer",
        status=response.status,
    )
