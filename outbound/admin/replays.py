"""What the log's page of an exchange offers for what we sent: its delivery, simulated and then sent again."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _now

from auditlog.models import ApiLog, Direction, Party
from auditlog.replays import ReplayOffer
from outbound.admin.bulk import bulk_url
from outbound.bulk import Bulk
from outbound.models import Delivery
from outbound.replay import REPLAYABLE

_SHOWN = 200


def delivery_offer(entry: ApiLog, user: User) -> ReplayOffer | None:
    if entry.direction != Direction.OUT or entry.party != Party.API or not (entry.delivery_id or entry.batch):
        return None
    if not user.has_perm("outbound.replay_delivery"):
        return None
    label = _now("Send again …")
    mine: dict[str, Any] = {"batch": entry.batch} if entry.batch else {"pk": entry.delivery_id}
    rows = Delivery.objects.filter(**mine)
    ids = list(rows.filter(state__in=REPLAYABLE).values_list("pk", flat=True)[:_SHOWN])
    if not ids:
        return ReplayOffer(label, reason=_now("its delivery is gone, or waits to be sent anyway."))
    return ReplayOffer(label, bulk_url(Bulk.REPLAY, ids), _now("Shows first what would be sent."))
