"""Sends what is due of a config: claim, send, write, again, until nothing is due or the time is up."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.utils import timezone

from auditlog.recorder import recording
from clients.errors import RemoteError
from outbound.budget import Budget
from outbound.claims import deliveries_claim, due
from outbound.hosts import Passage
from outbound.sending import Sending, SendReport
from outbound.targets.base import Target
from outbound.targets.registry import target_for
from syncconfig.models import SyncConfig
from syncconfig.secrets import SecretUnreadable

logger = logging.getLogger(__name__)

CLAIM_UNITS: Final = 100
PUT_OFF: Final = timedelta(minutes=5)


def deliveries_send(
    *, config: SyncConfig, budget: Budget, run_id: int | None = None, target: Target | None = None
) -> SendReport:
    """Send the config's due deliveries, of whatever run, until the budget is used up.

    A delivery that fails is written as such and raises nothing. Raises RemoteError PERMANENT where the config cannot
    be used for sending at all; then nothing was claimed. `run_id` goes onto the log's rows.
    """
    target = target or target_for(config)
    with (
        recording(config=config, run_id=run_id, secrets=target.secrets(), secret_keys=target.secret_keys()) as rec,
        Sending(config=config, target=target, rec=rec, budget=budget) as sending,
    ):
        due_send(config=config, sending=sending, budget=budget)
    return sending.report


def due_send(*, config: SyncConfig, sending: Sending, budget: Budget) -> None:
    """Claim and send until nothing is due and nothing under way, or until the time is up."""
    while True:
        if budget.is_over:
            sending.report.is_out_of_time = True
            sending.finish()
            return
        if not sending.is_hungry:
            sending.step()
            continue
        passage = sending.passage()
        if passage is Passage.SHUT:
            sending.report.is_shut = True
            sending.recall()
            sending.finish()
            return
        limit = 1 if passage is Passage.PROBE else CLAIM_UNITS
        claim = deliveries_claim(config_id=config.pk, limit=limit, lease=sending.lease)
        if passage is Passage.PROBE and not claim.units:
            sending.gate.probe_unused()
        if claim.units:
            sending.add(claim)
            if passage is Passage.PROBE:
                sending.finish()
            else:
                sending.step(0)
        elif sending.is_idle:
            return
        else:
            # What is under way may make something due: halves of a batch, or a record's next delivery.
            sending.step()


def deliveries_run(*, config_id: int, budget: Budget) -> bool:
    """Send what is due of a config by its id. True: the time was up before everything was sent.

    Of a config that is gone or not active nothing is sent. What cannot be sent because of the config (a credential
    that cannot be decrypted, say) is put off for five minutes and says why.
    """
    try:
        config = SyncConfig.objects.select_related("connection").filter(pk=config_id, active=True).first()
        if config is None:
            return False
        return deliveries_send(config=config, budget=budget).is_out_of_time
    except (RemoteError, SecretUnreadable) as error:
        logger.error("Deliveries of config %s are put off: %s", config_id, error)
        due(timezone.now()).filter(config_id=config_id).update(
            next_attempt_at=timezone.now() + PUT_OFF, last_error=str(error)
        )
        return False
