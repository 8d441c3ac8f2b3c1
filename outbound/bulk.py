"""One thing done with all deliveries that match a filter, however many: in chunks, in order, within a time.

What is chosen is fixed by the filter and by the newest id at the time of choosing, so that nothing is acted on that
nobody has seen counted. Each chunk is a transaction of its own; what the time did not suffice for is left as it was,
and the same choice goes on behind the last id that was acted on: what was sent again may match the filter again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.utils import timezone

from outbound.budget import Budget
from outbound.models import Delivery, DeliveryState
from outbound.replay import (
    DISCARDABLE,
    NEWER,
    REPLAYABLE,
    delivery_discard,
    delivery_hurry,
    delivery_replay,
    records_outdated,
)
from outbound.replay_many import replay_anew
from outbound.runs import RunRefused
from syncconfig.models import SyncConfig

CHUNK: Final = 500
MAX_ANEW: Final = 10_000
"""Records of one run that were chosen one by one."""


class Bulk(StrEnum):
    REPLAY = "replay"
    """Send again with the old payload."""
    ANEW = "anew"
    """Give up the old payload; a run maps and sends the records as they are now."""
    HURRY = "hurry"
    """Send what waits for its next attempt now."""
    DISCARD = "discard"


@dataclass(slots=True)
class BulkResult:
    """`outdated` were left alone because something newer of their record was sent or waits. `is_over`: nothing of the
    choice is left to do; otherwise it goes on behind `last_id`, or from its beginning where there is none."""

    done: int = 0
    outdated: int = 0
    is_over: bool = True
    last_id: int | None = None
    runs: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


Told = Callable[[Sequence[int]], None]
"""Called with the ids of each chunk when it has been acted on."""


def bulk_rows(deliveries: QuerySet[Delivery], what: Bulk, *, has_states: bool) -> QuerySet[Delivery]:
    """Those of the deliveries that `what` can be done with. Where nobody chose a state, only dead ones are sent again:
    everything that ever arrived is seldom meant."""
    if what is Bulk.HURRY:
        return deliveries.filter(state=DeliveryState.PENDING, next_attempt_at__gt=timezone.now())
    if what is Bulk.DISCARD:
        return deliveries.filter(state__in=DISCARDABLE)
    return deliveries.filter(state__in=REPLAYABLE if has_states else (DeliveryState.DEAD,))


def bulk_count(rows: QuerySet[Delivery]) -> list[tuple[int, str, int]]:
    """Id and name of each config among the rows, and how many are its."""
    counted = rows.order_by("config__name").values_list("config_id", "config__name").annotate(count=Count("pk"))
    return list(counted)


def bulk_apply(
    rows: QuerySet[Delivery], what: Bulk, *, user: User, reason: str, budget: Budget, told: Told
) -> BulkResult:
    """Do it with as many of the rows as the budget allows, a chunk at least. Raises RemoteError nowhere."""
    result = BulkResult()
    if what is Bulk.ANEW:
        _anew(rows, result, user=user, told=told)
        return result
    is_first = True
    for chunk in _chunks(rows):
        if budget.is_over and not is_first:
            result.is_over = False
            break
        is_first = False
        result.last_id = chunk[-1][0]
        ids = [pk for pk, _config_id, _record_id in chunk]
        if what is Bulk.REPLAY:
            current = _current(chunk)
            result.outdated += len(ids) - len(current)
            ids = current
        if what is Bulk.REPLAY:
            result.done += delivery_replay(ids=ids, user=user)
        elif what is Bulk.HURRY:
            result.done += delivery_hurry(ids=ids)
        else:
            result.done += delivery_discard(ids=ids, user=user, reason=reason)
        told(ids)
    return result


def _chunks(rows: QuerySet[Delivery]) -> Iterator[list[tuple[int, int, int]]]:
    """(id, config, record) by ascending id; each chunk is asked for when the one before is done."""
    last = 0
    plain = rows.order_by("pk").values_list("pk", "config_id", "record_id")
    while chunk := list(plain.filter(pk__gt=last)[:CHUNK]):
        yield chunk
        last = chunk[-1][0]


def _current(chunk: Sequence[tuple[int, int, int]]) -> list[int]:
    """The ids that are the newest of their record, also of those that are dead."""
    latest: dict[int, dict[int, int]] = defaultdict(dict)
    for pk, config_id, record_id in chunk:
        latest[config_id][record_id] = pk
    outdated = {
        (config_id, record_id)
        for config_id, of in latest.items()
        for record_id in records_outdated(config_id=config_id, latest=of, states=NEWER)
    }
    return sorted(
        pk for config_id, of in latest.items() for record_id, pk in of.items() if (config_id, record_id) not in outdated
    )


def bulk_sample(rows: QuerySet[Delivery], config_id: int, most: int) -> list[int]:
    """The first ids of a config that would be acted on; without those that something newer of their record is in the
    way of."""
    plain = rows.filter(config_id=config_id).order_by("pk").values_list("pk", "config_id", "record_id")
    return _current(list(plain[:most]))


def _anew(rows: QuerySet[Delivery], result: BulkResult, *, user: User, told: Told) -> None:
    """A run for each config among the first MAX_ANEW of the rows; the rest is left."""
    chosen = list(rows.order_by("pk").values_list("pk", "config_id")[: MAX_ANEW + 1])
    result.is_over = len(chosen) <= MAX_ANEW
    of_config: dict[int, list[int]] = defaultdict(list)
    for pk, config_id in chosen[:MAX_ANEW]:
        of_config[config_id].append(pk)
    configs: dict[int, Any] = SyncConfig.objects.defer("auth_secret").in_bulk(list(of_config))
    for config_id, config in configs.items():
        ids = of_config[config_id]
        try:
            run = replay_anew(config=config, ids=ids, user=user)
        except RunRefused as error:
            result.refused.append(str(error))
            continue
        told(ids)
        result.runs.append(run.pk)
        result.done += len(ids)
    if result.runs:
        result.last_id = chosen[:MAX_ANEW][-1][0]
