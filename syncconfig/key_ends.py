"""Until when the credential of a connection works, as far as Odoo tells.

Odoo shows a user their own API keys with their ends (18 and later), but not which of them is in use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from clients.errors import RemoteError
from clients.odoo import OdooClient

_KEY = re.compile(r"[0-9a-f]{40}")


class KeyEnd(StrEnum):
    PASSWORD = "password"  # noqa: S105 - a word for it
    """It is a password, which has no end."""

    NEVER = "never"
    ENDS = "ends"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class KeyTold:
    """`ends_at` is set exactly for ENDS: the earliest end among the `count` keys that may be the one in use."""

    end: KeyEnd
    ends_at: datetime | None = None
    count: int = 0


def is_api_key(secret: str) -> bool:
    """Whether it has the form of Odoo's API keys, which no password has by chance."""
    return bool(_KEY.fullmatch(secret))


def key_end(client: OdooClient, *, secret: str, uid: int, now: datetime) -> KeyTold:
    """Raises nothing: what Odoo does not tell is unknown."""
    if not is_api_key(secret):
        return KeyTold(KeyEnd.PASSWORD)
    try:
        keys = client.search_read(
            "res.users.apikeys", [["user_id", "=", uid]], ["scope", "expiration_date"], context={"active_test": False}
        )
    except RemoteError as error:
        # Before 18 keys had no end.
        return KeyTold(KeyEnd.NEVER if error.code == "unknown_field" else KeyEnd.UNKNOWN)
    ends = [
        None if not key["expiration_date"] else datetime.fromisoformat(key["expiration_date"]).replace(tzinfo=UTC)
        for key in keys
        if key["scope"] in (False, "rpc")
    ]
    usable = [end for end in ends if end is None or end > now]
    if not usable:
        return KeyTold(KeyEnd.UNKNOWN)
    told = [end for end in usable if end is not None]
    return KeyTold(KeyEnd.ENDS, min(told), len(usable)) if told else KeyTold(KeyEnd.NEVER, count=len(usable))
