"""The preview of what a run would send."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils import timezone

from auditlog.recorder import Recording
from auditlog.redaction import Redactor, redactor
from clients.errors import RemoteError
from clients.odoo.domain import DomainError
from clients.odoo.read_only import ReadOnlyOdoo
from mapping.engine import map_out
from mapping.plan import Plan
from mapping.results import payload_hash
from outbound.changes import NOTHING, Known, known_of
from outbound.claims import Unit
from outbound.parcels import Parcel
from outbound.preview import MAX_RECORDS, Effect, Preview, RecordPreview, WouldCall, dry_run, refused, shown
from outbound.preview_other import preview_meetings
from outbound.requests import OutRequest
from outbound.runs import RunRefused, check_can_run
from outbound.selection import Selection
from outbound.targets.base import Target
from outbound.targets.other_odoo import OtherOdooTarget
from outbound.targets.registry import target_for
from syncconfig.connections import client_for
from syncconfig.models import SyncConfig
from syncconfig.models.config import RequestShape
from syncconfig.plans import ConfigBroken, plan_for
from syncconfig.receiving import Receiver
from syncconfig.secrets import SecretUnreadable


def preview_out(
    *,
    config: SyncConfig,
    ids: Sequence[int] | None = None,
    limit: int = 10,
    rec: Recording | None = None,
    plan: Plan | None = None,
    receiver: Receiver | None = None,
) -> Preview:
    """What a run would send of the records with these Odoo ids, or of the first `limit` of the filter domain. `plan` is
    given for a config that is not stored, and `receiver` with it where its records go into another Odoo.

    Raises nothing remote, as `preview_in`.
    """
    try:
        check_can_run(config)
        plan = plan or plan_for(config)
        with dry_run(config, plan, rec) as made:
            target = target_for(config) if receiver is None else OtherOdooTarget(config, receiver)
            made.add_secrets(target.secrets())
            client = ReadOnlyOdoo(client_for(config.connection))
            selection = Selection(config=config, plan=plan, client=client, now=timezone.now(), record_ids=ids)
            page = selection.read(0, min(limit, MAX_RECORDS) if ids is None else MAX_RECORDS)
            results = map_out(plan, page.records, related=selection.related, params=selection.params, ask=selection.ask)
        records = [int(record["id"]) for record in page.records]
        known = known_of(config_id=config.pk, record_ids=records)
        hide = redactor(frozenset(target.secrets()), frozenset(target.secret_keys()))
        preview = Preview()
        sending: list[Parcel] = []
        meeting: dict[int, Parcel] = {}
        for record_id, result in zip(records, results, strict=True):
            found = refused(result, f"#{record_id}")
            if found is None and result.values is not None:
                parcel, found = _sent(config, record_id, result.values, known.get(record_id, NOTHING))
                found.values = shown(result.values, plan.secret_keys)
                if isinstance(target, OtherOdooTarget):
                    # Whatever was sent before, the comparison says what differs.
                    meeting[record_id] = parcel
                elif found.effect is Effect.SEND:
                    sending.append(parcel)
                    if config.request_shape == RequestShape.RECORD:
                        _add_request(found, _Sending(target, hide), [parcel], batch=None)
            if found is not None:
                found.odoo_id = record_id
                preview.records.append(found)
        if meeting and isinstance(target, OtherOdooTarget):
            _add_meetings(config, target, preview, meeting)
        preview.records += [
            RecordPreview(f"#{absent}", Effect.REFUSE, absent, problem=_ABSENT) for absent in page.absent
        ]
        if sending and config.request_shape == RequestShape.PAGE:
            holder = RecordPreview("", Effect.SEND)
            _add_request(holder, _Sending(target, hide), sending, batch=uuid.uuid4())
            preview.calls, preview.problem = holder.calls, holder.problem
        return preview
    except (RemoteError, ConfigBroken, DomainError, SecretUnreadable, RunRefused) as error:
        return Preview(problem=str(error))


_ABSENT = "The record is not in Odoo any more, or the config's filter domain leaves it out."


def _sent(
    config: SyncConfig, record_id: int, payload: dict[str, object], before: Known
) -> tuple[Parcel, RecordPreview]:
    digest = payload_hash(payload)
    parcel = Parcel.new(
        run_id=None,
        record_id=record_id,
        external_id=before.external_id,
        method=config.methods[0],
        payload=payload,
        payload_hash=digest,
        batch=None,
    )
    record = RecordPreview(f"#{record_id}", Effect.SEND)
    if config.only_changed and before.payload_hash == digest:
        record.effect = Effect.UNCHANGED
        record.problem = (
            "The other side refused exactly this; it waits for staff." if before.is_dead else "It was sent like this."
        )
    return parcel, record


def _add_meetings(config: SyncConfig, target: OtherOdooTarget, preview: Preview, parcels: dict[int, Parcel]) -> None:
    """In place of the records that would go into another Odoo, what would become of them there."""
    with dry_run(config, None, None) as made:
        made.add_secrets(target.secrets())
        made.add_secret_keys(target.secret_keys())
        met = preview_meetings(config=config, receiver=target.receiver, parcels=list(parcels.values()))
    by_id = dict(zip(parcels, met, strict=True))
    preview.records = [by_id.get(each.odoo_id or 0, each) for each in preview.records]


@dataclass(frozen=True, slots=True)
class _Sending:
    target: Target
    hide: Redactor


def _add_request(record: RecordPreview, sending: _Sending, parcels: list[Parcel], *, batch: uuid.UUID | None) -> None:
    """The request as it would be made, with credentials and secret keys hidden; or why none can be made."""
    hide = sending.hide
    try:
        prepared = sending.target.prepare(Unit(tuple(parcels), batch, uuid.uuid4()))
    except RemoteError as error:
        record.effect, record.problem = Effect.REFUSE, error.message
        return
    if not isinstance(prepared, OutRequest):
        record.calls.append(WouldCall(type(prepared).__name__, None))
        return
    url = prepared.url + (f"?{urlencode(prepared.params)}" if prepared.params else "")
    content = {"headers": hide.headers(prepared.headers), "body": _shown_body(prepared.body, hide)}
    record.calls.append(WouldCall(f"{prepared.method} {hide.url(url)}", content))


def _shown_body(body: bytes | None, hide: Redactor) -> object:
    if body is None:
        return None
    text = hide.text(body.decode("utf-8", "replace"))
    try:
        return json.loads(text)
    except ValueError:
        return text
