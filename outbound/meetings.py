"""Records on their way into another Odoo meet those there: which is which, what each side holds, what to write.

For a page at a time: the linked records are read in one call, the others are looked for by their identifiers in one
more, and what relations lead to is read as for any page. Nothing is written here. It refuses to bring two records
together into one.

A payload may have waited, and the other direction may have written to its record meanwhile: what it says would then
look like a change, and undo one. So in a pair every record that is not the same on both sides is read again here, and
decided on as it is now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient
from mapping.engine import map_in, map_out
from mapping.merging import Comparison, Winner, comparable, compare, decide
from mapping.results import FieldError, MappingResult, Rule, same
from outbound.links import link_key
from outbound.models import RecordLink
from outbound.parcels import Parcel
from outbound.source_records import SourceRecords, other_error, source_error
from outbound.targets.odoo_entry import several
from outbound.targets.odoo_lookup import ARCHIVED_TOO, ids_meant, odoo_lookup, odoo_related
from outbound.winners import winners_of
from syncconfig.connections import client_for
from syncconfig.models import ConflictRule, SyncConfig
from syncconfig.receiving import Receiver

WAITS_FOR_RELATED: Final = "waits_for_related"


@dataclass(eq=False, slots=True)
class Meeting:
    """One record and, where there is one, the record it meets. Without an `error` its `result` has values.

    `write` are the keys that go there, of a new record all; `left` those that differ and stay; `disputed` the values of
    both sides of what staff have to choose, and then nothing is written. `base` is what both agree on afterwards.
    """

    parcel: Parcel
    payload: Mapping[str, object]
    result: MappingResult
    title: str
    """What staff know it by."""
    target_id: int | None = None
    ours: dict[str, object] = field(default_factory=dict)
    base: dict[str, object] = field(default_factory=dict)
    theirs: dict[str, object] | None = None
    write: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    disputed: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: RemoteError | None = None
    is_gone: bool = False
    """It is not in the Odoo that it comes from any more, so nothing is written."""

    @property
    def identifier(self) -> object:
        return self.result.identifier[1] if self.result.identifier else None

    def to_write(self) -> MappingResult:
        """The values that are written: of a known record only those that differ."""
        values = self.result.values
        if self.target_id is None or values is None:
            return self.result
        return replace(self.result, values={key: values[key] for key in self.write if key in values})


class Meetings:
    """Meets the records of one config."""

    def __init__(self, *, config: SyncConfig, receiver: Receiver, client: OdooClient) -> None:
        self._config = config
        self._plan = receiver.plan
        self._receiver = receiver
        self._client = client
        self._other = config.other_direction

    def meet(self, parcels: Sequence[Parcel]) -> list[Meeting]:
        """One meeting for each, in order. Raises RemoteError where one of the Odoos cannot be asked."""
        met = self._meet(parcels, [parcel.payload for parcel in parcels])
        if self._other is None:
            return met
        unlike = {each.parcel.pk: each for each in met if each.write or each.left or each.disputed}
        return met if not unlike else self._again(met, unlike)

    def _again(self, met: Sequence[Meeting], unlike: Mapping[int, Meeting]) -> list[Meeting]:
        """Those that are unlike the other side, as they are here now."""
        source = SourceRecords(self._config)
        results = source.read([each.parcel.record_id for each in unlike.values()])
        changed: list[Meeting] = []
        for each in unlike.values():
            result = results.get(each.parcel.record_id)
            if result is None or result.skipped is not None:
                each.is_gone = True
            elif result.values is None:
                each.error = _permanent("; ".join(str(error) for error in result.errors))
            elif not same(result.values, each.payload):
                each.payload = result.values
                changed.append(each)
        if not changed:
            return list(met)
        fresh = self._meet([each.parcel for each in changed], [each.payload for each in changed])
        replaced = {each.parcel.pk: each for each in fresh}
        return [replaced.get(each.parcel.pk, each) for each in met]

    def _meet(self, parcels: Sequence[Parcel], payloads: Sequence[Mapping[str, object]]) -> list[Meeting]:
        links = self._links([parcel.record_id for parcel in parcels])
        linked = {record_id: int(link[0]) for record_id, link in links.items() if link[0]}
        there = self._read(list(linked.values()))
        ids = [found if (found := linked.get(parcel.record_id)) in there else None for parcel in parcels]
        met = self._mapped(parcels, payloads, ids)
        self._find([each for each in met if each.target_id is None and each.error is None], there)
        self._see(met, there)
        for each in met:
            each.base = links[each.parcel.record_id][1] if each.parcel.record_id in links else {}
        self._decide([each for each in met if each.error is None])
        return met

    def _links(self, record_ids: Sequence[int]) -> dict[int, tuple[str | None, dict[str, object]]]:
        rows = RecordLink.objects.filter(config=self._config, odoo_id__in=record_ids)
        return {
            odoo_id: (external_id, snapshot or {})
            for odoo_id, external_id, snapshot in rows.values_list("odoo_id", "external_id", "snapshot")
            if odoo_id is not None
        }

    def _read(self, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        """The records of these ids that are there, archived or not."""
        if not ids:
            return {}
        records = self._client.read(self._plan.model, list(ids), self._plan.read_fields, context=ARCHIVED_TOO)
        return {int(record["id"]): record for record in records}

    def _mapped(
        self, parcels: Sequence[Parcel], payloads: Sequence[Mapping[str, object]], ids: Sequence[int | None]
    ) -> list[Meeting]:
        results = map_in(
            self._plan,
            payloads,
            lookup=odoo_lookup(self._client),
            related=odoo_related(self._client),
            ids=ids,
            existing=True,
        )
        met = []
        for parcel, payload, target_id, result in zip(parcels, payloads, ids, results, strict=True):
            title = self._receiver.title_of(result.identifier[1] if result.identifier else None)
            each = Meeting(parcel, payload, result, title, target_id)
            each.ours = comparable(payload, without=self._receiver.not_compared)
            each.error = self._refusal(payload, result)
            met.append(each)
        return met

    def _refusal(self, payload: Mapping[str, object], result: MappingResult) -> RemoteError | None:
        if result.errors:
            return unmapped(result.errors)
        if result.identifier is None:
            return _permanent(f"{self._plan.identifier.key} is empty, and it is what records are recognised by.")
        # What nobody receives would be lost without a word.
        unknown = [key for key in payload if key not in self._receiver.legs]
        if unknown:
            return _permanent(
                f"The payload holds {', '.join(unknown)}, which no line brings into a field of the other Odoo. Name it "
                "under “fields that scripts write”, or do not add it."
            )
        return None

    def _find(self, unlinked: Sequence[Meeting], there: dict[int, dict[str, Any]]) -> None:
        """Look the others up by their identifiers. Of two with one identifier only one may be brought in."""
        if not unlinked:
            return
        model, name = self._plan.model, self._plan.identifier.field
        found = ids_meant(self._client, model, name, list(dict.fromkeys(each.identifier for each in unlinked)))
        taken = self._taken([ids[0] for ids in found.values() if len(ids) == 1])
        seen: set[str] = set()
        fresh: list[Meeting] = []
        for each in unlinked:
            ids = found.get(each.identifier, [])
            if len(ids) > 1:
                each.error = other_error(several(model, name, each.title, ids))
            elif ids and ids[0] in taken:
                each.error = self._double(each, taken[ids[0]])
            elif link_key(each.identifier) in seen:
                each.error = _busy()
            elif ids:
                each.target_id = ids[0]
                fresh.append(each)
            seen.add(link_key(each.identifier))
        there |= self._read([each.target_id for each in fresh if each.target_id is not None])
        if self._plan.matched.hops and fresh:
            # Their lists are matched with those that are there.
            again = self._mapped(
                [each.parcel for each in fresh], [each.payload for each in fresh], [each.target_id for each in fresh]
            )
            for each, mapped in zip(fresh, again, strict=True):
                each.result, each.error = mapped.result, mapped.error

    def _taken(self, target_ids: Sequence[int]) -> dict[int, int]:
        """Those of the records there that another record here is linked with, and exists: by id, the other's id."""
        links = RecordLink.objects.filter(config=self._config, external_id__in=[str(each) for each in target_ids])
        holders = {int(text or 0): odoo_id for text, odoo_id in links.values_list("external_id", "odoo_id") if odoo_id}
        if not holders:
            return {}
        source = client_for(self._config.connection)
        try:
            ours = set(source.search(self._config.model, [["id", "in", list(holders.values())]], context=ARCHIVED_TOO))
        except RemoteError as error:
            raise source_error(error) from error
        return {target_id: odoo_id for target_id, odoo_id in holders.items() if odoo_id in ours}

    def _double(self, each: Meeting, other_id: int) -> RemoteError:
        return _permanent(
            f"The {self._plan.identifier.key} {each.title!r} is that of record {other_id} too, which is this record in "
            "the other Odoo already. Give one of them another value, or merge them."
        )

    def _see(self, met: Sequence[Meeting], there: Mapping[int, dict[str, Any]]) -> None:
        """What the other side holds, as a payload of the same keys; what cannot be read so is not compared."""
        seen = [each for each in met if each.target_id in there and each.error is None]
        records = [there[each.target_id or 0] for each in seen]
        payloads = map_out(self._plan, records, related=odoo_related(self._client), enforce_required=False)
        for each, payload in zip(seen, payloads, strict=True):
            each.theirs = comparable(payload.values or {}, without=self._receiver.not_compared)

    def _decide(self, met: Sequence[Meeting]) -> None:
        compared: list[tuple[Meeting, Comparison]] = []
        for each in met:
            if each.target_id is None:
                each.write, each.base = tuple(each.ours), dict(each.ours)
            else:
                compared.append((each, compare(each.ours, each.theirs or {}, each.base)))
        disputed = {each.parcel.record_id: each.target_id or 0 for each, found in compared if found.disputed}
        winners = winners_of(self._config, client=self._client, disputed=disputed)
        overwrites = self._other is None and self._config.conflict_rule == ConflictRule.SOURCE
        for each, found in compared:
            winner = winners.get(each.parcel.record_id, Winner.ASK)
            decided = decide(found, source=each.ours, base=each.base, winner=winner, overwrites=overwrites)
            each.disputed = {key: self._sides(each, key) for key in decided.asked}
            each.write, each.left, each.base = decided.write, decided.left, decided.base

    def _sides(self, each: Meeting, key: str) -> dict[str, Any]:
        sides: dict[str, Any] = {"source": each.ours[key], "target": (each.theirs or {}).get(key)}
        return sides | ({"base": each.base[key]} if key in each.base else {})


def unmapped(errors: Sequence[FieldError]) -> RemoteError:
    """What is only not there yet, the customer of an order say, may come with its own sync."""
    text = "; ".join(str(error) for error in errors)
    if all(error.rule is Rule.NO_MATCH for error in errors):
        return RemoteError(
            f"It waits for a related record in the other Odoo: {text}",
            kind=Kind.RETRYABLE,
            code=WAITS_FOR_RELATED,
        )
    return _permanent(f"It does not fit the other Odoo: {text}")


def _permanent(message: str) -> RemoteError:
    return RemoteError(message, kind=Kind.PERMANENT, code="rejected")


def _busy() -> RemoteError:
    return RemoteError("Another record with the same identifier is being brought in.", kind=Kind.RETRYABLE, code="busy")
