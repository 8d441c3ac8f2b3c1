"""Records that were changed in both Odoos: held, shown with both values, settled by staff, closed when they agree.

To settle one is to say what both last agreed on: of a field for which the source is chosen, the value that the target
has, so that the source is who has changed it; of one for which the target is chosen, the source's. Then the held
deliveries are sent again, in both directions, and what was chosen follows from the comparison. Whatever was changed
while somebody was choosing is thereby seen, and asked about anew. A held delivery that something newer of its record
has overtaken is given up: what it says is outdated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from mapping.merging import Winner
from mapping.results import payload_hash
from outbound.models import Conflict, ConflictState, Delivery, DeliveryState, RecordLink
from outbound.parcels import Parcel
from outbound.replay import SENT_OR_WAITING, delivery_discard, delivery_replay, records_outdated
from outbound.snapshots import Agreed, snapshots_turn_round, snapshots_write
from outbound.states import OPEN_DELIVERIES, conflicts_move
from syncconfig.models import SyncConfig
from syncconfig.receiving import keys_back, receiver_for

HELD: Final = "It was changed in both Odoos since they last agreed. It waits under Conflicts until somebody has chosen."
SUPERSEDED: Final = "Something newer of its record was sent, or is on its way."
REMOVED: Final = "Its record was removed."
MAX_REASON: Final = 200
SIDES: Final = (Winner.SOURCE.value, Winner.TARGET.value)


class ConflictRefused(Exception):
    """It cannot be settled now; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Held:
    """A record in conflict: its delivery, the other record, and the disputed fields as the rows hold them."""

    parcel: Parcel
    target_id: int
    title: str
    fields: dict[str, dict[str, Any]]


def conflicts_hold(*, config: SyncConfig, held: Sequence[Held]) -> int:
    """Have an open row for each, with the values as they are now; the one of the other direction will do, and is
    left as it is. Returns how many are new."""
    if not held:
        return 0
    count = 0
    now = timezone.now()
    other = config.other_direction
    with transaction.atomic():
        told = {(pair.record_id, pair.target_id) for pair in _open_of(other, [each.target_id for each in held])}
        mine = {each.record_id: each for each in _open_of(config, [each.parcel.record_id for each in held])}
        for each in held:
            if (each.target_id, each.parcel.record_id) in told:
                continue
            values = {
                "target_id": each.target_id,
                "title": each.title[:200],
                "delivery_id": each.parcel.pk,
                "fields": each.fields,
                "seen_at": now,
            }
            if (known := mine.get(each.parcel.record_id)) is not None:
                Conflict.objects.filter(pk=known.pk).update(**values)
            else:
                Conflict.objects.create(config=config, record_id=each.parcel.record_id, **values)
                count += 1
    return count


def conflicts_close(*, config: SyncConfig, agreed: Iterable[tuple[int, int]]) -> int:
    """The records of these ids, ours and the other's, are in dispute no more: nobody has to choose. What is held of
    them in the other direction is looked at again. Returns how many conflicts were closed."""
    pairs = set(agreed)
    other = config.other_direction
    found = [
        *(each for each in _open_of(config, [ours for ours, _theirs in pairs])),
        *(each for each in _open_of(other, [theirs for _ours, theirs in pairs])),
    ]
    if not found:
        return 0
    count = conflicts_move(
        Conflict.objects.filter(pk__in=[each.pk for each in found]),
        old=ConflictState.OPEN,
        new=ConflictState.AGREED,
        settled_at=timezone.now(),
    )
    for each in found:
        _look_again(each, other if each.config_id == config.pk else config, user=None)
    return count


def conflicts_end(
    *, config: SyncConfig, removed: Sequence[int], reason: str = REMOVED, is_one_sided: bool = False
) -> None:
    """Our records of these ids were removed, or have nothing to do with those there any more: there is nothing to
    choose, and what is held of them is given up, for a reason that is shown with them. What is held in the other
    direction is given up too, or, where it `is_one_sided`, looked at again: the record there may be brought here anew.
    """
    if not removed:
        return
    other = config.other_direction
    found = [(each.pk, each.record_id, each.target_id) for each in _open_of(config, removed)]
    if other is not None:
        back = Conflict.objects.filter(config=other, target_id__in=removed, state=ConflictState.OPEN)
        found += back.values_list("pk", "target_id", "record_id")
    if not found:
        return
    conflicts_move(
        Conflict.objects.filter(pk__in=[pk for pk, _ours, _theirs in found]),
        old=ConflictState.OPEN,
        new=ConflictState.ENDED,
        end_reason=reason[:MAX_REASON],
        settled_at=timezone.now(),
    )
    given_up = [pk for _conflict, ours, _theirs in found for pk in _held_of(config.pk, ours)]
    if other is not None:
        for _conflict, _ours, theirs in found:
            if is_one_sided:
                _held_again(other.pk, theirs, user=None)
            else:
                given_up += _held_of(other.pk, theirs)
    delivery_discard(ids=given_up, user=None, reason=reason)


