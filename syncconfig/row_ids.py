"""Ids of rows as addresses, forms and searches write them."""

from __future__ import annotations


def row_id(text: str) -> int | None:
    """The id; None for what is none, so that nothing else reaches `int` or the database: ², say, or a number longer
    than any column takes. No row has the id 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
