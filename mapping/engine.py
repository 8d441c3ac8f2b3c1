"""Plan + records -> results, one per record and in their order. Pure: what must be asked of Odoo is asked through
the functions passed in, a fixed number of times per page, and their exceptions pass through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from mapping.inward import Mode, Run, Wanted
from mapping.outward import Reading, Record, Related
from mapping.paths import is_object
from mapping.plan import Plan
from mapping.results import FieldError, MappingResult, Rule, presentable

Lookup = Callable[[str, str, Sequence[object]], Mapping[object, Sequence[int]]]
"""lookup(model, field, values) gives the ids of the records that have each value; values without any may be missing."""


def map_in(
    plan: Plan,
    records: Sequence[object],
    *,
    lookup: Lookup,
    partial: bool = False,
    existing: bool | None = None,
) -> list[MappingResult]:
    """Map a page of incoming objects to values for Odoo's create or write.

    `partial` says that the input holds only what changes: absent keys are then no error and take no default.
    `existing` says that the records are in Odoo already, so that lists to be replaced are emptied first; without it,
    a partial record is taken to exist. `lookup` is called once for each (model, field) that the page needs.
    """
    mode = Mode(partial=partial, existing=partial if existing is None else existing)
    level = plan.inward
    run = Run(_look_up(plan, records, lookup))
    identifier = plan.identifier.field
    fill = level.fill
    results: list[MappingResult] = []
    for record in records:
        if not is_object(record):
            results.append(_no_object(record))
            continue
        values = fill((record,), mode, run)
        # Odoo's own id tells which record is meant, and is never written.
        value = values.pop("id", None) if identifier == "id" else values.get(identifier)
        named = None if value is None or value is False or value == "" else (identifier, value)
        if run.errors:
            results.append(MappingResult(None, _in_order(run.errors), named))
            run.errors = []
        else:
            results.append(MappingResult(values, (), named))
    return results


def map_out(
    plan: Plan,
    records: Sequence[Record],
    *,
    related: Related,
    enforce_required: bool = True,
) -> list[MappingResult]:
    """Map a page of records, read from Odoo with `plan.read_fields`, to payloads.

    `related(model, ids, fields)` is called once for each relation that lines read through. With `enforce_required`
    an empty value of a required line or of the identifier is an error, as it is when sending to others; an answer
    to a reader wants the records as they are.
    """
    reading = Reading(plan.outward.fetch(records, related), enforce_required=enforce_required)
    key = plan.identifier.key
    read_identifier = plan.identifier_path.read
    fill = plan.outward.fill
    results: list[MappingResult] = []
    for record in records:
        payload = fill(record, reading)
        value = read_identifier(payload)
        named = (key, value) if value else None
        if reading.errors:
            results.append(MappingResult(None, _in_order(reading.errors), named))
            reading.errors = []
        else:
            results.append(MappingResult(payload, (), named))
    return results


def _look_up(
    plan: Plan, records: Iterable[object], lookup: Lookup
) -> dict[tuple[str, str], Mapping[object, Sequence[int]]]:
    if not plan.inward.gatherers:
        return {}
    wanted: Wanted = {}
    gather = plan.inward.gather
    for record in records:
        gather((record,), wanted)
    return {place: lookup(*place, list(values)) for place, values in wanted.items()}


def _in_order(errors: list[tuple[int, FieldError]]) -> tuple[FieldError, ...]:
    """The errors in the order of the plan's lines, and within a line in the order of the list. One value of the record
    that serves every element of a list is one error, not one per element."""
    return tuple(dict.fromkeys(error for _, error in sorted(errors, key=lambda found: found[0])))


def _no_object(record: object) -> MappingResult:
    message = "a record must be a JSON object"
    shown = presentable(record, secret=False)
    return MappingResult(None, (FieldError(None, "", "", Rule.TYPE, message, shown),))
