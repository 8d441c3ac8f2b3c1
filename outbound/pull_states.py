"""How far a run that fetches has come: the next page, and the highest value seen on the way to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from outbound.models import PullPolicy, SyncRun
from outbound.paging import Position
from outbound.since import highest, with_overlap


@dataclass(frozen=True, slots=True)
class PullState:
    """`position` None: every page is read. `since` is what this run asks for, the same for all of its pages; `until`
    is the number of the page before which it stops."""

    position: Position | None
    since: str = ""
    highest: str = ""
    until: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "position": None if self.position is None else self.position.as_json(),
            "since": self.since,
            "highest": self.highest,
            "until": self.until,
        }


def pull_state_of(run: SyncRun, policy: PullPolicy) -> PullState:
    """Where the run is to go on; a new one begins at the first page. One that had come to the most pages may read as
    many again."""
    if run.pull_state is None:
        since = "" if run.is_full else with_overlap(policy.since_value, policy.since_overlap_s)
        return PullState(Position(), since=since or policy.since_initial, until=1 + policy.max_pages)
    stored = run.pull_state
    position = Position.from_json(stored["position"]) if stored["position"] else None
    state = PullState(position, stored["since"], stored["highest"], stored["until"])
    if position is not None and not state.until:
        return replace(state, until=position.number + policy.max_pages)
    return state


def since_remember(*, run: SyncRun, policy: PullPolicy) -> None:
    """The run has read every page: the next one asks for what came later."""
    seen = (run.pull_state or {}).get("highest", "")
    if not (policy.pk and policy.since_param and seen):
        return
    row = PullPolicy.objects.filter(pk=policy.pk)
    before = row.values_list("since_value", flat=True).first() or ""
    row.update(since_value=highest(before, seen))
