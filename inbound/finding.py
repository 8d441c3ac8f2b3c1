"""Which Odoo records bear the identifiers in an address: as linked, or as Odoo says."""

from __future__ import annotations

from collections.abc import Sequence

from clients.errors import RemoteError
from inbound.errors import ApiError, ErrorCode
from inbound.filters import converted
from inbound.refusals import remote_refusal
from inbound.work import Work
from outbound import links
from outbound.targets.odoo import record_domain
from outbound.targets.odoo_entry import several
from outbound.targets.odoo_lookup import ARCHIVED_TOO, ids_by_value


def identifier_value(work: Work, text: str) -> object:
    """The identifier in its field's type, as that by which records are told apart. Raises ApiError 400."""
    key = work.plan.identifier.key
    if not text.strip("/"):
        # As a filter it would mean "unset", and name whichever records have none.
        raise ApiError(400, ErrorCode.VALIDATION_ERROR, f"The {key} in the address is empty. Write the record's own.")
    kind = work.plan.field_by_key.get(key)
    return work.plan.identity(converted(work.config, kind[1] if kind else None, key, text))


def find_ids(work: Work, values: Sequence[object], *, uses_links: bool = True) -> dict[object, int | ApiError]:
    """value -> the id of its record within the config's domain, or the refusal. One call to Odoo at most, but for
    values that several records have."""
    config, field = work.config, work.plan.identifier.field
    if field == "id":
        return {value: int(str(value)) for value in values}
    found: dict[object, int | ApiError] = {}
    if uses_links:
        known = links.known(config_id=config.pk, keys=[links.link_key(value) for value in values])
        found = {value: known[links.link_key(value)] for value in values if links.link_key(value) in known}
    unknown = [value for value in dict.fromkeys(values) if value not in found]
    if not unknown:
        return found
    try:
        ids = _ids(work, unknown, archived_too=True)
        doubtful = [value for value in unknown if len(ids.get(value, ())) > 1]
        # Of one active record and archived ones, the active one is meant.
        ids |= {value: some for value, some in _ids(work, doubtful, archived_too=False).items() if len(some) == 1}
    except RemoteError as error:
        return found | dict.fromkeys(unknown, remote_refusal(error, plan=work.plan))
    for value in unknown:
        some = ids.get(value, [])
        if len(some) == 1:
            found[value] = some[0]
        elif some:
            found[value] = remote_refusal(several(config.model, field, value, some), plan=work.plan)
        else:
            found[value] = no_such_record(work, value)
    return found


def no_such_record(work: Work, value: object) -> ApiError:
    shown = str(value)[:100]
    return ApiError(404, ErrorCode.NOT_FOUND, f"There is no record with {work.plan.identifier.key} {shown!r} here.")


def _ids(work: Work, values: Sequence[object], *, archived_too: bool) -> dict[object, list[int]]:
    return ids_by_value(
        work.client,
        work.config.model,
        work.plan.identifier.field,
        values,
        domain=record_domain(work.config, work.client),
        context=ARCHIVED_TOO if archived_too else None,
    )
