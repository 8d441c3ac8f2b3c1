"""Reads the answer 207 (Multi-Status) to a batch: which of its records were refused, and why. Pure.

207 says that the parts fared differently, so to take it for a success would lose what was refused. Understood is a
list with one result per record in their order, bare or under one key; a result is a refusal when it holds an
`error` or `errors`, a `status` or `code` of 400 or more, a status such as "error" or "failed", or `success` false.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

REFUSALS: Final = frozenset({"error", "errors", "failed", "failure", "rejected", "invalid"})
MAX_TEXT: Final = 500


def refusals(answer: object, *, count: int) -> dict[int, str] | None:
    """Reason by position of the refused records; None where the answer is not such a list of `count` results."""
    results = answer if isinstance(answer, list) else _only_list(answer, count)
    if results is None or len(results) != count:
        return None
    return {position: reason for position, each in enumerate(results) if (reason := _reason(each)) is not None}


def _only_list(answer: object, count: int) -> list[Any] | None:
    if not isinstance(answer, Mapping):
        return None
    lists = [value for value in answer.values() if isinstance(value, list) and len(value) == count]
    return lists[0] if len(lists) == 1 else None


def _reason(result: object) -> str | None:
    if not isinstance(result, Mapping):
        return None
    told = result.get("error") or result.get("errors")
    if told:
        return _text(told)
    for name in ("status", "code"):
        value = result.get(name)
        refused = isinstance(value, int) and not isinstance(value, bool) and value >= 400
        if refused or (isinstance(value, str) and value.lower() in REFUSALS):
            return _text(result.get("message") or f"{name} {value}")
    if result.get("success") is False:
        return _text(result.get("message") or "success is false")
    return None


def _text(value: object) -> str:
    if isinstance(value, Mapping) and isinstance(value.get("message"), str):
        value = value["message"]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[:MAX_TEXT]
