"""A record's whole story: what came in, what Odoo was asked, what went out, in the order of time.

The log tells of the exchanges. Deliveries, links and accepted requests belong to apps that this one must not know; they
tell their part through `add_teller`, and how values are mapped through `set_tracer`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _now

from auditlog.models import ApiLog, Direction, Party
from auditlog.naming import RecordName, names_of
from syncconfig.models import SyncConfig
from syncconfig.row_ids import row_id

MAX_EXCHANGES: Final = 100
MAX_FURTHER: Final = 200
_READING: Final = ("GET", "HEAD", "OPTIONS")
LIST_FIELDS: Final = (
    "created_at", "direction", "party", "method", "url", "summary", "status", "duration_ms", "error", "record_ref",
    "request_id", "config", "config__name", "is_dry_run",
)  # fmt: skip
"""What a row of a list shows; bodies and headers of fifty rows would be megabytes."""


class Side(StrEnum):
    IN = "in"
    ODOO = "odoo"
    OUT = "out"
    HUB = "hub"
    """Nothing was exchanged: the hub decided, planned or was told by staff."""


@dataclass(frozen=True, slots=True)
class Event:
    """`colour` is one of unfold's labels: success, warning, danger, info."""

    at: datetime
    side: Side
    title: str
    url: str = ""
    label: str = ""
    colour: str = "info"
    detail: str = ""
    is_future: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it stands with the record, in a sentence; the newest one counts."""

    at: datetime
    text: str
    colour: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the story is about: one Odoo record, whichever syncs of its model it goes through."""

    config: SyncConfig
    configs: dict[int, str]
    """The syncs of the same Odoo and model, with their names."""
    odoo_id: int | None
    external_ids: tuple[str, ...]

    @property
    def refs(self) -> list[str]:
        own = [] if self.odoo_id is None else [str(self.odoo_id)]
        return [*own, *self.external_ids]

    @property
    def title(self) -> str:
        return self.external_ids[0] if self.external_ids else f"#{self.odoo_id}"


@dataclass(slots=True)
class Told:
    """A part of the story. The ids and batches lead to further exchanges of the log."""

    events: list[Event] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    facts: list[tuple[str, str, str]] = field(default_factory=list)
    """Label, value, and where it leads or nothing."""
    delivery_ids: set[int] = field(default_factory=set)
    batches: set[Any] = field(default_factory=set)


Teller = Callable[[Subject, User, frozenset[str]], Told]
Tracer = Callable[[Subject, str], Any]
_tellers: list[Teller] = []
_tracers: list[Tracer] = []


def add_teller(teller: Teller) -> None:
    """`teller(subject, user, request_ids)` tells what the user may see of the record, in a fixed number of queries.
    The request ids are those of the exchanges that the log knows to be about it."""
    if teller not in _tellers:
        _tellers.append(teller)


def set_tracer(tracer: Tracer) -> None:
    """`tracer(subject, body)` follows each value of the record's latest payload; `body` is the stored text of the
    latest request that came in, or empty."""
    _tracers[:] = [tracer]


def trace(subject: Subject, body: str) -> Any:
    """What the tracer says, or None without one."""
    return _tracers[0](subject, body) if _tracers else None


def subject_of(config: SyncConfig, *, record: str = "", odoo_id: int | None = None) -> Subject:
    """Whom a name of a config's record means. The identifier goes before Odoo's id where both are known."""
    ids = SyncConfig.objects.filter(connection_id=config.connection_id, model=config.model)
    configs = dict(ids.values_list("pk", "name"))
    names = [record] if record and odoo_id is None else []
    if odoo_id is None:
        known = [name for name in names_of(record) if name.config_id in configs]
        by_name = [name for name in known if name.external_id == record]
        own = [name for name in by_name if name.config_id == config.pk]
        odoo_id = next((name.odoo_id for name in own or by_name or known if name.odoo_id is not None), None)
        if odoo_id is None and not by_name:
            odoo_id = row_id(record)
        if names == [str(odoo_id)] and not by_name:
            names = []
    if odoo_id is not None:
        # Its names in all the syncs of its model.
        names += [
            name.external_id
            for name in names_of(str(odoo_id))
            if name.config_id in configs and name.odoo_id == odoo_id and name.external_id
        ]
    return Subject(config, configs, odoo_id, tuple(dict.fromkeys(names)))


