"""Lists that are matched with those in Odoo: what is in them is read, compared and written while nobody else does.

A mapping that matches lists depends on what Odoo holds at that moment. Two requests for one order that both find it
without lines would both add theirs. So whoever maps such a record holds a claim (`outbound.record_claims`) on its
identifier and, where it exists, on its id, from before its list is read until after it is written. It is a claim of
another kind than the right to create a record, and always taken first, identifiers before ids, each kind in the order
of its keys: nobody waits for somebody who waits for them.

Which record is meant is found out here as the upsert does it, by link or by identifier, archived ones too, so that the
list which is read is that of the record which is written. Plans that match no lists cost nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from clients.odoo.client import OdooClient
from mapping.engine import identify_in
from mapping.plan import Plan
from mapping.script_runs import Ask
from outbound import links, record_claims
from outbound.record_claims import Claim, ClaimBusy, ClaimLost
from outbound.targets.odoo import claim_ttl_s, record_domain, within
from outbound.targets.odoo_lookup import ids_meant, place_of
from outbound.targets.odoo_related import CHANGING, busy
from syncconfig.models import SyncConfig

_BY_IDENTIFIER: Final = "lists of the record with this "
_BY_ID: Final = "lists of the record"
PAGE_WAIT_S: Final = 5.0
"""For all records that are sent together: an endpoint that is changing one of them is soon done."""


@dataclass(frozen=True, slots=True)
class Round:
    """Records that may be mapped and written together, by their places in the page. `identifiers` is empty where the
    plan matches no lists; otherwise it has the value of each record, None where it is not known."""

    places: Sequence[int]
    identifiers: Sequence[object] = ()


@dataclass(slots=True)
class Held:
    """`ids` are those of the records in Odoo, None for new ones, as `map_in` takes them."""

    ids: list[int | None] | None = None
    claims: tuple[Claim, ...] = ()

    def keep(self) -> None:
        """Make sure, right before writing, that nobody else takes over meanwhile. Raises RemoteError."""
        try:
            record_claims.keep(self.claims)
        except ClaimLost:
            raise busy(CHANGING) from None


def list_rounds(
    plan: Plan, records: Sequence[object], *, params: Mapping[str, object] | None = None, ask: Ask | None = None
) -> list[Round]:
    """The records in rounds of different identifiers: the second one for a record finds the list as the first one has
    left it. One round where no lists are matched."""
    everything = list(range(len(records)))
    if not plan.matched.hops:
        return [Round(everything)]
    named = identify_in(plan, records, params=params or {}, ask=ask)
    values = [result.identifier[1] if result.identifier is not None else None for result in named]
    rounds: list[Round] = []
    waiting = everything
    while waiting:
        now: dict[str, int] = {}
        places = [at for at in waiting if values[at] is None or now.setdefault(str(values[at]), at) == at]
        rounds.append(Round(places, [values[at] for at in places]))
        waiting = sorted(set(waiting) - set(places))
    return rounds or [Round(everything)]


@contextmanager
def lists_held(
    *, config: SyncConfig, plan: Plan, client: OdooClient, round_of: Round, wait_s: float | None = None
) -> Iterator[Held]:
    """Hold the lists of the round's records while they are mapped and written; `wait_s` is by default as long as a
    read may take. Raises RemoteError: `busy` where somebody else holds one of them, or Odoo's own."""
    if not round_of.identifiers:
        yield Held()
        return
    field = plan.identifier.field
    with _Holder(config, client, wait_s) as holder:
        if field == "id":
            ids = [int(str(value)) if value is not None else None for value in round_of.identifiers]
        else:
            named = [value for value in round_of.identifiers if value is not None]
            holder.take(_BY_IDENTIFIER + field, named)
            meant = _ids_meant(config, plan, client, named)
            ids = [meant.get(links.link_key(value)) if value is not None else None for value in round_of.identifiers]
        yield holder.hold(ids)


