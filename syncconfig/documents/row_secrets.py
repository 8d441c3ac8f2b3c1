"""Sets the credentials of a row: from the environment, from what was entered by hand, or not at all: they stay."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Field
from django.utils.translation import gettext as _

from syncconfig.documents.outcome import SecretAsked
from syncconfig.documents.secret_refs import MissingVariable, StoredSecret, Wanted, missing_message, wanted_secret
from syncconfig.documents.sections import Section
from syncconfig.documents.work import Work
from syncconfig.documents.writing import stored_secret
from syncconfig.documents.yaml_text import Path
from syncconfig.secrets import SecretUnreadable

MAX_SECRET_LENGTH: Final = 100_000


def secrets_set(
    work: Work,
    section: Section,
    row: Any,
    document: Mapping[str, Any],
    path: Path,
    place: tuple[str, ...],
    *,
    clears: bool,
) -> set[str]:
    """Store what the document, or a person, gives; returns the names of the columns that were changed. `clears` says
    that what is not named goes, in place of being kept."""
    changed: set[str] = set()
    for column in section.fields:
        if not section.is_secret(column, row):
            continue
        here = (*path, column.name)
        stored = stored_secret(section, row, column.name, (*place, column.name)) if row.pk else None
        wanted = _wanted(work, column, document, here, place, has_stored=stored is not None, clears=clears)
        if wanted is None or wanted.value is None or not _is_new_secret(stored, wanted.value):
            continue
        if len(wanted.value) > MAX_SECRET_LENGTH:
            work.refuse(here, _("This is longer than any secret."))
            continue
        is_encrypted = column.name in section.secret_names
        setattr(row, column.name, wanted.value if is_encrypted else _plain(wanted.value))
        changed.add(column.name)
    return changed


def _wanted(
    work: Work,
    column: Field[Any, Any],
    document: Mapping[str, Any],
    path: Path,
    place: tuple[str, ...],
    *,
    has_stored: bool,
    clears: bool,
) -> Wanted | None:
    typed = work.typed.get(SecretAsked(path, "").place)
    try:
        wanted = None
        if column.name in document:
            wanted = wanted_secret(document[column.name], place=place, environ=work.environ)
    except MissingVariable as error:
        if typed:
            return Wanted(typed)
        work.ask(path, error.name, place, column)
        work.refuse(path, error)
        return None
    except ValueError as error:
        work.refuse(path, error)
        return None
    if wanted is None:
        return Wanted("") if clears else Wanted(typed) if typed and not has_stored else None
    if wanted.is_missing and not has_stored:
        if typed:
            return Wanted(typed)
        work.ask(path, wanted.env, place, column)
        work.refuse(path, missing_message(wanted.env))
        return None
    return wanted


def _is_new_secret(stored: StoredSecret | None, value: str) -> bool:
    if stored is None:
        return value != ""
    try:
        return stored.read() != value
    except SecretUnreadable:
        return True


def _plain(text: str) -> Any:
    """A credential for a JSON column: JSON, or else the text as it is."""
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text
