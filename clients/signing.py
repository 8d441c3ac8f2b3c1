"""Signatures of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over id, time and body, by one secret or two.

While a secret is being changed both sign, and the receiver may check either.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"


@dataclass(frozen=True, slots=True)
class WebhookSigner:
    """Made by `webhook_signer`."""

    keys: tuple[bytes, ...] = field(repr=False)

    def headers(self, *, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
        """`webhook-timestamp` and `webhook-signature`; the id goes into `webhook-id`, which the caller sets."""
        timestamp = str(int(now.timestamp()))
        signed = f"{message_id}.{timestamp}.".encode() + body
        signatures = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii") for key in self.keys)
        return {"webhook-timestamp": timestamp, "webhook-signature": " ".join(f"v1,{each}" for each in signatures)}


def webhook_signer(secrets: Sequence[str]) -> WebhookSigner:
    """A signer by these secrets, the newest first. Raises ValueError where one is none of Standard Webhooks."""
    keys = []
    for secret in secrets:
        try:
            key = base64.b64decode(secret.strip().removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) < 16:
            raise ValueError("A signing secret is whsec_ followed by at least 16 bytes in Base64.")
        keys.append(key)
    return WebhookSigner(tuple(keys))
