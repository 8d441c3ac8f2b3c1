"""Several things to do with records, done in their order and in as few calls as that allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from inbound.errors import ApiError, ErrorCode
from inbound.finding import find_ids, identifier_value, no_such_record
from inbound.work import Work
from inbound.writing import Result, Written, change_records, create_records, delete_records, removed


class Verb(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to do. Changing and deleting name the record by `odoo_id`, or by the text of its `identifier`."""

    verb: Verb
    body: dict[str, Any] | None = None
    odoo_id: int | None = None
    identifier: str | None = None
    partial: bool = True


def run_operations(work: Work, operations: Sequence[Operation], *, stops: bool = False) -> list[Result]:
    """One result per operation, in order. With `stops` nothing is done after the first refusal."""
    results: list[Result] = []
    for group in _groups(operations, most=1 if stops else None):
        if stops and any(isinstance(result, ApiError) for result in results):
            results += [_not_attempted()] * len(group)
            continue
        results += _RUN[group[0].verb](work, group)
    return results


def _groups(operations: Sequence[Operation], *, most: int | None) -> Iterator[list[Operation]]:
    """Neighbours that can be done together: of one verb, and no record twice, for its second change comes after its
    first. Creating one twice is an update, which the upsert itself keeps in order."""
    group: list[Operation] = []
    seen: set[object] = set()
    for each in operations:
        target = None if each.verb is Verb.CREATE else (each.odoo_id, each.identifier)
        fits = group and (group[0].verb, group[0].partial) == (each.verb, each.partial) and target not in seen
        if group and (not fits or len(group) == most):
            yield group
            group, seen = [], set()
        group.append(each)
        if target is not None:
            seen.add(target)
    if group:
        yield group


def _create(work: Work, group: Sequence[Operation]) -> list[Result]:
    return create_records(work, [each.body or {} for each in group])


def _update(work: Work, group: Sequence[Operation]) -> list[Result]:
    def change(some: Sequence[tuple[int, Operation]]) -> list[Result]:
        return change_records(work, [(odoo_id, each.body or {}) for odoo_id, each in some], partial=group[0].partial)

    return _with_ids(work, group, change)


def _delete(work: Work, group: Sequence[Operation]) -> list[Result]:
    def delete(some: Sequence[tuple[int, Operation]]) -> list[Result]:
        return delete_records(work, [odoo_id for odoo_id, _each in some])

    return _with_ids(work, group, delete)


_RUN: Final = {Verb.CREATE: _create, Verb.UPDATE: _update, Verb.DELETE: _delete}


def _with_ids(
    work: Work, group: Sequence[Operation], do: Callable[[Sequence[tuple[int, Operation]]], list[Result]]
) -> list[Result]:
    ids = operation_ids(work, group)
    ready = [(each_id, each) for each_id, each in zip(ids, group, strict=True) if isinstance(each_id, int)]
    done = iter(do(ready) if ready else [])
    results: list[Result] = [next(done) if isinstance(each_id, int) else each_id for each_id in ids]
    # A link may be of a record that Odoo no longer has, while another one bears the identifier now.
    stale = [at for at, result in enumerate(results) if group[at].identifier is not None and is_missing(result)]
    stale = [at for at in stale if isinstance(ids[at], int)]
    if stale:
        again = [group[at] for at in stale]
        found = operation_ids(work, again, uses_links=False)
        for at, each, new_id in zip(stale, again, found, strict=True):
            if isinstance(new_id, int) and new_id != ids[at]:
                (results[at],) = do([(new_id, each)])
            elif not isinstance(new_id, int):
                results[at] = new_id
            else:
                results[at] = no_such_record(work, each.identifier)
    return results


def operation_ids(work: Work, group: Sequence[Operation], *, uses_links: bool = True) -> list[int | ApiError]:
    """The Odoo id that each operation means."""
    values: dict[str, object] = {}
    refused: dict[str, ApiError] = {}
    for each in group:
        if each.odoo_id is None and each.identifier is not None:
            try:
                values[each.identifier] = identifier_value(work, each.identifier)
            except ApiError as error:
                refused[each.identifier] = error
    found = find_ids(work, list(values.values()), uses_links=uses_links) if values else {}
    ids: list[int | ApiError] = []
    for each in group:
        if each.odoo_id is not None:
            ids.append(each.odoo_id)
        else:
            name = each.identifier or ""
            ids.append(refused[name] if name in refused else found[values[name]])
    return ids


def is_missing(result: Result) -> bool:
    return isinstance(result, ApiError) and result.error is ErrorCode.NOT_FOUND


def done_before(work: Work, operation: Operation, result: Result) -> Result:
    """The result, where an earlier attempt may have done the operation: a record that is gone has been deleted."""
    if operation.verb is Verb.DELETE and is_missing(result):
        done = removed(work, operation.odoo_id or 0)
        if operation.odoo_id is not None:
            return done
        return replace(done, odoo_id=None, data={key: value for key, value in done.data.items() if key != "id"})
    return result


def _not_attempted() -> ApiError:
    return ApiError(
        424,
        ErrorCode.NOT_ATTEMPTED,
        "Not attempted, because an earlier entry failed. Send continue_on_error to go on with the others.",
    )


def failed(results: Sequence[Result]) -> list[ApiError]:
    return [result for result in results if isinstance(result, ApiError)]


def written(results: Sequence[Result]) -> list[Written]:
    return [result for result in results if isinstance(result, Written)]
