"""What the log learns of records from here: their names, where they may be found, and our part of their story."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now

from auditlog.finding import Candidate
from auditlog.naming import RecordName
from auditlog.story import Event, Side, Subject, Told, Verdict
from outbound.links import link_key
from outbound.models import Delivery, DeliveryState, RecordLink, SyncRun
from outbound.order_keys import is_odoo_id, order_key
from syncconfig.models import SyncConfig
from syncconfig.row_ids import row_id

MAX_FOUND: Final = 50
MAX_DELIVERIES: Final = 50
MAX_RUNS: Final = 20
_HEX: Final = re.compile(r"[0-9a-f]{32}\Z")
_EXPLAINED: Final = (DeliveryState.DEAD, DeliveryState.SUPERSEDED, DeliveryState.PENDING, DeliveryState.SKIPPED)
_COLOURS: Final = {
    DeliveryState.PENDING: "info",
    DeliveryState.SENDING: "info",
    DeliveryState.DELIVERED: "success",
    DeliveryState.DEAD: "danger",
    DeliveryState.SUPERSEDED: "info",
    DeliveryState.SKIPPED: "warning",
    DeliveryState.DISCARDED: "warning",
}


def linked_names(terms: Sequence[str]) -> list[RecordName]:
    """The linked records that either side calls like one of the terms."""
    # By config, since both indexes of links begin with it; there are few configs, and many links.
    links = RecordLink.objects.filter(config_id__in=_config_ids())
    # In lower case too: so are the identifiers of lines that pass over case.
    keys = [key for term in terms for key in {link_key(term), link_key(term.lower())}]
    rows = list(links.filter(external_id__in=keys).values_list("config_id", "odoo_id", "external_id")[:MAX_FOUND])
    if ids := _numbers(terms):
        rows += links.filter(odoo_id__in=ids).values_list("config_id", "odoo_id", "external_id")[:MAX_FOUND]
    return [RecordName(config_id, odoo_id, external_id or "") for config_id, odoo_id, external_id in rows]


def delivered_records(terms: Sequence[str]) -> Iterator[Candidate]:
    """The records of deliveries with this Idempotency-Key, or of this Odoo id."""
    keys = [term.lower() for term in terms if _HEX.match(term.lower())]
    if keys:
        mine = Q(idempotency_key__in=keys) | Q(batch__in=[uuid.UUID(key) for key in keys])
        for row in Delivery.objects.filter(mine).values_list("config_id", "record_id", "external_id")[:MAX_FOUND]:
            yield Candidate(_name(*row), _now("an Idempotency-Key of a delivery"))
    # What was fetched is not in Odoo yet, and goes by its identifier.
    ids = [*_numbers(terms), *map(order_key, terms), *(order_key(term.lower()) for term in terms)]
    found = Delivery.objects.filter(config_id__in=_config_ids(), record_id__in=ids).order_by()
    for row in found.values_list("config_id", "record_id", "external_id").distinct()[:MAX_FOUND]:
        yield Candidate(_name(*row), _now("a record of a delivery"))


def _name(config_id: int, record_id: int, external_id: str) -> RecordName:
    return RecordName(config_id, record_id if is_odoo_id(record_id) else None, external_id)


def _config_ids() -> list[int]:
    return list(SyncConfig.objects.order_by().values_list("pk", flat=True))


def _numbers(terms: Iterable[str]) -> list[int]:
    return [number for term in terms if (number := row_id(term)) is not None]


def our_part(subject: Subject, user: User, request_ids: frozenset[str]) -> Told:
    """Links, deliveries and rejections by runs."""
    told = Told()
    if user.has_perm("outbound.view_recordlink"):
        _links(told, subject)
    if user.has_perm("outbound.view_delivery"):
        _deliveries(told, subject)
    if subject.odoo_id is not None and user.has_perm("outbound.view_syncrun"):
        _rejections(told, subject, subject.odoo_id)
    return told


def _links(told: Told, subject: Subject) -> None:
    links = RecordLink.objects.filter(config_id__in=list(subject.configs))
    if subject.odoo_id is not None:
        links = links.filter(odoo_id=subject.odoo_id)
    else:
        links = links.filter(external_id__in=[link_key(name) for name in subject.external_ids])
    for link in links[:MAX_FOUND]:
        value = f"{link.odoo_id or '-'} ↔ {link.external_id or '-'}"
        if link.synced_at:
            value += _now(", last synced %(when)s") % {"when": _when(link.synced_at)}
        if link.payload_hash:
            value += _now(", hash %(hash)s…") % {"hash": link.payload_hash[:10]}
        label = _now("Link of %(name)s") % {"name": subject.configs[link.config_id]}
        query = f"?q={link.odoo_id}" if link.odoo_id is not None else ""
        told.facts.append((label, value, reverse("admin:outbound_recordlink_changelist") + query))


def _deliveries(told: Told, subject: Subject) -> None:
    own = [] if subject.odoo_id is None else [subject.odoo_id]
    record_ids = [*own, *map(order_key, subject.external_ids)]
    found = Delivery.objects.filter(config_id__in=list(subject.configs), record_id__in=record_ids)
    rows = list(found.select_related("discarded_by").defer("payload").order_by("-pk")[:MAX_DELIVERIES])
    told.delivery_ids = {row.pk for row in rows}
    told.batches = {batch for row in rows for batch in (row.batch, row.sent_with) if batch}
    for row in rows:
        told.events += _events(row, subject)
    if rows:
        told.verdicts.append(_verdict(rows[0]))


def _events(row: Delivery, subject: Subject) -> Iterator[Event]:
    url = reverse("admin:outbound_delivery_change", args=[row.pk])
    name = {"number": row.pk, "config": subject.configs[row.config_id]}
    yield Event(
        at=row.created_at,
        side=Side.HUB,
        title=_now("Delivery #%(number)s of %(config)s") % name,
        url=url,
        label=row.get_state_display(),
        colour=_COLOURS[DeliveryState(row.state)],
        detail=row.last_error if row.state in _EXPLAINED else "",
    )
    if row.discarded_at:
        by = row.discarded_by or _now("the hub")
        title = _now("Delivery #%(number)s discarded by %(user)s") % {**name, "user": by}
        yield Event(row.discarded_at, Side.HUB, title, url, detail=row.discard_reason)
    if row.state == DeliveryState.PENDING and row.next_attempt_at and row.next_attempt_at > timezone.now():
        title = _now("Attempt %(count)s at delivery #%(number)s") % {**name, "count": row.attempts + 1}
        yield Event(row.next_attempt_at, Side.OUT, title, url, is_future=True)


def _verdict(row: Delivery) -> Verdict:
    """How it stands with the latest delivery."""
    match row.state:
        case DeliveryState.DELIVERED:
            return Verdict(row.delivered_at or row.created_at, _now("It was delivered."), "success")
        case DeliveryState.DEAD:
            cure = _now("Mend what the error names, then send the delivery again from its page: simulated first.")
            text = _now("It could not be delivered: %(error)s") % {"error": row.last_error}
            return Verdict(row.created_at, text, "danger", cure)
        case DeliveryState.SKIPPED:
            cure = _now("Choose between the values of both sides under Conflicts.")
            return Verdict(row.created_at, row.last_error, "warning", cure)
        case DeliveryState.DISCARDED:
            text = _now("It was discarded: %(reason)s") % {"reason": row.discard_reason or _now("no reason was given")}
            return Verdict(row.discarded_at or row.created_at, text, "warning")
        case DeliveryState.PENDING if row.attempts and row.next_attempt_at:
            values = {"count": row.attempts, "error": row.last_error, "when": _when(row.next_attempt_at)}
            text = _now("It has not arrived yet after %(count)s attempts: %(error)s The next one is at %(when)s.")
            return Verdict(row.created_at, text % values, "warning")
    return Verdict(row.created_at, _now("It is on its way."), "info")


def _rejections(told: Told, subject: Subject, odoo_id: int) -> None:
    """What the newest runs said of it; each keeps its first hundred problems."""
    runs = SyncRun.objects.filter(config_id__in=list(subject.configs), rejected_count__gt=0).order_by("-pk")
    for pk, created_at, problems in runs.values_list("pk", "created_at", "problems")[:MAX_RUNS]:
        for problem in problems:
            if problem.get("record_id") != odoo_id:
                continue
            reason, url = str(problem.get("reason", "")), reverse("admin:outbound_syncrun_change", args=[pk])
            title = _now("Run #%(number)s rejected it") % {"number": pk}
            told.events.append(Event(created_at, Side.HUB, title, url, _now("Rejected"), "danger", reason))
            text = _now("The mapping rejected it: %(reason)s") % {"reason": reason}
            cure = _now("Mend the record in Odoo or the line that refuses it; the next run takes it up again.")
            told.verdicts.append(Verdict(created_at, text, "danger", cure))


def _when(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S")
