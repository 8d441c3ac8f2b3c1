"""Which records a run reads: those of the config's domain, or those chosen among them, by pages of ascending ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from clients.odoo.client import OdooClient
from clients.odoo.domain import parse_domain
from mapping.plan import Plan
from outbound.script_env import odoo_ask, script_params
from outbound.targets.odoo_lookup import odoo_related
from syncconfig.models import SyncConfig

UNPAGED_SIZE: Final = 1000
"""How many records are read at once where staff switched pages off."""


@dataclass(frozen=True, slots=True)
class Page:
    """Records by ascending id. `cursor` is the highest id that is done with them; `absent` were chosen, but are not
    in Odoo or not in the config's domain."""

    records: list[dict[str, Any]]
    cursor: int
    is_last: bool
    absent: tuple[int, ...] = ()


def config_domain(config: SyncConfig, client: OdooClient, now: datetime) -> list[Any]:
    """The config's domain as it is at `now`. Raises DomainError."""
    return parse_domain(config.domain or "[]", now=now, uid=client.authenticate(), tz=config.connection.timezone)


class Selection:
    """The records of one run. `now` is what computed dates in the domain are relative to: the same for every page."""

    def __init__(
        self,
        *,
        config: SyncConfig,
        plan: Plan,
        client: OdooClient,
        now: datetime,
        record_ids: Sequence[int] | None,
        tells_absent: bool = True,
    ) -> None:
        self._client = client
        self._model = config.model
        self._fields = plan.read_fields
        self.page_size: int = config.page_size if config.is_paginated else UNPAGED_SIZE
        self._domain = config_domain(config, client, now)
        self._tells_absent = tells_absent
        self.ask = odoo_ask(client)
        """How scripts ask Odoo."""
        self.params = script_params(config, now=now)
        self._chosen = None if record_ids is None else sorted(set(record_ids))

    def read(self, after_id: int, limit: int) -> Page:
        """The first records, up to `limit`, with a higher id than `after_id`. Raises RemoteError."""
        if self._chosen is not None:
            return self._read_chosen([each for each in self._chosen if each > after_id], limit)
        records = self._read([["id", ">", after_id], *self._domain], limit)
        cursor = int(records[-1]["id"]) if records else after_id
        return Page(records, cursor, is_last=len(records) < limit)

    def count(self, after_id: int) -> int:
        """How many records there are with a higher id than `after_id`; of chosen ones, how many were chosen. Raises
        RemoteError."""
        if self._chosen is not None:
            return sum(each > after_id for each in self._chosen)
        return self._client.search_count(self._model, [["id", ">", after_id], *self._domain])

    def pages(self, read: Page) -> Iterator[tuple[int, Page]]:
        """What was read, divided into pages, each with the position of its first record."""
        start = before = 0
        for end in range(self.page_size, len(read.records), self.page_size):
            records = read.records[start:end]
            cursor = int(records[-1]["id"])
            absent = tuple(each for each in read.absent if before < each <= cursor)
            yield start, Page(records, cursor, is_last=False, absent=absent)
            start, before = end, cursor
        absent = tuple(each for each in read.absent if each > before)
        yield start, Page(read.records[start:], read.cursor, is_last=read.is_last, absent=absent)

    def _read_chosen(self, left: Sequence[int], limit: int) -> Page:
        ids = left[:limit]
        if not ids:
            return Page([], 0, is_last=True)
        records = self._read([["id", "in", list(ids)], *self._domain], None)
        found = {int(record["id"]) for record in records}
        absent = tuple(each for each in ids if each not in found) if self._tells_absent else ()
        return Page(records, ids[-1], is_last=len(left) <= limit, absent=absent)

    def _read(self, domain: list[Any], limit: int | None) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = self._client.search_read(
            self._model, domain, self._fields, limit=limit, order="id"
        )
        return records

    def related(self, model: str, ids: Sequence[int], fields: Sequence[str]) -> Mapping[int, Mapping[str, object]]:
        """The related records that a page reads through, by id (mapping's `Related`)."""
        return odoo_related(self._client)(model, ids, fields)
