"""Plan + records -> results, one per record and in their order. Pure: what must be asked of Odoo is asked through
the functions passed in, a fixed number of times per page, and their exceptions pass through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mapping.inward import UPDATE, Mode, Place, Run, Wanted
from mapping.outward import Reading, Record, Related, fetch
from mapping.paths import is_object
from mapping.plan import Plan
from mapping.results import FieldError, MappingResult, RelatedRecord, Rule, presentable
from mapping.script_runs import Ask
from mapping.scripting import Page, run_after, run_before, run_in, run_out
from mapping.spec import Direction

_NO_PARAMS: Final[Mapping[str, object]] = MappingProxyType({})

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
    params: Mapping[str, object] = _NO_PARAMS,
    ask: Ask | None = None,
) -> list[MappingResult]:
    """Map a page of incoming objects to values for Odoo's create or write.

    `partial` says that the input holds only what changes: absent keys are then no error and take no default.
    `existing` says that the records are in Odoo already, so that lists to be replaced are emptied first; without it,
    a partial record is taken to exist. `lookup` is called once for each (model, field) that the page needs.

    A plan that matches lists (`plan.matched.hops`) reads what is in them with `related`, once for the page's records
    and once for each such list. `ids` are the records' own ids, None for new ones, one for each; without them they
    are looked up by the identifier, unless `existing` is False. Raises ValueError where `related` is then missing.

    Scripts see `params`, and their `env` asks Odoo through `ask`. A record that a script leaves out has a result
    whose `skipped` says why.
    """
    return _results(
        *_mapped_in(
            plan,
            records,
            lookup=lookup,
            related=related,
            ids=ids,
            partial=partial,
            existing=existing,
            params=params,
            ask=ask,
        )
    )


def _mapped_in(
    plan: Plan,
    records: Sequence[object],
    *,
    lookup: Lookup,
    related: Related | None = None,
    ids: Sequence[int | None] | None = None,
    partial: bool = False,
    existing: bool | None = None,
    params: Mapping[str, object] = _NO_PARAMS,
    ask: Ask | None = None,
) -> tuple[Page, list[tuple[str, object] | None]]:
    """The page as `map_in` leaves it, what could be mapped of refused records in it, and the identifiers."""
    page = Page(plan.model, Direction.IN, list(records), params, ask, plan.tz)
    run_before(page, plan.before)
    sound = [record for at, record in enumerate(page.records) if page.is_sound(at)]
    mode = Mode(partial=partial, existing=partial if existing is None else existing)
    run = Run(_look_up(plan, sound, lookup))
    owners: Sequence[int | None] = ()
    if plan.matched.hops and existing is not False:
        if related is None:
            raise ValueError("the plan matches lists with those in Odoo, so map_in needs `related` to read them")
        owners = _owners(plan, page.records, run, lookup) if ids is None else ids
        _read_lists(plan, owners, run, related)
    fill = plan.inward.fill
    done, failed = page.values, page.errors
    for at, record in enumerate(page.records):
        if failed[at] or page.skipped[at] is not None:
            continue
        if type(record) is not dict and not is_object(record):
            failed[at].append((0, _no_object(record)))
            continue
        run.at = at
        if owners:
            run.owner = owners[at]
        done[at] = fill((record,), mode, run)
        if run.errors:
            failed[at] = run.errors
            run.errors = []
    if run.jobs:
        run_in(page, plan.scripts_in, run)
    named = [_named_in(plan, values) for values in page.values]
    run_after(page, plan.after)
    return page, named


def identify_in(
    plan: Plan, records: Sequence[object], *, params: Mapping[str, object] = _NO_PARAMS, ask: Ask | None = None
) -> list[MappingResult]:
    """Which record each incoming object is, without mapping the rest of it and, unless the script before mapping asks,
    without a question to anybody: results without values, whose `identifier` is as `map_in` gives it. Their errors
    are those that keep the identifier from being known."""
    page = Page(plan.model, Direction.IN, list(records), params, ask, plan.tz)
    run_before(page, plan.before)
    field = plan.identifier.field
    level = plan.inward.only(field)
    run = Run({})
    named: list[tuple[str, object] | None] = [None] * len(page.records)
    for at, record in enumerate(page.records):
        if not page.is_sound(at):
            continue
        if not is_object(record):
            page.errors[at].append((0, _no_object(record)))
            continue
        run.at = at
        named[at] = _named_in(plan, level.fill((record,), UPDATE, run))
        page.errors[at], run.errors = run.errors, []
    return _results(page, named)


def _named_in(plan: Plan, values: dict[str, object] | None) -> tuple[str, object] | None:
    if values is None:
        return None
    field = plan.identifier.field
    # Odoo's own id tells which record is meant, and is never written.
    value = values.pop("id", None) if field == "id" else values.get(field)
    return None if value is None or value is False or value == "" else (field, plan.identity(value))


def map_out(
    plan: Plan,
    records: Sequence[Record],
    *,
    related: Related,
    enforce_required: bool = True,
    params: Mapping[str, object] = _NO_PARAMS,
    ask: Ask | None = None,
) -> list[MappingResult]:
    """Map a page of records, read from Odoo with `plan.read_fields`, to payloads.

    `related(model, ids, fields)` is called once for each relation that lines read through. With `enforce_required`
    an empty value of a required line or of the identifier is an error, as it is when sending to others; an answer
    to a reader wants the records as they are. Scripts see `params`, and their `env` asks Odoo through `ask`.
    """
    return _results(
        *_mapped_out(plan, records, related=related, enforce_required=enforce_required, params=params, ask=ask)
    )


def _mapped_out(
    plan: Plan,
    records: Sequence[Record],
    *,
    related: Related,
    enforce_required: bool = True,
    params: Mapping[str, object] = _NO_PARAMS,
    ask: Ask | None = None,
) -> tuple[Page, list[tuple[str, object] | None]]:
    """The page as `map_out` leaves it, what could be mapped of refused records in it, and the identifiers."""
    page = Page(plan.model, Direction.OUT, list(records), params, ask, plan.tz)
    run_before(page, plan.before)
    sound = [record for at, record in enumerate(page.records) if page.is_sound(at)]
    reading = Reading(plan.outward.fetch(sound, related), enforce_required=enforce_required)  # type: ignore[arg-type]
    fill = plan.outward.fill
    for at, record in enumerate(page.records):
        if not page.is_sound(at):
            continue
        page.values[at] = fill(record, reading)  # type: ignore[arg-type]
        if reading.errors:
            page.errors[at] = reading.errors
            reading.errors = []
    run_out(page, plan.outward.scripts, reading)
    key, read_identifier = plan.identifier.key, plan.identifier_path.read
    named = [(key, value) if (value := read_identifier(payload)) else None for payload in page.values]
    run_after(page, plan.after)
    return page, named


@dataclass(frozen=True, slots=True)
class Traced:
    """A record on its way: what the lines saw of it, and what they made of it, also where some of them failed."""

    record: object
    values: Mapping[str, object]
    errors: tuple[FieldError, ...]
    skipped: str | None


def trace_in(plan: Plan, record: object, *, lookup: Lookup, related: Related, ask: Ask | None = None) -> Traced:
    """One incoming record as `map_in` maps it, a new one or one that exists. What it raises is the functions'."""
    page, _named = _mapped_in(plan, [record], lookup=lookup, related=related, existing=True, ask=ask)
    return _traced(page)


