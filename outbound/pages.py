"""From a page of Odoo's records to the deliveries it needs.

Two steps, since they happen in different threads: reading and mapping call Odoo and touch no database, deciding
reads the database and calls nobody. Neither writes.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mapping.engine import map_out
from mapping.paths import ABSENT, parse_path
from mapping.plan import Plan
from mapping.results import MappingResult, payload_hash
from outbound.changes import NOTHING, Known, known_of
from outbound.models import SyncRun
from outbound.parcels import Parcel
from outbound.selection import Page, Selection
from syncconfig.models import SyncConfig
from syncconfig.models.config import RequestShape

MAX_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Mapped:
    """A record's payload and its hash."""

    record_id: int
    payload: dict[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class MappedPage:
    """A page with its payloads; `problems` are the records that could not be mapped, each with its reason."""

    page: Page
    mapped: list[Mapped]
    problems: list[dict[str, object]]


@dataclass(slots=True)
class PagePlan:
    """What a page comes to. `held` are unchanged since the other side refused them; `problems` are what
    staff should know of, each with its reason: the `rejected` records, for one."""

    deliveries: list[Parcel] = field(default_factory=list)
    unchanged: int = 0
    held: int = 0
    rejected: int = 0
    problems: list[dict[str, object]] = field(default_factory=list)

    def leaves_out(self, digest: str, before: Known, *, sends_all: bool) -> bool:
        """Whether a record with this hash needs no delivery, because the other side has it so, or has refused it so;
        then it is counted as such."""
        if sends_all or before.payload_hash != digest:
            return False
        if before.is_dead:
            self.held += 1
        else:
            self.unchanged += 1
        return True


def pages_map(
    *, plan: Plan, selection: Selection, after_id: int, limit: int, watched: Collection[str] = ()
) -> list[MappedPage]:
    """Read up to `limit` records behind `after_id` at once, map them, and divide them into pages. Raises RemoteError
    where Odoo cannot be read. With `watched`, only these keys of a payload make it a changed one."""
    read = selection.read(after_id, limit)
    results = map_out(plan, read.records, related=selection.related, params=selection.params, ask=selection.ask)
    return [
        MappedPage(page, *_mapped(page, results[start : start + len(page.records)], watched))
        for start, page in selection.pages(read)
    ]


def _mapped(
    page: Page, results: Sequence[MappingResult], watched: Collection[str]
) -> tuple[list[Mapped], list[dict[str, object]]]:
    mapped: list[Mapped] = []
    problems = [_absent(record_id) for record_id in page.absent]
    for record, result in zip(page.records, results, strict=True):
        record_id = int(record["id"])
        if result.values is not None:
            mapped.append(Mapped(record_id, result.values, _digest(result.values, watched)))
        elif result.errors:
            problems.append({"record_id": record_id, "reason": _reason(result)})
    return mapped, problems


def _digest(payload: dict[str, Any], watched: Collection[str]) -> str:
    if not watched:
        return payload_hash(payload)
    return payload_hash({key: _shown(parse_path(key).read(payload)) for key in watched})


def _shown(value: object) -> object:
    return None if value is ABSENT else value


def page_plan(*, run: SyncRun, config: SyncConfig, page: MappedPage) -> PagePlan:
    """Decide, record by record, what has to be delivered."""
    made = PagePlan(problems=page.problems, rejected=len(page.problems))
    known = known_of(config_id=config.pk, record_ids=[each.record_id for each in page.mapped])
    sends_all = run.is_full or not config.only_changed
    method = config.methods[0]
    batch = uuid.uuid4() if config.request_shape == RequestShape.PAGE else None
    for each in page.mapped:
        before = known.get(each.record_id, NOTHING)
        if made.leaves_out(each.digest, before, sends_all=sends_all):
            continue
        made.deliveries.append(
            Parcel.new(
                run_id=run.pk,
                record_id=each.record_id,
                external_id=before.external_id,
                method=method,
                payload=each.payload,
                payload_hash=each.digest,
                batch=batch,
            )
        )
    return made


def _absent(record_id: int) -> dict[str, object]:
    reason = "The record is not in Odoo any more, or the config's filter domain leaves it out."
    return {"record_id": record_id, "reason": reason}


def _reason(result: MappingResult) -> str:
    return "; ".join(str(error) for error in result.errors)[:MAX_REASON]
