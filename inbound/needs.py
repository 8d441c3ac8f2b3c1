"""What needs attention among endpoints: accepted requests that wait for too long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from inbound.models import InboundRequest, RequestState
from outbound.config_health import MOST_COUNTED, CappedCount
from syncconfig.attention import MOST_OF_A_KIND, Attention, Urgency
from syncconfig.models import RequestType, SyncConfig
from syncconfig.spans import span_since

STUCK_AFTER: Final = timedelta(minutes=10)


def queues_need(now: datetime) -> Iterator[Attention]:
    """Endpoints whose oldest accepted request has waited for long."""
    stuck = waiting_at(SyncConfig.objects.filter(policy__isnull=False)).filter(oldest_at__lt=now - STUCK_AFTER)
    rows = stuck.order_by("oldest_at").values("pk", "name", "waiting", "oldest_at", "reason")
    for row in rows[:MOST_OF_A_KIND]:
        text = _("Accepted requests wait: %(count)s, the oldest for %(span)s. %(reason)s") % {
            "count": waiting_text(row["waiting"]),
            "span": span_since(row["oldest_at"], now),
            "reason": row["reason"] or "",
        }
        yield Attention(
            Urgency.BROKEN, row["name"], text.strip(), waiting_url(row["pk"]), "inbound.view_inboundrequest"
        )


def waiting_of(configs: Sequence[SyncConfig]) -> Mapping[int, int]:
    """How many accepted requests wait at each of the endpoints, up to `MOST_COUNTED`; one query."""
    rows = waiting_at(SyncConfig.objects.filter(pk__in=[config.pk for config in configs]))
    return {pk: waiting for pk, waiting in rows.values_list("pk", "waiting") if waiting}


def waiting_at(configs: QuerySet[SyncConfig]) -> QuerySet[Any]:
    """The configs with how many requests are `waiting`, since when, and what the oldest one failed of."""
    mine = InboundRequest.objects.filter(config=OuterRef("pk"), state=RequestState.WAITING).order_by("id")
    return configs.filter(request_type=RequestType.IN).annotate(
        waiting=CappedCount(mine.values("pk")[: MOST_COUNTED + 1]),
        oldest_at=Subquery(mine.values("created_at")[:1]),
        reason=Subquery(mine.values("last_error")[:1]),
    )


def waiting_text(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def waiting_url(config_id: int) -> str:
    """The list of what waits at the endpoint."""
    query = f"?state__exact={RequestState.WAITING.value}&config__id__exact={config_id}"
    return f"{reverse('admin:inbound_inboundrequest_changelist')}{query}"
