"""A field as the other side writes it: a filter on a key then compares what the line would have written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mapping.spec import FieldType

Convert = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class Written:
    """The field with a line's conversions in place of its own. Its type is a text, which the line knows to read; the
    conversions have the plan's timezone in them already."""

    field: FieldType
    into: Convert
    out: Convert

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def type(self) -> str:
        return "char"

    @property
    def relation(self) -> str | None:
        return self.field.relation

    @property
    def required(self) -> bool:
        return self.field.required

    @property
    def has_default(self) -> bool:
        return self.field.has_default

    @property
    def readonly(self) -> bool:
        return self.field.readonly

    def to_odoo(self, value: object, *, tz: str = "UTC") -> object:
        return self.into(value)

    def from_odoo(self, value: object, *, tz: str = "UTC") -> object:
        return self.out(value)
