"""Tells staff of trouble: by e-mail, through Django's mail settings, and by a webhook, through the guarded way out.

One alert for each kind of trouble of a config within `QUIET`: a host that is down for a night must not fill a
mailbox. An alert that cannot be given is logged, and never breaks what it speaks of.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.core.mail import send_mail
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from auditlog.recorder import recording
from clients.errors import RemoteError
from clients.http import Timeouts
from clients.observe import observing
from clients.statuses import raise_for_status
from outbound.alert_mail import letter
from outbound.models import DeliveryPolicy
from syncconfig.connections import http_client
from syncconfig.models import SyncConfig
from syncconfig.secrets import SecretUnreadable

logger = logging.getLogger(__name__)

QUIET: Final = timedelta(hours=1)
MAX_ANSWER_BYTES: Final = 1024 * 1024
TIMEOUTS: Final = Timeouts(connect_s=3, read_s=5, total_s=10)


class Trouble(StrEnum):
    """What staff are told of."""

    DEAD = "dead"
    BREAKER_OPEN = "breaker_open"
    OVERDUE = "overdue"
    RUN_FAILED = "run_failed"
    DELETIONS = "deletions"
    HOOK = "hook"
    CONFLICT = "conflict"


def alert(config_id: int, trouble: Trouble, text: str) -> bool:
    """Tell whoever the config's policy names. False: nobody is named, or they were told within the last hour."""
    try:
        policy = _policies().filter(config_id=config_id).first()
        url = policy.alert_url if policy else ""
    except SecretUnreadable:
        policy, url = _policies().defer("alert_url").filter(config_id=config_id).first(), ""
    if policy is None or not (policy.alert_emails or url) or not _take_turn(policy, trouble, timezone.now()):
        return False
    config = policy.config
    logger.warning("Alert for %s (%s): %s", config.name, trouble, text)
    _mail(policy.alert_emails, config, trouble, text)
    if url:
        _post(url, config, trouble, text)
    return True


def _policies() -> QuerySet[DeliveryPolicy]:
    return DeliveryPolicy.objects.select_related("config").defer("config__auth_secret")


def _take_turn(policy: DeliveryPolicy, trouble: Trouble, now: datetime) -> bool:
    """Whether it is this process that tells of it now."""
    with transaction.atomic():
        row = DeliveryPolicy.objects.select_for_update().filter(pk=policy.pk)
        told: dict[str, str] = row.values_list("alerted_at", flat=True).get()
        if trouble in told and datetime.fromisoformat(told[trouble]) > now - QUIET:
            return False
        row.update(alerted_at={**told, trouble.value: now.isoformat()})
    return True


def _mail(addresses: str, config: SyncConfig, trouble: Trouble, text: str) -> None:
    to = [part.strip() for part in addresses.split(",") if part.strip()]
    if not to:
        return
    try:
        subject, body = letter(config, trouble.value, text, timezone.now())
        send_mail(subject, body, None, to)
    except Exception:  # whatever the mail server did
        logger.exception("The alert for %s could not be mailed", config.name)


def _post(url: str, config: SyncConfig, trouble: Trouble, text: str) -> None:
    told = {"config": config.name, "trouble": trouble.value, "text": f"{config.name}: {text}", "at": _now_text()}
    try:
        with (
            recording(config=config, secrets=[url]) as rec,
            observing(rec.observer(summary="alert")),
        ):
            answer = http_client().request(
                "POST",
                url,
                headers={"Content-Type": "application/json"},
                body=json.dumps(told).encode(),
                timeouts=TIMEOUTS,
                max_response_bytes=MAX_ANSWER_BYTES,
            )
            raise_for_status(answer)
    except RemoteError as error:
        logger.error("The alert for %s could not be posted: %s", config.name, error)


def _now_text() -> str:
    return timezone.now().isoformat(timespec="seconds")
