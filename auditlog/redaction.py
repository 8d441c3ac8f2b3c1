"""What the log must not show, and how it is taken out of headers, URLs and texts. Pure: values in, values out.

Three ways, all of them before anything is stored:
- by name of a header (`Authorization`, `Cookie`, `X-...-Key`),
- by key in JSON, form, XML and XML-RPC bodies and in query strings (`password`, `access_token`, `card_number`),
- by value: every known secret, also as JSON, XML, URLs and base64 write it.

It refuses to guess at free text: what is secret neither by its name nor by its value stays.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from auditlog.keyed import hide_keyed

HIDDEN = "***"

# Compared with the key in small letters without anything but letters and digits: clientSecret, client-secret.
_SECRET_ENDINGS = (
    "password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey",
    "signingkey", "authorization", "credential", "credentials", "cookie", "sessionid",
    "cardnumber", "ccnumber", "creditcard", "verificationvalue",
)  # fmt: skip
_SECRET_NAMES = frozenset({"pan", "cvv", "cvv2", "cvc", "cvc2", "csc", "securitycode", "auth", "pin"})
# Every secret key holds one of these; the separators of `card_number` may be any.
_WORDS = (
    "passw|passp|pwd|secret|token|key|auth|credential|cookie|sessi|card|cc.?number|verification|cvv|cvc|csc|securit"
    r"|pan[\"'=<>\\\s]|pin[\"'=<>\\\s]"
)
_OPEN_HEADERS = frozenset({"idempotency-key", "x-idempotency-key", "sec-websocket-key", "surrogate-key", "cache-key"})
_SECRET_HEADER = re.compile(
    r"(^|[-_])(auth|authorization|cookie|api_?key|key|token|secret|password|credentials?|session)s?$"
)
_SCHEME = re.compile(r"^(basic|bearer|digest|token|apikey|negotiate) +\S", re.IGNORECASE)
_NOT_ALNUM = re.compile(r"[^a-z0-9]+")
_USERINFO = re.compile(r"(?<=://)[^/?#\s\"'<>]*@")
# Shorter secrets are replaced as whole words only: "a" would otherwise eat every word of the log.
_SHORT = 4


@lru_cache(maxsize=4096)
def is_secret_key(name: str) -> bool:
    """Whether a value under this key of a body or a query is a credential or a card number."""
    bare = _NOT_ALNUM.sub("", name.lower())
    return bare in _SECRET_NAMES or bare.endswith(_SECRET_ENDINGS)


@lru_cache(maxsize=4096)
def is_secret_header(name: str) -> bool:
    """Whether the value of this header is a credential."""
    lowered = name.lower()
    return lowered not in _OPEN_HEADERS and bool(_SECRET_HEADER.search(lowered))


def spellings(secret: str) -> list[str]:
    """How `secret` may stand in a body: as it is and as JSON, Python, XML, URLs and base64 write it; longest first."""
    found = {secret, repr(secret)[1:-1], quote(secret, safe=""), quote(secret), quote_plus(secret)}
    found.update(text.replace("%", "%25") for text in tuple(found) if "%" in text and text != secret)
    found.update(re.sub(r"%[0-9A-F]{2}", lambda hit: hit[0].lower(), text) for text in tuple(found))
    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        found |= {once, once.replace("/", "\\/"), json.dumps(once, ensure_ascii=ascii_only)[1:-1]}
    quotes = {'"': "&quot;"}
    found |= {escape(secret), escape(secret, quotes), escape(secret, {**quotes, "'": "&#x27;"})}
    found |= {escape(secret, {'"': "&#34;", "'": "&#39;"}), escape(secret, {**quotes, "'": "&apos;"})}
    data = secret.encode("utf-8", "surrogatepass")
    for shift in range(3):
        # Inside a longer text, base64 falls on one of three alignments; the edges depend on the neighbours.
        coded = base64.b64encode(b"\0" * shift + data).rstrip(b"=").decode("ascii")
        core = coded[(0, 2, 3)[shift] : len(coded) - (0 if (len(data) + shift) % 3 == 0 else 1)]
        if len(core) >= 8:
            found |= {core, core.replace("+", "-").replace("/", "_")}
    return sorted(found - {""}, key=len, reverse=True)


class Redactor:
    """Takes the given secrets, and whatever is secret by name, out of what is going to be stored.

    `secret_keys` are paths, field names or header names whose values are secret too; of a path (`card.number`) the
    last part counts. An instance is costly to make (some 50 us a secret) and cheap to use: get it from `redactor`.
    """

    def __init__(self, secrets: Iterable[str] = (), secret_keys: Iterable[str] = ()) -> None:
        known = {secret for secret in secrets if secret}
        self._spellings = sorted(
            {text for secret in known if len(secret) >= _SHORT for text in spellings(secret)}, key=len, reverse=True
        )
        short = sorted((re.escape(secret) for secret in known if len(secret) < _SHORT), key=len, reverse=True)
        self._short = re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(short)})(?![0-9A-Za-z])") if short else None
        self._keys = frozenset(leaf for key in secret_keys if (leaf := _leaf(key)))
        self._words = re.compile("|".join((_WORDS, *(re.escape(key) for key in sorted(self._keys)))))
        self.longest = max((len(text) for text in self._spellings), default=_SHORT)
        """Characters of the longest thing that is replaced by value: how far behind a cut one must look."""

    def __repr__(self) -> str:
        return f"Redactor({len(self._spellings)} spellings, {len(self._keys)} keys)"

    def is_secret(self, key: str) -> bool:
        return is_secret_key(key) or (bool(self._keys) and key.lower() in self._keys)

    def values(self, text: str) -> str:
        """`text` without the known secrets."""
        for spelling in self._spellings:
            if spelling in text:
                text = text.replace(spelling, HIDDEN)
        return self._short.sub(HIDDEN, text) if self._short else text

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers with secret values hidden; the scheme of an authorization stays, as it explains many a 401."""
        shown = {}
        for name, value in headers.items():
            text = str(value)
            if is_secret_header(name) or name.lower() in self._keys:
                scheme = _SCHEME.match(text)
                shown[name] = f"{scheme[1]} {HIDDEN}" if scheme else HIDDEN
            else:
                shown[name] = self.values(text)
        return shown

    def url(self, url: str) -> str:
        """The URL without credentials in front of the host, secret parameters and known secrets."""
        return self.text(url)

    def text(self, text: str) -> str:
        """A body or a message without what is secret in it, whatever its format; a body cut short is no problem."""
        if not text:
            return text
        text = self.values(text)
        if "@" in text and "://" in text:
            text = _USERINFO.sub(f"{HIDDEN}@", text)
        return hide_keyed(text, words=self._words, is_secret=self.is_secret, hidden=HIDDEN)


def _leaf(path: str) -> str:
    """The last name of a dotted and indexed path, in small letters: `cards[0].number` is `number`."""
    return re.sub(r"\[[^\]]*\]", "", path).rpartition(".")[2].strip().lower()


@lru_cache(maxsize=256)
def redactor(secrets: frozenset[str], secret_keys: frozenset[str]) -> Redactor:
    """The redactor for these secrets, kept: a process knows few sets of them and uses each for many rows."""
    return Redactor(secrets, secret_keys)
