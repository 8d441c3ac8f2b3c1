"""Tells two states of a connection or config apart: line by line for a terminal, field by field for staff."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import BooleanField, Field
from django.utils.translation import gettext as _

from syncconfig.documents.outcome import ObjectChange
from syncconfig.documents.secret_refs import STORED, UNREADABLE, is_mark
from syncconfig.documents.sections import CONFIGS, CONNECTIONS, Section, sections
from syncconfig.documents.yaml_text import Flow, dump_yaml

Document = Mapping[str, Any]
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One column before and after, as texts; `diff` takes their place where there are several lines."""

    label: str
    before: str
    after: str
    diff: str = ""


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row: the config itself, or one that belongs to it. `effect` is added, removed or changed."""

    title: str
    effect: str
    fields: tuple[FieldChange, ...]


def text_diff(change: ObjectChange) -> str:
    """The unified diff of the two documents, as they are in a file."""
    return unified(_text(change.before), _text(change.after), context=3)


def unified(before: str, after: str, *, context: int = 2) -> str:
    """The lines that differ, with a few around them; empty where none does."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=context)
    return "\n".join(list(lines)[2:])  # without the names of files


def _text(document: Document | None) -> str:
    return "" if document is None else dump_yaml(_arranged(document))


def _arranged(document: Document) -> Any:
    """In the steady order, which the database may not have kept, and with marks in words."""
    section = CONFIGS if "request_type" in document else CONNECTIONS
    found = _row(section, document)
    if section is CONFIGS:
        for part in sections():
            if isinstance(given := document.get(part.name), list):
                found[part.name] = [_row(part, each) for each in given]
            elif given:
                found[part.name] = _row(part, given)
    return found


def _row(section: Section, document: Document) -> dict[str, Any]:
    names = [field.name for field in section.fields if field.name in document]
    return {name: _worded(document[name]) for name in names}


def _worded(value: Any) -> Any:
    return Flow(secret=value[STORED]) if is_mark(value) else value


def document_changes(before: Document | None, after: Document | None) -> list[RowChange]:
    """What is different, row by row; one that is not in either state is as one without rows."""
    old, new = before or {}, after or {}
    found = []
    if own := _fields_changed(CONFIGS, old, new):
        found.append(RowChange("", "changed" if before and after else "added" if after else "removed", own))
    for section in sections():
        found += _section_changes(section, old, new)
    return found


def _section_changes(section: Section, old: Document, new: Document) -> list[RowChange]:
    title = _capital(section.model._meta.verbose_name)
    before, after = old.get(section.name), new.get(section.name)
    if section.is_list:
        return _list_changes(section, before or [], after or [], title)
    changed = _fields_changed(section, before or {}, after or {})
    return [RowChange(title, "changed", changed)] if changed else []


def _list_changes(section: Section, old: list[Document], new: list[Document], title: str) -> list[RowChange]:
    pairs, removed = _paired(section, old, new)
    found = []
    for row, was in pairs:
        changed = _fields_changed(section, was or {}, row)
        if was is None:
            found.append(RowChange(f"{title}: {_name(section, row)}", "added", changed))
        elif changed:
            found.append(RowChange(f"{title}: {_name(section, row)}", "changed", changed))
    found += [
        RowChange(f"{title}: {_name(section, row)}", "removed", _fields_changed(section, row, {})) for row in removed
    ]
    places = [next(place for place, row in enumerate(old) if row is was) for _row, was in pairs if was is not None]
    if section.order_field and places != sorted(places):
        found.append(RowChange(title, "changed", (_order_change(section, old, new),)))
    return found


def _order_change(section: Section, old: list[Document], new: list[Document]) -> FieldChange:
    before, after = ("\n".join(_name(section, row) for row in rows) for rows in (old, new))
    return FieldChange(_("Order"), before, after, unified(before, after))


def _paired(
    section: Section, old: list[Document], new: list[Document]
) -> tuple[list[tuple[Document, Document | None]], list[Document]]:
    """Each new row with the old one that it was, and the old ones that are gone; by the section's identity."""
    left = list(old)
    meant: list[Document | None] = [None] * len(new)
    for index, row in enumerate(new):
        same = next((was for was in left if was == row), None)
        if same is not None:
            meant[index] = same
            left = [was for was in left if was is not same]
    for names in section.identity:
        for index, row in enumerate(new):
            if meant[index] is None:
                key = [row.get(name) for name in names]
                match = next((was for was in left if [was.get(name) for name in names] == key), None)
                if match is not None:
                    meant[index] = match
                    left = [was for was in left if was is not match]
    return list(zip(new, meant, strict=True)), left


def _name(section: Section, row: Document) -> str:
    if section.name == "lines":
        return f"{row.get('field', '-')} ↔ {row.get('key', '-')}"
    return " ".join(str(row[name]) for name in section.identity[0] if row.get(name)) or "-"


def _fields_changed(section: Section, old: Document, new: Document) -> tuple[FieldChange, ...]:
    found = []
    for field in section.fields:
        before, after = old.get(field.name, _ABSENT), new.get(field.name, _ABSENT)
        if before != after:
            found.append(_change(field, before, after))
    return tuple(found)


def _change(field: Field[Any, Any], before: Any, after: Any) -> FieldChange:
    texts = [_shown(field, value) for value in (before, after)]
    diff = unified(*texts) if any("\n" in text.strip() for text in texts) else ""
    if is_mark(before) and is_mark(after):
        texts = [_("Stored"), _("Stored, another one")]
    return FieldChange(_capital(field.verbose_name), texts[0], texts[1], diff)


def _capital(name: Any) -> str:
    text = str(name)
    return text[:1].upper() + text[1:]


def _shown(field: Field[Any, Any], value: Any) -> str:
    if value is _ABSENT:
        value = None if field.name == "name" else field.get_default()
    if is_mark(value):
        return _("Cannot be decrypted") if value[STORED] == UNREADABLE else _("Stored")
    if value is None or value == "":
        return "-"
    if isinstance(field, BooleanField):
        return _("On") if value else _("Off")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, str):
        return value
    return str(json.dumps(value, ensure_ascii=False))


def summary(changes: list[RowChange]) -> str:
    """The changes in a line: which fields of the config, and which of the rows that belong to it."""
    parts: list[str] = []
    for change in changes:
        if not change.title:
            parts += [field.label for field in change.fields]
        else:
            word = {"added": _("added"), "removed": _("removed"), "changed": _("changed")}[change.effect]
            parts.append(f"{change.title} {word}")
    more = len(parts) - 6
    return "; ".join(parts[:6]) + (f" … +{more}" if more > 0 else "")
