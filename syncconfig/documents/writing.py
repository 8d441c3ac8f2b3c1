"""From rows to documents: everything that staff configured, in a steady order, defaults left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db.models import ForeignKey, Model

from syncconfig.documents.secret_refs import EnvReferences, StoredSecret, Writes, mark
from syncconfig.documents.sections import CONFIGS, CONNECTIONS, Section, sections
from syncconfig.documents.stored import RelatedNames, by_config, rows, token_of
from syncconfig.documents.values import value_out
from syncconfig.documents.yaml_text import dump_yaml
from syncconfig.kinds import KIND_OPTIONS
from syncconfig.models import SyncConfig, SyncConfigLine

VERSION: Final = 1
"""Grows when the meaning of a document changes, the default of a column that is left out included."""


def export_text(*, config_ids: Sequence[int], connection_ids: Sequence[int] = ()) -> str:
    """The configs and connections as YAML, with references in place of credentials."""
    references = EnvReferences()
    document: dict[str, Any] = {"version": VERSION}
    if connections := connection_documents(connection_ids, references):
        document["connections"] = connections
    if configs := config_documents(config_ids, references):
        document["configs"] = configs
    return _heading(references) + dump_yaml(document)


def _heading(references: EnvReferences) -> str:
    """Which variables the file asks for. In English: a file is read by people of several languages, and compared."""
    lines = ["# Configuration of the sync hub. What is left out has its default."]
    if references.names:
        lines.append("# Secrets are read from the environment; where a variable is missing, what is stored is kept:")
        lines += [f"#   {name}" for name in sorted(references.names)]
    return "\n".join(lines) + "\n"


def connection_documents(ids: Sequence[int], writes: Writes) -> list[dict[str, Any]]:
    """The connections by name."""
    found = rows(CONNECTIONS, pk__in=ids).order_by("name")
    return [row_document(CONNECTIONS, row, writes, RelatedNames(), (CONNECTIONS.name, row.name)) for row in found]


def config_documents(ids: Sequence[int], writes: Writes) -> list[dict[str, Any]]:
    """The configs by name, each with all that belongs to it."""
    found = list(rows(CONFIGS, pk__in=ids).order_by("name"))
    parts = {section.name: by_config(section, [row.pk for row in found]) for section in sections()}
    names = RelatedNames()
    return [_config_document(row, parts, writes, names) for row in found]


def config_document(config_id: int, writes: Writes = mark) -> dict[str, Any] | None:
    """One config, or None where there is none. With marks in place of credentials, as the history keeps it."""
    found = config_documents([config_id], writes)
    return found[0] if found else None


def _config_document(row: Any, parts: dict[str, dict[int, list[Any]]], writes: Writes, names: RelatedNames) -> Any:
    document = row_document(CONFIGS, row, writes, names, (row.name,))
    for section in sections():
        documents = []
        for part in parts[section.name][row.pk]:
            place = tuple(word for word in (row.name, section.name, section.row_name(part)) if word)
            documents.append(row_document(section, part, writes, names, place))
        if documents and section.is_list:
            document[section.name] = documents
        elif documents and documents[0]:
            document[section.name] = documents[0]
    return document


def row_document(
    section: Section, row: Model, writes: Writes, names: RelatedNames, place: tuple[str, ...]
) -> dict[str, Any]:
    """The columns of one row. `place` are the names on the way to it."""
    document: dict[str, Any] = {}
    for field in section.fields:
        if section.is_secret(field, row):
            if secret := stored_secret(section, row, field.name, (*place, field.name)):
                document[field.name] = writes(secret)
            continue
        if isinstance(field, ForeignKey):
            value: Any = names.name(field, row)
        else:
            value = value_out(field, _of_its_kind(row, field.name))
        if value != field.get_default():
            document[field.name] = value
    return document


def stored_secret(section: Section, row: Model, name: str, place: tuple[str, ...]) -> StoredSecret | None:
    """The credential in a column, if there is one."""
    if name in section.secret_names:
        token = token_of(row, name)
        return StoredSecret(place, token=token) if token else None
    plain = getattr(row, name)
    return None if plain is None else StoredSecret(place, plain=plain)


def _of_its_kind(row: Model, name: str) -> Any:
    """Options of a line that its calculation does not know count for nothing, and its form drops them."""
    value = getattr(row, name)
    if isinstance(row, SyncConfigLine) and name == "options":
        return {option: value[option] for option in KIND_OPTIONS.get(row.calculation, ()) if option in value}
    return value


def config_ids_named(names: Iterable[str]) -> list[int]:
    """The ids of the configs with these names; a name that is none raises KeyError."""
    known = dict(SyncConfig.objects.values_list("name", "pk"))
    return [known[name] for name in names]
