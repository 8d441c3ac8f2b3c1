"""A batch that is done as a whole or not at all; see `outbound.targets.odoo_together` for what can be."""

from __future__ import annotations

from collections.abc import Sequence

from clients.errors import RemoteError
from inbound.answers import Answers
from inbound.archived import archived_note, gone_among
from inbound.errors import ApiError, ErrorCode
from inbound.operations import Operation, Verb, operation_ids
from inbound.reading import not_found
from inbound.refusals import refusal
from inbound.work import Work
from inbound.writing import (
    Result,
    Written,
    map_bodies,
    removed,
    settled_by_mapping,
)
from outbound.targets.odoo import Action
from outbound.targets.odoo_lists import lists_held_of
from outbound.targets.odoo_together import NotTogether, create_together, remove_together, update_together
from syncconfig.models.config import DeleteMode


def run_together(work: Work, operations: Sequence[Operation]) -> list[Result]:
    """One result per operation. Raises ApiError where nothing was done: 400 for what one call of Odoo cannot hold."""
    verbs = {each.verb for each in operations}
    try:
        if len(verbs) > 1:
            raise NotTogether(
                f"The operations are {' and '.join(sorted(verbs))}; each kind is a call of its own, and Odoo commits "
                "every call."
            )
        return _RUN[operations[0].verb](work, operations)
    except NotTogether as reason:
        raise ApiError(
            400,
            ErrorCode.VALIDATION_ERROR,
            f"This batch cannot be done all or nothing: {reason} Nothing was done. Send it without transaction.",
            key="transaction",
        ) from reason
    except RemoteError as error:
        raise refusal(error, plan=work.plan) from error


def _create(work: Work, operations: Sequence[Operation]) -> list[Result]:
    bodies = [each.body or {} for each in operations]
    mapped = map_bodies(work, bodies, partial=False)
    _refuse_bad(settled_by_mapping(work, mapped, bodies))
    answers = Answers(work)
    ids = create_together(config=work.config, plan=work.plan, client=work.client, results=mapped)
    return [
        Written(201, odoo_id, answers.of(body, result, odoo_id, action=Action.CREATED))
        for odoo_id, body, result in zip(ids, bodies, mapped, strict=True)
    ]


def _update(work: Work, operations: Sequence[Operation]) -> list[Result]:
    ids = _ids(work, operations)
    if len({each.partial for each in operations}) > 1:
        raise NotTogether("Some of the operations are partial and others are not.")
    bodies = [each.body or {} for each in operations]
    with lists_held_of(config=work.config, plan=work.plan, client=work.client, ids=ids) as held:
        mapped = map_bodies(work, bodies, partial=operations[0].partial, ids=ids)
        _refuse_bad(settled_by_mapping(work, mapped, bodies))
        held.keep()
        update_together(config=work.config, client=work.client, ids=ids, results=mapped)
    answers = Answers(work)
    return [
        Written(200, odoo_id, answers.of(body, result, odoo_id, action=Action.UPDATED))
        for odoo_id, body, result in zip(ids, bodies, mapped, strict=True)
    ]


def _delete(work: Work, operations: Sequence[Operation]) -> list[Result]:
    ids = _ids(work, operations)
    archive = work.config.delete_mode == DeleteMode.ARCHIVE
    remove_together(config=work.config, client=work.client, ids=ids, archive=archive)
    if archive:
        archived_note(work, ids)
    return [removed(work, odoo_id) for odoo_id in ids]


_RUN = {Verb.CREATE: _create, Verb.UPDATE: _update, Verb.DELETE: _delete}


def _ids(work: Work, operations: Sequence[Operation]) -> list[int]:
    found = operation_ids(work, operations, uses_links=False)
    _refuse_bad([each if isinstance(each, ApiError) else None for each in found])
    ids = [each for each in found if isinstance(each, int)]
    gone = gone_among(work, ids)
    _refuse_bad([not_found(each) if each in gone else None for each in ids])
    return ids


def _refuse_bad(results: Sequence[Result | None]) -> None:
    """Raises the first refusal, with the position of its entry and how many more there are."""
    if any(isinstance(result, Written) for result in results):
        raise NotTogether("A script leaves one of the records out.")
    bad = [(at, result) for at, result in enumerate(results) if isinstance(result, ApiError)]
    if bad:
        at, first = bad[0]
        more = f" {len(bad) - 1} more entries are wrong." if len(bad) > 1 else ""
        raise ApiError(
            first.status,
            first.error,
            f"Entry {at}: {first.message}{more} Nothing was done.",
            headers=first.headers,
            reason=first.reason,
            **{**first.details, "index": at},
        )
