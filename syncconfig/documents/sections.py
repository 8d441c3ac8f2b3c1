"""Which rows make up a configuration, and which of their columns: the registry that export, import and history share.

A section is a model, described by its own fields: a column that staff may edit is part of the document, one with
`editable=False` is what the hub found out by itself and is not. So a new field is covered without a line here; a new
model that belongs to a config is registered by its app with `add_section`, when the app is ready. This app knows none
of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.db.models import Field, ForeignKey, Model, OneToOneField, TextField

from syncconfig.documents.watching import watch_config, watch_part
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine, SyncHeader, SyncParam, SyncTrigger
from syncconfig.secrets import EncryptedTextField

PARENT: Final = "config"


@dataclass(frozen=True)
class Section:
    """A kind of row, under the key `name` of the document.

    `identity` lists, strictest first, the columns by which a row of the document is found among the stored ones; rows
    that match by none are new. `order_field` is a column that holds the place in the list. `secret_if` names columns
    that are credentials where another column of the row says so. `left_out` are columns that staff may edit and that
    are no configuration all the same: where a run got to, say.
    """

    name: str
    model: type[Model]
    identity: tuple[tuple[str, ...], ...] = ()
    order_field: str = ""
    secret_if: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()

    @cached_property
    def is_list(self) -> bool:
        """Whether a config may have several of these rows."""
        return not isinstance(self.model._meta.get_field(PARENT), OneToOneField)

    @cached_property
    def fields(self) -> tuple[Field[Any, Any], ...]:
        """The columns that the document has, in the model's order."""
        found = []
        for field in self.model._meta.concrete_fields:
            if field.primary_key or not field.editable or field.name in (PARENT, self.order_field, *self.left_out):
                continue
            if isinstance(field, ForeignKey) and not _has_unique_name(field.related_model):
                raise TypeError(f"{field} cannot be written by name. Give its model a unique name, or editable=False.")
            found.append(field)
        if self.model._meta.many_to_many:
            raise TypeError(f"{self.model.__name__} has a many-to-many field, which documents do not know.")
        return tuple(found)

    @cached_property
    def secret_names(self) -> tuple[str, ...]:
        """The encrypted columns."""
        return tuple(field.name for field in self.fields if isinstance(field, EncryptedTextField))

    @cached_property
    def script_names(self) -> tuple[str, ...]:
        """The columns that hold Python of staff's."""
        return tuple(field.name for field in self.fields if isinstance(field, TextField) and "script" in field.name)

    def is_secret(self, field: Field[Any, Any], row: Model) -> bool:
        """Whether the column is a credential in this row."""
        if field.name in self.secret_names:
            return True
        return any(field.name == name and bool(getattr(row, flag)) for name, flag in self.secret_if)

    def row_name(self, row: Model) -> str:
        """What staff know the row by among its like; empty where there is only one."""
        if not self.identity:
            return ""
        return " ".join(str(getattr(row, name)) for name in self.identity[0] if getattr(row, name, None)) or "-"


def _has_unique_name(model: Any) -> bool:
    return any(field.name == "name" and field.unique for field in model._meta.concrete_fields)


CONNECTIONS: Final = Section("connections", OdooConnection, identity=(("name",),))
CONFIGS: Final = Section("configs", SyncConfig, identity=(("name",),))
_sections: list[Section] = []


def add_section(section: Section) -> None:
    """Make rows that belong to a config part of its documents and of its history; called when apps are ready."""
    if all(known.name != section.name for known in _sections):
        _sections.append(section)
        watch_part(section.model, PARENT)


def sections() -> Sequence[Section]:
    """What belongs to a config, in the order in which documents have it."""
    return tuple(_sections)


def add_own_sections() -> None:
    """Those of this app."""
    watch_config(SyncConfig)
    lines = (("field", "key", "direction"), ("field", "direction"), ("field",), ("key", "direction"))
    add_section(Section("lines", SyncConfigLine, lines, order_field="position", secret_if=(("default", "is_secret"),)))
    add_section(Section("headers", SyncHeader, (("key",),)))
    add_section(Section("params", SyncParam, (("kind", "name"),)))
    add_section(Section("triggers", SyncTrigger, (("kind", "cron", "interval_minutes"),)))
