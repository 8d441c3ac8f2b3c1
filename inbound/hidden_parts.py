"""What the log hides of a request's body, and which of it the config reads.

Shops send much that no line reads: Shopify puts `token`, `cart_token` and a card number into every order. Where only
such parts are hidden, what is processed is the request all the same; where a line or a script may read one, it is not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from auditlog.redaction import HIDDEN
from inbound.body import parse_body
from inbound.errors import ApiError
from mapping.paths import PathError, parse_path
from syncconfig.models import SyncConfig


def hidden_keys(body: str) -> list[str]:
    """The keys under which something is hidden, dotted and without indexes, each once; empty where the body is no
    JSON, or hides more than its values."""
    try:
        found = list(_hidden(parse_body(body.encode(), "application/json")))
    except ApiError:
        return []
    if sum(value.count(HIDDEN) for _, value in found) != body.count(HIDDEN):
        return []
    return list(dict.fromkeys(key for key, _ in found))


def keys_read(keys: Iterable[str], config: SyncConfig) -> list[str]:
    """Those of `keys` that a line, an option or a script of the way in may read. In doubt it does: a script needs only
    to name the last part of the key."""
    lines = config.lines.filter(active=True).exclude(direction="out")
    paths: list[str] = []
    texts = [config.before_script, config.after_script]
    for line in lines:
        paths.append(line.key)
        texts += [json.dumps(line.options), line.script]
    return [key for key in keys if any(_reads(path, key) for path in paths) or _is_named(key, texts)]


def _hidden(payload: Any) -> Iterator[tuple[str, str]]:
    stack: list[tuple[str, Any]] = [("", payload)]
    while stack:
        key, value = stack.pop()
        if isinstance(value, dict):
            stack += [(f"{key}.{name}" if key else name, inner) for name, inner in value.items()]
        elif isinstance(value, list):
            stack += [(key, inner) for inner in value]
        elif isinstance(value, str) and HIDDEN in value:
            yield key, value


def _reads(path: str, key: str) -> bool:
    """Whether a line with this path reads the value under `key`, or an object that it is in. A list of sub-lines reads
    by theirs. Around a record there may be more, as in `records` and `operations`, so it may begin anywhere."""
    try:
        segments = parse_path(path).segments
    except PathError:
        return bool(path)
    names = ".".join(name for name in segments if isinstance(name, str))
    if path.endswith("[]"):
        return key == names or key.endswith(f".{names}")
    return bool(names) and f".{names}." in f".{key}."


def _is_named(key: str, texts: Iterable[str]) -> bool:
    last = re.compile(rf"(?<!\w){re.escape(key.rpartition('.')[2])}(?!\w)")
    return any(last.search(text) for text in texts)
