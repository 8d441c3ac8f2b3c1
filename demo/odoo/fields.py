"""What a field is, and how a value from the wire becomes a stored one, as lenient and as strict as Odoo.

The traps are Odoo's, measured on 18 and 19: a many2one takes an int and silently clears on anything else, any
non-empty string makes a boolean true, a datetime is `YYYY-MM-DD HH:MM:SS` or its beginning and nothing else.
"""

import binascii
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from demo.odoo.faults import DatabaseError, UserError
from demo.odoo.html import sanitized

DATETIME_FORMAT = "%Y-%m-%d %H:%M:%S"
DATE_FORMAT = "%Y-%m-%d"
X2MANY = ("one2many", "many2many")
NUMBERS = ("integer", "float", "monetary")
TEXTS = ("char", "text", "html")
# How the files begin that Odoo takes for images: PNG, JPEG, GIF, WebP, BMP, ICO, SVG.
IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"\0\0\1\0", b"<svg", b"<?xml")
# The decimal accuracies of a new database: amounts, weights, percentages.
CENTS = (16, 2)
MAGIC = ("id", "create_date", "write_date", "create_uid", "write_uid", "display_name")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model.

    `compute(env, row)` makes the value on reading; `inverse(env, row, value)` writes it; `delegate` names the
    many2one whose record holds the value (`_inherits`); `default` is a value or `default(env, values)`. A field that
    is not stored can be searched if it is `related` (a path to a stored one) or has a search of its own (`search`).
    `depends` are the fields that a computed one says it is made from.
    `digits` is how many a number has in all and after the point, where it is rounded to; False or 0 say that it is not.
    """

    type: str
    string: str
    required: bool = False
    readonly: bool = False
    store: bool = True
    relation: str | None = None
    relation_field: str | None = None
    selection: tuple[tuple[str, str], ...] | None = None
    default: Any = None
    compute: Callable[..., Any] | None = None
    inverse: Callable[..., None] | None = None
    delegate: str | None = None
    digits: tuple[int, int] | int | None = None
    min_display_digits: int | None = None
    ondelete: str = "set null"
    index: bool = False
    related: bool = False
    search: bool = False
    depends: tuple[str, ...] = ()

    @property
    def is_column(self) -> bool:
        """Whether the row holds the value; the others are computed, delegated or one2many."""
        return self.compute is None and self.delegate is None and self.type != "one2many"

    @property
    def is_searchable(self) -> bool:
        if self.delegate is not None and self.type == "binary":
            return False
        return self.store or self.delegate is not None or self.related or self.search

    @property
    def is_sortable(self) -> bool:
        if self.type in X2MANY or self.type == "binary":
            return False
        return self.store or self.delegate is not None or self.related

    def description(self) -> dict[str, Any]:
        """What `fields_get` says about it, without the name."""
        shown: dict[str, Any] = {
            "type": self.type,
            "string": self.string,
            "required": self.required,
            "readonly": self.readonly,
            "store": self.store,
            "searchable": self.is_searchable,
            "sortable": self.is_sortable,
        }
        if self.depends:
            shown["depends"] = list(self.depends)
        if self.relation:
            shown["relation"] = self.relation
        if self.relation_field:
            shown["relation_field"] = self.relation_field
        if self.selection is not None:
            shown["selection"] = [list(choice) for choice in self.selection]
        if self.digits is not None:
            shown["digits"] = list(self.digits) if isinstance(self.digits, tuple) else self.digits
        if self.min_display_digits is not None:
            shown["min_display_digits"] = self.min_display_digits
        return shown


def price(version: int, string: str, **options: Any) -> Field:
    """A price or a cost: 18 rounds it to cents, 19 keeps what it is given and only shows cents."""
    if version < 19:
        return Field("float", string, digits=CENTS, **options)
    return Field("float", string, digits=False, min_display_digits=CENTS[1], **options)


def char(string: str, **options: Any) -> Field:
    return Field("char", string, **options)


def many2one(relation: str, string: str, **options: Any) -> Field:
    return Field("many2one", string, relation=relation, **options)


def one2many(relation: str, relation_field: str, string: str, **options: Any) -> Field:
    return Field("one2many", string, relation=relation, relation_field=relation_field, **options)


def many2many(relation: str, string: str, **options: Any) -> Field:
    return Field("many2many", string, relation=relation, **options)


def selection(choices: dict[str, str], string: str, **options: Any) -> Field:
    return Field("selection", string, selection=tuple(choices.items()), **options)


def to_datetime(value: Any) -> datetime:
    """Parse as Odoo does: as much of the format as the text is long, so a date alone means midnight."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime.strptime(value, DATETIME_FORMAT[: len(value) - 2])  # noqa: DTZ007 - Odoo's are naive UTC


