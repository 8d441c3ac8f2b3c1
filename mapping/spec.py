"""What a plan is compiled from: the lines as staff wrote them, and the Odoo model's fields as the caller knows them.

Only plain values and two protocols: nothing here reads a database or a server.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

X2MANY_TYPES = frozenset({"one2many", "many2many"})
RELATION_TYPES = X2MANY_TYPES | {"many2one"}


XML_ID = "xml_id"
DISPLAY_NAME = "display_name"
# What a relational line may match by although it is no stored field of the model. A Lookup answers both: for `xml_id`
# the values are complete names such as base.be (a record of ir.model.data), and display_name is compared as a whole.
# A Related answers `xml_id` as if it were a field, False where the record has none; display_name is one everywhere.
PSEUDO_FIELDS = frozenset({XML_ID, DISPLAY_NAME})


class Direction(StrEnum):
    """Which way a line or a config moves values; `in` is towards Odoo."""

    BOTH = "both"
    IN = "in"
    OUT = "out"

    @property
    def is_in(self) -> bool:
        return self is not Direction.OUT

    @property
    def is_out(self) -> bool:
        return self is not Direction.IN


class Absent(StrEnum):
    """What a line does when its key is not in the incoming record at all (null is not absent)."""

    SKIP = "skip"
    """The field is left alone."""

    ERROR = "error"
    """The record is refused, unless it is an update that holds only what changes."""

    DEFAULT = "default"
    """The line's default is used as if it had come, unless the record holds only what changes."""

    CLEAR = "clear"
    """The field is emptied, on updates too."""


class FieldType(Protocol):
    """A field of an Odoo model, with its conversions. Both raise ValueError with a reason a human can act on.

    A field may also offer `converter_in(tz)` and `converter_out(tz)`: the same conversions as functions of the value
    alone, with everything about the field and the timezone settled beforehand.
    """

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def relation(self) -> str | None: ...
    @property
    def required(self) -> bool: ...
    @property
    def has_default(self) -> bool:
        """Odoo gives the field a value of its own when a new record comes without one."""
        ...

    @property
    def readonly(self) -> bool: ...
    def to_odoo(self, value: object, *, tz: str = "UTC") -> object: ...
    def from_odoo(self, value: object, *, tz: str = "UTC") -> object: ...


class Schema(Protocol):
    """The fields of the models a plan touches; None for a model or field that does not exist."""

    def field(self, model: str, name: str, /) -> FieldType | None: ...


@dataclass(frozen=True, slots=True)
class LineSpec:
    """One line as staff wrote it. `field` is Odoo's, dotted through relations; `key` is the other side's path."""

    field: str
    key: str
    line_id: int | None = None
    calculation: str = "plain"
    direction: str = Direction.BOTH
    is_identifier: bool = False
    required: bool = False
    absent: str = Absent.SKIP
    # Neither is shown by repr: a secret line's default or constant is itself a secret.
    default: object = dataclasses.field(default=None, repr=False)
    secret: bool = False
    options: Mapping[str, object] = dataclasses.field(default_factory=lambda: MappingProxyType({}), repr=False)


@dataclass(frozen=True, slots=True)
class ScriptLimits:
    """What one script may use. Time counts only while it runs, not while it waits for Odoo."""

    time_s: float = 1.0
    """For a record; many records together may be given no more, and are then tried in smaller groups."""
    memory_bytes: int = 64 * 1024 * 1024
    depth: int = 100
    """How deep functions may call each other."""
    output_bytes: int = 1_000_000
    """What a script may give back for a record."""
    env_calls: int = 100
    """How often a script may ask Odoo, for all records of a page together."""
    broken_records: int = 5
    """How many records of a page may break a limit before the rest is not tried."""


@dataclass(frozen=True, slots=True)
class ConfigScript:
    """A script of a config: before mapping it sees `record`, after it `values`, and may change them in place, set
    `result` to what takes their place, call skip() or raise UserError. On the way in `writes` names fields of the
    model that no line writes; on the way out `reads` names fields that no line reads."""

    script: str = dataclasses.field(repr=False)
    direction: str = Direction.BOTH
    """The ways in which it runs; the variable `direction` tells it which one it is."""
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    limits: ScriptLimits | None = None
    """Its own limits; None for those of the plan."""


@dataclass(frozen=True, slots=True)
class PlanSpec:
    """A config as far as mapping needs it.

    `direction` says which ways the config is used at all: a line that cannot serve a way the config does not use is
    no problem. `before` and `after` are scripts around the mapping of each record. `tz` is the IANA name of the zone
    in which the other side writes datetimes without an offset.
    """

    model: str
    lines: tuple[LineSpec, ...]
    config_id: int | None = None
    version: int | str | None = None
    tz: str = "UTC"
    direction: str = Direction.BOTH
    before: ConfigScript | None = None
    after: ConfigScript | None = None
    limits: ScriptLimits = ScriptLimits()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a line that staff must mend (in a PlanError) or should know (in `Plan.notes`)."""

    line_id: int | None
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class PlanError(ValueError):
    """The lines make no plan. `problems` holds every reason, in the order of the lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
