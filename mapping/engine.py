"""Plan + records -> results, one per record and in their order. Pure: what must be asked of Odoo is asked through
the functions passed in, a fixed number of times per page, and their exceptions pass through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from mapping.inward import UPDATE, Mode, Run, Wanted
from mapping.outward import Reading, Record, Related, fetch
from mapping.paths import is_object
from mapping.plan import Plan
from mapping.results import FieldError, MappingResult, RelatedRecord, Rule, presentable

Lookup = Callable[[str, str, Sequence[object]], Mapping[object, Sequence[int]]]
"""lookup(model, field, values) gives the ids of the records that have each value; values without any may be missing.
Besides the model's fields it answers the pseudo fields `xml_id` and `display_name` (see `mapping.spec`)."""


def map_in(
    plan: Plan,
    records: Sequence[object],
    *,
    lookup: Lookup,
    related: Related | None = None,
    ids: Sequence[int | None] | None = None,
    partial: bool = False,
    existing: bool | None = None,
) -> list[MappingResult]:
    """Map a page of incoming objects to values for Odoo's create or write.

    `partial` says that the input holds only what changes: absent keys are then no error and take no default.
    `existing` says that the records are in Odoo already, so that lists to be replaced are emptied first; without it,
    a partial record is taken to exist. `lookup` is called once for each (model, field) that the page needs.

    A plan that matches lists (`plan.matched.hops`) reads what is in them with `related`, once for the page's records
    and once for each such list. `ids` are the records' own ids, None for new ones, one for each; without them they
    are looked up by the identifier, unless `existing` is False. Raises ValueError where `related` is then missing.
    """
    mode = Mode(partial=partial, existing=partial if existing is None else existing)
    level = plan.inward
    run = Run(_look_up(plan, records, lookup))
    owners: Sequence[int | None] = ()
    if plan.matched.hops and existing is not False:
        if related is None:
            raise ValueError("the plan matches lists with those in Odoo, so map_in needs `related` to read them")
        owners = _owners(plan, records, run, lookup) if ids is None else ids
        _read_lists(plan, owners, run, related)
    identifier = plan.identifier.field
    fill = level.fill
    results: list[MappingResult] = []
    for index, record in enumerate(records):
        if not is_object(record):
            results.append(_no_object(record))
            continue
        if owners:
            run.owner = owners[index]
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


def _owners(plan: Plan, records: Sequence[object], run: Run, lookup: Lookup) -> list[int | None]:
    """The ids of the records in Odoo, by their identifiers; None where there is not exactly one."""
    field = plan.identifier.field
    level = plan.inward.only(field)
    values: list[object] = []
    for record in records:
        value = level.fill((record,), UPDATE, run).get(field) if is_object(record) else None
        values.append(None if run.errors or value == "" or isinstance(value, RelatedRecord) else value or None)
        run.errors = []
    if field == "id":
        return values  # type: ignore[return-value]
    wanted = [value for value in dict.fromkeys(values) if value is not None]
    found = lookup(plan.model, field, wanted) if wanted else {}
    matches = [found.get(value, ()) for value in values]
    return [ids[0] if len(ids) == 1 else None for ids in matches]


def _read_lists(plan: Plan, owners: Sequence[int | None], run: Run, related: Related) -> None:
    ids = [each for each in dict.fromkeys(owners) if each is not None]
    run.holders = related(plan.model, ids, plan.matched.fields) if ids else {}
    run.current = fetch(plan.matched.hops, run.holders.values(), related)


def _in_order(errors: list[tuple[int, FieldError]]) -> tuple[FieldError, ...]:
    """The errors in the order of the plan's lines, and within a line in the order of the list. One value of the record
    that serves every element of a list is one error, not one per element."""
    return tuple(dict.fromkeys(error for _, error in sorted(errors, key=lambda found: found[0])))


def _no_object(record: object) -> MappingResult:
    message = "a record must be a JSON object"
    shown = presentable(record, secret=False)
    return MappingResult(None, (FieldError(None, "", "", Rule.TYPE, message, shown),))
