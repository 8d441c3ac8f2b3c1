"""Runs of Out configs: starting one, and executing it page by page.

A page's deliveries are inserted in the transaction that moves the cursor, so a crash at any point neither loses nor
doubles one. When the time of a task is used up, the run is released and goes on in the next task. While Odoo cannot
be reached, the run waits and is tried again (5 s, 30 s, 2 min, 10 min, 30 min); after that, or when Odoo refuses, it
has failed, and staff may let it go on from its cursor.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from auditlog.recorder import Recording, recording
from clients.errors import Kind, RemoteError
from clients.odoo.domain import DomainError
from outbound import retry
from outbound.alerts import Trouble, alert
from outbound.budget import Budget
from outbound.cancelling import returned_give_up
from outbound.claims import Claim
from outbound.deliveries import due_send
from outbound.enqueue import SYNC, enqueue_again_at, enqueue_on_commit
from outbound.models import RunState, RunTrigger, SyncRun
from outbound.page_commits import page_commit
from outbound.pages import MappedPage
from outbound.progress import Totals
from outbound.pull_runs import pages_fetch
from outbound.reading import Reader
from outbound.run_leases import LeaseLost, run_hold, run_release, run_take
from outbound.run_scope import gone_settle, scope_done, scope_settle
from outbound.selection import Selection, config_domain
from outbound.sending import Sending
from outbound.states import ACTIVE_RUNS
from outbound.targets.registry import target_for
from outbound.walking import walk
from syncconfig.connections import client_for
from syncconfig.models import RequestType, SyncConfig
from syncconfig.plans import ConfigBroken, plan_for
from syncconfig.secrets import SecretUnreadable

logger = logging.getLogger(__name__)

RETRY_SCHEDULE_S: Final = (5.0, 30.0, 120.0, 600.0, 1800.0)


class RunRefused(Exception):
    """The run cannot be started; the message says why and what to do."""


class RunAlreadyActive(RunRefused):
    """Another run of the config is waiting or running: `run_id`."""

    def __init__(self, config: SyncConfig, run_id: int | None) -> None:
        super().__init__(
            f"{config.name} is running already (run #{run_id}). Wait until it is done, or cancel it."
            if run_id
            else f"{config.name} is running already. Wait until it is done, or cancel it."
        )
        self.run_id = run_id


class Ended(StrEnum):
    """How an execution ended."""

    DONE = "done"
    FAILED = "failed"
    CONTINUES = "continues"
    """The time was up; the next task goes on."""
    WAITS = "waits"
    """Odoo could not be reached; the sweep tries again at `next_attempt_at`."""
    NOT_OURS = "not ours"
    """Somebody else executes it, or it is over."""


def run_start(
    *,
    config: SyncConfig,
    trigger: RunTrigger,
    user: User | None = None,
    record_ids: Iterable[int] | None = None,
    is_full: bool = False,
) -> SyncRun:
    """A new run of the config, enqueued when the transaction commits. `record_ids` limits it to these Odoo ids.

    Raises RunAlreadyActive while another one is not over, and RunRefused where the config cannot run.
    """
    check_can_run(config)
    if config.fetches and record_ids is not None:
        raise RunRefused(f"{config.name} fetches from an external API, and cannot be limited to ids of Odoo.")
    ids = None if record_ids is None else sorted(set(record_ids))
    try:
        with transaction.atomic():
            run = SyncRun.objects.create(
                config=config,
                trigger=trigger,
                user=user,
                record_ids=ids,
                is_full=is_full,
                next_attempt_at=enqueue_again_at(),
            )
    except IntegrityError:
        raise RunAlreadyActive(config, active_run_id(config)) from None
    enqueue_on_commit(SYNC, run.pk)
    return run


def active_run_id(config: SyncConfig) -> int | None:
    """The run of the config that is waiting or running."""
    active = SyncRun.objects.filter(config=config, state__in=ACTIVE_RUNS)
    return active.values_list("pk", flat=True).first()


def check_can_run(config: SyncConfig) -> None:
    """Raises RunRefused where the config cannot be run by anybody."""
    if config.request_type != RequestType.OUT:
        raise RunRefused(f"{config.name} is an In sync: others call it, and there is nothing to run.")
    if not config.active:
        raise RunRefused(f"{config.name} is not active. Switch it on to run it.")
    if len(config.methods) != 1:
        raise RunRefused(
            f"{config.name} needs exactly one HTTP method. Choose GET to fetch, or POST, PUT or DELETE to send."
        )


def run_execute(*, run_id: int, budget_s: float) -> Ended:
    """Execute the run for about `budget_s` seconds. Errors of Odoo and of the config end up in the run."""
    budget = Budget(budget_s)
    run = run_take(run_id)
    if run is None:
        return Ended.NOT_OURS
    try:
        return _execute(run, budget)
    except LeaseLost:
        returned_give_up(run_id=run_id)
        return Ended.NOT_OURS


def _execute(run: SyncRun, budget: Budget) -> Ended:
    try:
        config = SyncConfig.objects.select_related("connection").get(pk=run.config_id)
        check_can_run(config)
        with recording(config=config, run_id=run.pk) as rec:
            if config.fetches:
                is_last = pages_fetch(run=run, config=config, rec=rec, budget=budget)
            else:
                is_last = _pages(run, config, rec, budget)
    except LeaseLost:
        raise
    except RemoteError as error:
        return _interrupted(run, error)
    except (ConfigBroken, RunRefused, DomainError, SecretUnreadable) as error:
        return _fail(run, str(error))
    except Exception:
        logger.exception("Run %s failed", run.pk)
        return _interrupted(
            run, RemoteError("The hub failed. The log of its process says why.", kind=Kind.RETRYABLE, code="internal")
        )
    if is_last:
        run_release(run, new=RunState.DONE, finished_at=timezone.now(), error="", next_attempt_at=None, failures=0)
        return Ended.DONE
    run_release(run, new=RunState.PENDING, failures=0, next_attempt_at=enqueue_again_at())
    enqueue_on_commit(SYNC, run.pk)
    return Ended.CONTINUES


def _pages(run: SyncRun, config: SyncConfig, rec: Recording, budget: Budget) -> bool:
    """Page by page until the last one (True) or until the time is up (False)."""
    target = target_for(config)
    plan = plan_for(config)
    rec.add_secret_keys(plan.secret_fields | plan.secret_keys)
    rec.add_secret_keys(target.secret_keys())
    rec.add_secrets(target.secrets())
    client = client_for(config.connection)
    now = run.started_at or run.created_at
    scope_settle(run=run, config=config, client=client, domain=config_domain(config, client, now))
    selection = Selection(
        config=config,
        plan=plan,
        client=client,
        now=now,
        record_ids=run.record_ids,
        # What Odoo told of may be gone, or not be there yet; what staff chose has to be.
        tells_absent=run.trigger != RunTrigger.CHANGES and not run.change_cursor,
    )
    with (
        Sending(config=config, target=target, rec=rec, budget=budget, run_id=run.pk) as sending,
        Reader(
            plan=plan,
            selection=selection,
            after_id=run.cursor,
            told=sending.wake,
            watched=sending.policy.watched_keys,
        ) as reader,
    ):
        totals = Totals(run, selection)

        def commit(mapped: MappedPage, claims: bool) -> Claim:
            totals.ask_once()
            return page_commit(run=run, config=config, mapped=mapped, claims=claims, lease=sending.lease)

        is_last = walk(
            config=config,
            source=reader,
            sending=sending,
            budget=budget,
            commit=commit,
            is_last=lambda mapped: mapped.page.is_last,
        )
        if is_last:
            gone_settle(run=run, config=config, client=client)
        rec.flush()
        due_send(config=config, sending=sending, budget=budget)
    with transaction.atomic():
        run_hold(run)
        # Not before: of a run that is cancelled while it sends, the rest is discarded, and the next one's to read.
        if is_last:
            scope_done(run=run, config=config)
    return is_last


def _interrupted(run: SyncRun, error: RemoteError) -> Ended:
    """Reading changes nothing, so an answer that was lost is asked for again like one that was refused for now."""
    kind = Kind.RETRYABLE if error.kind is Kind.AMBIGUOUS else error.kind
    repeatable = RemoteError(error.message, kind=kind, code=error.code, retry_after_s=error.retry_after_s)
    decided = retry.decision(
        repeatable,
        attempts=max(run.failures, 1),
        schedule_s=RETRY_SCHEDULE_S,
        now=timezone.now(),
        random=random.random,
    )
    if decided.retry_at is None:
        return _fail(run, decided.reason)
    run_release(
        run, new=RunState.PENDING, next_attempt_at=decided.retry_at, error=decided.reason, failures=run.failures
    )
    return Ended.WAITS


def _fail(run: SyncRun, reason: str) -> Ended:
    run_fail(run=run, reason=reason)
    return Ended.FAILED


def run_fail(*, run: SyncRun, reason: str) -> None:
    """End the run as failed, under the lease that `run` was read with: staff are told, and what Odoo told of is looked
    at again. Raises LeaseLost."""
    from outbound.noticed import changes_again  # which starts runs

    with transaction.atomic():
        run_release(run, new=RunState.FAILED, error=reason, finished_at=timezone.now(), next_attempt_at=None)
        if run.trigger == RunTrigger.CHANGES:
            changes_again(config_id=run.config_id, record_ids=run.record_ids or ())
    alert(run.config_id, Trouble.RUN_FAILED, f"Run #{run.pk} failed. {reason}")
