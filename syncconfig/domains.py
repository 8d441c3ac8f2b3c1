"""Does a config's filter domain fit the fields of its model?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from clients.odoo.domain import DomainError, check_domain, parse_domain
from syncconfig.fit import KnownFields


def domain_paths(text: str) -> list[str]:
    """The dotted fields that the domain's conditions compare; empty where it does not parse, which its field says."""
    try:
        return list(_paths(_parsed(text), ""))
    except DomainError:
        return []


def _paths(domain: Sequence[Any], prefix: str) -> Iterator[str]:
    for item in domain:
        if isinstance(item, str) or not isinstance(item[0], str):
            continue
        path, operator, value = item
        yield prefix + path
        if operator in ("any", "not any"):
            yield from _paths(value, f"{prefix}{path}.")


def domain_message(text: str, model: str, known: KnownFields) -> str:
    """Why the domain makes no sense for the model; empty where it does, or where too little is known to say."""
    if model not in known:
        return ""
    try:
        check_domain(_parsed(text), known[model], related=known.get)
    except DomainError as error:
        return str(error)
    return ""


def _parsed(text: str) -> list[Any]:
    return parse_domain(text or "[]", now=datetime.now(UTC), uid=1)
