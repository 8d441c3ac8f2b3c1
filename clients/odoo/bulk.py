"""Writing many records: one call per batch, and the bad ones found by halving.

Odoo rolls a whole call back for one bad record. A batch refused with a PERMANENT error is halved until the bad
records stand alone, each with Odoo's own message; where the first half passed, the bad one must be in the second, and
that is halved without being tried whole. Any other error stops everything: what it was about cannot be repeated
blindly (AMBIGUOUS), or the next call would fail the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from clients.errors import Kind, RemoteError

Vals = Mapping[str, Any]

FOR_ALL: Final = frozenset(
    {"access_denied", "unknown_model", "unknown_method", "unknown_database", "not_odoo", "not_json", "forbidden"}
    | {"bad_url", "certificate", "tls", "positional_arguments", "bad_header", "unsafe_answer"}
    | {"response_too_large"}
)
"""PERMANENT errors that are about the connection or the model, so that every record would meet them."""


@dataclass
class BulkResult:
    """`ids[i]` is the record's id, or None; then `errors[i]` says why. `calls` is how many calls were made.

    Records that were never sent because an earlier call stopped the work have the code `not_attempted`.
    """

    ids: list[int | None]
    errors: dict[int, RemoteError] = field(default_factory=dict)
    calls: int = 0


class _Stop(Exception):
    """An error that ends the work; `at` are the indices the failed call was about."""

    def __init__(self, error: RemoteError, at: Sequence[int]) -> None:
        super().__init__()
        self.error = error
        self.at = at


def create_many(
    create: Callable[[Sequence[Vals]], list[int]], vals_list: Sequence[Vals], *, batch_size: int
) -> BulkResult:
    """Create by `create`, which takes a list of values and returns their ids or raises RemoteError."""
    result = BulkResult([None] * len(vals_list))

    def attempt(at: Sequence[int]) -> None:
        for index, made in zip(at, create([vals_list[index] for index in at]), strict=True):
            result.ids[index] = made

    indices = range(len(vals_list))
    _run([indices[start : start + batch_size] for start in range(0, len(indices), batch_size)], attempt, result)
    return result


def write_many(
    write: Callable[[Sequence[int], Vals], None], updates: Sequence[tuple[int, Vals]], *, batch_size: int
) -> BulkResult:
    """Write by `write`, which takes ids and the values for all of them.

    Updates of the same values are put together where no id occurs twice; where one does, the order is kept.
    """
    result = BulkResult([None] * len(updates))

    def attempt(at: Sequence[int]) -> None:
        write([updates[index][0] for index in at], updates[at[0]][1])
        for index in at:
            result.ids[index] = updates[index][0]

    _run(_same_values(updates, batch_size), attempt, result)
    return result


def _same_values(updates: Sequence[tuple[int, Vals]], batch_size: int) -> list[list[int]]:
    """Indices in batches that one `write` can do."""
    distinct = len({record_id for record_id, _vals in updates}) == len(updates)
    batches: list[list[int]] = []
    open_batches: dict[str, list[int]] = {}
    for index, (_record_id, vals) in enumerate(updates):
        key = repr(sorted(vals.items(), key=lambda item: item[0]))
        batch = open_batches.get(key)
        if batch is None or len(batch) >= batch_size:
            if not distinct:
                open_batches.clear()
            batch = open_batches[key] = []
            batches.append(batch)
        batch.append(index)
    return batches


def _run(batches: Sequence[Sequence[int]], attempt: Callable[[Sequence[int]], None], result: BulkResult) -> None:
    try:
        for batch in batches:
            _settle(batch, attempt, result, known_bad=False)
    except _Stop as stop:
        for index in stop.at:
            result.errors[index] = stop.error
        waiting = stop.error if stop.error.code in FOR_ALL else _not_attempted(stop.error)
        for index, made in enumerate(result.ids):
            if made is None and index not in result.errors:
                result.errors[index] = waiting


def _settle(
    at: Sequence[int], attempt: Callable[[Sequence[int]], None], result: BulkResult, *, known_bad: bool
) -> bool:
    """Bring every record of `at` in, or note its error; True if all came in.

    `known_bad`: this very list was just refused, or must hold the bad record, so it is not tried whole again.
    """
    if not known_bad or len(at) == 1:
        result.calls += 1
        try:
            attempt(at)
        except RemoteError as error:
            if error.kind is not Kind.PERMANENT or error.code in FOR_ALL:
                raise _Stop(error, at) from error
            if len(at) == 1:
                result.errors[at[0]] = error
                return False
        else:
            return True
    middle = len(at) // 2
    first_in = _settle(at[:middle], attempt, result, known_bad=False)
    return _settle(at[middle:], attempt, result, known_bad=first_in) and first_in


def _not_attempted(cause: RemoteError) -> RemoteError:
    kind = cause.kind if cause.kind is Kind.BLOCKED else Kind.RETRYABLE
    return RemoteError(
        f"Not sent, because an earlier call failed: {cause.message}",
        kind=kind,
        code="not_attempted",
        status=cause.status,
        retry_after_s=cause.retry_after_s,
        model=cause.model,
    )
