"""How a call says who it is: none, basic, bearer, or a header of one's own. Secrets never show in a repr."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Final, Self

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Auth:
    """The headers that authorize a call."""

    @classmethod
    def build(cls, *, login: str, secret: str, header_name: str) -> Self:
        """Raises ValueError naming what is missing."""
        raise NotImplementedError

    def headers(self, body: bytes) -> dict[str, str]:
        """The headers for a request with this body (a signature depends on it)."""
        raise NotImplementedError


class NoAuth(Auth):
    @classmethod
    def build(cls, *, login: str, secret: str, header_name: str) -> Self:
        return cls()

    def headers(self, body: bytes) -> dict[str, str]:
        return {}


@dataclass(frozen=True, slots=True)
class BasicAuth(Auth):
    """RFC 7617, in UTF-8."""

    login: str
    secret: str = field(repr=False)

    @classmethod
    def build(cls, *, login: str, secret: str, header_name: str) -> Self:
        if not login:
            raise ValueError("Basic authorization needs a login.")
        if ":" in login:
            raise ValueError("The login of Basic authorization cannot contain a colon.")
        return cls(login, secret)

    def headers(self, body: bytes) -> dict[str, str]:
        pair = f"{self.login}:{self.secret}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}


@dataclass(frozen=True, slots=True)
class BearerAuth(Auth):
    """RFC 6750."""

    secret: str = field(repr=False)

    @classmethod
    def build(cls, *, login: str, secret: str, header_name: str) -> Self:
        return cls(_header_value("Bearer authorization", secret))

    def headers(self, body: bytes) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


@dataclass(frozen=True, slots=True)
class HeaderAuth(Auth):
    """A header such as `X-API-Key` with the secret as its value."""

    header_name: str
    secret: str = field(repr=False)

    @classmethod
    def build(cls, *, login: str, secret: str, header_name: str) -> Self:
        if not _TOKEN.fullmatch(header_name):
            raise ValueError(f"{header_name!r} is no legal header name; an example: X-API-Key.")
        return cls(header_name, _header_value(f"The header {header_name}", secret))

    def headers(self, body: bytes) -> dict[str, str]:
        return {self.header_name: self.secret}


AUTH_KINDS: Final[dict[str, type[Auth]]] = {
    "none": NoAuth,
    "basic": BasicAuth,
    "bearer": BearerAuth,
    "header": HeaderAuth,
}


def build_auth(kind: str, *, login: str = "", secret: str = "", header_name: str = "") -> Auth:
    """The authorization of this kind. Raises ValueError naming what is wrong or missing."""
    try:
        auth = AUTH_KINDS[kind]
    except KeyError:
        raise ValueError(f"Unknown authorization {kind!r}; known are {', '.join(AUTH_KINDS)}.") from None
    return auth.build(login=login, secret=secret, header_name=header_name)


def _header_value(what: str, secret: str) -> str:
    if not secret:
        raise ValueError(f"{what} needs a secret.")
    if not secret.isascii() or not secret.isprintable() or secret != secret.strip():
        raise ValueError(f"{what} needs a secret of printable ASCII characters without spaces around it.")
    return secret
