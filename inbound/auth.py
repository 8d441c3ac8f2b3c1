"""Who may call an endpoint: basic, bearer, a header, or a signature of the body.

A new kind is an entry of AUTH_KINDS. Secrets are compared in constant time, as bytes; one that is not configured lets
nobody in. Why a caller is refused is not told beyond what the endpoint expects.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest
from django.utils import timezone

from inbound.addresses import is_within
from inbound.errors import ApiError, ErrorCode
from inbound.guessing import check_address, note_failure
from inbound.keys import Key
from inbound.models import Credential

REALM: Final = "bj_api_sync"
TOLD_EVERY_S: Final = 60

_used: dict[int, float] = {}
_used_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class AuthKind:
    """`problem` says why the key does not open: "" where it does, `missing` where nothing was shown. `challenge` is
    the value of WWW-Authenticate (RFC 9110, 11.6.1) and `hint` tells people what to send."""

    problem: Callable[[HttpRequest, Key, Callable[[], bytes]], str]
    challenge: str
    hint: Callable[[Key], str]


def authenticate(
    request: HttpRequest, keys: Sequence[Key], *, address: str, body: Callable[[], bytes], name: str = ""
) -> Key | None:
    """The key that opened, or None where none is needed. `body` reads the body, which only signatures need.

    Raises ApiError 401, 403 where the key may not be used from this address, 429 after too many failures, and 503
    where no credential is configured.
    """
    if not keys:
        return None
    if not any(key.secrets for key in keys):
        raise ApiError(
            503,
            ErrorCode.CONFIGURATION_ERROR,
            "This endpoint has no credential yet, so nobody may call it. The staff of the hub must enter one.",
            reason=f"{name}: the authorization {keys[0].kind} needs a secret",
        )
    check_address(address)
    problems: dict[str, Key] = {}
    for key in keys:
        problem = AUTH_KINDS[key.kind].problem(request, key, body) if key.secrets else "missing"
        if not problem and key.expires_at is not None and key.expires_at <= timezone.now():
            problem = "expired"
        if not problem:
            if key.networks and not is_within(address, key.networks):
                raise not_from_here()
            _note_use(key)
            return key
        problems.setdefault(problem, key)
    worst = next(problem for problem in ("expired", "late", "wrong", "missing") if problem in problems)
    if worst != "missing":
        note_failure(address)
    hints = dict.fromkeys(AUTH_KINDS[key.kind].hint(key) for key in keys)
    challenges = dict.fromkeys(AUTH_KINDS[key.kind].challenge for key in keys)
    raise ApiError(
        401,
        ErrorCode.AUTHENTICATION_ERROR,
        f"{_PROBLEMS[worst]}. {' Or: '.join(hints)}",
        headers={"WWW-Authenticate": ", ".join(challenges)},
    )


_PROBLEMS: Final = {
    "missing": "Credentials are missing",
    "wrong": "The credentials are wrong",
    "expired": "The credentials have expired. Ask the staff of the hub for new ones",
    "late": "The signature's time is too far from ours",
}


def not_from_here() -> ApiError:
    return ApiError(403, ErrorCode.PERMISSION_DENIED, "Calls from your address are not allowed at this endpoint.")


def _note_use(key: Key) -> None:
    """Keep when the credential was last used, to the minute."""
    if key.credential_id is None:
        return
    now_s = time.monotonic()
    with _used_lock:
        if now_s - _used.get(key.credential_id, -TOLD_EVERY_S) < TOLD_EVERY_S:
            return
        _used[key.credential_id] = now_s
    Credential.objects.filter(pk=key.credential_id).update(last_used_at=timezone.now())


def _header(request: HttpRequest, name: str) -> bytes | None:
    """The header's bytes as they came: WSGI hands them on as Latin-1."""
    text = request.headers.get(name)
    return None if text is None else text.strip().encode("latin-1", "replace")


def _authorization(request: HttpRequest, scheme: bytes) -> bytes | None:
    given, _space, value = (_header(request, "Authorization") or b"").partition(b" ")
    return value.strip() if given.lower() == scheme and value.strip() else None


def _problem(shown: bytes | None, expected: Sequence[bytes]) -> str:
    if shown is None:
        return "missing"
    right = False
    for each in expected:
        right |= hmac.compare_digest(shown, each)
    return "" if right else "wrong"


def _basic(request: HttpRequest, key: Key, body: Callable[[], bytes]) -> str:
    shown = _authorization(request, b"basic")
    if shown is not None:
        try:
            shown = base64.b64decode(shown, validate=True)
        except (binascii.Error, ValueError):
            shown = b""
    return _problem(shown, [f"{key.login}:{secret}".encode() for secret in key.secrets])


def _bearer(request: HttpRequest, key: Key, body: Callable[[], bytes]) -> str:
    return _problem(_authorization(request, b"bearer"), [secret.encode() for secret in key.secrets])


def _own_header(request: HttpRequest, key: Key, body: Callable[[], bytes]) -> str:
    shown = _header(request, key.header) if key.header else None
    return _problem(shown, [secret.encode() for secret in key.secrets])


def _signature(request: HttpRequest, key: Key, body: Callable[[], bytes]) -> str:
    if key.signing is None or not key.signing.is_claimed(request.headers):
        return "missing"
    return key.signing.check(request.headers, body(), secrets=key.secrets, now_s=time.time())


AUTH_KINDS: Final[dict[str, AuthKind]] = {
    "basic": AuthKind(
        _basic,
        f'Basic realm="{REALM}", charset="UTF-8"',
        lambda key: "Send login and password as Authorization: Basic.",
    ),
    "bearer": AuthKind(_bearer, f'Bearer realm="{REALM}"', lambda key: "Send the token as Authorization: Bearer."),
    "header": AuthKind(_own_header, f'ApiKey realm="{REALM}"', lambda key: f"Send the key in the header {key.header}."),
    "signature": AuthKind(
        _signature,
        f'Signature realm="{REALM}"',
        lambda key: key.signing.hint() if key.signing else "",
    ),
}
