"""Creates or updates records in Odoo by the record identifier, never twice.

What it promises: one record per identifier however many ask at once (`outbound.record_claims`); nothing outside the
config's domain is changed; no call more than a hand-written script makes, which is a search and a create for an
unknown identifier, and one write where the hub knows the record already.

The identifier is looked for among archived records too, within the domain: posting an archived customer updates it,
and does not bring it back unless a line maps `active`. A known record that Odoo no longer has is noticed by Odoo's own
error, and made anew. It refuses to write to one of several records with the same identifier.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient
from mapping.plan import Plan
from mapping.results import MappingResult, related_records
from outbound import links, record_claims
from outbound.link_books import ConfigBook, LinkBook
from outbound.record_claims import Claim, ClaimBusy, ClaimLost
from outbound.targets.odoo import (
    Action,
    WriteOutcome,
    claim_ttl_s,
    missing,
    record_domain,
    related_records_of,
    turn_of,
    within,
)
from outbound.targets.odoo_entry import Entry, batch_size_of, entry_of, fail_all, for_create, outside, several
from outbound.targets.odoo_lookup import ids_meant, place_of
from outbound.targets.odoo_related import RelatedFailed, RelatedRecords, busy, find_lost, related_key
from syncconfig.models import SyncConfig
from syncconfig.models.config import OnExisting

WITHOUT_UPDATE = {OnExisting.IGNORE: Action.IGNORED, OnExisting.REJECT: Action.REFUSED}


def upsert_records(
    *,
    config: SyncConfig,
    plan: Plan,
    client: OdooClient,
    results: Sequence[MappingResult],
    book: LinkBook | None = None,
    wait_s: float | None = None,
) -> list[WriteOutcome]:
    """Create or update each record by its identifier; one outcome per result, in order. Raises nothing remote. `book`
    says which records are known already; without one, the config's links do.

    `wait_s` is how long to wait for a record that somebody else is creating, by default as long as a read may take;
    after that it is `busy`.

    The results must be mapped without errors, with an identifier, and as whole records that may exist already
    (`map_in(..., existing=True)`).
    """
    place = place_of(client)
    entries = [entry_of(result, place=place, model=config.model) for result in results]
    waiting = entries
    while waiting:
        # Of two entries with one identifier the second finds what the first has made.
        now: dict[object, Entry] = {}
        later = [entry for entry in waiting if now.setdefault(entry.value, entry) is not entry]
        round_of = _Round(config=config, plan=plan, client=client, book=book or ConfigBook(config.pk), wait_s=wait_s)
        round_of.run(list(now.values()))
        waiting = later
    return [entry.outcome for entry in entries]


class _Round:
    """Records with different identifiers. Those that somebody else is creating come last, one by one, when nothing
    is held: whoever holds a claim waits for no other one, so two rounds never wait for each other."""

    def __init__(
        self, *, config: SyncConfig, plan: Plan, client: OdooClient, book: LinkBook, wait_s: float | None
    ) -> None:
        self.config = config
        self.book = book
        self.client = client
        self.field = plan.identifier.field
        self.ttl_s = claim_ttl_s(client)
        self.wait_s = client.settings.timeouts.read_s if wait_s is None else wait_s
        self.domain: list[object] = []

    def run(self, entries: list[Entry]) -> None:
        try:
            self.domain = record_domain(self.config, self.client)
        except RemoteError as error:
            fail_all(entries, error)
            return
        busy = self._acquire(entries)
        self._bring_in([entry for entry in entries if entry not in busy])
        for entry in busy:
            if self._await(entry):
                self._bring_in([entry])

    def _acquire(self, entries: Iterable[Entry]) -> list[Entry]:
        """Link or claim each entry; the ones that somebody else holds are returned."""
        by_key = {entry.key: entry for entry in entries if entry.key}
        claims = {entry.key: entry.claim_key for entry in by_key.values()}
        positions = self.book.acquire(claims, ttl_s=self.ttl_s) if by_key else {}
        for entry in entries:
            if not entry.key:
                entry.odoo_id, entry.is_known = int(str(entry.value)), True
            else:
                self._place(entry, positions[entry.key])
        return [by_key[key] for key, position in positions.items() if position is None]

    def _place(self, entry: Entry, position: links.Known | Claim | None) -> None:
        if isinstance(position, links.Known):
            entry.odoo_id, entry.is_known = position.odoo_id, True
        elif position is not None:
            entry.odoo_id, entry.is_known, entry.claim = None, False, position

    def _await(self, entry: Entry) -> bool:
        try:
            position = self.book.wait(
                entry.key,
                claim=entry.claim_key,
                ttl_s=self.ttl_s,
                timeout_s=self.wait_s,
            )
        except ClaimBusy:
            entry.fail(busy())
            return False
        self._place(entry, position)
        return True

    def _bring_in(self, entries: list[Entry]) -> None:
        try:
            stale = self._check_known([entry for entry in entries if entry.is_known])
            self._heal(stale)
            self._look_up([entry for entry in entries if entry.claim is not None and not entry.is_done])
            self._write([entry for entry in entries if not entry.is_done])
            stale = [entry for entry in entries if not entry.is_done]
            if stale:
                self._heal(stale)
                self._look_up([entry for entry in stale if not entry.is_done])
                self._write([entry for entry in stale if not entry.is_done])
                # Made by somebody else meanwhile, and deleted again.
                fail_all(stale, busy())
        except RemoteError as error:
            fail_all(entries, error)
        except ClaimLost:
            fail_all(entries, busy())
        finally:
            self._let_go(entries)

    def _let_go(self, entries: list[Entry]) -> None:
        """Release what was not created, and cannot be on its way."""
        idle = [entry for entry in entries if entry.claim is not None and not entry.in_doubt]
        record_claims.release([entry.claim for entry in idle if entry.claim is not None])
        for entry in idle:
            entry.claim = None

    def _check_known(self, known: list[Entry]) -> list[Entry]:
        """Where Odoo's answer to the write alone would not tell: whether the records are in the domain and there.
        Returns the ones that are gone."""
        if not known or not (self.domain or self.config.on_existing != OnExisting.UPDATE):
            return []
        ids = [entry.odoo_id for entry in known if entry.odoo_id is not None]
        inside = within(self.config, self.client, ids, self.domain)
        left = [each for each in ids if each not in inside]
        there = within(self.config, self.client, left, []) if left and self.domain else set()
        for entry in known:
            if entry.odoo_id in there:
                entry.fail(outside())
        return [entry for entry in known if entry.odoo_id not in inside and not entry.is_done]

    def _heal(self, stale: list[Entry]) -> None:
        """The link is of a record that Odoo no longer has: drop it, and claim the identifier."""
        for entry in stale:
            if not entry.key:
                entry.fail(missing(self.config, entry.odoo_id or 0))
        again = {entry.key: entry for entry in stale if entry.key}
        if not again:
            return
        self.book.forget([entry.odoo_id or 0 for entry in again.values()])
        # Not waited for: others may be waiting for what this round holds.
        claims = {entry.key: entry.claim_key for entry in again.values()}
        positions = self.book.acquire(claims, ttl_s=self.ttl_s)
        for key, entry in again.items():
            if positions[key] is None:
                entry.fail(busy())
            self._place(entry, positions[key])

    def _look_up(self, claimed: list[Entry]) -> None:
        """Find the claimed identifiers in Odoo; what is found is linked, and others may go on with it at once."""
        if not claimed:
            return
        values = [entry.value for entry in claimed]
        found = ids_meant(self.client, self.config.model, self.field, values, domain=self.domain)
        there: list[Entry] = []
        for entry in claimed:
            ids = found.get(entry.value, [])
            if len(ids) > 1:
                entry.fail(several(self.config.model, self.field, entry.value, ids))
            elif ids and entry.claim is not None:
                entry.odoo_id = ids[0]
                there.append(entry)
        self._settle(there)

    def _settle(self, entries: list[Entry]) -> None:
        if not entries:
            return
        made = [(entry.claim, entry.key, entry.odoo_id or 0) for entry in entries if entry.claim is not None]
        self.book.settle(made)
        for entry in entries:
            entry.claim = None

    def _write(self, entries: list[Entry]) -> None:
        """Create and update. An entry that is not done afterwards was known, and is gone from Odoo."""
        without_update = WITHOUT_UPDATE.get(OnExisting(self.config.on_existing))
        writing: list[Entry] = []
        for entry in entries:
            if entry.odoo_id is not None and without_update is not None:
                entry.end(without_update)
            else:
                writing.append(entry)
        if not writing:
            return
        # A record that others of this list refer to is written before them, and is found by them then.
        held = {entry.claim_key for entry in writing if entry.claim is not None}
        has_new = any(record.id is None for record in related_records([entry.values for entry in writing]))
        referring = [entry for entry in writing if has_new and self._refers(entry, held)]
        first = [entry for entry in writing if entry not in referring]
        self._write_wave(first)
        if referring:
            self._let_go([entry for entry in first if entry.is_done])
            self._write_wave(referring)

    def _refers(self, entry: Entry, held: set[str]) -> bool:
        place = place_of(self.client)
        return any(
            related_key(place, record) in held for record in related_records([entry.values]) if record.id is None
        )

    def _write_wave(self, entries: list[Entry]) -> None:
        if not entries:
            return
        held = [entry.claim_key for entry in entries if entry.claim is not None]
        with related_records_of(self.client, held=held) as related:
            related.prepare([entry.values for entry in entries])
            ready: list[tuple[Entry, dict[str, object]]] = []
            for entry in entries:
                try:
                    ready.append((entry, related.resolve(entry.values)))
                except RelatedFailed as failure:
                    entry.fail(failure)
            self._create([pair for pair in ready if pair[0].odoo_id is None], related)
            self._update([pair for pair in ready if pair[0].odoo_id is not None and not pair[0].is_done], related)

    def _create(self, pairs: list[tuple[Entry, dict[str, object]]], related: RelatedRecords) -> None:
        if not pairs:
            return
        record_claims.keep([entry.claim for entry, _values in pairs if entry.claim is not None])
        for entry, _values in pairs:
            # Until the answer is there: whatever ends this process now, the claim stays for its time.
            entry.in_doubt = True
            related.need(entry.values)
        rows = [for_create(values) for _entry, values in pairs]
        made = self.client.create_many(self.config.model, rows, batch_size=batch_size_of(rows))
        lost = [at for at, error in made.errors.items() if error.kind is Kind.AMBIGUOUS]
        found = (
            find_lost(self.client, self.config.model, self.field, [pairs[at][0].value for at in lost]) if lost else {}
        )
        created: list[Entry] = []
        for at, (entry, _values) in enumerate(pairs):
            entry.odoo_id = made.ids[at] or (found.get(entry.value) if at in lost else None)
            if entry.odoo_id is not None:
                entry.in_doubt = False
                entry.end(Action.CREATED)
                created.append(entry)
                continue
            entry.in_doubt = at in lost
            if not entry.in_doubt:
                related.spare(entry.values)
            entry.fail(made.errors[at])
        self._settle(created)

    def _update(self, pairs: list[tuple[Entry, dict[str, object]]], related: RelatedRecords) -> None:
        if not pairs:
            return
        updates = [(entry.odoo_id or 0, values) for entry, values in pairs]
        for entry, _values in pairs:
            related.need(entry.values)
        with turn_of(self.client, self.config.model, [odoo_id for odoo_id, _values in updates]):
            done = self.client.write_many(self.config.model, updates)
        for at, (entry, _values) in enumerate(pairs):
            error = done.errors.get(at)
            if error is None:
                entry.end(Action.UPDATED)
                continue
            if error.kind is not Kind.AMBIGUOUS:
                related.spare(entry.values)
            is_gone = error.code == "missing_record" and error.model in (None, self.config.model)
            if not (is_gone and entry.is_known):
                entry.fail(error)
