"""An Odoo, spoken to from outside: the same methods and errors whatever its version and transport.

    from clients.odoo.client import OdooSettings, connect

    odoo = connect(OdooSettings("https://mycompany.odoo.com", "mycompany", "me@example.com", key))
    odoo.version()                                          # OdooVersion(major=19, minor=0, ...)
    ids = odoo.create("res.partner", [{"name": "Ann"}])     # always a list in, a list out
    for page in odoo.iter_pages("res.partner", [("customer_rank", ">", 0)], ["name", "write_date"]):
        ...

A client is made without a call; the first one finds the transport (`protocol="auto"`) and logs in, once. It is
shared by threads. Every failure is a RemoteError: `kind` says what may be done next, `code` what it was, and the
message is Odoo's own sentence. Values are Odoo's: `schema.Field.to_odoo` and `.from_odoo` convert and check.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from clients.errors import Kind, RemoteError
from clients.http import HttpClient
from clients.odoo.bulk import BulkResult, create_many, write_many
from clients.odoo.changes import ChangeCursor, iter_changes
from clients.odoo.detect import TRANSPORTS, detect
from clients.odoo.schema import ATTRIBUTES, Field, fields_from_get
from clients.odoo.settings import OdooSettings, OdooVersion, Protocol
from clients.odoo.transport import READING_METHODS, Transport, strange

__all__ = ["BulkResult", "ChangeCursor", "OdooClient", "OdooSettings", "OdooVersion", "Protocol", "connect"]

Vals = Mapping[str, Any]
Record = dict[str, Any]
Domain = Sequence[Any]


def connect(settings: OdooSettings, http: HttpClient | None = None) -> OdooClient:
    """A client for `settings`; no call is made yet. Share `http` among clients of the same policy.

    Raises RemoteError PERMANENT `bad_url` or `bad_protocol`.
    """
    if settings.protocol not in list(Protocol):
        raise RemoteError(
            f"Unknown protocol {settings.protocol!r}; known are {', '.join(Protocol)}.",
            kind=Kind.PERMANENT,
            code="bad_protocol",
        )
    return OdooClient(settings, http or HttpClient(settings.policy, verify=settings.verify))


class OdooClient:
    """See the module."""

    def __init__(self, settings: OdooSettings, http: HttpClient) -> None:
        self.settings = settings
        self._http = http
        self._lock = threading.Lock()
        self._version: OdooVersion | None = None
        kind = TRANSPORTS.get(settings.protocol)
        self._transport: Transport | None = None if kind is None else kind(settings, http)
        settings.base_url  # noqa: B018 - a wrong URL fails here, not at the first call

    @property
    def protocol(self) -> Protocol:
        """The transport in use; AUTO before the first call has found one."""
        return Protocol.AUTO if self._transport is None else self._transport.protocol

    @property
    def transport(self) -> Transport:
        """The transport in use, found now if it was not yet."""
        if self._transport is None:
            with self._lock:
                if self._transport is None:
                    self._transport, self._version = detect(self.settings, self._http)
        return self._transport

    def version(self) -> OdooVersion:
        """The server's version, asked for once."""
        transport = self.transport
        if self._version is None:
            self._version = transport.version()
        return self._version

    def authenticate(self) -> int:
        """The user's id, asked for once. Raises PERMANENT `access_denied`."""
        return self.transport.authenticate()

    def call(
        self,
        model: str,
        method: str,
        *,
        ids: Sequence[int] | None = None,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        context: Mapping[str, Any] | None = None,
        safe: bool | None = None,
    ) -> Any:
        """Call any public method, on the records `ids` or (None) on the model, and return its result.

        `context` is merged over the connection's. `safe` says that calling twice does no harm; known for the reading
        methods. Over JSON-2 the arguments of methods other than the ORM's must be given by name.
        """
        named = dict(kwargs or {})
        merged = {**self.settings.context, **(context or {})}
        if merged:
            named["context"] = {**merged, **named.get("context", {})}
        if safe is None:
            safe = method in READING_METHODS
        return self.transport.call(model, method, ids=ids, args=args, kwargs=named, safe=safe)

    def fields_get(self, model: str, *, context: Mapping[str, Any] | None = None) -> dict[str, Field]:
        """The model's fields by name."""
        raw = self.call(model, "fields_get", kwargs={"attributes": list(ATTRIBUTES)}, context=context)
        if not isinstance(raw, dict):
            raise strange("fields_get", raw)
        return fields_from_get(raw)

    def search(
        self,
        model: str,
        domain: Domain,
        *,
        limit: int | None = None,
        offset: int = 0,
        order: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> list[int]:
        """The ids of the records in `domain`; `limit` None is no limit."""
        kwargs = _page(domain, limit, offset, order)
        return [] if limit == 0 else _list("search", self.call(model, "search", kwargs=kwargs, context=context))

    def search_count(self, model: str, domain: Domain, *, context: Mapping[str, Any] | None = None) -> int:
        count = self.call(model, "search_count", kwargs={"domain": list(domain)}, context=context)
        if not isinstance(count, int):
            raise strange("search_count", count)
        return count

    def search_read(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        *,
        limit: int | None = None,
        offset: int = 0,
        order: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> list[Record]:
        """The records in `domain` with `fields` (and `id`), as Odoo gives them; `limit` None is no limit."""
        if limit == 0:
            return []
        kwargs = {**_page(domain, limit, offset, order), "fields": list(fields)}
        return _list("search_read", self.call(model, "search_read", kwargs=kwargs, context=context))

    def read(
        self, model: str, ids: Sequence[int], fields: Sequence[str], *, context: Mapping[str, Any] | None = None
    ) -> list[Record]:
        """The records of `ids` that exist, in no promised order."""
        if not ids:
            return []
        return _list("read", self.call(model, "read", ids=ids, kwargs={"fields": list(fields)}, context=context))

    def create(self, model: str, vals_list: Sequence[Vals], *, context: Mapping[str, Any] | None = None) -> list[int]:
        """Create the records, all or none, and return their ids in order."""
        if isinstance(vals_list, Mapping):
            raise TypeError("create takes a list of dicts, also for one record")
        if not vals_list:
            return []
        kwargs = {"vals_list": [dict(vals) for vals in vals_list]}
        made = self.call(model, "create", kwargs=kwargs, context=context)
        ids = made if isinstance(made, list) else [made]
        if len(ids) != len(vals_list):
            raise RemoteError(
                f"Odoo returned {len(ids)} ids for {len(vals_list)} created records of {model}.",
                kind=Kind.AMBIGUOUS,
                code="bad_answer",
                model=model,
            )
        return ids

    def write(self, model: str, ids: Sequence[int], vals: Vals, *, context: Mapping[str, Any] | None = None) -> None:
        """Write `vals` to all of `ids`, or to none if one of them is missing."""
        if ids:
            self.call(model, "write", ids=ids, kwargs={"vals": dict(vals)}, context=context)

    def unlink(self, model: str, ids: Sequence[int], *, context: Mapping[str, Any] | None = None) -> None:
        """Delete all of `ids`, or none."""
        if ids:
            self.call(model, "unlink", ids=ids, context=context)

    def archive(self, model: str, ids: Sequence[int], *, context: Mapping[str, Any] | None = None) -> None:
        """Hide the records (`active` False); a model without that field answers `unknown_field`."""
        self.write(model, ids, {"active": False}, context=context)

    def name_search(
        self,
        model: str,
        name: str,
        *,
        domain: Domain = (),
        operator: str = "ilike",
        limit: int = 100,
        context: Mapping[str, Any] | None = None,
    ) -> list[tuple[int, str]]:
        """(id, display name) of the records whose name matches."""
        kwargs = {"name": name, "domain": list(domain), "operator": operator, "limit": limit}
        found = self.call(model, "name_search", kwargs=kwargs, context=context)
        return [(int(item[0]), str(item[1])) for item in _list("name_search", found)]

    def iter_pages(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        *,
        page_size: int = 100,
        after_id: int = 0,
        context: Mapping[str, Any] | None = None,
    ) -> Iterator[list[Record]]:
        """The records in `domain` in pages, ordered by id, from `after_id` on.

        Paged by key, never by offset: records created or deleted meanwhile shift nothing. Continue a broken-off run
        by passing the last id seen.
        """
        while True:
            page = self.search_read(
                model, [["id", ">", after_id], *domain], fields, limit=page_size, order="id", context=context
            )
            if page:
                yield page
                after_id = int(page[-1]["id"])
            if len(page) < page_size:
                return

    def iter_changes(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        cursor: ChangeCursor | None = None,
        *,
        page_size: int = 100,
        until: datetime | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Iterator[tuple[list[Record], ChangeCursor]]:
        """Pages of what changed since `cursor`, each with the cursor to store after it; see `changes`."""
        return iter_changes(self, model, domain, fields, cursor, page_size=page_size, until=until, context=context)

    def create_many(
        self,
        model: str,
        vals_list: Sequence[Vals],
        *,
        batch_size: int = 200,
        context: Mapping[str, Any] | None = None,
    ) -> BulkResult:
        """Create the records that Odoo takes, and say for each of the others why not; see `bulk`."""
        return create_many(lambda batch: self.create(model, batch, context=context), vals_list, batch_size=batch_size)

    def write_many(
        self,
        model: str,
        updates: Sequence[tuple[int, Vals]],
        *,
        batch_size: int = 200,
        context: Mapping[str, Any] | None = None,
    ) -> BulkResult:
        """Write (id, vals) pairs, those with the same values in one call; see `bulk`."""
        return write_many(
            lambda ids, vals: self.write(model, ids, vals, context=context), updates, batch_size=batch_size
        )


def _page(domain: Domain, limit: int | None, offset: int, order: str | None) -> dict[str, Any]:
    kwargs: dict[str, Any] = {"domain": list(domain)}
    if limit is not None:
        kwargs["limit"] = limit
    if offset:
        kwargs["offset"] = offset
    if order:
        kwargs["order"] = order
    return kwargs


def _list(method: str, answer: Any) -> list[Any]:
    if not isinstance(answer, list):
        raise strange(method, answer)
    return answer
