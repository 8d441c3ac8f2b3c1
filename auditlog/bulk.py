"""Inserts many rows of one model at the cost of the statement, not of the objects.

Django's `bulk_create` takes longer to make its statement than the database to execute it, and the log and the
deliveries are inserted by the hundred thousand. Rows are tuples in the order of the named fields; every column
without a database default must be named, and no `save()`, default or `auto_now` of the model takes place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection, models

MAX_PARAMS: Final = 30_000
"""In one statement: PostgreSQL takes 65,535, SQLite 32,766."""


class Insert:
    """An insert into the table of `model`. `suffix` is SQL behind the values, such as ON CONFLICT."""

    def __init__(self, model: type[models.Model], names: Sequence[str], *, suffix: str = "") -> None:
        fields = [model._meta.get_field(name) for name in names]
        self._kinds = [field.get_internal_type() for field in fields]
        self._columns = ", ".join(f'"{field.column}"' for field in fields)  # type: ignore[union-attr]
        self._model = model
        self._row = f"({', '.join(['%s'] * len(fields))})"
        self._suffix = f" {suffix}" if suffix else ""
        self._per_statement = MAX_PARAMS // len(fields)

    def rows(self, rows: Iterable[Sequence[Any]]) -> None:
        """Insert them in their order, in one transaction if the caller has one. Raises as the database does."""
        ops = connection.ops
        # Most rows share their times and tokens, and each conversion costs as much as the insert of a value.
        moments: dict[Any, Any] = _Memory(ops.adapt_datetimefield_value)
        uuids: dict[Any, Any] = _Memory(uuid_value)
        converts: dict[str, Callable[[Any], Any]] = {
            "DateTimeField": moments.__getitem__,
            "UUIDField": uuids.__getitem__,
            "JSONField": lambda value: ops.adapt_json_value(value, None),
            # Members of TextChoices are texts to Django, but not to every driver.
            "CharField": str,
            "TextField": str,
        }
        columns = [
            column if convert is None else [None if value is None else convert(value) for value in column]
            for convert, column in zip(map(converts.get, self._kinds), zip(*rows, strict=True), strict=False)
        ]
        made = list(zip(*columns, strict=True))
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


def uuid_value(value: UUID) -> Any:
    """A UUID as the database's driver takes it."""
    return value if connection.features.has_native_uuid_field else value.hex


class _Memory(dict[Any, Any]):
    """Converts each value once."""

    def __init__(self, convert: Callable[[Any], Any]) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, key: Any) -> Any:
        value = self[key] = self._convert(key)
        return value
