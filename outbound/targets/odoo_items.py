"""Into the config's own Odoo: items that were fetched, mapped and upserted by their identifiers, many in one call.

Mapping happens here, with each attempt: an item that is sent again is mapped as the config is by then. What Odoo
refuses is that item's own failure; what is about Odoo as a whole (it is down, the key was withdrawn) lets them wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from clients.errors import Kind, RemoteError
from clients.odoo.bulk import FOR_ALL
from mapping.engine import map_in
from mapping.results import MappingResult
from outbound.claims import Unit
from outbound.models import RecordLink
from outbound.script_env import odoo_ask, script_params
from outbound.synced import Synced
from outbound.targets.base import Answer, Target
from outbound.targets.odoo import Action, WriteOutcome
from outbound.targets.odoo_lists import PAGE_WAIT_S, Round, list_rounds, lists_held
from outbound.targets.odoo_lookup import odoo_lookup, odoo_related
from outbound.targets.odoo_upsert import upsert_records
from syncconfig.connections import client_for
from syncconfig.models import SyncConfig
from syncconfig.plans import ConfigBroken, plan_for

MAX_REASON: Final = 500
BUSY: Final = "busy"

Result = Answer | RemoteError


class OdooItemsTarget(Target):
    """The Odoo of the config's connection."""

    is_inline = True

    def __init__(self, config: SyncConfig) -> None:
        super().__init__(config)
        try:
            self._plan = plan_for(config)
        except ConfigBroken as error:
            raise RemoteError(str(error), kind=Kind.PERMANENT, code="config_broken") from error
        self._client = client_for(config.connection)
        self._params = script_params(config, now=timezone.now())

    @classmethod
    def host_url(cls, config: SyncConfig) -> str:
        return config.connection.url

    def secrets(self) -> tuple[str, ...]:
        return tuple(secret for secret in (self.config.connection.secret, self.config.auth_secret) if secret)

    def secret_keys(self) -> tuple[str, ...]:
        return tuple(self._plan.secret_keys | self._plan.secret_fields)

    def send_all(self, units: Sequence[Unit]) -> list[Result]:
        seen: dict[int, RemoteError] = {}
        return [_for_delivery(result, seen) for result in self._send([unit.deliveries[0].payload for unit in units])]

    def _send(self, payloads: Sequence[object]) -> list[Result]:
        """Where one error refuses several together, and may be one item's fault, they are tried in halves."""
        results = self._try(payloads)
        if len(payloads) < 2:
            return results
        shared: dict[int, list[int]] = {}
        for at, result in enumerate(results):
            if isinstance(result, RemoteError) and result.kind is Kind.PERMANENT and result.code not in FOR_ALL:
                shared.setdefault(id(result), []).append(at)
        for places in shared.values():
            if len(places) > 1:
                middle = len(places) // 2
                for part in (places[:middle], places[middle:]):
                    for at, result in zip(part, self._send([payloads[at] for at in part]), strict=True):
                        results[at] = result
        return results

    def _try(self, payloads: Sequence[object]) -> list[Result]:
        results: dict[int, Result] = {}
        try:
            rounds = list_rounds(self._plan, payloads, params=self._params, ask=odoo_ask(self._client))
        except RemoteError as error:
            return [error] * len(payloads)
        for each in rounds:
            results |= zip(each.places, self._try_round([payloads[at] for at in each.places], each), strict=True)
        return [results[at] for at in range(len(payloads))]

    def _try_round(self, payloads: Sequence[object], round_of: Round) -> list[Result]:
        try:
            with lists_held(
                config=self.config, plan=self._plan, client=self._client, round_of=round_of, wait_s=PAGE_WAIT_S
            ) as held:
                mapped = map_in(
                    self._plan,
                    payloads,
                    lookup=odoo_lookup(self._client),
                    related=odoo_related(self._client),
                    ids=held.ids,
                    existing=True,
                    params=self._params,
                    ask=odoo_ask(self._client),
                )
                sound = [at for at, result in enumerate(mapped) if result.values is not None]
                held.keep()
                outcomes = upsert_records(
                    config=self.config,
                    plan=self._plan,
                    client=self._client,
                    results=[mapped[at] for at in sound],
                    # To wait for each would hold up the others; what is busy comes back by the schedule.
                    wait_s=0,
                )
        except RemoteError as error:
            return [error] * len(payloads)
        written = dict(zip(sound, outcomes, strict=True))
        return [self._result(result, written.get(at)) for at, result in enumerate(mapped)]

    def _result(self, mapped: MappingResult, outcome: WriteOutcome | None) -> Result:
        if outcome is None:
            if mapped.errors:
                reason = "; ".join(str(error) for error in mapped.errors)[:MAX_REASON]
                return RemoteError(reason, kind=Kind.PERMANENT, code="mapping")
            return Answer(None, note="Left out by a script.")
        if outcome.error is not None:
            return outcome.error
        if outcome.action is Action.REFUSED:
            return RemoteError(
                f"A record with this {self._plan.identifier.key} exists already (id {outcome.odoo_id}), and this sync "
                "rejects existing records (“when the record exists”).",
                kind=Kind.PERMANENT,
                code="duplicate_record",
            )
        return Answer(None, odoo_id=outcome.odoo_id)

    def remember(self, synced: Sequence[Synced], now: datetime) -> None:
        """The hash of each item, at the link that the upsert has made; of one that a script left out, at a link
        without a record."""
        latest = {each.delivery.external_id: each for each in synced if each.delivery.external_id}
        # An item may turn out to be the record that another one was: the link is that of the one written last.
        last = {each.odoo_id: each for each in latest.values()}
        rows = [
            RecordLink(
                config=self.config,
                odoo_id=each.odoo_id,
                external_id=external_id,
                payload_hash=each.delivery.payload_hash,
                synced_at=now,
            )
            for external_id, each in sorted(latest.items())
            if each.odoo_id is None or last[each.odoo_id] is each
        ]
        if not rows:
            return
        try:
            with transaction.atomic():
                _hashes_write(rows)
        except IntegrityError:
            # A record is known under another identifier, which it no longer has.
            RecordLink.objects.filter(config=self.config, odoo_id__in=[row.odoo_id for row in rows]).delete()
            _hashes_write(rows)


def _hashes_write(rows: list[RecordLink]) -> None:
    RecordLink.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["config", "external_id"],
        update_fields=["payload_hash", "synced_at"],
    )


def _for_delivery(result: Result, seen: dict[int, RemoteError]) -> Result:
    """As the retrying of deliveries reads it. One error for several items stays one.

    A lost answer does no harm: the next attempt looks the record up by its identifier first. What is about the
    connection is no item's fault, so they wait until staff have mended it. A record that somebody else is creating,
    or was when they were killed, may be claimed for longer than one would wait for a caller.
    """
    if not isinstance(result, RemoteError):
        return result
    message, retry_after_s = result.message, result.retry_after_s
    if result.kind is Kind.AMBIGUOUS:
        message += " The record is looked for by its identifier before it is written again."
    elif result.code == BUSY:
        message, retry_after_s = message.removesuffix(" Send this one again."), None
    elif not (result.kind is Kind.PERMANENT and result.code in FOR_ALL):
        return result
    if id(result) not in seen:
        seen[id(result)] = RemoteError(
            message,
            kind=Kind.RETRYABLE,
            code=result.code,
            status=result.status,
            retry_after_s=retry_after_s,
            model=result.model,
            field=result.field,
        )
    return seen[id(result)]
