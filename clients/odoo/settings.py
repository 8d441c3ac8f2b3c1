"""Where an Odoo is and how it is spoken to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from clients.errors import Kind, RemoteError
from clients.guard import AddressPolicy
from clients.http import Timeouts


class Protocol(StrEnum):
    """How Odoo is spoken to."""

    AUTO = "auto"
    """The fastest that works, found at the first call."""

    JSON2 = "json2"
    """`POST /json/2/<model>/<method>`; Odoo 19 and later, with an API key."""

    JSONRPC = "jsonrpc"
    """`POST /jsonrpc`; every version until Odoo 21."""

    XMLRPC = "xmlrpc"
    """`POST /xmlrpc/2/...`; every version until Odoo 21."""


@dataclass(frozen=True)
class OdooSettings:
    """One connection. `secret` is an API key or a password (JSON-2 takes keys only) and never shows in a repr.

    `context` goes with every call: lang, tz, allowed_company_ids, active_test. `verify` is True, False, or the path of
    a certificate bundle.
    """

    url: str
    database: str
    login: str
    secret: str = field(repr=False)
    protocol: str = Protocol.AUTO
    context: Mapping[str, Any] = field(default_factory=dict)
    timeouts: Timeouts = field(default_factory=Timeouts)
    policy: AddressPolicy = field(default_factory=AddressPolicy)
    verify: bool | str = True

    @property
    def base_url(self) -> str:
        """`url` without a trailing slash and without the web client's path (/web..., /odoo...), as pasted from a
        browser. Raises RemoteError PERMANENT `bad_url`."""
        parts = urlsplit(self.url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RemoteError(
                f"{self.url!r} is no URL of an Odoo; an example: https://mycompany.odoo.com",
                kind=Kind.PERMANENT,
                code="bad_url",
            )
        path = re.sub(r"/(web|odoo)(/.*)?$", "", parts.path.rstrip("/"))
        return f"{parts.scheme}://{parts.netloc}{path}"


@dataclass(frozen=True, slots=True)
class OdooVersion:
    """`major` 18, `minor` 0, `text` as Odoo tells it (`18.0-20250702`)."""

    major: int
    minor: int
    text: str

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> OdooVersion:
        """From what `common.version` answers; Odoo Online's majors look like `saas~18`."""
        info = answer.get("server_version_info") or answer.get("version_info") or []
        text = str(answer.get("server_version") or answer.get("version") or ".".join(map(str, info[:2])))
        numbers = [int(found) for found in re.findall(r"\d+", ".".join(map(str, info[:2])) or text)]
        return cls(numbers[0] if numbers else 0, numbers[1] if len(numbers) > 1 else 0, text)