def to_date(value: Any) -> date:
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    return datetime.strptime(value[:10], DATE_FORMAT).date()  # noqa: DTZ007 - a date has no zone


def to_stored(model: str, name: str, field: Field, value: Any) -> Any:
    """The value as the row keeps it; None when unset. Raises what Odoo raises for a value it cannot take."""
    return CONVERTERS[field.type](model, name, field, value)


def _text(_model: str, _name: str, _field: Field, value: Any) -> str | None:
    return None if value is None or value is False else str(value)


def _html(_model: str, _name: str, _field: Field, value: Any) -> str | None:
    return None if value is None or value is False else sanitized(str(value))


def _boolean(_model: str, _name: str, _field: Field, value: Any) -> bool:
    return bool(value)


def _integer(_model: str, _name: str, _field: Field, value: Any) -> int:
    number = int(value or 0)
    if not -(2**31) <= number < 2**31:
        raise DatabaseError("integer out of range\n", name="NumericValueOutOfRange")
    return number


def _float(_model: str, _name: str, field: Field, value: Any) -> float:
    number = float(value or 0.0)
    return rounded(number, field.digits[1]) if isinstance(field.digits, tuple) else number


def rounded(number: float, digits: int) -> float:
    """Half away from zero, and what is nearly half too, as Odoo rounds; Python's `round` makes 1.0 of 1.005."""
    if not number:
        return 0.0
    scaled = number * 10**digits
    nearly: float = 2.0 ** (math.log2(abs(scaled)) - 52)
    return float(math.copysign(int(abs(scaled) + 0.5 + nearly), number) / 10**digits)


def _selection(model: str, name: str, field: Field, value: Any) -> str | None:
    if value is None or value is False or value == "":
        return None
    if value not in dict(field.selection or ()):
        raise ValueError(f"Wrong value for {model}.{name}: {value!r}")
    return str(value)


def _datetime(_model: str, _name: str, _field: Field, value: Any) -> datetime | None:
    return to_datetime(value) if value else None


def _date(_model: str, _name: str, _field: Field, value: Any) -> date | None:
    return to_date(value) if value else None


def _many2one(_model: str, _name: str, _field: Field, value: Any) -> int | None:
    # Anything but an int clears the field without a word, True included: this is how Odoo 18 and 19 behave.
    return value if type(value) is int and value else None


def _binary(_model: str, _name: str, _field: Field, value: Any) -> str | None:
    if not value:
        return None
    try:
        content = binascii.a2b_base64(value, strict_mode=False)
    except (binascii.Error, ValueError, TypeError):
        content = b""
    if content and not content.startswith(IMAGES):
        raise UserError("This file could not be decoded as an image file.")
    if not content:
        return None
    return value.decode() if isinstance(value, bytes) else str(value)


CONVERTERS: dict[str, Callable[[str, str, Field, Any], Any]] = {
    "char": _text,
    "text": _text,
    "html": _html,
    "boolean": _boolean,
    "integer": _integer,
    "many2one_reference": _integer,
    "float": _float,
    "monetary": _float,
    "selection": _selection,
    "datetime": _datetime,
    "date": _date,
    "many2one": _many2one,
    "binary": _binary,
}


def to_wire(field: Field, value: Any) -> Any:
    """A stored or computed value as `read` answers it; relations are the caller's business."""
    if field.type in NUMBERS:
        return value or (0 if field.type == "integer" else 0.0)
    if field.type == "many2one_reference":
        return value or 0
    if value is None:
        return False
    if isinstance(value, datetime):
        return value.strftime(DATETIME_FORMAT)
    return value.strftime(DATE_FORMAT) if isinstance(value, date) else value
