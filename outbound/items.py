"""What was fetched, item by item: which record each is, whether it is new, and what has to be delivered to Odoo.

Two steps, as for what is read from Odoo: `items_identify` touches no database, `items_plan` reads it and calls nobody.
Neither maps the item, which its target does when it writes it, so that a page in which nothing is new costs Odoo no
call. An item that cannot be told from others is delivered as well, and dies: so it is seen, kept and sent again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mapping.engine import identify_in
from mapping.paths import is_object, parse_path
from mapping.plan import LineSpec, Plan
from mapping.results import MappingResult, payload_hash
from mapping.script_runs import Ask
from outbound.changes import NOTHING, known_items
from outbound.links import link_key
from outbound.models import SyncRun
from outbound.order_keys import order_key
from outbound.pages import MAX_REASON, PagePlan
from outbound.parcels import Parcel
from syncconfig.models import SyncConfig

METHOD: Final = "GET"
_BY_KEY: Final = frozenset({"plain", "constant", "value_map", "date_format", "number_format", "relational"})
"""Kinds of lines that read nothing but what stands at their key."""
_BAD_TEXT: Final = re.compile(rb"\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True)
class Item:
    """`place` names it for people. `problem` says why it cannot be told which record it is; `is_skipped`: a script
    leaves it out."""

    place: str
    record_id: int
    external_id: str
    payload: Any = field(repr=False)
    digest: str
    problem: str = ""
    is_skipped: bool = False


class Digests:
    """Hashes of items: over what the lines read of them, and over the lines, so that a changed mapping makes every
    item a changed one. Where a script may read anything, over the whole item."""

    def __init__(self, plan: Plan, config: SyncConfig) -> None:
        reads_all = plan.before is not None or plan.after is not None
        keys: set[str] = set()
        for line in plan.lines:
            if line.direction == "out":
                continue
            reads_all = reads_all or line.calculation not in _BY_KEY or line.options.get("match_key") is not None
            if line.key:
                keys.add(str(parse_path(line.key).segments[0]))
        self._keys = None if reads_all else sorted(keys)
        scripts = (config.before_script, config.after_script, config.script_writes)
        mapped = repr((plan.model, config.on_existing, scripts, plan.tz, [_line(line) for line in plan.lines]))
        self._mapping = hashlib.sha256(mapped.encode("utf-8", "surrogatepass")).hexdigest()

    def of(self, item: object) -> str:
        read: object = item
        if self._keys is not None and is_object(item):
            read = {key: item[key] for key in self._keys if key in item}  # type: ignore[index,operator]
        return payload_hash({"item": read, "mapping": self._mapping})


def _line(line: LineSpec) -> tuple[object, ...]:
    """All that decides what the line makes of a value; its `repr` leaves out what may be secret."""
    options = sorted((name, repr(value)) for name, value in line.options.items())
    return (line.field, line.key, line.calculation, line.direction, line.required, line.absent, line.default, options)


def storable(content: Any, body: bytes) -> Any:
    """The answer without what databases refuse: the character NUL, and halves of characters."""
    return _cleaned(content) if _BAD_TEXT.search(body) else content


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    return value


def items_identify(
    *,
    plan: Plan,
    digests: Digests,
    payloads: Sequence[Any],
    page_number: int,
    params: Mapping[str, object],
    ask: Ask | None,
) -> list[Item]:
    """Raises RemoteError where a script asks Odoo, and it cannot be asked."""
    results = identify_in(plan, payloads, params=params, ask=ask)
    return [
        _item(plan, digests, payload, result, f"page {page_number}, item {number}")
        for number, (payload, result) in enumerate(zip(payloads, results, strict=True), 1)
    ]


def _item(plan: Plan, digests: Digests, payload: Any, result: MappingResult, place: str) -> Item:
    digest = digests.of(payload)
    if result.skipped is not None:
        return Item(place, 0, "", payload, digest, is_skipped=True)
    if result.identifier is None:
        problem = "; ".join(str(error) for error in result.errors)[:MAX_REASON]
        unnamed = f"The item has no {plan.identifier.key}, by which its record is recognised."
        # Named by what it holds: the same one in the next run is the same one.
        key = order_key(json.dumps(payload, sort_keys=True))
        return Item(place, key, "", payload, digest, problem=problem or unnamed)
    name, value = result.identifier
    external_id = link_key(value)
    is_id = name == "id" and isinstance(value, int) and value > 0
    record_id = value if is_id and isinstance(value, int) else order_key(external_id)
    return Item(place, record_id, external_id, payload, digest)


def items_plan(*, run: SyncRun, config: SyncConfig, items: Sequence[Item]) -> PagePlan:
    """Decide, item by item, what has to be delivered."""
    made = PagePlan()
    latest = {item.record_id: item for item in items if not item.is_skipped}
    known = known_items(config_id=config.pk, items={item.record_id: item.external_id for item in latest.values()})
    sends_all = run.is_full or not config.only_changed
    for item in items:
        if item.is_skipped:
            made.unchanged += 1
            continue
        if latest[item.record_id] is not item:
            made.unchanged += 1
            reason = f"A later item of the page has the same identifier ({item.external_id or '-'}); that one counts."
            made.problems.append({"record_id": item.place, "reason": reason})
            continue
        if item.problem:
            made.problems.append({"record_id": item.place, "reason": item.problem})
        if item.payload is None:
            made.rejected += 1
            continue
        before = known.get(item.record_id, NOTHING)
        if made.leaves_out(item.digest, before, sends_all=sends_all):
            continue
        made.deliveries.append(
            Parcel.new(
                run_id=run.pk,
                record_id=item.record_id,
                external_id=item.external_id,
                method=METHOD,
                payload=item.payload,
                payload_hash=item.digest,
                batch=None,
            )
        )
    return made
