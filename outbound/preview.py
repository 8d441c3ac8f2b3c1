"""What a sync would do, without doing any of it: the mapped result, its errors, the calls, and what would change.

`preview_in` and `preview_out` make it. They read Odoo through a client that cannot change anything, call nobody else,
and write nothing to the database but the marked rows of the log (and fields of a model, where none were known yet).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from auditlog.recorder import Recording, recording
from mapping.plan import Plan
from mapping.results import REDACTED, FieldError, MappingResult, RelatedRecord
from syncconfig.models import SyncConfig

MAX_RECORDS = 100


class Effect(StrEnum):
    """What would become of a record."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    """Nothing would be different afterwards, or it was sent like this already."""
    IGNORE = "ignore"
    """It exists, and the config leaves existing records alone."""
    REFUSE = "refuse"
    """It would be refused; `problem` or `errors` say why."""
    WAIT = "wait"
    """It would be tried again until a related record is there; `problem` says which."""
    SKIP = "skip"
    """A script leaves it out."""
    SEND = "send"
    ARCHIVE = "archive"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class ShownError:
    """An error of the mapping, fit to be shown."""

    line_id: int | None
    field: str
    key: str
    rule: str
    message: str
    value: object

    @classmethod
    def of(cls, error: FieldError) -> ShownError:
        return cls(error.line_id, error.field, error.key, error.rule.value, error.message, error.value)


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A field that would be different: dotted, and the values before and after."""

    field: str
    old: object
    new: object


@dataclass(frozen=True, slots=True)
class WouldCall:
    """A call that would be made, such as `res.partner.create` or `PUT https://shop...`, and what it would carry."""

    call: str
    content: object


@dataclass(slots=True)
class RecordPreview:
    """One record. `title` names it for people; `values` is the mapped result with secrets hidden, None when the
    mapping failed. `changes` are None where nothing is compared, as for a record that would be created."""

    title: str
    effect: Effect
    odoo_id: int | None = None
    values: Any = None
    errors: list[ShownError] = field(default_factory=list)
    problem: str = ""
    changes: list[ShownChange] | None = None
    calls: list[WouldCall] = field(default_factory=list)


@dataclass(slots=True)
class Preview:
    """`calls` are those that carry several records at once; each other call is with its record. `problem` says why
    there is no preview at all."""

    records: list[RecordPreview] = field(default_factory=list)
    calls: list[WouldCall] = field(default_factory=list)
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        plain = asdict(self)
        for record in plain["records"]:
            record["effect"] = str(record["effect"])
        return plain


@contextmanager
def dry_run(config: SyncConfig, plan: Plan | None, rec: Recording | None) -> Iterator[Recording]:
    """A recording whose rows are marked: the caller's own, or a new one."""
    if rec is not None:
        rec.is_dry_run = True
        yield rec
        return
    keys = plan.secret_fields | plan.secret_keys if plan is not None else ()
    request_id = f"preview-{uuid.uuid4().hex[:16]}"
    secrets = (config.connection.secret, config.auth_secret)
    stored = config if config.pk else None
    with recording(config=stored, request_id=request_id, secrets=secrets, secret_keys=keys, is_dry_run=True) as made:
        yield made


def refused(result: MappingResult, title: str) -> RecordPreview | None:
    """The preview of a record that the mapping refused or a script skipped; None for the others."""
    if result.errors:
        return RecordPreview(title, Effect.REFUSE, errors=[ShownError.of(error) for error in result.errors])
    if result.skipped is not None:
        return RecordPreview(title, Effect.SKIP, problem=result.skipped or "A script leaves the record out.")
    return None


def title_of(result: MappingResult, number: int, secret: Collection[str]) -> str:
    """The identifier's value, or the record's place in the input."""
    if result.identifier is None:
        return f"{number}"
    name, value = result.identifier
    return REDACTED if name in secret else str(value)


def shown(value: object, secret: Collection[str]) -> Any:
    """The value as plain JSON: related records described, and what stands under a secret name hidden."""
    return _shown(value, {name.rpartition(".")[2] for name in secret})


def _shown(value: object, hidden: set[str]) -> Any:
    if isinstance(value, RelatedRecord):
        described = {"match": {value.match_field: value.match_value}, "values": value.values}
        act = f"create {value.model}" if value.id is None else f"update {value.model}({value.id})"
        return {act: _shown(described, hidden)}
    if isinstance(value, Mapping):
        return {
            str(name): REDACTED if name in hidden and inner not in (None, False) else _shown(inner, hidden)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_shown(inner, hidden) for inner in value]
    if value is None or isinstance(value, str | int | float):
        return value
    return json.loads(json.dumps(value, default=str))