def trace_out(
    plan: Plan,
    record: Record,
    *,
    related: Related,
    params: Mapping[str, object] = _NO_PARAMS,
    ask: Ask | None = None,
) -> Traced:
    """One record of Odoo as `map_out` maps it. What it raises is the functions'."""
    page, _named = _mapped_out(plan, [record], related=related, params=params, ask=ask)
    return _traced(page)


def _traced(page: Page) -> Traced:
    return Traced(page.records[0], page.values[0] or {}, _in_order(page.errors[0]), page.skipped[0])


def _results(page: Page, named: Sequence[tuple[str, object] | None]) -> list[MappingResult]:
    results: list[MappingResult] = []
    for values, errors, skipped, name in zip(page.values, page.errors, page.skipped, named, strict=True):
        if errors:
            results.append(MappingResult(None, _in_order(errors), name))
        elif skipped is not None:
            results.append(MappingResult(None, (), name, skipped))
        else:
            results.append(MappingResult(values, (), name))
    return results


def _look_up(plan: Plan, records: Iterable[object], lookup: Lookup) -> dict[Place, Mapping[object, Sequence[int]]]:
    if not plan.inward.gatherers:
        return {}
    wanted = Wanted()
    gather = plan.inward.gather
    for record in records:
        gather((record,), wanted)
    return {place: lookup(*place[:2], list(values)) for place, values in wanted.values.items()}


def _owners(plan: Plan, records: Sequence[object], run: Run, lookup: Lookup) -> list[int | None]:
    """The ids of the records in Odoo, by their identifiers; None where there is not exactly one."""
    field = plan.identifier.field
    level = plan.inward.only(field)
    values: list[object] = []
    for record in records:
        value = level.fill((record,), UPDATE, run).get(field) if is_object(record) else None
        is_unknown = run.errors or value == "" or isinstance(value, RelatedRecord)
        values.append(None if is_unknown else plan.identity(value) or None)
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


def _no_object(record: object) -> FieldError:
    message = "a record must be a JSON object"
    return FieldError(None, "", "", Rule.TYPE, message, presentable(record, secret=False))
