"""One record on its way into Odoo by its identifier, and the reasons why it may not get there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from clients.errors import Kind, RemoteError
from mapping.results import MappingResult
from outbound import links
from outbound.record_claims import Claim, claim_key
from outbound.targets.odoo import Action, WriteOutcome, mapped_values
from outbound.targets.odoo_related import RelatedFailed

PLAIN: Final = 1000
WITH_LINES: Final = 200


@dataclass(eq=False, slots=True)
class Entry:
    """One record on its way. `key` and `claim_key` are empty where the identifier is Odoo's own id, which needs no
    claim."""

    values: dict[str, object]
    value: object
    key: str = ""
    claim_key: str = ""
    odoo_id: int | None = None
    is_known: bool = False
    """`odoo_id` comes from a link, not from Odoo just now."""
    claim: Claim | None = None
    in_doubt: bool = False
    outcome: WriteOutcome = field(default_factory=lambda: WriteOutcome(Action.FAILED))
    is_done: bool = False

    def end(self, action: Action) -> None:
        self.outcome, self.is_done = WriteOutcome(action, self.odoo_id), True

    def fail(self, error: RemoteError | RelatedFailed) -> None:
        if isinstance(error, RelatedFailed):
            self.outcome = WriteOutcome(Action.FAILED, error=error.error, related=error.record)
        else:
            self.outcome = WriteOutcome(Action.FAILED, error=error)
        self.is_done = True


def entry_of(result: MappingResult, *, place: str, model: str) -> Entry:
    """`place` names the Odoo database that the record of `model` goes to."""
    if result.identifier is None:
        raise ValueError("a record without its identifier cannot be created or updated")
    name, value = result.identifier
    if name == "id":
        return Entry(mapped_values(result), value)
    claim = claim_key(place=place, model=model, match_field=name, value=value)
    return Entry(mapped_values(result), value, links.link_key(value), claim)


def for_create(values: dict[str, object]) -> dict[str, object]:
    """Lists were mapped to be emptied first, which a new record has no need of."""
    return {name: value[1:] if _empties_first(value) else value for name, value in values.items()}  # type: ignore[index]


def batch_size_of(rows: Sequence[dict[str, object]]) -> int:
    """How many to create in one call: as many as surely take less time than a read timeout. Records with lines of
    their own take several times as long."""
    return WITH_LINES if any(isinstance(value, list) for row in rows for value in row.values()) else PLAIN


def _empties_first(value: object) -> bool:
    return isinstance(value, list) and bool(value) and value[0] == [5, 0, 0]


def fail_all(entries: Iterable[Entry], error: RemoteError) -> None:
    for entry in entries:
        if not entry.is_done:
            entry.fail(error)


def outside() -> RemoteError:
    return RemoteError(
        "The record exists in Odoo, but it no longer belongs to this endpoint, so it is not changed.",
        kind=Kind.PERMANENT,
        code="outside_domain",
    )


def several(model: str, field: str, value: object, ids: Sequence[int]) -> RemoteError:
    listed = ", ".join(map(str, ids[:20])) + (", ..." if len(ids) > 20 else "")
    return RemoteError(
        f"{len(ids)} records of {model} have {field} {value!r} (ids {listed}), so it is not known which one is meant. "
        "Merge them in Odoo, or correct the field in the others.",
        kind=Kind.PERMANENT,
        code="many_records",
        model=model,
        field=field,
    )
