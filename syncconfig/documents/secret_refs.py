"""Credentials in documents: named, never written.

A file says where a credential comes from, `{env: SYNC_SECRET_FOR_...}`; the history keeps only a mark by which one
sees that it was changed. The prefix keeps a document from reaching for anything else in the environment of the
process: the keys that encrypt credentials, say, or the address of the database.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from syncconfig.documents.yaml_text import Flow
from syncconfig.secrets import SecretUnreadable, decrypt

PREFIX: Final = "SYNC_SECRET_FOR_"
CONNECTIONS_PREFIX: Final = f"{PREFIX}CONNECTIONS_"
"""Only a connection may name these: who may change configs may not choose where the key of an Odoo is sent."""
_NAME: Final = re.compile(PREFIX + r"[A-Z0-9_]{1,200}")
_CONNECTIONS: Final = "connections"
KEEP: Final = "keep"
STORED: Final = "stored"
UNREADABLE: Final = "unreadable"


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A credential where it is stored: the names on the way to it, and its token or, for JSON columns, its value."""

    place: tuple[str, ...]
    token: str = ""
    plain: Any = None

    def read(self) -> str:
        """The credential. Raises SecretUnreadable."""
        return decrypt(self.token) if self.token else json.dumps(self.plain, ensure_ascii=False)


Writes = Callable[[StoredSecret], Any]
"""What a document has in place of a stored credential."""


class EnvReferences:
    """Writes `{env: NAME, missing: keep}`; each place has a name of its own, the same in every export."""

    def __init__(self) -> None:
        self.names: dict[str, tuple[str, ...]] = {}

    def __call__(self, secret: StoredSecret) -> Flow:
        return Flow(env=self.name(secret.place), missing=KEEP)

    def name(self, place: tuple[str, ...]) -> str:
        """The variable for the place."""
        name = env_name(place)
        if self.names.setdefault(name, place) != place:
            name = f"{name}_{_digest(place)}"
            self.names[name] = place
        return name


def env_name(place: tuple[str, ...]) -> str:
    """A readable name of a variable: Catalogue out, auth_secret is SYNC_SECRET_FOR_CATALOGUE_OUT_AUTH_SECRET."""
    text = " ".join(place)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = "_".join(re.findall(r"[A-Za-z0-9]+", plain)).upper()[:150]
    # Names in another script leave little or nothing: the digest tells them apart.
    if place[0] != _CONNECTIONS and f"{PREFIX}{words}_".startswith(CONNECTIONS_PREFIX):
        words = f"CONFIG_{words}"
    is_lossy = any(unicodedata.category(sign)[0] in "LN" and not _has_ascii(sign) for sign in text)
    return f"{PREFIX}{words}_{_digest(place)}" if is_lossy or not words else PREFIX + words


def _has_ascii(sign: str) -> bool:
    return bool(unicodedata.normalize("NFKD", sign).encode("ascii", "ignore"))


def _digest(place: tuple[str, ...]) -> str:
    return f"{zlib.crc32('|'.join(place).encode()):08X}"


def mark(secret: StoredSecret) -> dict[str, str]:
    """Writes a keyed mark: it changes with the credential, and tells nothing of it to who has not SECRET_KEY."""
    try:
        value = secret.read()
    except SecretUnreadable:
        return {STORED: UNREADABLE}
    return {STORED: salted_hmac(f"syncconfig.mark.{secret.place[-1]}", value, algorithm="sha256").hexdigest()[:8]}


def is_mark(value: Any) -> bool:
    """Whether the value stands for a credential in a kept document."""
    return isinstance(value, dict) and set(value) == {STORED}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a document says of a credential: `value` to store, "" to have none, None to keep what is stored.

    `is_missing` says that the variable named `env` is not set; then None is right only where something is stored.
    """

    value: str | None = None
    env: str = ""
    is_missing: bool = False


def wanted_secret(given: Any, *, place: tuple[str, ...], environ: Mapping[str, str] = os.environ) -> Wanted:
    """Read the reference at `place`. Raises ValueError, for a human."""
    if given is None:
        return Wanted("")
    if isinstance(given, Copied):
        return Wanted(given.value)
    if not isinstance(given, dict) or "env" not in given or not set(given) <= {"env", "missing"}:
        raise ValueError(
            _("A secret is not written into a document. Name a variable of the environment, {env: %(prefix)s...}, or "
              "leave it out to keep what is stored.") % {"prefix": PREFIX}
        )  # fmt: skip
    name, otherwise = given["env"], given.get("missing", "")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(
            _("The variable's name begins with %(prefix)s and has capital letters, digits and _ only.")
            % {"prefix": PREFIX}
        )
    if name.startswith(CONNECTIONS_PREFIX) and place[0] != _CONNECTIONS:
        raise ValueError(
            _("Variables of the name %(prefix)s... are for Odoo connections.") % {"prefix": CONNECTIONS_PREFIX}
        )
    if otherwise not in ("", KEEP):
        raise ValueError(_("missing: takes keep only, which keeps what is stored."))
    if value := environ.get(name):
        return Wanted(value, env=name)
    if otherwise == KEEP:
        return Wanted(None, env=name, is_missing=True)
    raise MissingVariable(name)


class MissingVariable(ValueError):
    """A variable that a document names is not set."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(missing_message(name))


def missing_message(name: str) -> str:
    """What to do about it."""
    return _("The environment variable %(name)s is not set. Set it for this process, e.g. in .env.") % {"name": name}


@dataclass(frozen=True, slots=True)
class Copied:
    """A credential on its way from one row to another within this database; no text can hold it."""

    value: str

    def __repr__(self) -> str:
        return "Copied(***)"


def copied(secret: StoredSecret) -> Copied:
    """Writes the credential itself, for a duplicate. Raises SecretUnreadable."""
    return Copied(secret.read())
