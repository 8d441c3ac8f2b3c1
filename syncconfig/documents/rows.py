"""Makes one stored row what a document says it is, and tells everything that is wrong with it, by its place."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Field, ForeignKey, Model
from django.utils.translation import gettext as _

from syncconfig.documents.row_secrets import secrets_set
from syncconfig.documents.secret_refs import env_name
from syncconfig.documents.sections import PARENT, Section
from syncconfig.documents.stored import token_of
from syncconfig.documents.values import value_in, value_out
from syncconfig.documents.work import Work
from syncconfig.documents.yaml_text import Path
from syncconfig.line_options import options_clean
from syncconfig.models import SyncConfigLine


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
    secrets = secrets_set(work, section, row, document, path, place, clears=clears_secrets)
    changed |= secrets
    skipped = {str(problem.path[len(path)]) for problem in work.problems[before:] if len(problem.path) > len(path)}
    waits = {column.name for column in section.fields if _is_waiting(work, column, document.get(column.name))}
    _validate(
        work, section, row, path, place, skipped=skipped | waits, given=secrets, parent=parent, is_whole=not waits
    )
    if len(work.problems) > before or waits or (parent is not None and parent.pk is None):
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
        if _is_waiting(work, column, document.get(column.name)):
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


def _is_waiting(work: Work, column: Field[Any, Any], given: Any) -> bool:
    return isinstance(given, str) and (column.related_model, given.strip()) in work.waiting


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
    is_whole: bool,
) -> None:
    """As the admin does, but for columns that are refused already and credentials that stay as they are. One that is
    not `is_whole` refers to what could not be made yet: what its columns have to do with each other is asked then."""
    kept = {name for name in section.secret_names if name not in given and row.pk and token_of(row, name)}
    hidden = {PARENT} if parent is not None and parent.pk is None else set()
    try:
        clean = row.full_clean if is_whole else row.clean_fields
        clean(exclude=skipped | kept | hidden)
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
