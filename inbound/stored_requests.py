"""What the log, and the queue, still hold of a request: enough to process it again, or the reason why it is not.

The log keeps bodies redacted and cut, so it is not always the request. Refused is what would be something else than
came: a body of which a part was cut, or is hidden and read by the config, unless the accepted request still holds it.
Refused is also what nobody was let in with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from django.http import QueryDict
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _now

from auditlog.bodies import is_whole
from auditlog.models import ApiLog, Direction
from auditlog.redaction import HIDDEN
from inbound import accepting, idempotency
from inbound.batch import MAX_ODOO_ID
from inbound.body import parse_body
from inbound.endpoints import Extras, allowed_methods, extras_of
from inbound.errors import API_PREFIX, ApiError
from inbound.hidden_parts import hidden_keys, keys_read
from inbound.jobs import Asked
from inbound.models import InboundRequest, RequestState
from inbound.views import BatchView
from syncconfig.models import RequestType, SyncConfig
from syncconfig.row_ids import row_id

WRITING: Final = ("POST", "PUT", "PATCH", "DELETE")
_SHOWN_KEYS: Final = 5
_CLOCKS: Final = timedelta(milliseconds=5)
"""How far the times of one request may be apart: durations are whole milliseconds."""


class NotReplayable(Exception):
    """The message says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A request as it can be processed again. `row` is the accepted one, where there is one."""

    entry: ApiLog
    config: SyncConfig
    asked: Asked
    body: bytes = field(repr=False)
    row: InboundRequest | None
    hidden: tuple[str, ...] = ()
    """Keys whose values the log hides: `***` is processed in their place, which nothing reads."""


def is_request(entry: ApiLog) -> bool:
    """Whether the entry is a request of others that writes."""
    is_theirs = entry.direction == Direction.IN and entry.url.startswith(API_PREFIX)
    return is_theirs and entry.method in WRITING and entry.config_id is not None


def stored_request(entry: ApiLog) -> Stored:
    """Raises NotReplayable. Asks nobody but the database."""
    if not is_request(entry):
        raise NotReplayable(_now("it is no request of others that writes."))
    if entry.is_dry_run:
        raise NotReplayable(_now("its caller asked for a dry run, so nothing was to be done."))
    if entry.status in (401, 403):
        raise NotReplayable(_now("its caller was not let in, and staff are not to do it in its place."))
    config = SyncConfig.objects.select_related("connection").filter(pk=entry.config_id or 0).first()
    if config is None or config.request_type != RequestType.IN or not config.active:
        raise NotReplayable(_now("its sync config is gone, or not active."))
    if entry.method not in allowed_methods(config):
        raise NotReplayable(_now("the sync config does not allow %(method)s any more.") % {"method": entry.method})
    row = _accepted(entry, config)
    if row is not None and row.state == RequestState.RUNNING:
        raise NotReplayable(_now("it is being processed at this moment."))
    body, hidden = _body(entry, row, config)
    return Stored(entry, config, _asked(entry, config, body), body, row, hidden)


def _accepted(entry: ApiLog, config: SyncConfig) -> InboundRequest | None:
    """The row that the request left: the one that its answer names, or the one that was kept for its key.

    Callers may use a request id again and again, also within a millisecond, so neither it nor the time tells."""
    rows = InboundRequest.objects.filter(config=config)
    located = header_in(entry.response_headers, "location")
    if located is not None:
        public_id = accepting.public_id_in(located)
        return None if public_id is None else rows.filter(public_id=public_id).first()
    hashes = _key_hashes(entry, extras_of(config))
    if not hashes:
        return None
    ended_at = entry.created_at + timedelta(milliseconds=entry.duration_ms) + _CLOCKS
    rows = rows.filter(idempotency_key__in=hashes, request_id=entry.request_id, method=entry.method)
    return rows.filter(created_at__gte=entry.created_at - _CLOCKS, created_at__lte=ended_at).order_by("pk").first()


def header_in(headers: dict[str, str], name: str) -> str | None:
    """The header of this name, which is written in lower case."""
    return next((text for known, text in headers.items() if known.lower() == name), None)


def _key_hashes(entry: ApiLog, extras: Extras) -> list[str]:
    """What the request's Idempotency-Key is stored as, by each caller whose it may be."""
    key = header_in(entry.request_headers, "idempotency-key")
    if key is None:
        return []
    try:
        return [idempotency.key_hash(key, caller=caller) for caller in callers_of(extras)]
    except ApiError:
        return []


def callers_of(extras: Extras) -> set[str]:
    """Whose an Idempotency-Key of the endpoint may be, as `idempotency.key_hash` names them."""
    return {str(key.credential_id) for key in extras.keys} or {str(None)}


def _body(entry: ApiLog, row: InboundRequest | None, config: SyncConfig) -> tuple[bytes, tuple[str, ...]]:
    """The body, and the keys in it whose values are hidden."""
    if row is not None and row.body:
        return row.body.encode(), ()
    if not is_whole(entry.request_body):
        raise NotReplayable(
            _now("the log kept only a part of its body (SYNC_LOG_BODY_BYTES). Let the caller send it again.")
        )
    if HIDDEN not in entry.request_body:
        return entry.request_body.encode(), ()
    hidden = hidden_keys(entry.request_body)
    needed = keys_read(hidden, config)
    if needed or not hidden:
        told = _now("the log hides a part of its body, which would be sent as ***. Let the caller send it again.")
        keys = ", ".join(needed[:_SHOWN_KEYS])
        raise NotReplayable(f"{told} ({keys})" if keys else told)
    return entry.request_body.encode(), tuple(hidden)


def _asked(entry: ApiLog, config: SyncConfig, body: bytes) -> Asked:
    parts = urlsplit(entry.url)
    if HIDDEN in entry.url:
        raise NotReplayable(_now("the log hides a part of its address. Let the caller send it again."))
    try:
        match = resolve(parts.path)
    except Resolver404:
        raise NotReplayable(_now("there is no such address.")) from None
    record_id, identifier = match.kwargs.get("record_id", ""), match.kwargs.get("identifier")
    if "endpoint" not in match.kwargs or (record_id and not _is_id(record_id)):
        raise NotReplayable(_now("its address names no endpoint or no record."))
    payload = None
    if entry.method != "DELETE":
        content_type = str(entry.request_headers.get("Content-Type", "application/json")).partition(";")[0].strip()
        try:
            payload = parse_body(body, content_type, max_depth=extras_of(config).policy.max_depth)
        except ApiError as error:
            raise NotReplayable(_now("its body cannot be read: %(error)s") % {"error": error.message}) from None
    return Asked(
        entry.method,
        QueryDict(parts.query),
        payload,
        int(record_id) if record_id else None,
        identifier.removesuffix("/") if identifier is not None else None,
        getattr(match.func, "view_class", None) is BatchView,
    )


def _is_id(text: str) -> bool:
    return 0 < (row_id(text) or 0) <= MAX_ODOO_ID
