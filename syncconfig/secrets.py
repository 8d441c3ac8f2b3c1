"""Credentials at rest: a text field whose column holds Fernet tokens.

Keys come from `SYNC_SECRET_KEYS`, the first encrypting and all decrypting, so that keys can be rotated. A token
that no key opens raises `SecretUnreadable` when it is read: it is never handed on as if it were the secret.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.functions import Cast

_CIPHER_NAME = "_token_of_{}"


class SecretUnreadable(Exception):
    """A stored credential cannot be decrypted with any key of `SYNC_SECRET_KEYS`."""


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured(
            "SYNC_SECRET_KEYS: each key must be 32 random bytes in URL-safe base64; `manage.py generate_key` makes one."
        ) from error


def _keys() -> MultiFernet:
    return _fernet(tuple(settings.SYNC_SECRET_KEYS))


def encrypt(text: str) -> str:
    """`text` as a token under the first key."""
    return _keys().encrypt(text.encode()).decode("ascii")


def decrypt(token: str) -> str:
    """The text of a token made by any of the keys; raises `SecretUnreadable`."""
    try:
        return _keys().decrypt(token.encode("ascii")).decode()
    except (InvalidToken, UnicodeEncodeError):
        raise SecretUnreadable(
            "A stored credential cannot be decrypted. Put the key that encrypted it back into SYNC_SECRET_KEYS, "
            "or enter the credential again."
        ) from None


def rotate(token: str) -> str:
    """The same secret under the first key."""
    try:
        return _keys().rotate(token.encode("ascii")).decode("ascii")
    except InvalidToken:
        decrypt(token)  # raises the readable error
        raise


class EncryptedTextField(models.TextField):
    """Text that is encrypted in the database and plain in Python. Empty stays empty. Cannot be searched."""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        return decrypt(value) if value else value

    def get_prep_value(self, value: Any) -> str | None:
        text = super().get_prep_value(value)
        return encrypt(text) if text else text

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name in {"isnull"}:
            return super().get_lookup(lookup_name)
        raise TypeError(f"{self.name} is encrypted and cannot be searched with {lookup_name!r}.")


def with_tokens(queryset: models.QuerySet[Any], name: str) -> models.QuerySet[Any]:
    """The rows without the credential in the field `name`, but with its token, in one query however many there are.

    A row that came so answers `secret_is_stored` and `secret_is_readable` without asking the database for itself.
    """
    return queryset.defer(name).annotate(**{_CIPHER_NAME.format(name): Cast(name, models.TextField())})


def secret_is_stored(instance: models.Model, name: str) -> bool:
    """Whether the row has a credential in the field `name`, readable or not."""
    token = instance.__dict__.get(_CIPHER_NAME.format(name))
    if token is not None:
        return bool(token)
    try:
        return bool(getattr(instance, name))
    except SecretUnreadable:
        return True


def secret_is_readable(instance: models.Model, name: str) -> bool:
    """Whether a key opens the credential in the field `name`; also where there is none."""
    token = instance.__dict__.get(_CIPHER_NAME.format(name))
    try:
        if token is None:
            getattr(instance, name)
        elif token:
            decrypt(token)
    except SecretUnreadable:
        return False
    return True
