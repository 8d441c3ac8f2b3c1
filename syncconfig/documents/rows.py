"""Makes one stored row what a document says it is, and tells everything that is wrong with it, by its place."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Field, ForeignKey, Model
from django.utils.translation import gettext as _

from syncconfig.documents.outcome import Problem, SecretAsked
from syncconfig.documents.secret_refs import (
    MissingVariable,
    StoredSecret,
    Wanted,
    env_name,
    missing_message,
    wanted_secret,
)
from syncconfig.documents.sections import PARENT, Section
from syncconfig.documents.stored import token_of
from syncconfig.documents.values import value_in, value_out
from syncconfig.documents.writing import stored_secret
from syncconfig.documents.yaml_text import Path
from syncconfig.line_options import options_clean
from syncconfig.models import SyncConfigLine
from syncconfig.secrets import SecretUnreadable

MAX_SECRET_LENGTH: Final = 100_000


@dataclass(slots=True)
class Work:
    """What is gathered while a document is applied. `typed` are credentials entered by hand, by their place."""

    environ: Mapping[str, str]
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    secrets_asked: list[SecretAsked] = field(default_factory=list)
    operations: set[tuple[str, type[Model]]] = field(default_factory=set)
    scripts: list[Path] = field(default_factory=list)

    def refuse(self, path: Path, message: Any) -> None:
        """Note what is wrong."""
        self.problems.append(Problem(path, str(message)))

    def ask(self, path: Path, env: str, place: tuple[str, ...], column: Field[Any, Any]) -> None:
        """Note that a credential is needed."""
        if all(asked.path != path for asked in self.secrets_asked):
            self.secrets_asked.append(SecretAsked(path, env, f"{', '.join(place)}: {column.verbose_name}"))


def keys_check(work: Work, document: Any, known: list[str], path: Path) -> bool:
    """Whether this is a mapping with known keys only; what is not is refused."""
    if not isinstance(document, dict):
        work.refuse(path, _("Write a mapping here: name: value, a line for each."))
        return False
    for key in document:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = _("Do you mean %(name)s?") % {"name": near[0]} if near else ""
            work.refuse((*path, key), f"{_('There is nothing of this name.')} {hint}".strip())
    return True


def row_apply(
    work: Work,
    section: Section,
    row: Any,
    document: Mapping[str, Any],
    path: Path,
    place: tuple[str, ...],
    *,
    parent: Model | None = None,
    position: int | None = None,
    clears_secrets: bool = False,
) -> Any:
    """Set the columns, validate and save. Returns the row, which has no pk where a new one could not be saved.

    A row that is already as the document says is not saved, so that it makes no new revision. `place` are the names
    on the way to the row, by which its credentials are called.
    """
    is_new = row is None
    if is_new:
        row = section.model(**({PARENT: parent} if parent is not None else {}))
    elif parent is not None:
        setattr(row, PARENT, parent)
    before = len(work.problems)
    changed = _values_set(work, section, row, document, path, is_new=is_new)
    if position is not None and getattr(row, section.order_field) != position:
        setattr(row, section.order_field, position)
        changed.add(section.order_field)
    if parent is not None and section.is_list:
        place = (*place, section.row_name(row))
    secrets = _secrets_set(work, section, row, document, path, place, clears=clears_secrets)
    changed |= secrets
    skipped = {problem.path[len(path)] for problem in work.problems[before:] if len(problem.path) > len(path)}
    _validate(work, section, row, path, place, skipped={str(name) for name in skipped}, given=secrets, parent=parent)
    if len(work.problems) > before or (parent is not None and parent.pk is None):
        return row
    if is_new or changed:
        _save(work, row, path, is_new=is_new)
    return row


def _values_set(
    work: Work, section: Section, row: Any, document: Mapping[str, Any], path: Path, *, is_new: bool
) -> set[str]:
    """Take over what is no credential; returns the names of the columns that were changed."""
    changed: set[str] = set()
    # Where a column says whether another is a credential, it is set first.
    flags = {flag for _name, flag in section.secret_if}
    for column in sorted(section.fields, key=lambda each: each.name not in flags):
        if section.is_secret(column, row):
            continue
        try:
            wanted = column.get_default()
            if column.name in document:
                wanted = _read(column, document[column.name])
            if _is_other(column, row, wanted):
                setattr(row, column.attname, wanted)
                changed.add(column.name)
        except ValueError as error:
            work.refuse((*path, column.name), error)
    if isinstance(row, SyncConfigLine):
        _options_check(work, row, path)
    _scripts_note(work, section, row, changed, path, is_new=is_new)
    return changed


def _read(column: Field[Any, Any], given: Any) -> Any:
    value = value_in(column, given)
    if not isinstance(column, ForeignKey) or value is None:
        return value
    model: Any = column.related_model
    names = dict(model._default_manager.values_list("name", "pk"))
    if value not in names:
        known = ", ".join(sorted(names)) or "-"
        raise ValueError(
            _("There is no %(kind)s of the name %(name)s. There are: %(known)s.")
            % {"kind": model._meta.verbose_name, "name": value, "known": known}
        )
    return names[value]


def _is_other(column: Field[Any, Any], row: Any, wanted: Any) -> bool:
    stored = getattr(row, column.attname)
    if stored == wanted and type(stored) is type(wanted):
        return False
    # A text that differs in its ends only is the same text.
    return bool(value_out(column, stored) != value_out(column, wanted))


def _options_check(work: Work, line: SyncConfigLine, path: Path) -> None:
    cleaned, messages = options_clean(line.calculation, line.options)
    for name, message in messages.items():
        work.refuse((*path, "options", *((name,) if name else ())), message)
    # What is refused is not stored, and must not break the rules that read it.
    line.options = cleaned


def _scripts_note(work: Work, section: Section, row: Any, changed: set[str], path: Path, *, is_new: bool) -> None:
    for name in section.script_names:
        if name in changed and (str(getattr(row, name)).strip() or not is_new):
            work.scripts.append((*path, name))
    if isinstance(row, SyncConfigLine) and "calculation" in changed and row.calculation == "script":
        work.scripts.append((*path, "calculation"))


def _secrets_set(
    work: Work,
    section: Section,
    row: Any,
    document: Mapping[str, Any],
    path: Path,
    place: tuple[str, ...],
    *,
    clears: bool,
) -> set[str]:
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


def _validate(
    work: Work,
    section: Section,
    row: Any,
    path: Path,
    place: tuple[str, ...],
    *,
    skipped: set[str],
    given: set[str],
    parent: Model | None,
) -> None:
    """As the admin does, but for columns that are refused already and credentials that stay as they are."""
    kept = {name for name in section.secret_names if name not in given and row.pk and token_of(row, name)}
    hidden = {PARENT} if parent is not None and parent.pk is None else set()
    try:
        row.full_clean(exclude=skipped | kept | hidden)
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            if name in skipped:
                continue
            here = path if name == NON_FIELD_ERRORS else (*path, name)
            text = " ".join(messages)
            if name in section.secret_names and not getattr(row, name):
                env = env_name((*place, name))
                work.ask(here, env, place, row._meta.get_field(name))
                text = _("%(message)s Write {env: %(env)s} here, and set that variable.") % {
                    "message": text,
                    "env": env,
                }
            work.refuse(here, text)


def _save(work: Work, row: Any, path: Path, *, is_new: bool) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # two at a time: what was free when it was validated is taken now
        work.refuse(path, _("Another one like this was saved at the same moment. Try again."))
        return
    work.operations.add(("add" if is_new else "change", type(row)))