def tell(subject: Subject, user: User) -> tuple[Told, list[ApiLog]]:
    """The whole story, and the exchanges in it, newest first."""
    about = Q(config_id__in=list(subject.configs), record_ref__in=subject.refs)
    rows = {row.pk: row for row in _light().filter(about).order_by("-id")[:MAX_EXCHANGES]}
    told = Told()
    request_ids = frozenset(row.request_id for row in rows.values() if row.request_id)
    for teller in _tellers:
        part = teller(subject, user, request_ids)
        told.events += part.events
        told.verdicts += part.verdicts
        told.facts += part.facts
        told.delivery_ids |= part.delivery_ids
        told.batches |= part.batches
    rows |= _further(rows, told, request_ids)
    newest_first = sorted(rows.values(), key=lambda row: (row.created_at, row.pk), reverse=True)
    told.verdicts += _verdicts(requests_about(subject, newest_first))
    told.verdicts.sort(key=lambda verdict: verdict.at, reverse=True)
    return told, newest_first


def _light() -> QuerySet[ApiLog]:
    return ApiLog.objects.select_related("config").only(*LIST_FIELDS)


def _further(rows: dict[int, ApiLog], told: Told, request_ids: frozenset[str]) -> dict[int, ApiLog]:
    """The attempts of its deliveries, and what else happened under the same request ids: what Odoo was asked."""
    found: dict[int, ApiLog] = {}
    if told.delivery_ids or told.batches:
        carried = Q(delivery_id__in=told.delivery_ids) | Q(batch__in=told.batches)
        found |= {row.pk: row for row in _light().filter(carried).order_by("-id")[:MAX_EXCHANGES]}
    # Of a run or a delivery there is no request id; theirs are those of requests that came in.
    if request_ids:
        same = _light().filter(request_id__in=request_ids, is_dry_run=False).exclude(pk__in=[*rows, *found])
        found |= {row.pk: row for row in same.order_by("-id")[:MAX_FURTHER]}
    return found


def side_of(row: ApiLog) -> Side:
    if row.party == Party.ODOO:
        return Side.ODOO
    return Side.IN if row.direction == Direction.IN else Side.OUT


def requests_about(subject: Subject, rows: Iterable[ApiLog]) -> list[ApiLog]:
    """Those of the rows that are requests of others to write this record; a request id may be shared by others."""
    return [
        row
        for row in rows
        if row.direction == Direction.IN
        and not row.is_dry_run
        and row.method not in _READING
        and row.config_id in subject.configs
        and row.record_ref in subject.refs
    ]


def _verdicts(rows: Iterable[ApiLog]) -> list[Verdict]:
    """What the last of the requests came to."""
    for row in rows:
        if row.status is not None and row.status < 400:
            text = _now("It was accepted and waits.") if row.status == 202 else _now("It arrived.")
            return [Verdict(row.created_at, text, "success" if row.status != 202 else "info")]
        error = row.error or _now("no reason was given")
        return [Verdict(row.created_at, _now("It was refused (%(status)s): %(error)s")
                        % {"status": row.status or "-", "error": error}, "danger",
                        _now("Mend what the error names, then replay the request from its page, or let it be sent "
                             "again."))]  # fmt: skip
    return []


def story_query(name: RecordName) -> str:
    """The query of the story's address."""
    if name.odoo_id is not None:
        return urlencode({"config": name.config_id, "id": name.odoo_id})
    return urlencode({"config": name.config_id, "record": name.external_id})
