"""Another Odoo as the target: records are compared with those there, and only what differs is written.

A page of records costs one read of the other side, whatever their number, then one call for everything new and one for
each distinct change. A record that both sides agree on is not written at all, which is why nothing that was written
here comes back as a change: the sync of the other direction finds both sides equal.

What it promises: one record there per record here, made once however many ask; a lost answer is looked up; nothing of a
record is written while one of its fields waits for a choice; lists that are matched with those there are changed by
nobody else of the hub between being read and being written; an error of the other Odoo says that it is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clients.errors import Kind, RemoteError
from clients.odoo.bulk import FOR_ALL
from mapping.engine import map_in
from outbound import record_claims
from outbound.alerts import Trouble, alert
from outbound.claims import Unit
from outbound.conflicts import HELD, Held, conflicts_close, conflicts_end, conflicts_hold
from outbound.link_books import GivenBook
from outbound.links import link_key
from outbound.meetings import Meeting, Meetings, unmapped
from outbound.models import RecordLink
from outbound.parcels import Parcel
from outbound.record_claims import ClaimBusy, claim_key
from outbound.snapshots import Agreed, snapshots_turn_round, snapshots_write
from outbound.source_records import other_error
from outbound.synced import Synced, links_write
from outbound.targets.base import Answer, Target
from outbound.targets.odoo import Action, WriteOutcome
from outbound.targets.odoo_by_id import remove_records
from outbound.targets.odoo_entry import several
from outbound.targets.odoo_lists import PAGE_WAIT_S, lists_held_there
from outbound.targets.odoo_lists import Held as HeldLists
from outbound.targets.odoo_lookup import ids_meant, odoo_lookup
from outbound.targets.odoo_upsert import upsert_records
from syncconfig.connections import client_for
from syncconfig.models import SyncConfig
from syncconfig.models.config import DeleteMode
from syncconfig.plans import ConfigBroken, plan_for
from syncconfig.receiving import Receiver, keys_back, receiver_for, target_of

Result = Answer | RemoteError
_Do = Callable[[Sequence[Parcel], "_Told"], dict[int, Result]]

AGREED: Final = "Both sides agree already; nothing was written."
LEFT: Final = "What was changed there stays there; nothing was written."
LEFT_PART: Final = "What was changed there stays there; the rest was written."
NEVER_THERE: Final = "It was never there."
GONE_THERE: Final = "It was gone there already."
GONE_HERE: Final = "It is gone from the Odoo that it comes from; nothing was written."
PAIR_WAIT_S: Final = 20.0


class OtherOdooTarget(Target):
    """See the module. A unit is one record."""

    is_inline = True

    @classmethod
    def host_url(cls, config: SyncConfig) -> str:
        return target_of(config).url

    def __init__(self, config: SyncConfig, receiver: Receiver | None = None) -> None:
        """`receiver` is given for a config that is not stored."""
        super().__init__(config)
        try:
            if receiver is None:
                plan_for(config)
            self.receiver = receiver or self._receiver()
        except ConfigBroken as error:
            raise RemoteError(str(error), kind=Kind.PERMANENT, code="config_broken") from error
        self.client = client_for(target_of(config))
        self._other = config.other_direction
        self._conflicts = 0
        """How many are new, and were not told of."""

    def _receiver(self) -> Receiver:
        try:
            return receiver_for(self.config)
        except RemoteError as error:
            # The fields of this side are known by now.
            raise _Told().there(error) from error

    def secrets(self) -> tuple[str, ...]:
        return (self.config.connection.secret, target_of(self.config).secret)

    def secret_keys(self) -> tuple[str, ...]:
        return tuple(self.receiver.plan.secret_keys | self.receiver.plan.secret_fields)

    def send_all(self, units: Sequence[Unit]) -> list[Result]:
        parcels = [unit.deliveries[0] for unit in units]
        try:
            with self._pair_held():
                results = self._send(parcels)
        except ClaimBusy:
            return [_pair_busy()] * len(units)
        if self._conflicts:
            was = "was" if self._conflicts == 1 else "were"
            alert(self.config.pk, Trouble.CONFLICT, f"{self._conflicts} of its records {was} changed in both Odoos.")
            self._conflicts = 0
        return [results[parcel.pk] for parcel in parcels]

    @contextmanager
    def _pair_held(self) -> Iterator[None]:
        """The two directions of a pair take turns: what one of them reads, the other one is not about to write."""
        if self._other is None:
            yield
            return
        key = claim_key(place="pair", model="", match_field="", value=min(self.config.pk, self._other.pk))
        claim = record_claims.wait(key, ttl_s=settings.SYNC_TASK_TIMEOUT_S + 10, timeout_s=PAIR_WAIT_S)
        try:
            yield
        finally:
            record_claims.release([claim])

    def _send(self, parcels: Sequence[Parcel]) -> dict[int, Result]:
        told = _Told()
        removed = [parcel for parcel in parcels if parcel.method == "DELETE"]
        brought = [parcel for parcel in parcels if parcel.method != "DELETE"]
        return self._done(self._remove, removed, told) | self._done(self._bring, brought, told)

    def _done(self, do: _Do, parcels: Sequence[Parcel], told: _Told) -> dict[int, Result]:
        """What `do` makes of them. Where the other Odoo refuses to be asked about all of them, one may be to blame (a
        record that we may not read, say): they are asked about in halves. Nothing was written then."""
        if not parcels:
            return {}
        try:
            return do(parcels, told)
        except RemoteError as error:
            if len(parcels) > 1 and error.kind is Kind.PERMANENT and error.code not in FOR_ALL:
                middle = len(parcels) // 2
                return self._done(do, parcels[:middle], told) | self._done(do, parcels[middle:], told)
            return {parcel.pk: told.there(error) for parcel in parcels}

    def remember(self, synced: Sequence[Synced], now: datetime) -> None:
        """Links as for any other target; of what was removed, those of the other direction and conflicts go too."""
        gone = [each.delivery.record_id for each in synced if each.is_deletion]
        if gone and self._other is not None:
            RecordLink.objects.filter(config=self._other, external_id__in=map(str, gone)).delete()
        conflicts_end(config=self.config, removed=gone)
        links_write(config_id=self.config.pk, synced=synced, now=now)

    def _agree(self, met: Sequence[Meeting]) -> None:
        """Keep what both sides agree on now, for this direction and the other one, whether or not it is still our turn
        to say what became of the deliveries: it has been written."""
        agreed = [
            Agreed(each.parcel.record_id, each.target_id, each.base) for each in met if each.target_id is not None
        ]
        if not agreed:
            return
        now = timezone.now()
        with transaction.atomic():
            snapshots_write(config_id=self.config.pk, agreed=agreed, now=now)
            if self._other is not None:
                keys = keys_back(self.receiver, self._other)
                snapshots_turn_round(config_id=self._other.pk, agreed=agreed, keys=keys, now=now)
            conflicts_close(config=self.config, agreed=[(each.record_id, each.target_id) for each in agreed])

    # --- create and update ---

    def _bring(self, parcels: Sequence[Parcel], told: _Told) -> dict[int, Result]:
        linked = self._linked(parcels) if self.receiver.plan.matched.hops else {}
        with lists_held_there(
            config=self.receiver.config,
            plan=self.receiver.plan,
            client=self.client,
            payloads=[parcel.payload for parcel in parcels],
            linked=[linked.get(parcel.pk) for parcel in parcels],
            wait_s=PAGE_WAIT_S,
        ) as lists:
            return self._meet_and_write(parcels, told, lists)

    def _meet_and_write(self, parcels: Sequence[Parcel], told: _Told, lists: HeldLists) -> dict[int, Result]:
        meetings = Meetings(config=self.config, receiver=self.receiver, client=self.client)
        met = meetings.meet(parcels)
        conflicts_end(
            config=self.config,
            removed=[each.parcel.record_id for each in met if each.is_gone],
            reason=GONE_HERE,
            is_one_sided=True,
        )
        results: dict[int, Result] = {}
        held: list[Held] = []
        writing: list[Meeting] = []
        settled: list[Meeting] = []
        for each in met:
            key = each.parcel.pk
            if each.error is not None:
                results[key] = each.error
            elif each.is_gone:
                results[key] = Answer(None, note=GONE_HERE)
            elif each.disputed:
                held.append(Held(each.parcel, each.target_id or 0, each.title, each.disputed))
                results[key] = Answer(None, held=HELD)
            elif each.target_id is None and each.parcel.method == "PUT":
                results[key] = told.there(_unknown(self.receiver.plan.identifier.key, each.title))
            elif each.target_id is not None and not each.write:
                results[key] = Answer(None, external_id=str(each.target_id), note=LEFT if each.left else AGREED)
                settled.append(each)
            else:
                writing.append(each)
        self._conflicts += conflicts_hold(config=self.config, held=held)
        lists.keep()
        results |= self._write(writing, told)
        self._agree([*settled, *(each for each in writing if isinstance(results[each.parcel.pk], Answer))])
        return results

    def _write(self, writing: Sequence[Meeting], told: _Told) -> dict[int, Result]:
        if not writing:
            return {}
        book = GivenBook({link_key(each.identifier): each.target_id for each in writing if each.target_id is not None})
        outcomes = upsert_records(
            config=self.receiver.config,
            plan=self.receiver.plan,
            client=self.client,
            results=[each.to_write() for each in writing],
            book=book,
            # To wait for each would hold up the others; what is busy comes back by the schedule.
            wait_s=0,
        )
        return {
            each.parcel.pk: self._came_of(each, outcome, told) for each, outcome in zip(writing, outcomes, strict=True)
        }

    def _came_of(self, met: Meeting, outcome: WriteOutcome, told: _Told) -> Result:
        if outcome.action is Action.FAILED or outcome.odoo_id is None:
            assert outcome.error is not None  # noqa: S101 - set exactly when it failed
            where = f"{outcome.related.path}: " if outcome.related is not None and outcome.related.path else ""
            return told.there(outcome.error, where=where)
        met.target_id = outcome.odoo_id
        return Answer(None, external_id=str(outcome.odoo_id), note=LEFT_PART if met.left else "")

    # --- delete ---

    def _remove(self, parcels: Sequence[Parcel], told: _Told) -> dict[int, Result]:
        ids = self._linked(parcels)
        results: dict[int, Result] = {}
        for parcel, found in self._recognised([each for each in parcels if each.pk not in ids]):
            if isinstance(found, int):
                ids[parcel.pk] = found
            else:
                results[parcel.pk] = told.there(found) if found is not None else Answer(None, note=NEVER_THERE)
        archives = self.config.delete_mode == DeleteMode.ARCHIVE
        wanted = list(dict.fromkeys(ids.values()))
        errors = dict(
            zip(
                wanted,
                remove_records(config=self.receiver.config, client=self.client, ids=wanted, archive=archives),
                strict=True,
            )
        )
        for pk, target_id in ids.items():
            error = errors[target_id]
            if error is None:
                results[pk] = Answer(None, external_id=str(target_id))
            elif error.code == "missing_record":
                results[pk] = Answer(None, note=GONE_THERE)
            else:
                results[pk] = told.there(error)
        return results

    def _linked(self, parcels: Sequence[Parcel]) -> dict[int, int]:
        """The ids there of what is linked, by delivery."""
        links = RecordLink.objects.filter(config=self.config, odoo_id__in=[each.record_id for each in parcels])
        linked = dict(links.exclude(external_id=None).values_list("odoo_id", "external_id"))
        return {each.pk: int(linked[each.record_id] or 0) for each in parcels if each.record_id in linked}

    def _recognised(self, parcels: Sequence[Parcel]) -> Iterator[tuple[Parcel, int | RemoteError | None]]:
        """The others: the id there by the identifier, None where there is none, or why it is not known. Of what is gone
        here there is no identifier to go by."""
        here = [each for each in parcels if each.payload_hash]
        yield from ((each, None) for each in parcels if not each.payload_hash)
        if not here:
            return
        model, name = self.receiver.plan.model, self.receiver.plan.identifier.field
        mapped = map_in(
            self.receiver.plan, [each.payload for each in here], lookup=odoo_lookup(self.client), existing=False
        )
        values = {each.pk: result.identifier[1] for each, result in zip(here, mapped, strict=True) if result.identifier}
        found = ids_meant(self.client, model, name, list(values.values()))
        for each, result in zip(here, mapped, strict=True):
            if each.pk not in values:
                yield each, unmapped(result.errors)
                continue
            ids = found.get(values[each.pk], [])
            if len(ids) > 1:
                yield each, several(model, name, self.receiver.title_of(values[each.pk]), ids)
            else:
                yield each, ids[0] if ids else None


class _Told:
    """Errors of the other Odoo as they are told; one error for many records stays one."""

    def __init__(self) -> None:
        self._told: dict[tuple[int, str], tuple[RemoteError, RemoteError]] = {}

    def there(self, error: RemoteError, *, where: str = "") -> RemoteError:
        key = (id(error), where)
        if key not in self._told:
            # With the error itself, whose id must not be another one's meanwhile.
            self._told[key] = (error, other_error(error, where=where))
        return self._told[key][1]


def _unknown(key: str, title: str) -> RemoteError:
    return RemoteError(
        f"There is no record with {key} {title!r}, and the method PUT makes none. Choose POST to have it made.",
        kind=Kind.PERMANENT,
        code="missing_record",
    )


def _pair_busy() -> RemoteError:
    return RemoteError("The other direction is at work.", kind=Kind.RETRYABLE, code="busy")
