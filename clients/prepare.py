"""A request checked and made ready, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from clients.errors import Kind, RemoteError

_DEFAULT_HEADERS: Final = {
    "User-Agent": "odoo-sync-hub",
    "Accept-Encoding": "gzip, deflate",
    "Accept": "*/*",
    "Connection": "keep-alive",
}


def prepare(
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    params: Mapping[str, Any] | None,
    body: bytes | None,
) -> requests.PreparedRequest:
    """The request, refused with PERMANENT `bad_url` or `bad_header` where it could not be sent as meant."""
    if not url.lower().startswith(("http://", "https://")):
        scheme = url.partition(":")[0][:20] if ":" in url else "(none)"
        raise RemoteError(f"Only http and https URLs may be called, not {scheme}.", kind=Kind.PERMANENT, code="bad_url")
    prepared = requests.PreparedRequest()
    try:
        if "@" in urlsplit(url).netloc:
            raise RemoteError(
                "The URL holds a login. Put it into the authorization instead: URLs end up in logs.",
                kind=Kind.PERMANENT,
                code="bad_url",
            )
        merged = CaseInsensitiveDict(_DEFAULT_HEADERS)
        if headers:
            merged.update(headers)
        prepared.prepare(method=method, url=url, headers=merged, params=params, data=body)
        for name, value in merged.items():
            f"{name}: {value}".encode("latin-1")
    except requests.exceptions.InvalidHeader as error:
        raise RemoteError(
            "A header has an illegal name or value (a line break, perhaps).", kind=Kind.PERMANENT, code="bad_header"
        ) from error
    except UnicodeEncodeError as error:
        # http.client would fail with it in the middle of sending.
        raise RemoteError(
            "A header has characters that HTTP cannot carry (only Latin-1 can be sent).",
            kind=Kind.PERMANENT,
            code="bad_header",
        ) from error
    except ValueError as error:
        raise RemoteError(f"{url.partition('?')[0]!r} is no valid URL.", kind=Kind.PERMANENT, code="bad_url") from error
    return prepared