def conflicts_record_ids(config: SyncConfig) -> list[int]:
    """Our records that wait for a choice, in this direction or in the other one."""
    ours = Conflict.objects.filter(config=config, state=ConflictState.OPEN).values_list("record_id", flat=True)
    if (other := config.other_direction) is None:
        return sorted(ours)
    theirs = Conflict.objects.filter(config=other, state=ConflictState.OPEN).values_list("target_id", flat=True)
    return sorted({*ours, *theirs})


def conflict_settle(
    *, conflict_id: int, choices: Mapping[str, str], user: User | None, seen: str | None = None
) -> Conflict:
    """Take, for each field, the value of the source or of the target. Raises ConflictRefused, also where the values are
    not those any more whose `conflict_mark` is `seen`."""
    with transaction.atomic():
        conflict = Conflict.objects.select_for_update().filter(pk=conflict_id).first()
        if conflict is None or conflict.state != ConflictState.OPEN:
            raise ConflictRefused("It is settled already.")
        if seen is not None and seen != conflict_mark(conflict):
            raise ConflictRefused("The values have changed since you looked. Look at them again.")
        missing = [key for key in conflict.fields if choices.get(key) not in SIDES]
        if missing:
            raise ConflictRefused(f"Choose a value for {', '.join(missing)}.")
        delivery = Delivery.objects.select_for_update().filter(pk=conflict.delivery_id or 0).only("state").first()
        if delivery is not None and delivery.state in OPEN_DELIVERIES:
            raise ConflictRefused("The record is being looked at right now. Try again in a moment.")
        config = SyncConfig.objects.select_related("connection", "target_connection", "pair").get(pk=conflict.config_id)
        _agree(conflict, config, choices)
        conflicts_move(
            Conflict.objects.filter(pk=conflict.pk),
            old=ConflictState.OPEN,
            new=ConflictState.SETTLED,
            choices={key: choices[key] for key in conflict.fields},
            settled_by=user,
            settled_at=timezone.now(),
        )
        conflict.refresh_from_db()
        _look_again(conflict, config.other_direction, user=user)
    return conflict


def conflict_mark(conflict: Conflict) -> str:
    """What tells one set of values from another."""
    return payload_hash(conflict.fields)


def conflict_look_again(*, conflict_id: int, user: User | None) -> None:
    """Have both records compared anew, as they are now. Raises ConflictRefused."""
    conflict = Conflict.objects.filter(pk=conflict_id).first()
    if conflict is None or conflict.state != ConflictState.OPEN:
        raise ConflictRefused("It is settled already.")
    config = SyncConfig.objects.get(pk=conflict.config_id)
    with transaction.atomic():
        _look_again(conflict, config.other_direction, user=user)


def _agree(conflict: Conflict, config: SyncConfig, choices: Mapping[str, str]) -> None:
    """Both links, as if the side that was not chosen had the value that was agreed on."""
    link = RecordLink.objects.filter(config=config, odoo_id=conflict.record_id).first()
    base = dict((link.snapshot if link else None) or {})
    for key, values in conflict.fields.items():
        base[key] = values["target" if choices[key] == Winner.SOURCE else "source"]
    agreed = [Agreed(conflict.record_id, conflict.target_id, base)]
    now = timezone.now()
    snapshots_write(config_id=config.pk, agreed=agreed, now=now)
    if (other := config.other_direction) is not None:
        keys = keys_back(receiver_for(config), other)
        snapshots_turn_round(config_id=other.pk, agreed=agreed, keys=keys, now=now)


def _open_of(config: SyncConfig | None, record_ids: Sequence[int]) -> Sequence[Conflict]:
    if config is None or not record_ids:
        return ()
    found = Conflict.objects.filter(config=config, record_id__in=record_ids, state=ConflictState.OPEN)
    return list(found.only("pk", "config_id", "record_id", "target_id", "delivery_id"))


def _look_again(conflict: Conflict, other: SyncConfig | None, *, user: User | None) -> None:
    """Send what is held of the record, in this direction and in the other one."""
    _held_again(conflict.config_id, conflict.record_id, user=user)
    if other is not None:
        _held_again(other.pk, conflict.target_id, user=user)


def _held_again(config_id: int, record_id: int, *, user: User | None) -> None:
    """The latest of them, while it is the latest of its record too: an older payload would undo a newer one."""
    ids = _held_of(config_id, record_id)
    if not ids:
        return
    is_outdated = records_outdated(config_id=config_id, latest={record_id: ids[0]}, states=SENT_OR_WAITING)
    current = [] if is_outdated else ids[:1]
    delivery_replay(ids=current, user=user)
    delivery_discard(ids=ids[len(current) :], user=user, reason=SUPERSEDED)


def _held_of(config_id: int, record_id: int) -> list[int]:
    """What is held of the record, the latest first."""
    held = Delivery.objects.filter(config_id=config_id, record_id=record_id, state=DeliveryState.SKIPPED)
    return list(held.order_by("-id").values_list("pk", flat=True))
