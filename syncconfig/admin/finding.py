"""The object that an address of the admin names, which may be anything that somebody typed."""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def row_at(rows: QuerySet[Row], object_id: Any) -> Row | None:
    """The row with this key; None where there is none, and where the text can be no key."""
    try:
        return rows.filter(pk=object_id).first()
    except (ValueError, OverflowError, ValidationError):
        return None
