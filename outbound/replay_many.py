"""Sending many again: chosen by state, time and error, with the old payload or mapped anew, and simulated first.

With the old payload a delivery keeps its Idempotency-Key, so a receiver that has it already does nothing twice. Mapped
anew it is another request: the old delivery is given up, and a run over its record makes a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.models import User
from django.utils import timezone

from auditlog.recorder import recording
from mapping.engine import map_out
from mapping.results import diff
from outbound.models import Delivery, DeliveryState, RunTrigger, SyncRun
from outbound.preview import Effect
from outbound.preview_in import preview_in
from outbound.replay import REPLAYABLE, SENT_OR_WAITING, delivery_discard, delivery_replay, records_outdated
from outbound.runs import RunRefused, run_start
from outbound.selection import Selection
from outbound.states import DELIVERY_TRANSITIONS
from syncconfig.connections import client_for
from syncconfig.models import SyncConfig
from syncconfig.plans import plan_for

MAX_SHOWN: Final = 20
CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class ReplayPreview:
    """What a replay would do. `changes` tells of the first records what would differ from what was sent then; `lost`
    are records that cannot be mapped any more, with the reason."""

    deliveries: int
    requests: int
    changes: tuple[str, ...] = ()
    lost: tuple[str, ...] = field(default=())


def replay_choose(
    *,
    config: SyncConfig,
    state: DeliveryState = DeliveryState.DEAD,
    since: datetime | None = None,
    until: datetime | None = None,
    error: str = "",
) -> list[int]:
    """Ids of the config's deliveries in this state, created in that time, whose error holds the text.

    Of a record that was delivered or is waiting since, older ones are left out: to send them would bring back what
    is outdated. Raises ValueError where what is in this state is never sent again.
    """
    if state not in REPLAYABLE or DeliveryState.PENDING not in DELIVERY_TRANSITIONS[state]:
        raise ValueError(f"What is {state.label} is not sent again; choose {', '.join(REPLAYABLE)}.")
    chosen = Delivery.objects.filter(config=config, state=state)
    if since is not None:
        chosen = chosen.filter(created_at__gte=since)
    if until is not None:
        chosen = chosen.filter(created_at__lt=until)
    if error:
        chosen = chosen.filter(last_error__icontains=error)
    latest: dict[int, int] = {}
    for pk, record_id in chosen.order_by("pk").values_list("pk", "record_id"):
        latest[record_id] = pk
    outdated = records_outdated(config_id=config.pk, latest=latest, states=SENT_OR_WAITING)
    return sorted(pk for record_id, pk in latest.items() if record_id not in outdated)


def delivery_is_outdated(delivery_id: int) -> bool:
    """Whether something newer of its record was sent, or waits to be."""
    delivery = Delivery.objects.filter(pk=delivery_id).only("config_id", "record_id").first()
    if delivery is None:
        return False
    latest = {delivery.record_id: delivery.pk}
    return bool(records_outdated(config_id=delivery.config_id, latest=latest, states=SENT_OR_WAITING))


def replay_simulate(*, config: SyncConfig, ids: Sequence[int], anew: bool) -> ReplayPreview:
    """What sending these again would come to; nothing is written, and nobody but Odoo is asked. Raises RemoteError
    and ConfigBroken where `anew` and Odoo cannot be read."""
    batches = Delivery.objects.filter(pk__in=ids).values_list("batch", flat=True)
    if config.fetches:
        return _fetched_simulate(config, ids) if anew else ReplayPreview(len(ids), 1)
    requests = len({batch for batch in batches if batch}) + sum(1 for batch in batches if batch is None)
    if not anew:
        return ReplayPreview(len(ids), requests)
    shown = list(Delivery.objects.filter(pk__in=ids).order_by("pk").values_list("record_id", "payload"))
    with recording(config=config, secrets=[config.connection.secret], is_dry_run=True):
        fresh = _mapped(config, [record_id for record_id, _payload in shown])
    # A list is compared as a whole, so one with a secret in it is hidden as a whole.
    secret = {key.partition("[")[0] for key in plan_for(config).secret_keys}
    changes, lost = [], []
    for record_id, payload in shown:
        now = fresh.get(record_id, "It is not in Odoo any more, or the config's filter domain leaves it out.")
        if isinstance(now, str):
            lost.append(f"{record_id}: {now}")
        elif isinstance(payload, dict):
            changes += [
                f"{record_id}: {each.field}: {each.old!r} → {each.new!r}" for each in diff(payload, now, secret=secret)
            ]
    return ReplayPreview(len(ids) - len(lost), requests, tuple(changes[:MAX_SHOWN]), tuple(lost[:MAX_SHOWN]))


def replay_old(*, ids: Iterable[int], user: User | None = None) -> int:
    """Send them again as they were. Returns how many."""
    return delivery_replay(ids=ids, user=user)


def replay_anew(*, config: SyncConfig, ids: Sequence[int], user: User | None = None) -> SyncRun:
    """Give up what is dead of these, and start a run that maps and sends their records as they are now.

    Raises RunRefused, and then nothing was given up.
    """
    if config.fetches:
        raise RunRefused(
            f"What {config.name} fetched is mapped anew with every attempt. Send it again as it is, without mapping it "
            "anew."
        )
    record_ids = list(Delivery.objects.filter(pk__in=ids, config=config).values_list("record_id", flat=True))
    run = run_start(config=config, trigger=RunTrigger.REPLAY, user=user, record_ids=record_ids, is_full=True)
    dead = Delivery.objects.filter(pk__in=ids, state=DeliveryState.DEAD).values_list("pk", flat=True)
    delivery_discard(ids=list(dead), user=user, reason=f"Mapped anew by run #{run.pk}.")
    return run


def _fetched_simulate(config: SyncConfig, ids: Sequence[int]) -> ReplayPreview:
    """What would become of items that were fetched, in Odoo as it is now."""
    shown = list(Delivery.objects.filter(pk__in=ids).order_by("pk").values_list("external_id", "payload")[:MAX_SHOWN])
    preview = preview_in(config=config, payloads=[payload for _name, payload in shown])
    changes, lost = [], [preview.problem] if preview.problem else []
    for (name, _payload), record in zip(shown, preview.records, strict=False):
        told = "; ".join([record.problem, *(f"{error.key}: {error.message}" for error in record.errors)]).strip("; ")
        if record.effect is Effect.REFUSE:
            lost.append(f"{name or record.title}: {told}")
        else:
            changes.append(f"{name or record.title}: {record.effect}")
    return ReplayPreview(len(ids) - len(lost), 1, tuple(changes), tuple(lost))


def _mapped(config: SyncConfig, record_ids: Sequence[int]) -> dict[int, dict[str, Any] | str]:
    """The payload of each record as it is now, or why there is none."""
    plan = plan_for(config)
    selection = Selection(
        config=config, plan=plan, client=client_for(config.connection), now=timezone.now(), record_ids=record_ids
    )
    found: dict[int, dict[str, Any] | str] = {}
    after_id = 0
    while True:
        page = selection.read(after_id, CHUNK)
        for record, result in zip(page.records, map_out(plan, page.records, related=selection.related), strict=True):
            told = "; ".join(str(error) for error in result.errors)
            found[int(record["id"])] = told if result.values is None else result.values
        if page.is_last:
            return found
        after_id = page.cursor
