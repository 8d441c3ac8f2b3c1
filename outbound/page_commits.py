"""Puts a page's deliveries into the table, together with the cursor, already claimed by whoever is going to send them.

To insert them as waiting and claim them afterwards would write every row twice. A record with an earlier delivery
that is still open is not claimed: its new delivery waits for that one.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from outbound.claims import LEASE, Claim, claim_of, records_waited_for
from outbound.models import SyncRun
from outbound.pages import MappedPage, PagePlan, page_plan
from outbound.parcels import Parcel, parcels_insert
from outbound.run_leases import run_hold
from syncconfig.models import SyncConfig

MAX_PROBLEMS: Final = 100


def page_commit(
    *, run: SyncRun, config: SyncConfig, mapped: MappedPage, claims: bool = True, lease: timedelta = LEASE
) -> Claim:
    """Deliveries, counts and cursor, together or not at all. Returns what is now to be sent by the caller; without
    `claims` everything waits in the table. Raises LeaseLost where the run is not ours any more."""
    made = page_plan(run=run, config=config, page=mapped)
    cursor = {"cursor": max(mapped.page.cursor, run.cursor)}
    return plan_commit(
        run=run,
        config=config,
        made=made,
        read_count=len(mapped.page.records),
        cursor=cursor,
        claims=claims,
        lease=lease,
    )


def plan_commit(
    *,
    run: SyncRun,
    config: SyncConfig,
    made: PagePlan,
    read_count: int,
    cursor: Mapping[str, object],
    claims: bool,
    lease: timedelta,
) -> Claim:
    """As `page_commit`, of what a page came to. `cursor` holds the columns of the run that say how far it has come."""
    token = uuid.uuid4()
    claimed: list[Parcel] = []
    # Nobody else writes these columns while the run is ours.
    values = {
        **cursor,
        "problems": [*run.problems, *made.problems][:MAX_PROBLEMS],
        "read_count": run.read_count + read_count,
        "unchanged_count": run.unchanged_count + made.unchanged,
        "held_count": run.held_count + made.held,
        "rejected_count": run.rejected_count + made.rejected,
        "queued_count": run.queued_count + len(made.deliveries),
    }
    with transaction.atomic():
        run_hold(run, failures=0, error="", **values)
        if made.deliveries:
            now = timezone.now()
            claimed = parcels_insert(
                made.deliveries,
                config_id=config.pk,
                now=now,
                claim=token if claims else None,
                claimed_until=now + lease,
                waiting=_waiting(config.pk, made.deliveries),
            )
    for name, value in values.items():
        setattr(run, name, value)
    run.failures = 1
    return claim_of(token, claimed)


def _waiting(config_id: int, parcels: list[Parcel]) -> set[int]:
    """Records whose deliveries may not be sent yet. A batch travels whole: if one of it has to wait, all do."""
    waited_for = records_waited_for(config_id=config_id, record_ids=[parcel.record_id for parcel in parcels])
    if waited_for and parcels[0].batch:
        return {parcel.record_id for parcel in parcels}
    return waited_for
