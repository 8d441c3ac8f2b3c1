"""The preview of what a run would do in another Odoo: field by field, against what is there now."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Final

from clients.errors import RemoteError
from clients.odoo.read_only import ReadOnlyOdoo
from mapping.results import REDACTED
from outbound.meetings import WAITS_FOR_RELATED, Meeting, Meetings
from outbound.parcels import Parcel
from outbound.preview import Effect, RecordPreview, ShownChange, WouldCall, shown
from outbound.source_records import other_error
from syncconfig.connections import client_for
from syncconfig.models import SyncConfig
from syncconfig.models.config import DeleteMode
from syncconfig.receiving import Receiver, target_of

MAX_TEXT: Final = 100


def preview_meetings(*, config: SyncConfig, receiver: Receiver, parcels: Sequence[Parcel]) -> list[RecordPreview]:
    """One for each record, in order. Reads both Odoos and writes nothing. Raises RemoteError."""
    client = ReadOnlyOdoo(client_for(target_of(config)))
    # A parcel that was never inserted has no id, and meetings tell them apart by it.
    for number, parcel in enumerate(parcels, 1):
        parcel.pk = -number
    try:
        met = Meetings(config=config, receiver=receiver, client=client).meet(parcels)
    except RemoteError as error:
        raise other_error(error) from error
    return [_record(config, receiver, each) for each in met]


def _record(config: SyncConfig, receiver: Receiver, met: Meeting) -> RecordPreview:
    secret = receiver.plan.secret_fields
    title = REDACTED if receiver.plan.identifier.field in secret else met.title
    record = RecordPreview(title, Effect.UPDATE, odoo_id=met.parcel.record_id)
    record.values = shown(met.payload, receiver.plan.secret_keys)
    if met.error is not None:
        record.effect = Effect.WAIT if met.error.code == WAITS_FOR_RELATED else Effect.REFUSE
        record.problem = met.error.message
    elif met.is_gone:
        record.effect, record.problem = Effect.SKIP, "It is gone from the Odoo that it comes from."
    elif config.methods == ["DELETE"]:
        _would_remove(config, receiver, record, met)
    elif met.disputed:
        record.effect = Effect.SKIP
        record.problem = f"Changed in both Odoos: {_disputes(met, secret)}. It would wait until somebody has chosen."
    elif met.target_id is None:
        _would_create(config, receiver, record, met)
    else:
        record.effect = Effect.UPDATE if met.write else Effect.UNCHANGED
        record.changes = _changes(met, met.write, secret)
        if met.write:
            content = {"ids": [met.target_id], "vals": shown(met.to_write().values, secret)}
            record.calls.append(WouldCall(f"{receiver.plan.model}.write", content))
        if met.left:
            record.problem = f"Changed there, and left as it is: {', '.join(met.left)}."
    return record


def _would_create(config: SyncConfig, receiver: Receiver, record: RecordPreview, met: Meeting) -> None:
    if config.methods == ["PUT"]:
        record.effect, record.problem = Effect.REFUSE, "It is not there, and the method PUT makes none."
        return
    record.effect = Effect.CREATE
    content = {"vals_list": [shown(met.result.values, receiver.plan.secret_fields)]}
    record.calls.append(WouldCall(f"{receiver.plan.model}.create", content))


def _would_remove(config: SyncConfig, receiver: Receiver, record: RecordPreview, met: Meeting) -> None:
    if met.target_id is None:
        record.effect, record.problem = Effect.UNCHANGED, "It is not there."
        return
    archives = config.delete_mode == DeleteMode.ARCHIVE
    record.effect = Effect.ARCHIVE if archives else Effect.DELETE
    method, content = ("write", {"vals": {"active": False}}) if archives else ("unlink", {})
    record.calls.append(WouldCall(f"{receiver.plan.model}.{method}", {"ids": [met.target_id], **content}))


def _disputes(met: Meeting, secret: Collection[str]) -> str:
    told = [
        key if key in secret else f"{key} (here {_text(sides['source'])}, there {_text(sides['target'])})"
        for key, sides in met.disputed.items()
    ]
    return ", ".join(told)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:MAX_TEXT]


def _changes(met: Meeting, keys: Collection[str], secret: Collection[str]) -> list[ShownChange]:
    theirs = met.theirs or {}
    return [
        ShownChange(key, REDACTED, REDACTED)
        if key in secret
        else ShownChange(key, shown(theirs.get(key), secret), shown(met.ours[key], secret))
        for key in keys
    ]
