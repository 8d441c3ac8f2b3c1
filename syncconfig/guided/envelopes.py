"""A sample whose record stands under a key of its own, as in the documentation of many systems: {"order": {...}}.

A template's keys begin where the record does. Whether callers will send the envelope, only the sample can tell, so its
keys are proposed with it; the mapping step shows them before anything is made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from mapping.paths import root_of

_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_PLACE: Final = re.compile(r"(?<!\{)\{(?=[A-Za-z_])")


def envelope_of(sample: object, lines: tuple[Mapping[str, Any], ...]) -> str:
    """The only key of the sample, where an object stands under it and no line of the template reads it; or empty."""
    if not isinstance(sample, dict) or len(sample) != 1:
        return ""
    ((key, value),) = sample.items()
    roots = {root_of(str(line["key"])) for line in lines if line.get("key")}
    return key if isinstance(value, dict) and _NAME.fullmatch(key) and key not in roots else ""


def line_within(line: Mapping[str, Any], envelope: str) -> dict[str, Any]:
    """The template's line for records in this envelope."""
    changed = dict(line)
    if changed.get("key"):
        changed["key"] = f"{envelope}.{changed['key']}"
    options = changed.get("options") or {}
    if "template" in options:
        changed["options"] = {**options, "template": _PLACE.sub(f"{{{envelope}.", options["template"])}
    return changed
