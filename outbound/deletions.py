"""Records that were sent, and are not in Odoo any more: found by comparing ids, reported, and deleted there if wished.

Gone is what Odoo does not have at all, archived or not, and, where the policy says so, what only left the config's
domain. A ceiling stops a mass delete: where more are gone than that (the wrong database was connected, say), nothing is
sent until somebody has agreed to that many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from clients.odoo.client import OdooClient
from outbound.alerts import Trouble, alert
from outbound.models import Deletions, Delivery, DeliveryPolicy, DeliveryState, RecordLink, policy_of
from outbound.parcels import Parcel, parcels_insert
from outbound.selection import config_domain
from outbound.states import OPEN_DELIVERIES
from syncconfig.models import SyncConfig

CHUNK: Final = 1000
ARCHIVED_TOO: Final = {"active_test": False}
DELETED_HASH: Final = ""
"""The payload hash of a delivery that deletes: there is no payload to compare later ones with."""


@dataclass(frozen=True, slots=True)
class DeletionReport:
    """`gone` are the Odoo ids; `sent` of them got a DELETE; `is_held`: more are gone than the ceiling allows. With
    `counts_left` they are gone from the config's domain, if not from Odoo."""

    gone: tuple[int, ...]
    sent: int = 0
    is_held: bool = False
    counts_left: bool = False

    @property
    def where(self) -> str:
        return "Odoo, or from the filter domain" if self.counts_left else "Odoo"


def deletions_find(*, config: SyncConfig, client: OdooClient, record_ids: Iterable[int] | None = None) -> list[int]:
    """Ids of records, among `record_ids` or all that were ever sent, that Odoo does not have any more, or that have
    left the config's domain where its policy counts them. Also of those that are only on their way: once they arrive,
    nobody else would take them back."""
    counts_left = policy_of(config).deletes_left
    domain = config_domain(config, client, timezone.now()) if counts_left else []
    context = None if counts_left else ARCHIVED_TOO
    links = RecordLink.objects.filter(config=config, odoo_id__isnull=False).exclude(payload_hash=DELETED_HASH)
    under_way = Delivery.objects.filter(config=config, state__in=OPEN_DELIVERIES).exclude(payload_hash=DELETED_HASH)
    if record_ids is not None:
        links = links.filter(odoo_id__in=list(record_ids))
        under_way = under_way.filter(record_id__in=list(record_ids))
    gone: list[int] = []
    after = 0
    while True:
        sent = links.filter(odoo_id__gt=after).order_by("odoo_id").values_list("odoo_id", flat=True)[:CHUNK]
        going = under_way.filter(record_id__gt=after).order_by("record_id").values_list("record_id", flat=True)
        ids = sorted({each for each in (*sent, *going.distinct()[:CHUNK]) if each is not None})[:CHUNK]
        if not ids:
            return gone
        there = set(client.search(config.model, [["id", "in", ids], *domain], context=context))
        gone += [each for each in ids if each not in there]
        after = ids[-1]


def deletions_reconcile(
    *,
    config: SyncConfig,
    client: OdooClient,
    run_id: int | None = None,
    record_ids: Iterable[int] | None = None,
    sends: bool | None = None,
    may_insert: Callable[[], None] = lambda: None,
) -> DeletionReport:
    """Find what is gone and, where the config's policy says so (or `sends`), insert a DELETE for each. `may_insert` is
    called in the transaction that does it, and prevents it by raising."""
    if config.fetches:
        # Its links are of what came from elsewhere, where nobody asked for anything to be deleted.
        return DeletionReport(())
    policy = policy_of(config)
    gone = tuple(deletions_find(config=config, client=client, record_ids=record_ids))
    report = DeletionReport(gone, counts_left=policy.deletes_left)
    if not gone or not (policy.deletions == Deletions.DELETE if sends is None else sends):
        if not gone and record_ids is None:
            _held_no_more(config)
        return report
    allowed = max(policy.deletion_ceiling, policy.agreed_deletions)
    if len(gone) > allowed:
        DeliveryPolicy.objects.filter(config=config).update(held_deletions=len(gone))
        alert(
            config.pk,
            Trouble.DELETIONS,
            f"{len(gone)} records are gone from {report.where}, more than the {allowed} that may be deleted at once. "
            "Nothing was deleted. If it is right, agree: “Agree to deletions” under “More” on the sync, or "
            f"manage.py sync_deletions {config.name!r} --agree {len(gone)}",
        )
        return replace(report, is_held=True)
    DeliveryPolicy.objects.filter(config=config, agreed_deletions__gt=0).update(agreed_deletions=0)
    _held_no_more(config)
    return replace(report, sent=_insert(config, run_id, gone, may_insert))


def _held_no_more(config: SyncConfig) -> None:
    DeliveryPolicy.objects.filter(config=config, held_deletions__gt=0).update(held_deletions=0)


def _insert(config: SyncConfig, run_id: int | None, gone: Sequence[int], may_insert: Callable[[], None]) -> int:
    """A DELETE for each, behind whatever of the record is still open; none where one waits or is dead already."""
    now = timezone.now()
    deleting = Delivery.objects.filter(config=config, record_id__in=gone, method="DELETE", payload_hash=DELETED_HASH)
    told = set(deleting.filter(state__in=(*OPEN_DELIVERIES, DeliveryState.DEAD)).values_list("record_id", flat=True))
    wanted = [record_id for record_id in gone if record_id not in told]
    externals = dict(RecordLink.objects.filter(config=config, odoo_id__in=wanted).values_list("odoo_id", "external_id"))
    payloads = _last_payloads(config, wanted)
    parcels = [
        Parcel.new(
            run_id=run_id,
            record_id=record_id,
            external_id=externals.get(record_id) or "",
            method="DELETE",
            payload=payloads.get(record_id, {}),
            payload_hash=DELETED_HASH,
            batch=None,
        )
        for record_id in wanted
    ]
    with transaction.atomic():
        may_insert()
        parcels_insert(parcels, config_id=config.pk, now=now)
    return len(parcels)


def _last_payloads(config: SyncConfig, record_ids: Sequence[int]) -> dict[int, object]:
    """What was last delivered of each, or will be before it: the URL of a deletion may hold a value of it."""
    arrived = (DeliveryState.DELIVERED, *OPEN_DELIVERIES)
    latest = (
        Delivery.objects.filter(config=config, record_id__in=record_ids, state__in=arrived)
        .order_by()
        .values("record_id")
        .annotate(latest=Max("id"))
        .values("latest")
    )
    return dict(Delivery.objects.filter(pk__in=latest).values_list("record_id", "payload"))


def deletions_agree(*, config: SyncConfig, count: int) -> None:
    """Let the next reconciliation delete so many at once."""
    policy = policy_of(config)
    if policy.pk is None:
        policy.save()
    DeliveryPolicy.objects.filter(pk=policy.pk).update(agreed_deletions=count)
