"""Creates, changes and removes records: from parsed bodies to what was done in Odoo, and the answers made from it.

Each function takes many and gives one result per entry, in order: what was written, or the refusal. One record is a
list of one; what costs a call costs it once for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clients.errors import RemoteError
from inbound.answers import Answers
from inbound.archived import archived_among, archived_note, bring_back, gone_among
from inbound.errors import ApiError, ErrorCode
from inbound.reading import not_found
from inbound.refusals import mapping_refusal, refusal, remote_refusal
from inbound.work import Work
from mapping.engine import map_in
from mapping.paths import root_of
from mapping.plan import Plan
from mapping.results import MappingResult
from mapping.spec import Direction
from outbound.script_env import odoo_ask
from outbound.targets.odoo import Action, WriteOutcome
from outbound.targets.odoo_by_id import remove_records, update_records
from outbound.targets.odoo_lists import Round, list_rounds, lists_held, lists_held_of
from outbound.targets.odoo_lookup import odoo_lookup, odoo_related
from outbound.targets.odoo_upsert import upsert_records
from syncconfig.models.config import DeleteMode


@dataclass(frozen=True, slots=True)
class Written:
    """`status` is the HTTP status of the answer. `is_record`: the data is the record, not what became of it."""

    status: int
    odoo_id: int | None
    data: dict[str, Any]
    is_record: bool = True


Result = Written | ApiError
Body = dict[str, Any]


def create_records(work: Work, bodies: Sequence[Body]) -> list[Result]:
    """Create each record, or do with an existing one what the config says: 201 created, 200 otherwise."""
    results: dict[int, Result] = {}
    try:
        rounds = list_rounds(work.plan, bodies, ask=odoo_ask(work.client))
    except RemoteError as error:
        return [remote_refusal(error, plan=work.plan)] * len(bodies)
    for each in rounds:
        results |= zip(each.places, _create_round(work, [bodies[at] for at in each.places], each), strict=True)
    return [results[at] for at in range(len(bodies))]


def _create_round(work: Work, bodies: Sequence[Body], round_of: Round) -> list[Result]:
    try:
        with lists_held(config=work.config, plan=work.plan, client=work.client, round_of=round_of) as held:
            mapped = map_bodies(work, bodies, partial=False, ids=held.ids)
            results = settled_by_mapping(work, mapped, bodies)
            sound = [at for at, result in enumerate(results) if result is None]
            held.keep()
            outcomes = upsert_records(
                config=work.config, plan=work.plan, client=work.client, results=[mapped[at] for at in sound]
            )
    except RemoteError as error:
        return [remote_refusal(error, plan=work.plan)] * len(bodies)
    answers = Answers(work)
    outcomes = _brought_back(work, [mapped[at] for at in sound], outcomes)
    for at, outcome in zip(sound, outcomes, strict=True):
        results[at] = _created(work, answers, bodies[at], mapped[at], outcome)
    return [result for result in results if result is not None]


def _brought_back(work: Work, mapped: Sequence[MappingResult], outcomes: Sequence[WriteOutcome]) -> list[WriteOutcome]:
    """What a DELETE has archived is there again when it is posted, also where existing records are left alone: to the
    callers it did not exist."""
    done = list(outcomes)
    ids = {
        at: outcome.odoo_id
        for at, outcome in enumerate(done)
        if outcome.odoo_id and outcome.error is None and outcome.action is not Action.CREATED
    }
    if not (noted := archived_among(work, list(ids.values()))):
        return done
    try:
        gone = gone_among(work, sorted(noted))
        again = [at for at, odoo_id in ids.items() if odoo_id in gone]
        left = [at for at in again if done[at].action in (Action.IGNORED, Action.REFUSED)]
        updates = [(ids[at], mapped[at]) for at in left]
        if updates:
            written = update_records(config=work.config, client=work.client, updates=updates)
            for at, outcome in zip(left, written, strict=True):
                done[at] = outcome
        back = sorted({ids[at] for at in again if done[at].error is None})
        if back:
            bring_back(work, back)
    except RemoteError as error:
        # Updated or not, it is not there for the caller: the same request again brings it back.
        return [
            WriteOutcome(Action.FAILED, error=error) if ids.get(at) in noted else outcome
            for at, outcome in enumerate(done)
        ]
    return done


def change_records(work: Work, updates: Sequence[tuple[int, Body]], *, partial: bool = True) -> list[Result]:
    """Write to each id what its body holds; with `partial`, what it does not hold is left alone."""
    try:
        gone = gone_among(work, [odoo_id for odoo_id, _body in updates])
    except RemoteError as error:
        return [by_id(work, error, odoo_id) for odoo_id, _body in updates]
    if gone:
        done = iter(change_records(work, [each for each in updates if each[0] not in gone], partial=partial))
        return [not_found(odoo_id) if odoo_id in gone else next(done) for odoo_id, _body in updates]
    ids = [odoo_id for odoo_id, _body in updates]
    bodies = [body for _odoo_id, body in updates]
    try:
        with lists_held_of(config=work.config, plan=work.plan, client=work.client, ids=ids) as held:
            mapped = map_bodies(work, bodies, partial=partial, ids=ids)
            results = settled_by_mapping(work, mapped, bodies)
            for at, body in enumerate(bodies):
                if results[at] is None and not mapped[at].values and body and not _is_read(work.plan, body):
                    results[at] = _unread(work.plan, body)
            sound = [at for at, result in enumerate(results) if result is None]
            held.keep()
            outcomes = update_records(
                config=work.config, client=work.client, updates=[(ids[at], mapped[at]) for at in sound]
            )
    except RemoteError as error:
        return [by_id(work, error, odoo_id) for odoo_id in ids]
    answers = Answers(work)
    for at, outcome in zip(sound, outcomes, strict=True):
        if outcome.error is not None:
            results[at] = by_id(work, outcome.error, ids[at], outcome)
        else:
            data = answers.of(bodies[at], mapped[at], ids[at], action=outcome.action)
            results[at] = Written(200, ids[at], data)
    return [result for result in results if result is not None]


def delete_records(work: Work, ids: Sequence[int]) -> list[Result]:
    """Archive or delete each record, as the config says."""
    archive = work.config.delete_mode == DeleteMode.ARCHIVE
    try:
        gone = gone_among(work, ids)
        present = [odoo_id for odoo_id in ids if odoo_id not in gone]
        errors = dict(
            zip(
                present,
                remove_records(config=work.config, client=work.client, ids=present, archive=archive),
                strict=True,
            )
        )
    except RemoteError as error:
        return [by_id(work, error, odoo_id) for odoo_id in ids]
    if archive:
        archived_note(work, [odoo_id for odoo_id in present if errors[odoo_id] is None])
    return [_removal(work, odoo_id, errors) for odoo_id in ids]


def _removal(work: Work, odoo_id: int, errors: dict[int, RemoteError | None]) -> Result:
    if odoo_id not in errors:
        return not_found(odoo_id)
    error = errors[odoo_id]
    return removed(work, odoo_id) if error is None else by_id(work, error, odoo_id)


def removed(work: Work, odoo_id: int) -> Written:
    word = "archived" if work.config.delete_mode == DeleteMode.ARCHIVE else "deleted"
    return Written(200, odoo_id, {"id": odoo_id, word: True}, is_record=False)


def map_bodies(
    work: Work, bodies: Sequence[Body], *, partial: bool, ids: Sequence[int | None] | None = None
) -> list[MappingResult]:
    """Raises RemoteError where Odoo cannot be asked what the mapping needs."""
    return map_in(
        work.plan,
        bodies,
        lookup=odoo_lookup(work.client),
        related=odoo_related(work.client),
        ids=ids,
        partial=partial,
        existing=True,
        ask=odoo_ask(work.client),
    )


def settled_by_mapping(work: Work, mapped: Sequence[MappingResult], bodies: Sequence[Body]) -> list[Result | None]:
    """The refusal of each record that could not be mapped; None for the others."""
    results: list[Result | None] = []
    for result, body in zip(mapped, bodies, strict=True):
        if result.skipped is not None:
            reason = result.skipped or "A script left the record out."
            results.append(Written(200, None, {"skipped": reason}, is_record=False))
        else:
            results.append(None if result.ok else mapping_refusal(result.errors, hint=_hint(work.plan, body)))
    return results


def _hint(plan: Plan, body: Body) -> str:
    """What is probably the matter where a record came in an envelope that no line reads, {"order": {...}}."""
    key = next(iter(body)) if len(body) == 1 else ""
    if not key or not isinstance(body[key], (dict, list)):
        return ""
    if _is_read(plan, body):
        return ""
    return f"The body has only the key {key[:100]!r}, which this endpoint does not read; send what stands under it."


def _is_read(plan: Plan, body: Body) -> bool:
    """Whether any line has its key in the body."""
    return any(root_of(line.key) in body for line in plan.lines if line.key)


def _unread(plan: Plan, body: Body) -> ApiError:
    """A change of nothing, where something was meant: a misspelt key is not to look like a success."""
    keys = ", ".join(repr(key[:60]) for key in list(body)[:5]) + (", ..." if len(body) > 5 else "")
    known = ", ".join(line.key for line in plan.lines if line.key and line.direction != Direction.OUT)
    return ApiError(
        400,
        ErrorCode.VALIDATION_ERROR,
        f"Nothing was changed: this endpoint reads no key of the body ({keys}). It reads: {known}.",
    )


def _created(work: Work, answers: Answers, body: Body, result: MappingResult, outcome: WriteOutcome) -> Result:
    plan = work.plan
    if outcome.error is not None:
        return remote_refusal(outcome.error, plan=plan, related=outcome.related)
    odoo_id = outcome.odoo_id or 0
    if outcome.action is Action.REFUSED:
        return ApiError(
            409,
            ErrorCode.DUPLICATE_RECORD,
            f"A record with this {plan.identifier.key} exists already. Send PUT to its address to change it.",
            key=plan.identifier.key,
            field=plan.identifier.field,
            id=odoo_id,
        )
    status = 201 if outcome.action is Action.CREATED else 200
    return Written(status, odoo_id, answers.of(body, result, odoo_id, action=outcome.action))


def by_id(work: Work, error: Exception, odoo_id: int, outcome: WriteOutcome | None = None) -> ApiError:
    """The refusal for what went wrong with the record of this id."""
    if not isinstance(error, RemoteError):
        return refusal(error, plan=work.plan)
    related = outcome.related if outcome is not None else None
    if error.code == "missing_record" and error.model in (None, work.config.model) and related is None:
        return not_found(odoo_id)
    return remote_refusal(error, plan=work.plan, related=related)
