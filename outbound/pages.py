"""From a page of Odoo's records to the deliveries it needs. Reads the database, writes nothing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Final

from mapping.engine import map_out
from mapping.plan import Plan
from mapping.results import MappingResult, payload_hash
from outbound.changes import NOTHING, known_of
from outbound.models import Delivery, SyncRun
from outbound.selection import Page, Selection
from syncconfig.models import SyncConfig
from syncconfig.models.config import RequestShape

MAX_REASON: Final = 500


@dataclass(slots=True)
class PagePlan:
    """What a page comes to. `held` are unchanged since the other side refused them; `problems` are the rejected
    records, each with its reason."""

    deliveries: list[Delivery] = field(default_factory=list)
    unchanged: int = 0
    held: int = 0
    problems: list[dict[str, object]] = field(default_factory=list)


def page_plan(*, run: SyncRun, config: SyncConfig, plan: Plan, selection: Selection, page: Page) -> PagePlan:
    """Map the page and decide, record by record. Raises RemoteError where related records cannot be read."""
    made = PagePlan(problems=[_absent(record_id) for record_id in page.absent])
    ids = [int(record["id"]) for record in page.records]
    results = map_out(plan, page.records, related=selection.related)
    known = known_of(config_id=config.pk, record_ids=ids)
    sends_all = run.is_full or not config.only_changed
    method = config.methods[0]
    batch = uuid.uuid4() if config.request_shape == RequestShape.PAGE else None
    for record_id, result in zip(ids, results, strict=True):
        if result.values is None:
            made.problems.append({"record_id": record_id, "reason": _reason(result)})
            continue
        digest = payload_hash(result.values)
        before = known.get(record_id, NOTHING)
        if not sends_all and before.payload_hash == digest:
            if before.is_dead:
                made.held += 1
            else:
                made.unchanged += 1
            continue
        made.deliveries.append(
            Delivery(
                config=config,
                run=run,
                record_id=record_id,
                external_id=before.external_id,
                method=method,
                payload=result.values,
                payload_hash=digest,
                batch=batch,
            )
        )
    return made


def _absent(record_id: int) -> dict[str, object]:
    reason = "The record is not in Odoo any more, or the config's filter domain leaves it out."
    return {"record_id": record_id, "reason": reason}


def _reason(result: MappingResult) -> str:
    return "; ".join(str(error) for error in result.errors)[:MAX_REASON]
