"""What the log learns of records from accepted requests: where they may be found, and our part of their story."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now

from auditlog.finding import Candidate
from auditlog.models import ApiLog
from auditlog.naming import RecordName
from auditlog.story import Event, Side, Subject, Told, Verdict
from inbound.accepting import from_text, record_keys
from inbound.errors import ApiError
from inbound.idempotency import key_hash
from inbound.models import Credential, InboundRequest, RequestState
from syncconfig.models import RequestType, SyncConfig

MAX_FOUND: Final = 20
MAX_SHOWN: Final = 100
# An answer of the queue says more than the acceptance it came after, also where the clocks are equal.
_LATER: Final = timedelta(microseconds=1)


def requested_records(terms: Sequence[str]) -> Iterator[Candidate]:
    """The records of accepted requests with this id, or with this Idempotency-Key of whichever caller."""
    wanted = Q(public_id__in=[found for term in terms if (found := _uuid(term))])
    hashes = _hashes(terms)
    if hashes:
        configs = list(SyncConfig.objects.filter(request_type=RequestType.IN).values_list("pk", flat=True))
        wanted |= Q(config_id__in=configs, idempotency_key__in=hashes)
    # Without an order: SQLite would walk through all requests in it, instead of asking the indexes of the ids.
    found_rows = InboundRequest.objects.filter(wanted).order_by().defer("body", "answer")[:MAX_FOUND]
    for row in sorted(found_rows, key=lambda each: -each.pk):
        why = _now("an accepted request, or its Idempotency-Key")
        name = _name(row)
        if name is not None:
            yield Candidate(name, why)
            continue
        entry = ApiLog.objects.filter(request_id=row.request_id).exclude(request_id="").order_by("id")
        first = entry.only("config_id", "record_ref").first()
        if first is not None and first.config_id is not None and first.record_ref:
            yield Candidate(RecordName(first.config_id, None, first.record_ref), why)
        elif first is not None:
            yield Candidate(None, why, first.pk)


def _uuid(term: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(term)
    except ValueError:
        return None


def _hashes(terms: Sequence[str]) -> list[str]:
    """A key is kept as a hash of it and its caller; callers are few."""
    callers = [str(None), *map(str, Credential.objects.values_list("pk", flat=True))]
    hashes = []
    for term in terms:
        try:
            hashes += [key_hash(term, caller=caller) for caller in callers]
        except ApiError:
            continue
    return hashes


def _name(row: InboundRequest) -> RecordName | None:
    odoo_id = str(row.headers.get("X-Odoo-Id", ""))
    if odoo_id.isdigit():
        return RecordName(row.config_id, int(odoo_id))
    asked_id, identifier, _is_batch = from_text(row.action) if row.action else (None, None, False)
    if asked_id is not None:
        return RecordName(row.config_id, asked_id)
    return RecordName(row.config_id, None, str(identifier)) if identifier else None


def our_part(subject: Subject, user: User, request_ids: frozenset[str]) -> Told:
    """The requests that were accepted for the queue: when each was, what became of it, and when it is tried again."""
    told = Told()
    if not request_ids or not user.has_perm("inbound.view_inboundrequest"):
        return told
    rows = InboundRequest.objects.filter(
        request_id__in=request_ids,
        config_id__in=list(subject.configs),
        record_key__in=record_keys(subject.odoo_id, subject.external_ids),
    )
    for row in rows.filter(is_queued=True).defer("body").order_by("-pk")[:MAX_SHOWN]:
        url = reverse("admin:inbound_inboundrequest_change", args=[row.pk])
        if row.state == RequestState.DONE:
            told.events.append(_done(row, url))
            told.verdicts.append(_verdict(row))
            continue
        title = _now("The accepted request waits") if row.state == RequestState.WAITING else _now("It is worked on")
        told.events.append(
            Event(row.created_at, Side.HUB, title, url, row.get_state_display(), "warning", row.last_error)
        )
        if row.next_attempt_at and row.next_attempt_at > timezone.now():
            title = _now("Attempt %(count)s at the accepted request") % {"count": row.attempts + 1}
            told.events.append(Event(row.next_attempt_at, Side.ODOO, title, url, is_future=True))
        if row.attempts:
            text = _now("It was accepted, and has not arrived after %(count)s attempts: %(error)s")
            values = {"count": row.attempts, "error": row.last_error}
            told.verdicts.append(Verdict(row.created_at + _LATER, text % values, "warning"))
    return told


def _done(row: InboundRequest, url: str) -> Event:
    is_good = row.status is not None and row.status < 400
    return Event(
        row.done_at or row.created_at,
        Side.HUB,
        _now("The accepted request was done"),
        url,
        str(row.status or "-"),
        "success" if is_good else "danger",
        "" if is_good else _message(row),
    )


def _verdict(row: InboundRequest) -> Verdict:
    at = (row.done_at or row.created_at) + _LATER
    if row.status is not None and row.status < 400:
        return Verdict(at, _now("It arrived."), "success")
    text = _now("It was accepted, and then refused (%(status)s): %(error)s")
    cure = _now("Mend what the error names, then replay the request from its page, or let it be sent again.")
    return Verdict(at, text % {"status": row.status or "-", "error": _message(row)}, "danger", cure)


def _message(row: InboundRequest) -> str:
    try:
        answer = from_text(row.answer) if row.answer else {}
    except ValueError:
        return ""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    message = str(answer.get("message", "")) if isinstance(answer, dict) else ""
    return f"{message} ({first.get('key')}: {first.get('message')})" if first else message
