"""Sends what is due of a config: claim, send, write, again, until nothing is due or the time is up."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Final

from auditlog.recorder import recording
from outbound.claims import claim_release, deliveries_claim
from outbound.outcomes import outcomes_write
from outbound.sender import sending_threads, units_send
from outbound.targets.base import Target
from outbound.targets.registry import target_for
from syncconfig.models import SyncConfig

CLAIM_UNITS: Final = 100


@dataclass(slots=True)
class SendReport:
    """How many deliveries ended how, and whether the time was up before nothing was due any more."""

    delivered: int = 0
    dead: int = 0
    retried: int = 0
    is_out_of_time: bool = False


def deliveries_send(
    *, config: SyncConfig, deadline_s: float, run_id: int | None = None, target: Target | None = None
) -> SendReport:
    """Send the config's due deliveries, of whatever run, until `deadline_s` (monotonic seconds).

    A delivery that fails is written as such and raises nothing. Raises RemoteError PERMANENT where the config cannot
    be used for sending at all; then nothing was claimed. `run_id` goes onto the log's rows.
    """
    target = target or target_for(config)
    report = SendReport()
    with sending_threads() as pool:
        while True:
            if monotonic() >= deadline_s:
                report.is_out_of_time = True
                return report
            claim = deliveries_claim(config_id=config.pk, limit=CLAIM_UNITS)
            if not claim.units:
                return report
            with recording(config=config, run_id=run_id, secrets=target.secrets()) as rec:
                outcomes, unsent = units_send(claim=claim, target=target, pool=pool, rec=rec, deadline_s=deadline_s)
            written = outcomes_write(claim=claim, config=config, outcomes=outcomes)
            report.delivered += written.delivered
            report.dead += written.dead
            report.retried += written.retried
            if unsent:
                claim_release(claim, unsent)
