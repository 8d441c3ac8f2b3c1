"""Tells the callback URL of an endpoint what became of its queued requests, through the guarded way out.

Any 2xx is a success. Otherwise it is told again after the pauses of `outbound.retry`, with the same Idempotency-Key;
the status address tells the same at any time.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from auditlog.models import Party
from auditlog.recorder import recording
from clients.auth import build_auth
from clients.errors import Kind, RemoteError
from clients.observe import observing
from clients.statuses import raise_for_status
from inbound.accepting import as_text, shown
from inbound.models import EndpointPolicy, InboundRequest, RequestState
from outbound.budget import Budget
from outbound.retry import SCHEDULE_S
from syncconfig.connections import http_client
from syncconfig.models import SyncConfig

AT_ONCE: Final = 100
FOR_S: Final = 5.0
PAUSE_S: Final = 30.0


def tell(config: SyncConfig, policy: EndpointPolicy, *, budget: Budget) -> bool:
    """Tell what is done and not told yet, as far as its time has come, for a few seconds. True: there is more now.

    A receiver that cannot be told one result is left in peace for a while: to meet its silence once for each of them
    would keep the requests that wait from being processed.
    """
    waiting = InboundRequest.objects.filter(config=config, state=RequestState.DONE, is_told=False)
    if not policy.callback_url:
        waiting.update(is_told=True)
        return False
    due = waiting.filter(next_attempt_at__lte=timezone.now()).order_by("id")
    rows = list(due[:AT_ONCE])
    if not rows:
        return False
    until_s = time.monotonic() + FOR_S
    with recording(config=config, secrets=[policy.callback_secret]) as rec:
        for row in rows:
            rec.request_id = row.request_id
            with observing(rec.observer(party=Party.API)):
                is_heard = _tell(policy, row)
            rec.flush()
            if not is_heard:
                due.update(next_attempt_at=timezone.now() + timedelta(seconds=PAUSE_S))
                return False
            if budget.is_over or time.monotonic() >= until_s:
                break
    return due.exists()


def _tell(policy: EndpointPolicy, row: InboundRequest) -> bool:
    """False where the receiver did not answer, or asks for patience: the next result would fare no better."""
    body = as_text({"event": "request.done", "request_id": row.request_id, "data": shown(row)}).encode()
    known = InboundRequest.objects.filter(pk=row.pk)
    try:
        headers: dict[str, str] = {"Content-Type": "application/json", "Idempotency-Key": row.public_id.hex}
        if policy.callback_secret:
            headers |= build_auth("bearer", secret=policy.callback_secret).headers(body)
        answer = http_client().request(
            "POST", policy.callback_url, headers=headers, body=body, max_response_bytes=settings.SYNC_MAX_BODY_BYTES
        )
        raise_for_status(answer)
    except (RemoteError, ValueError) as error:
        tries = row.callback_tries
        if tries >= len(SCHEDULE_S):
            known.update(is_told=True, last_error=f"The callback was given up: {error}")
        else:
            known.update(
                callback_tries=tries + 1,
                next_attempt_at=timezone.now() + timedelta(seconds=SCHEDULE_S[tries]),
                last_error=f"The callback failed: {error}",
            )
        return isinstance(error, RemoteError) and error.kind is Kind.PERMANENT
    known.update(is_told=True, last_error="")
    return True
