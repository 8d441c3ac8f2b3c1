"""The fields of a model, from `fields_get`, and the conversion of their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from clients.odoo import values
from clients.odoo.commands import CLEARED, to_x2many
from clients.odoo.converters import FROM_ODOO, TO_ODOO, Convert
from clients.odoo.values import Conversion, SelectionItems, Target, ValueRefused

__all__ = ["ATTRIBUTES", "FIELD_TYPES", "Field", "ValueRefused", "fields_from_get"]

ATTRIBUTES: Final = (
    "string",
    "type",
    "required",
    "readonly",
    "store",
    "relation",
    "relation_field",
    "selection",
    "help",
)

# type: (to Odoo, from Odoo). Every type of Odoo 18 and 19.
_CONVERSIONS: Final[Mapping[str, tuple[Conversion, Conversion]]] = {
    "char": (values.to_text, values.from_unset),
    "text": (values.to_text, values.from_unset),
    "html": (values.to_text, values.from_unset),
    "boolean": (values.to_boolean, values.from_plain),
    "integer": (values.to_integer, values.from_plain),
    "float": (values.to_float, values.from_plain),
    "monetary": (values.to_float, values.from_plain),
    "date": (values.to_date, values.from_date),
    "datetime": (values.to_datetime, values.from_datetime),
    "selection": (values.to_selection, values.from_unset),
    "binary": (values.to_binary, values.from_unset),
    "image": (values.to_binary, values.from_unset),
    "many2one": (values.to_many2one, values.from_many2one),
    "many2one_reference": (values.to_many2one_reference, values.from_many2one),
    "one2many": (to_x2many, values.from_x2many),
    "many2many": (to_x2many, values.from_x2many),
    "reference": (values.to_reference, values.from_unset),
    "json": (values.to_json, values.from_unset),
    "properties": (values.to_json, values.from_unset),
    "properties_definition": (values.to_json, values.from_unset),
}
FIELD_TYPES: Final = frozenset(_CONVERSIONS)
_X2MANY: Final = ("one2many", "many2many")
_HOLD_EMPTY: Final = frozenset({"boolean", "char", "text", "html", "json", "properties", "properties_definition"})
"""Types in which an empty text is a value, or no answer to yes or no; in the others it is how many systems write that
there is nothing."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model. `relation` is the related model, `relation_field` a one2many's other side, `selection`
    the (key, label) pairs of a selection. `has_default` says that Odoo fills it by itself in a new record; it is known
    of required fields alone (`OdooClient.fields_raw`)."""

    name: str
    type: str
    label: str = ""
    required: bool = False
    readonly: bool = False
    store: bool = True
    relation: str | None = None
    relation_field: str | None = None
    selection: SelectionItems | None = None
    help: str | None = None
    has_default: bool = False

    def to_odoo(self, value: Any, *, tz: str = "UTC") -> Any:
        """What to send for `value`; None clears the field, and so does an empty text in a number, date, selection or
        relation. A datetime without an offset is taken in `tz`.

        Raises ValueRefused, with the reason for people, where Odoo would fault or silently store something else.
        """
        if value is None or (value == "" and self.type not in _HOLD_EMPTY):
            return [list(command) for command in CLEARED] if self.type in _X2MANY else False
        conversion = _CONVERSIONS.get(self.type)
        return value if conversion is None else conversion[0](value, Target(self.selection, tz))

    def from_odoo(self, value: Any, *, tz: str = "UTC") -> Any:
        """`value` as plain JSON: None where unset, datetimes in ISO 8601 with `tz`'s offset, a many2one as its id, an
        x2many as ids."""
        conversion = _CONVERSIONS.get(self.type)
        return value if conversion is None else conversion[1](value, Target(None, tz))

    def converter_in(self, tz: str = "UTC") -> Convert:
        """`to_odoo` for this timezone as a function of the value alone, several times as fast."""
        make = TO_ODOO.get(self.type)
        full = partial(self.to_odoo, tz=tz)
        return full if make is None else make(full, tz, self.selection)

    def converter_out(self, tz: str = "UTC") -> Convert:
        """`from_odoo` for this timezone as a function of the value alone."""
        make = FROM_ODOO.get(self.type)
        full = partial(self.from_odoo, tz=tz)
        return full if make is None else make(full, tz, self.selection)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON, for a cache; `from_dict` reads it back. Defaults are left out."""
        plain: dict[str, Any] = {"name": self.name, "type": self.type, "label": self.label}
        for name in ("required", "readonly", "relation", "relation_field", "help", "has_default"):
            if getattr(self, name):
                plain[name] = getattr(self, name)
        if not self.store:
            plain["store"] = False
        if self.selection is not None:
            plain["selection"] = [list(item) for item in self.selection]
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Field:
        selection = plain.get("selection")
        known = {name: plain[name] for name in cls.__dataclass_fields__ if name in plain and name != "selection"}
        return cls(**known, selection=_selection(selection))


def fields_from_get(raw: Mapping[str, Mapping[str, Any]]) -> dict[str, Field]:
    """The fields by name, from what `fields_get` answers."""
    return {
        name: Field(
            name=name,
            type=str(told.get("type") or "char"),
            label=str(told.get("string") or name),
            required=bool(told.get("required")),
            readonly=bool(told.get("readonly")),
            store=bool(told.get("store", True)),
            relation=told.get("relation") or None,
            relation_field=told.get("relation_field") or None,
            selection=_selection(told.get("selection")),
            help=told.get("help") or None,
            has_default=bool(told.get("has_default")),
        )
        for name, told in raw.items()
    }


def _selection(raw: Any) -> SelectionItems | None:
    if not isinstance(raw, list | tuple):
        return None
    return tuple((str(item[0]), str(item[1])) for item in raw if isinstance(item, list | tuple) and len(item) == 2)
