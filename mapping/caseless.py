"""Texts by which a record is found whatever the case of their letters, such as e-mail addresses."""

from __future__ import annotations

from enum import StrEnum

TEXT_TYPES = frozenset({"char", "text"})
"""The types of fields that may be compared so."""


class Case(StrEnum):
    """The option `case` of a line."""

    IGNORE = "ignore"


class Caseless(str):
    """A text in lower case that stands for itself in any case.

    It is equal to that text, so whatever is keyed by it (claims, links, the answers of lookups) is one and the same
    for every spelling. Who asks Odoo for it has to ask without regard to case; it is never written anywhere.
    """

    __slots__ = ()


def caseless(value: object) -> object:
    """The text as a Caseless; what is no text stays what it is."""
    return Caseless(value.lower()) if isinstance(value, str) else value
