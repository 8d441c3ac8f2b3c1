"""How a caller would use an In config: its address, and a command to copy."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from typing import Any

from mapping.paths import parse_path
from syncconfig.models import SyncConfig, SyncConfigLine

API_PATH = "/bj_api_sync/v1/"
SECRET = "$SECRET"  # noqa: S105 - a placeholder that the caller's shell fills


def endpoint_url(config: SyncConfig, *, site_url: str) -> str:
    """The full address of the endpoint; `site_url` has a scheme and a host."""
    return f"{site_url.rstrip('/')}{API_PATH}{config.endpoint}"


def example_payload(lines: Iterable[SyncConfigLine]) -> dict[str, Any]:
    """A body with every key that the active lines read, each with a word for its value."""
    body: dict[str, Any] = {}
    read = [line for line in lines if line.active and line.key and line.direction != "out"]
    keys = [line.key for line in read]
    for line in read:
        if any(key.startswith((f"{line.key}.", f"{line.key}[")) for key in keys):
            continue  # the object around others, which make it
        path = parse_path(line.key)
        value: Any = "..." if line.default is None else line.default
        for _spread in range(path.spreads):
            value = [value]
        try:
            path.write(body, value)
        except ValueError:
            continue  # another line reads the object around it as a whole
    return body


def curl_command(config: SyncConfig, lines: Iterable[SyncConfigLine], *, site_url: str) -> str:
    """A command that calls the endpoint with the first of its methods, preferring POST. It holds no secret."""
    url = endpoint_url(config, site_url=site_url)
    method = "POST" if config.method_post else next(iter(config.methods), "GET")
    parts = ["curl"]
    if method != "GET":
        parts.append(f"-X {method}")
    if config.auth_type == "basic":
        parts.append(f'-u {shlex.quote(config.auth_login)}:"{SECRET}"')
    elif config.auth_type == "bearer":
        parts.append(f'-H "Authorization: Bearer {SECRET}"')
    elif config.auth_type == "header":
        parts.append(f'-H "{config.auth_header}: {SECRET}"')
    if method in {"PUT", "DELETE"}:
        url += "/1"
    if method in {"POST", "PUT"}:
        parts.append("-H 'Content-Type: application/json'")
        parts.append(f"-d {shlex.quote(json.dumps(example_payload(lines), ensure_ascii=False))}")
    parts.append(shlex.quote(url))
    return " \\\n  ".join(parts)
