"""What becomes of the deliveries of a cancelled run: given up, and taken up again when it is to go on after all."""

from __future__ import annotations

import uuid
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from outbound.models import Delivery, DeliveryState, RunState, SyncRun
from outbound.replay import NEWER, NOT_DISCARDED
from outbound.states import deliveries_move

CANCELLED: Final = "The run was cancelled."


def waiting_give_up(*, run_id: int) -> int:
    """Discard what of the run waits; returns how many. The caller holds the transaction."""
    return deliveries_move(
        Delivery.objects.filter(run_id=run_id),
        old=DeliveryState.PENDING,
        new=DeliveryState.DISCARDED,
        next_attempt_at=None,
        discard_reason=CANCELLED,
        discarded_at=timezone.now(),
    )


def returned_give_up(*, run_id: int) -> int:
    """Discard what the executor of a run had claimed when the run was cancelled, and has given back by now. Nothing
    where the run was not cancelled."""
    with transaction.atomic():
        run = SyncRun.objects.select_for_update(of=("self",)).filter(pk=run_id, state=RunState.CANCELLED)
        return waiting_give_up(run_id=run_id) if run.values_list("pk").first() else 0


def given_up_again(*, run_id: int) -> int:
    """Let what the cancelling gave up wait again, unless something newer of its record was sent or waits since. Returns
    how many. The caller holds the transaction."""
    newer = Delivery.objects.filter(
        config_id=OuterRef("config_id"), record_id=OuterRef("record_id"), id__gt=OuterRef("id"), state__in=NEWER
    )
    given_up = Delivery.objects.filter(
        run_id=run_id, state=DeliveryState.DISCARDED, discard_reason=CANCELLED, discarded_by=None
    )
    parted = given_up.filter(Exists(newer)).exclude(batch=None).order_by().values_list("batch", flat=True).distinct()
    current = given_up.filter(~Exists(newer))
    for batch in list(parted):
        # Without what was overtaken it is another request.
        current.filter(batch=batch).update(batch=uuid.uuid4())
    return deliveries_move(
        current,
        old=DeliveryState.DISCARDED,
        new=DeliveryState.PENDING,
        next_attempt_at=timezone.now(),
        **NOT_DISCARDED,
    )
