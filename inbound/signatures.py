"""HMAC signatures of a body, as the senders of webhooks make them.

A scheme says in which headers the signature and its time stand, what is signed, and how the result is written. Each
is an entry of SCHEMES; the comparison is in constant time. A time that differs by more than the tolerance is refused,
since a recorded request could otherwise be sent again at any time.

Sources: standardwebhooks.com; shopify.dev "Verify webhook deliveries"; WooCommerce REST API, "Webhooks";
docs.github.com "Validating webhook deliveries"; docs.stripe.com "Verify webhook signatures manually".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

Headers = Mapping[str, str]
STANDARD_PREFIX: Final = "whsec_"


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the headers say: the signatures, any of which may be right, the signed bytes, and their time."""

    signatures: tuple[str, ...]
    signed: bytes
    time_s: int | None


@dataclass(frozen=True, slots=True)
class Scheme:
    """`read` gives what the headers claim, or None where they claim nothing; `hint` names the headers."""

    read: Callable[[Headers, bytes, str], Claimed | None]
    algorithm: str
    encoding: str
    hint: str
    key: Callable[[str], bytes | None] = lambda secret: secret.encode()


@dataclass(frozen=True, slots=True)
class Signing:
    """A credential's way of signing. `algorithm`, `encoding` and `header` count for the scheme `custom` alone."""

    scheme: str
    header: str
    algorithm: str
    encoding: str
    tolerance_s: int

    def hint(self) -> str:
        return f"Sign the body (HMAC) with the header {self.header or SCHEMES[self.scheme].hint}."

    def is_claimed(self, headers: Headers) -> bool:
        """Whether there is a signature at all, so that the body need not be read where there is none."""
        return SCHEMES[self.scheme].read(headers, b"", self.header) is not None

    def message_id(self, headers: Headers) -> str | None:
        """The id that the signature covers, equal for every attempt of the same message; None where it covers none."""
        return headers.get("webhook-id") if self.scheme == "standard" else None

    def check(self, headers: Headers, body: bytes, *, secrets: Iterable[str], now_s: float) -> str:
        """Empty for a right signature; otherwise why it is refused: `missing`, `late` or `wrong`."""
        scheme = SCHEMES[self.scheme]
        claimed = scheme.read(headers, body, self.header)
        if claimed is None:
            return "missing"
        if claimed.time_s is not None and abs(now_s - claimed.time_s) > self.tolerance_s:
            return "late"
        is_custom = self.scheme == "custom"
        algorithm = self.algorithm if is_custom else scheme.algorithm
        encoding = self.encoding if is_custom else scheme.encoding
        right = False
        for secret in secrets:
            key = scheme.key(secret)
            if not key:
                continue
            expected = encoded(hmac.new(key, claimed.signed, algorithm).digest(), encoding)
            for given in claimed.signatures:
                right |= hmac.compare_digest(_normal(given, encoding), expected)
        return "" if right else "wrong"


def encoded(digest: bytes, encoding: str) -> bytes:
    return digest.hex().encode() if encoding == "hex" else base64.b64encode(digest)


def _normal(given: str, encoding: str) -> bytes:
    text = given.strip().encode("latin-1", "replace")
    return text.lower() if encoding == "hex" else text


def standard_key(secret: str) -> bytes | None:
    """The bytes in a secret of Standard Webhooks; None where it is none."""
    try:
        return base64.b64decode(secret.removeprefix(STANDARD_PREFIX), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _plain(header: str, prefix: str = "") -> Callable[[Headers, bytes, str], Claimed | None]:
    def read(headers: Headers, body: bytes, own_header: str) -> Claimed | None:
        given = headers.get(header or own_header)
        return Claimed((given.strip().removeprefix(prefix),), body, None) if given else None

    return read


def _custom(headers: Headers, body: bytes, own_header: str) -> Claimed | None:
    """The signature alone, or behind the name of its algorithm: `sha256=...`."""
    given = (headers.get(own_header) or "").strip()
    name, equals, rest = given.partition("=")
    is_named = bool(equals) and name.lower() in hashlib.algorithms_available
    return Claimed((rest if is_named else given,), body, None) if given else None


def _standard(headers: Headers, body: bytes, own_header: str) -> Claimed | None:
    message_id, time = headers.get("webhook-id"), headers.get("webhook-timestamp")
    given = headers.get("webhook-signature")
    if not (message_id and time and given):
        return None
    versions = (part.partition(",") for part in given.split())
    signatures = tuple(value for version, _comma, value in versions if version == "v1")
    signed = f"{message_id}.{time}.".encode("latin-1", "replace") + body
    return Claimed(signatures, signed, _seconds(time))


def _stripe(headers: Headers, body: bytes, own_header: str) -> Claimed | None:
    given = headers.get("Stripe-Signature")
    if not given:
        return None
    parts = [part.strip().partition("=") for part in given.split(",")]
    time = next((value for name, _equals, value in parts if name == "t"), "")
    signatures = tuple(value for name, _equals, value in parts if name == "v1")
    return Claimed(signatures, f"{time}.".encode("latin-1", "replace") + body, _seconds(time))


def _seconds(text: str) -> int:
    """The time, or one so long ago that it is refused."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 15 else 0


SCHEMES: Final[dict[str, Scheme]] = {
    "standard": Scheme(
        _standard, "sha256", "base64", "webhook-signature, with webhook-id and webhook-timestamp", standard_key
    ),
    "shopify": Scheme(_plain("X-Shopify-Hmac-Sha256"), "sha256", "base64", "X-Shopify-Hmac-Sha256"),
    "woocommerce": Scheme(_plain("X-WC-Webhook-Signature"), "sha256", "base64", "X-WC-Webhook-Signature"),
    "github": Scheme(_plain("X-Hub-Signature-256", "sha256="), "sha256", "hex", "X-Hub-Signature-256"),
    "stripe": Scheme(_stripe, "sha256", "hex", "Stripe-Signature"),
    "custom": Scheme(_custom, "sha256", "hex", "of its own"),
}
