"""Stored headers and bodies as staff read them. Plain text comes out; escaping is the template's."""

from __future__ import annotations

import json
from collections.abc import Mapping


def pretty_body(text: str) -> str:
    """JSON indented, everything else as it is; also JSON that was cut short stays as it is."""
    stripped = text.strip()
    if stripped[:1] not in {"{", "["}:
        return text
    try:
        return json.dumps(json.loads(stripped), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def pretty_headers(headers: Mapping[str, str]) -> str:
    """One header a line."""
    return "\n".join(f"{name}: {value}" for name, value in headers.items())
