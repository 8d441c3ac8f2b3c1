"""An exchange of the log as a command to copy. What was redacted becomes a variable of the shell: no secret is in the
log, so none can be in the command."""

from __future__ import annotations

import re
import shlex
from typing import Final

from auditlog.bodies import is_whole
from auditlog.models import ApiLog, Direction
from auditlog.redaction import HIDDEN

# What curl says by itself, and what belongs to one connection or one answer.
_OWN: Final = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "transfer-encoding", "user-agent", "accept",
     "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "if-none-match", "cookie"}
)  # fmt: skip
_NOT_WORD: Final = re.compile(r"[^A-Z0-9]+")


def curl_of(entry: ApiLog, *, site_url: str) -> str:
    """The command; `site_url` stands in front of the addresses that others call here."""
    url = entry.url
    if entry.direction == Direction.IN and url.startswith("/"):
        url = site_url.rstrip("/") + url
    parts = ["curl"] if entry.method == "GET" else [f"curl -X {shlex.quote(entry.method)}"]
    for name, value in entry.request_headers.items():
        if name.lower() not in _OWN:
            variable = "TOKEN" if name.lower() == "authorization" else _variable(name)
            parts.append(f"-H {_quoted(f'{name}: {value}', variable)}")
    if entry.request_body:
        parts.append(f"--data-binary {_quoted(entry.request_body, 'SECRET')}")
    parts.append(_quoted(url, "SECRET"))
    command = " \\\n  ".join(parts)
    if not is_whole(entry.request_body):
        command = f"# The log kept only a part of this body.\n{command}"
    return command


def _variable(name: str) -> str:
    return _NOT_WORD.sub("_", name.upper()).strip("_") or "SECRET"


def _quoted(text: str, variable: str) -> str:
    """For the shell, with the variable in double quotes wherever something is hidden."""
    pieces = text.split(HIDDEN)
    if len(pieces) == 1:
        return shlex.quote(text)
    return f'"${{{variable}}}"'.join(shlex.quote(piece) if piece else "" for piece in pieces)