@contextmanager
def lists_held_of(
    *, config: SyncConfig, plan: Plan, client: OdooClient, ids: Sequence[int], wait_s: float | None = None
) -> Iterator[Held]:
    """The same for records that are known by their ids."""
    if not plan.matched.hops:
        yield Held(list(ids))
        return
    with _Holder(config, client, wait_s) as holder:
        yield holder.hold(list(ids))


@contextmanager
def lists_held_there(
    *,
    config: SyncConfig,
    plan: Plan,
    client: OdooClient,
    payloads: Sequence[object],
    linked: Sequence[int | None],
    wait_s: float | None = None,
) -> Iterator[Held]:
    """The same for payloads that go into another Odoo, whose links are of another kind: `linked` has the id there of
    each record, None where it is not known yet."""
    if not plan.matched.hops:
        yield Held()
        return
    field = plan.identifier.field
    named = [result.identifier[1] if result.identifier else None for result in identify_in(plan, payloads)]
    with _Holder(config, client, wait_s) as holder:
        holder.take(_BY_IDENTIFIER + field, [value for value in named if value is not None])
        unknown = {
            value: None for value, known in zip(named, linked, strict=True) if known is None and value is not None
        }
        found = ids_meant(client, config.model, field, list(unknown)) if unknown else {}
        there = {value: ids[0] for value, ids in found.items() if len(ids) == 1}
        yield holder.hold(
            [known if known is not None else there.get(value) for value, known in zip(named, linked, strict=True)]
        )


class _Holder:
    def __init__(self, config: SyncConfig, client: OdooClient, wait_s: float | None) -> None:
        self._model = config.model
        self._place = place_of(client)
        self._ttl_s = claim_ttl_s(client)
        self._until = time.monotonic() + (client.settings.timeouts.read_s if wait_s is None else wait_s)
        self._claims: dict[str, Claim] = {}

    def __enter__(self) -> _Holder:
        return self

    def __exit__(self, *_exc: object) -> None:
        record_claims.release(list(self._claims.values()))

    def take(self, kind: str, values: Iterable[Any]) -> None:
        wanted = {
            record_claims.claim_key(place=self._place, model=self._model, match_field=kind, value=value)
            for value in values
        }
        missing = sorted(wanted - self._claims.keys())
        self._take_together(missing)
        for key in missing:
            if key in self._claims:
                continue
            left_s = max(self._until - time.monotonic(), 0)
            try:
                self._claims[key] = record_claims.wait(key, ttl_s=self._ttl_s, timeout_s=left_s)
            except ClaimBusy:
                raise busy(CHANGING) from None

    def _take_together(self, keys: Sequence[str]) -> None:
        """In one statement, up to the first key that somebody else holds: what comes behind it has to be taken after
        it, so that nobody waits for somebody who waits for them."""
        taken = record_claims.take(keys, ttl_s=self._ttl_s)
        first_held = next((key for key in keys if key not in taken), None)
        if first_held is not None:
            behind = [key for key in taken if key > first_held]
            record_claims.release([taken.pop(key) for key in behind])
        self._claims |= taken

    def hold(self, ids: list[int | None]) -> Held:
        self.take(_BY_ID, {each for each in ids if each is not None})
        return Held(ids, tuple(self._claims.values()))


def _ids_meant(config: SyncConfig, plan: Plan, client: OdooClient, values: Sequence[object]) -> dict[str, int]:
    """link key -> id. One call where all are linked or none is."""
    keys = {links.link_key(value): value for value in values}
    linked = links.known(config_id=config.pk, keys=keys)
    there = within(config, client, list(linked.values()), []) if linked else set()
    known = {key: odoo_id for key, odoo_id in linked.items() if odoo_id in there}
    unknown = [value for key, value in keys.items() if key not in known]
    if unknown:
        domain = record_domain(config, client)
        found = ids_meant(client, config.model, plan.identifier.field, unknown, domain=domain)
        known |= {links.link_key(value): ids[0] for value, ids in found.items() if len(ids) == 1}
    return known
