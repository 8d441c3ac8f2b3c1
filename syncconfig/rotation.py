"""Brings every stored credential under the first key of SYNC_SECRET_KEYS."""

from __future__ import annotations

from django.apps import apps
from django.db import connection, models, transaction

from syncconfig.secrets import EncryptedTextField, SecretUnreadable, rotate


def encrypted_columns() -> list[tuple[type[models.Model], EncryptedTextField]]:
    """Every encrypted field of every model."""
    return [
        (model, field)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField)
    ]


def secrets_rotate() -> dict[str, int]:
    """Encrypt everything anew, in one transaction; returns the number of credentials by column.

    Raises SecretUnreadable, naming table, column and row, and changes nothing, where one cannot be decrypted.
    """
    counts: dict[str, int] = {}
    quote = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        for model, field in encrypted_columns():
            table, column, pk = quote(model._meta.db_table), quote(str(field.column)), quote(str(model._meta.pk.column))
            # Around the field: its own way of reading would decrypt, and its own way of writing encrypt twice.
            cursor.execute(f"SELECT {pk}, {column} FROM {table} WHERE {column} <> ''")  # noqa: S608 - quoted names
            rows = cursor.fetchall()
            for key, token in rows:
                try:
                    fresh = rotate(token)
                except SecretUnreadable as error:
                    raise SecretUnreadable(
                        f"{model._meta.verbose_name} {key}, {field.verbose_name}: {error} Nothing was changed."
                    ) from None
                cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {pk} = %s", [fresh, key])  # noqa: S608
            counts[f"{model._meta.label}.{field.name}"] = len(rows)
    return counts
