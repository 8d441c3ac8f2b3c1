"""Who may call an endpoint: none, basic, bearer, or a header of the config's choice.

A new kind is an entry of AUTH_KINDS. Secrets are compared in constant time, as bytes; one that is not configured lets
nobody in. Why a caller is refused is not told beyond what the endpoint expects.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest

from inbound.errors import ApiError, ErrorCode
from syncconfig.models import SyncConfig

REALM: Final = "bj_api_sync"


@dataclass(frozen=True, slots=True)
class AuthKind:
    """`shown` is what the caller shows and `expected` what it must equal; None where there is nothing. `challenge`
    is the value of WWW-Authenticate (RFC 9110, 11.6.1) and `hint` tells people what to send."""

    shown: Callable[[HttpRequest, SyncConfig], bytes | None]
    expected: Callable[[SyncConfig], bytes]
    challenge: str
    hint: Callable[[SyncConfig], str]


def authenticate(request: HttpRequest, config: SyncConfig) -> None:
    """Return for a caller who may call the endpoint. Raises ApiError 401, or 503 where no credential is configured."""
    if config.auth_type == "none":
        return
    kind = AUTH_KINDS[config.auth_type]
    if not config.auth_secret:
        raise ApiError(
            503,
            ErrorCode.CONFIGURATION_ERROR,
            "This endpoint has no credential yet, so nobody may call it. The staff of the hub must enter one.",
            reason=f"{config.name}: the authorization {config.auth_type} needs a secret",
        )
    shown = kind.shown(request, config)
    if shown is None or not hmac.compare_digest(shown, kind.expected(config)):
        problem = "Credentials are missing" if shown is None else "The credentials are wrong"
        raise ApiError(
            401,
            ErrorCode.AUTHENTICATION_ERROR,
            f"{problem}. {kind.hint(config)}",
            headers={"WWW-Authenticate": kind.challenge},
        )


def _header(request: HttpRequest, name: str) -> bytes | None:
    """The header's bytes as they came: WSGI hands them on as Latin-1."""
    text = request.headers.get(name)
    return None if text is None else text.strip().encode("latin-1", "replace")


def _authorization(request: HttpRequest, scheme: bytes) -> bytes | None:
    given, _space, value = (_header(request, "Authorization") or b"").partition(b" ")
    return value.strip() if given.lower() == scheme and value.strip() else None


def _basic(request: HttpRequest, config: SyncConfig) -> bytes | None:
    value = _authorization(request, b"basic")
    if value is None:
        return None
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _bearer(request: HttpRequest, config: SyncConfig) -> bytes | None:
    return _authorization(request, b"bearer")


def _own_header(request: HttpRequest, config: SyncConfig) -> bytes | None:
    return _header(request, config.auth_header) if config.auth_header else None


def _secret(config: SyncConfig) -> bytes:
    return str(config.auth_secret).encode()


AUTH_KINDS: Final[dict[str, AuthKind]] = {
    "basic": AuthKind(
        shown=_basic,
        expected=lambda config: f"{config.auth_login}:{config.auth_secret}".encode(),
        challenge=f'Basic realm="{REALM}", charset="UTF-8"',
        hint=lambda config: "Send login and password as Authorization: Basic.",
    ),
    "bearer": AuthKind(
        shown=_bearer,
        expected=_secret,
        challenge=f'Bearer realm="{REALM}"',
        hint=lambda config: "Send the token as Authorization: Bearer.",
    ),
    "header": AuthKind(
        shown=_own_header,
        expected=_secret,
        challenge=f'ApiKey realm="{REALM}"',
        hint=lambda config: f"Send the key in the header {config.auth_header}.",
    ),
}
