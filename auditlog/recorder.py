"""The only writer of the log.

What happens inside `recording` is gathered in memory, redacted, and stored in one insert at the end, also when an
exception passes. The log is a witness: a row that cannot be stored is reported to the process's own log and never
breaks what it was to bear witness of.

It refuses nothing and decides nothing. Open it outside of any transaction that may be rolled back: the rows would go
with it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import DataError, IntegrityError, transaction

from auditlog.bodies import KeptBody, body_text, clean_text, keep_body
from auditlog.bulk import Insert
from auditlog.models import ApiLog, Direction, Party
from auditlog.odoo_calls import call_label, fault_text
from auditlog.redaction import Redactor, redactor
from clients.observe import Exchange, Observer, observing

if TYPE_CHECKING:
    from syncconfig.models import SyncConfig

logger = logging.getLogger(__name__)

# A page of a thousand large exchanges must not pile up in memory until the page is done.
MAX_HELD_BYTES = 32 * 1024 * 1024
# What a database raises for a value that it cannot hold; SQLite's driver knows large integers before the database.
_BAD_ROW = (DataError, IntegrityError, ValueError, OverflowError)
_COLUMNS = (
    "created_at", "direction", "party", "config", "run_id", "request_id", "delivery_id", "batch", "method", "url",
    "summary", "status", "duration_ms", "request_headers", "request_body", "response_headers", "response_body",
    "error", "error_kind", "client_address", "record_ref", "is_dry_run",
)  # fmt: skip
_REQUEST_ID = _COLUMNS.index("request_id")
_MAX_ERROR = 4000
_MAX_URL = 4000


@dataclass(slots=True)
class _Entry:
    """An exchange as it was seen, held until it is stored; not yet redacted, so it never leaves this module."""

    direction: Direction
    party: Party
    started_at: datetime
    method: str
    url: str
    status: int | None
    duration_ms: float
    request_headers: dict[str, str]
    request_body: KeptBody
    response_headers: dict[str, str]
    response_body: KeptBody
    summary: str = ""
    error: str = ""
    error_kind: str = ""
    delivery_id: int | None = None
    batch: UUID | None = None
    record_ref: str = ""
    client_address: str = ""


class Recording:
    """What has been seen and is not stored yet. Threads may add to one at the same time.

    `config`, `run_id`, `request_id` and `is_dry_run` go onto every row, as they are when it is stored: an inbound
    request learns its config only after it has begun.
    """

    def __init__(self, *, config: SyncConfig | None = None, run_id: int | None = None, request_id: str = "") -> None:
        self.config = config
        self.run_id = run_id
        self.request_id = request_id
        self.is_dry_run = False
        self._secrets: set[str] = set()
        self._secret_keys: set[str] = set()
        self._entries: list[_Entry] = []
        self._held_bytes = 0
        self._lock = threading.Lock()
        self._owner = threading.get_ident()
        self._max_body_bytes: int = settings.SYNC_LOG_BODY_BYTES

    def add_secrets(self, secrets: Iterable[str | None]) -> None:
        """Values that must not be stored, wherever they appear."""
        self._secrets.update(secret for secret in secrets if secret)

    def add_secret_keys(self, keys: Iterable[str]) -> None:
        """Keys of bodies, Odoo fields and names of headers whose values must not be stored."""
        self._secret_keys.update(key for key in keys if key)

    def observer(
        self,
        *,
        party: Party = Party.API,
        delivery_id: int | None = None,
        batch: UUID | None = None,
        record_ref: str = "",
        summary: str = "",
    ) -> Observer:
        """A callback for `clients.observe.observing` that records each exchange under the given references."""

        def observe(exchange: Exchange) -> None:
            self.add_exchange(
                exchange, party=party, delivery_id=delivery_id, batch=batch, record_ref=record_ref, summary=summary
            )

        return observe

    def add_exchange(
        self,
        exchange: Exchange,
        *,
        party: Party,
        delivery_id: int | None = None,
        batch: UUID | None = None,
        record_ref: str = "",
        summary: str = "",
    ) -> None:
        """A request that we made, and what came of it."""
        body, answer = exchange.request_body or b"", exchange.response_body or b""
        error, kind = "", ""
        if exchange.error is not None:
            error, kind = exchange.error.message, exchange.error.kind.value
        elif party == Party.ODOO:
            error = fault_text(exchange.status, answer)
        if not summary:
            summary = getattr(exchange, "label", "") or (call_label(exchange.url, body) if party == Party.ODOO else "")
        self._add(
            _Entry(
                direction=Direction.OUT,
                party=party,
                started_at=exchange.started_at,
                method=exchange.method,
                url=exchange.url,
                status=exchange.status,
                duration_ms=exchange.duration_ms,
                request_headers=dict(exchange.request_headers),
                request_body=keep_body(body, max_bytes=self._max_body_bytes),
                response_headers=dict(exchange.response_headers),
                response_body=keep_body(answer, max_bytes=self._max_body_bytes),
                summary=summary,
                error=error,
                error_kind=kind,
                delivery_id=delivery_id,
                batch=batch,
                record_ref=record_ref,
            )
        )

    def add_inbound(
        self,
        *,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | str | None,
        status: int,
        response_headers: Mapping[str, str],
        response_body: bytes | str | None,
        duration_ms: float,
        started_at: datetime,
        client_address: str = "",
        error: str = "",
        error_kind: str = "",
        record_ref: str = "",
        summary: str = "",
        party: Party = Party.API,
    ) -> None:
        """A request that was made to us, and our answer."""
        self._add(
            _Entry(
                direction=Direction.IN,
                party=party,
                started_at=started_at,
                method=method,
                url=url,
                status=status,
                duration_ms=duration_ms,
                request_headers=dict(headers),
                request_body=keep_body(body, max_bytes=self._max_body_bytes),
                response_headers=dict(response_headers),
                response_body=keep_body(response_body, max_bytes=self._max_body_bytes),
                summary=summary,
                error=error,
                error_kind=error_kind,
                client_address=client_address,
                record_ref=record_ref,
            )
        )

    def flush(self) -> None:
        """Store what has been gathered; raises nothing."""
        with self._lock:
            entries, self._entries, self._held_bytes = self._entries, [], 0
        if not entries:
            return
        try:
            hide = redactor(frozenset(self._secrets), frozenset(self._secret_keys))
            _store([self._row(entry, hide) for entry in entries])
        except Exception:  # whatever it is, the caller's work is done and must not be undone by its log
            logger.exception("%d log entries of request %r could not be stored", len(entries), self.request_id)

    def _add(self, entry: _Entry) -> None:
        with self._lock:
            self._entries.append(entry)
            self._held_bytes += len(entry.request_body.data) + len(entry.response_body.data)
            is_full = self._held_bytes > MAX_HELD_BYTES
        # Other threads would open a database connection that nobody closes.
        if is_full and threading.get_ident() == self._owner:
            self.flush()

    def _row(self, entry: _Entry, hide: Redactor) -> tuple[object, ...]:
        """The values of `_COLUMNS`."""

        def line(text: str, length: int) -> str:
            return clean_text(hide.values(text))[:length] if text else ""

        return (
            entry.started_at,
            entry.direction.value,
            Party(entry.party).value,
            self.config.pk if self.config is not None else None,
            self.run_id,
            line(self.request_id, 200),
            entry.delivery_id,
            entry.batch,
            line(entry.method, 10),
            clean_text(hide.url(entry.url))[:_MAX_URL],
            line(entry.summary, 200),
            entry.status,
            max(0, round(entry.duration_ms)),
            _clean_headers(hide.headers(entry.request_headers)),
            self._body(entry.request_body, entry.request_headers, hide),
            _clean_headers(hide.headers(entry.response_headers)),
            self._body(entry.response_body, entry.response_headers, hide),
            clean_text(hide.text(entry.error))[:_MAX_ERROR],
            entry.error_kind[:20],
            line(entry.client_address, 64),
            line(entry.record_ref, 200),
            self.is_dry_run,
        )

    def _body(self, body: KeptBody, headers: Mapping[str, str], hide: Redactor) -> str:
        if not body.data:
            return ""
        content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
        return body_text(body, redactor=hide, max_bytes=self._max_body_bytes, content_type=content_type)


@contextmanager
def recording(
    *,
    config: SyncConfig | None = None,
    run_id: int | None = None,
    request_id: str = "",
    secrets: Iterable[str | None] = (),
    secret_keys: Iterable[str] = (),
    is_dry_run: bool = False,
) -> Iterator[Recording]:
    """Record what is exchanged inside; calls of Odoo clients by this thread are seen without further ado."""
    rec = Recording(config=config, run_id=run_id, request_id=request_id)
    rec.add_secrets(secrets)
    rec.add_secret_keys(secret_keys)
    rec.is_dry_run = is_dry_run
    try:
        with observing(rec.observer(party=Party.ODOO)):
            yield rec
    finally:
        rec.flush()


@cache
def _insert() -> Insert:
    return Insert(ApiLog, _COLUMNS)


def _store(rows: list[tuple[object, ...]]) -> None:
    try:
        # A savepoint of its own: without it a failed insert would doom a transaction the caller may be in.
        with transaction.atomic():
            _insert().rows(rows)
    except _BAD_ROW:
        if len(rows) == 1:
            raise
        # One row the database does not take; the others are not to be lost with it.
        middle = len(rows) // 2
        for part in (rows[:middle], rows[middle:]):
            try:
                _store(part)
            except _BAD_ROW:
                logger.exception("A log entry of request %r could not be stored", part[0][_REQUEST_ID])


def _clean_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {clean_text(name): clean_text(value) for name, value in headers.items()}
