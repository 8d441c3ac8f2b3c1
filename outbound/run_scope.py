"""What a run is about: the records written since the last one, where the config reads only those; and, at its end, the
records that are gone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from clients.odoo.changes import FORMAT, ChangeCursor
from clients.odoo.client import OdooClient
from outbound.conflicts import conflicts_end, conflicts_record_ids
from outbound.deletions import DeletionReport, deletions_reconcile
from outbound.models import Deletions, DeliveryPolicy, RunTrigger, SyncRun, policy_of
from outbound.run_leases import run_hold
from outbound.targets.odoo_lookup import ARCHIVED_TOO
from syncconfig.models import SyncConfig

PAGE: Final = 1000
MARGIN: Final = timedelta(minutes=2)
MAX_SHOWN: Final = 100


def scope_settle(*, run: SyncRun, config: SyncConfig, client: OdooClient, domain: list[Any]) -> None:
    """Where the config reads only changes, let the run be about the records that changed since the last one.

    A full run, and the first one, read everything. The config's own cursor moves when the run is done: one that fails
    is followed by one that looks at the same changes again. Raises RemoteError.
    """
    policy = policy_of(config)
    if not policy.reads_changes or run.record_ids is not None or run.change_cursor:
        return
    # What was changed while the clocks of both sides differed, or in a transaction that took long, is looked at again.
    begun = ChangeCursor((datetime.now(UTC) - MARGIN).strftime(FORMAT)).as_text()
    ids: set[int] | None = None
    if policy.change_cursor and not run.is_full:
        since = ChangeCursor.from_text(policy.change_cursor)
        ids = set()
        for page, _following in client.iter_changes(config.model, domain, ["id"], since, page_size=PAGE):
            ids.update(int(record["id"]) for record in page)
    chosen = None if ids is None else sorted(ids)
    run_hold(run, record_ids=chosen, change_cursor=begun)
    run.record_ids, run.change_cursor = chosen, begun


def scope_done(*, run: SyncRun, config: SyncConfig) -> None:
    """Everything of the run is in the table: the next one looks at what came later."""
    if run.change_cursor:
        DeliveryPolicy.objects.filter(config=config).update(change_cursor=run.change_cursor)


def gone_settle(*, run: SyncRun, config: SyncConfig, client: OdooClient) -> None:
    """At the end of a run over everything, or over what Odoo told of: see which records are gone, and do about them
    what the config says. The run shows them. Raises RemoteError, and LeaseLost before anything is deleted."""
    _disputes_settle(config, client)
    if policy_of(config).deletions == Deletions.IGNORE:
        return
    if run.record_ids is not None and run.trigger != RunTrigger.CHANGES and not run.change_cursor:
        return
    told = run.record_ids if run.trigger == RunTrigger.CHANGES else None
    report = deletions_reconcile(
        config=config, client=client, run_id=run.pk, record_ids=told, may_insert=lambda: run_hold(run)
    )
    if report.gone:
        shown = [{"record_id": record_id, "reason": _said(report)} for record_id in report.gone[:MAX_SHOWN]]
        run.problems = [*run.problems, *shown][:MAX_SHOWN]
        run.queued_count += report.sent
        run_hold(run, problems=run.problems, queued_count=run.queued_count)


def _disputes_settle(config: SyncConfig, client: OdooClient) -> None:
    """Nobody has to choose between the values of a record that is gone, whatever the config does about deletions."""
    if not config.is_odoo_to_odoo:
        return
    disputed = conflicts_record_ids(config)
    for start in range(0, len(disputed), PAGE):
        ids = disputed[start : start + PAGE]
        there = set(client.search(config.model, [["id", "in", ids]], context=ARCHIVED_TOO))
        reason = f"Its record is gone from {config.connection}."
        conflicts_end(
            config=config,
            removed=[each for each in ids if each not in there],
            reason=reason,
            is_one_sided=policy_of(config).deletions != Deletions.DELETE,
        )


def _said(report: DeletionReport) -> str:
    if report.sent:
        return f"It is gone from {report.where}; a DELETE is sent."
    if report.is_held:
        others = len(report.gone) - 1
        return (
            f"It is gone from {report.where}, with {others} others: too many to delete without being asked. If it is "
            "right, “Agree to deletions” on the sync."
        )
    return f"It is gone from {report.where}."
