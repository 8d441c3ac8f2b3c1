"""Inserts many rows of one model at the cost of the statement, not of the objects.

Django's `bulk_create` takes longer to make its statement than the database to execute it, and the log and the
deliveries are inserted by the hundred thousand. Rows are tuples in the order of the named fields; every column
without a database default must be named, and no `save()`, default or `auto_now` of the model takes place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, models

MAX_PARAMS: Final = 30_000
"""In one statement: PostgreSQL takes 65,535, SQLite 32,766."""

Convert = Callable[[Any], Any]


class Insert:
    """An insert into the table of `model`. `suffix` is SQL behind the values, such as ON CONFLICT."""

    def __init__(self, model: type[models.Model], names: Sequence[str], *, suffix: str = "") -> None:
        fields = [model._meta.get_field(name) for name in names]
        self._kinds = [field.get_internal_type() for field in fields]  # type: ignore[union-attr]
        self._columns = ", ".join(f'"{field.column}"' for field in fields)
        self._model = model
        self._row = f"({', '.join(['%s'] * len(fields))})"
        self._suffix = f" {suffix}" if suffix else ""
        self._per_statement = MAX_PARAMS // len(fields)

    def rows(self, rows: Iterable[Sequence[Any]]) -> None:
        """Insert them in their order, in one transaction if the caller has one. Raises as the database does."""
        converts = [_CONVERTS.get(kind) for kind in self._kinds]
        made = [
            [
                value if convert is None or value is None else convert(value)
                for convert, value in zip(converts, row, strict=True)
            ]
            for row in rows
        ]
        if not made:
            return
        head = f'INSERT INTO "{self._model._meta.db_table}" ({self._columns}) VALUES '  # noqa: S608 - our own names
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.executemany(head + self._row + self._suffix, made)
                return
            for start in range(0, len(made), self._per_statement):
                part = made[start : start + self._per_statement]
                values = ", ".join([self._row] * len(part))
                cursor.execute(head + values + self._suffix, [value for row in part for value in row])


def moment(value: datetime) -> Any:
    """A time as the database's driver takes it."""
    return connection.ops.adapt_datetimefield_value(value)


def uuid_value(value: UUID) -> Any:
    """A UUID as the database's driver takes it."""
    return value if connection.features.has_native_uuid_field else value.hex


def _json(value: Any) -> Any:
    return connection.ops.adapt_json_value(value, None)


_CONVERTS: Final[dict[str, Convert]] = {
    "DateTimeField": moment,
    "UUIDField": uuid_value,
    "JSONField": _json,
    # Members of TextChoices are texts to Django, but not to every driver.
    "CharField": str,
    "TextField": str,
}
