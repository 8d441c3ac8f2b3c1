"""Tells the callback URL of an endpoint what became of its queued requests, through the guarded way out.

Any 2xx is a success. Otherwise it is told again after the pauses of `outbound.retry`; the status address tells the
same at any time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from auditlog.models import Party
from auditlog.recorder import recording
from clients.auth import build_auth
from clients.errors import RemoteError
from clients.observe import observing
from clients.statuses import raise_for_status
from inbound.accepting import as_text, shown
from inbound.models import EndpointPolicy, InboundRequest, RequestState
from outbound.budget import Budget
from outbound.retry import SCHEDULE_S
from syncconfig.connections import http_client
from syncconfig.models import SyncConfig

AT_ONCE: Final = 100


def tell_all(config: SyncConfig, *, budget: Budget) -> None:
    """Tell what is done and not told yet, as far as its time has come."""
    policy = EndpointPolicy.objects.filter(config=config).first()
    waiting = InboundRequest.objects.filter(config=config, state=RequestState.DONE, is_told=False)
    if policy is None or not policy.callback_url:
        waiting.update(is_told=True)
        return
    while not budget.is_over:
        rows = list(waiting.filter(next_attempt_at__lte=timezone.now()).order_by("id")[:AT_ONCE])
        if not rows:
            return
        with recording(config=config, secrets=[policy.callback_secret]) as rec:
            for row in rows:
                rec.request_id = row.request_id
                with observing(rec.observer(party=Party.API)):
                    _tell(policy, row)
                rec.flush()


def _tell(policy: EndpointPolicy, row: InboundRequest) -> None:
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
        return
    known.update(is_told=True, last_error="")
