"""The run of a config that fetches: page by page from the external API, as deliveries into the table, and into Odoo.

What a page holds is in the table in the transaction that moves the run to the next page, so a crash at any point
neither loses nor repeats one. While Odoo is left alone, or the config is paused, pages are read on and wait there.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction

from auditlog.recorder import Recording
from clients.errors import RemoteError
from outbound.budget import Budget
from outbound.claims import Claim
from outbound.deliveries import due_send
from outbound.fetching import FetchedPage, Fetcher, Source
from outbound.items import items_plan
from outbound.models import SyncRun, pull_policy_of
from outbound.page_commits import plan_commit
from outbound.pull_states import PullState, pull_state_of, since_remember
from outbound.run_leases import run_hold
from outbound.sending import Sending
from outbound.targets.registry import target_for
from outbound.walking import walk
from syncconfig.models import SyncConfig
from syncconfig.plans import plan_for

MOST_CLAIMED: Final = 1000


def pages_fetch(*, run: SyncRun, config: SyncConfig, rec: Recording, budget: Budget) -> bool:
    """Page by page until the last one (True) or until the time is up (False). Raises RemoteError where the API cannot
    be asked, or answers what cannot be used."""
    policy = pull_policy_of(config)
    plan = plan_for(config)
    target = target_for(config)
    source = Source(config=config, policy=policy, now=run.started_at or run.created_at)
    rec.add_secret_keys((*plan.secret_fields, *plan.secret_keys, *source.template.secret_keys))
    rec.add_secrets((*source.template.secrets, *target.secrets()))
    state = pull_state_of(run, policy)
    is_last = True
    with Sending(config=config, target=target, rec=rec, budget=budget, run_id=run.pk) as sending:
        if state.position is not None:
            rate = sending.policy.rate_per_minute
            with Fetcher(
                config=config,
                plan=plan,
                source=source,
                state=state,
                rec=rec,
                told=sending.wake,
                interval_s=60 / rate if rate else 0.0,
            ) as fetcher:
                is_last = _walk(run, config, state, fetcher, sending, budget)
        rec.flush()
        due_send(config=config, sending=sending, budget=budget)
    with transaction.atomic():
        run_hold(run)
        # Not before: of a run that is cancelled while it sends, the rest is discarded, and the next one's to fetch.
        if is_last:
            since_remember(run=run, policy=policy)
    return is_last


def _walk(
    run: SyncRun, config: SyncConfig, state: PullState, fetcher: Fetcher, sending: Sending, budget: Budget
) -> bool:
    try:
        return walk(
            config=config,
            source=fetcher,
            sending=sending,
            budget=budget,
            commit=lambda page, claims: items_commit(
                run=run, config=config, page=page, claims=claims, lease=sending.lease
            ),
            is_last=lambda page: page.is_last,
        )
    except RemoteError as error:
        if error.code == "too_many_pages" and run.pull_state is not None:
            # Whoever lets the run go on lets it read as many again.
            run.pull_state = {**run.pull_state, "until": 0}
            run_hold(run, pull_state=run.pull_state)
        raise


def items_commit(*, run: SyncRun, config: SyncConfig, page: FetchedPage, claims: bool, lease: timedelta) -> Claim:
    """Deliveries, counts and the place of the next page, together or not at all; as `page_commit`."""
    # An answer may hold everything; what nobody will come to soon is not claimed, but found when it is due.
    claims = claims and len(page.items) <= MOST_CLAIMED
    made = items_plan(run=run, config=config, items=page.items)
    made.problems += page.notes
    cursor = {"pull_state": page.state.as_json()}
    return plan_commit(
        run=run, config=config, made=made, read_count=len(page.items), cursor=cursor, claims=claims, lease=lease
    )
