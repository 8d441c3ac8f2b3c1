"""Dead letters that something newer of their record has overtaken: nobody has to do anything about them any more.

They are kept and shown as such, and no longer count as dead, neither for the sync nor for its run.
"""

from __future__ import annotations

from collections.abc import Mapping

from outbound.models import Delivery, DeliveryState
from outbound.run_counts import counts_move, no_longer
from outbound.states import deliveries_move


def overtaken_close(*, config_id: int, arrived: Mapping[int, int]) -> int:
    """`arrived` leads from a record to its latest delivery that arrived. Returns how many older ones were dead. The
    caller holds the transaction."""
    dead = Delivery.objects.filter(config_id=config_id, state=DeliveryState.DEAD).order_by()
    # Most syncs have none, which an index tells at once.
    if not arrived or not dead.exists():
        return 0
    rows = dead.filter(record_id__in=list(arrived)).order_by("pk").values_list("pk", "record_id", "run_id")
    older = {pk: run_id for pk, record_id, run_id in rows if pk < arrived[record_id]}
    if not older:
        return 0
    moved = deliveries_move(
        Delivery.objects.filter(pk__in=list(older)), old=DeliveryState.DEAD, new=DeliveryState.SUPERSEDED
    )
    if moved == len(older):  # otherwise somebody has sent one of them again, and counted it himself
        counts_move(no_longer(DeliveryState.DEAD, older.values()))
    return moved
