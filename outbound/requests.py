"""From a config and a unit to the HTTP request that carries it.

A template is made once per config revision and builds one request after the other. What is the same on every attempt
(body, Idempotency-Key, webhook-id) comes from the unit; what may differ (computed parameters, X-Request-ID) is made
anew. A unit for which no sensible request can be made is refused here, before anybody is called.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from clients.errors import Kind, RemoteError
from mapping.paths import ABSENT, parse_path
from outbound.claims import Unit
from outbound.expressions import evaluate
from outbound.models import BodyFormat, policy_of
from outbound.out_auth import credentials_of
from outbound.templates import render
from syncconfig.models import SyncConfig, SyncParam
from syncconfig.models.extras import ParamKind

_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")
_WITHOUT_BODY: Final = frozenset({"GET", "DELETE"})


@dataclass(frozen=True, slots=True)
class OutRequest:
    """A request ready to be sent; `params` are added to the query."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    params: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    count: int = 1
    """How many records it carries."""
    is_batch: bool = False
    is_deletion: bool = False
    """Of a record that is gone from Odoo."""


class RequestTemplate:
    """The requests of one config. Raises RemoteError PERMANENT where the config cannot make any."""

    def __init__(self, config: SyncConfig, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._config = config
        self._clock = clock
        self._tz: str = config.connection.timezone
        self._policy = policy_of(config)
        self._linked_url = self._policy.linked_url or config.url
        self._headers = {header.key: header.value for header in config.headers.all()}
        params = list(config.params.all())
        self._query = [param for param in params if param.kind == ParamKind.QUERY]
        self._path = {param.name: param for param in params if param.kind == ParamKind.PATH}
        self.credentials = credentials_of(config)
        self.secrets: tuple[str, ...] = (
            *self.credentials.secrets,
            *(secret for secret in self._headers.values() if secret),
        )
        self.secret_keys: tuple[str, ...] = tuple(config.lines.filter(is_secret=True).values_list("key", flat=True))

    def build(self, unit: Unit) -> OutRequest:
        """The request for this unit. Raises RemoteError PERMANENT, naming the placeholder or parameter at fault."""
        now = self._clock()
        method, url = self._where(unit)
        body = self._body(unit) if unit.batch or method not in _WITHOUT_BODY else None
        key = unit.idempotency_key
        headers = {
            **({"Content-Type": _TYPES[BodyFormat(self._policy.body_format)]} if body is not None else {}),
            "Accept": "application/json",
            **self._headers,
            **self.credentials.auth.headers(body or b""),
            "Idempotency-Key": key,
            "webhook-id": key,
            **self._signature(key, body or b"", now),
            "X-Request-ID": uuid.uuid4().hex,
        }
        return OutRequest(
            method=method,
            url=self._url(url, unit, now),
            headers=headers,
            params={param.name: self._param(param, now) for param in self._query},
            body=body,
            count=len(unit.deliveries),
            is_batch=unit.batch is not None,
            is_deletion=not unit.deliveries[0].payload_hash,
        )

    def fetch(self, params: Mapping[str, str], *, url: str | None = None) -> OutRequest:
        """The GET request for the config's URL with its parameters and these, or for a `url` that the host itself
        named, which has its parameters already. Raises as `build`."""
        now = self._clock()
        message_id = uuid.uuid4().hex
        headers = {
            "Accept": "application/json",
            **self._headers,
            **self.credentials.auth.headers(b""),
            **self._signature(message_id, b"", now),
            "X-Request-ID": message_id,
        }
        if self.credentials.signer:
            headers["webhook-id"] = message_id
        own = {} if url else {param.name: self._param(param, now) for param in self._query}
        return OutRequest(
            method="GET", url=url or self._plain_url(now), headers=headers, params={**own, **params}, body=None
        )

    def _plain_url(self, now: datetime) -> str:
        def fill(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name not in self._path:
                raise _refused(f"The URL holds {{{name}}}, but no path parameter has that name.", "bad_url")
            return _segment(name, self._param(self._path[name], now))

        return _PLACEHOLDER.sub(fill, self._config.url)

    def _signature(self, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
        signer = self.credentials.signer
        return signer.headers(message_id=message_id, body=body, now=now) if signer else {}

    def _where(self, unit: Unit) -> tuple[str, str]:
        """The method, and the URL with its placeholders. Whether a record is known was decided when its delivery was
        made, so that every attempt is the same request."""
        first = unit.deliveries[0]
        if unit.batch:
            return first.method, self._config.url
        if not first.payload_hash:
            return first.method, self._linked_url
        if self._policy.puts_linked and first.external_id:
            return "PUT", self._linked_url
        return first.method, self._config.url

    def _body(self, unit: Unit) -> bytes:
        payloads = [delivery.payload for delivery in unit.deliveries]
        try:
            text = _WRITERS[BodyFormat(self._policy.body_format)](self, payloads, unit.batch is not None)
        except ValueError as error:
            raise _refused(f"The body cannot be written: {error}", "bad_body") from error
        return text.encode()

    def _json(self, payloads: list[Any], is_batch: bool) -> str:
        content: Any = payloads if is_batch else payloads[0]
        return _dumps({self._config.wrap_key: content} if self._config.wrap_key else content)

    def _ndjson(self, payloads: list[Any], is_batch: bool) -> str:
        return "".join(f"{_dumps(payload)}\n" for payload in payloads)

    def _form(self, payloads: list[Any], is_batch: bool) -> str:
        if is_batch:
            raise ValueError("a form holds one record; send one request per record")
        wrap = self._config.wrap_key
        return urlencode(list(_form_pairs(payloads[0], wrap)))

    def _xml(self, payloads: list[Any], is_batch: bool) -> str:
        return render(self._policy.body_template, payloads)

    def _url(self, url: str, unit: Unit, now: datetime) -> str:
        def fill(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name in self._path:
                return _segment(name, self._param(self._path[name], now))
            if unit.batch:
                raise _refused(
                    f"The URL's {{{name}}} is different for every record, but the requests are sent per page. Send one "
                    f"request per record, or make {name} a path parameter.",
                    "bad_url",
                )
            return _segment(name, self._record_value(unit, name))

        return _PLACEHOLDER.sub(fill, url)

    def _record_value(self, unit: Unit, name: str) -> object:
        delivery = unit.deliveries[0]
        if name == "record_id":
            return delivery.record_id
        if name == "external_id":
            if not delivery.external_id:
                raise _refused(
                    "The URL holds {external_id}, but the other system's id of this record is not known. It becomes "
                    "known with the first answer that holds one (“id in the answer”).",
                    "no_external_id",
                )
            return delivery.external_id
        found = parse_path(name).read(delivery.payload)
        if found is ABSENT:
            raise _refused(f"The URL holds {{{name}}}, but no mapping line writes the key {name}.", "bad_url")
        return found

    def _param(self, param: SyncParam, now: datetime) -> str:
        if not param.is_computed:
            return param.value
        try:
            value = evaluate(param.value, now=now, tz=self._tz)
        except ValueError as error:
            raise _refused(f"The parameter {param.name} cannot be computed: {error}", "bad_parameter") from error
        if isinstance(value, bool):
            return "true" if value else "false"
        return value.isoformat() if isinstance(value, date) else str(value)


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _form_pairs(value: object, name: str) -> Iterator[tuple[str, str]]:
    """As PHP, Rails and Stripe read it: `address[city]=Ghent`, `tags[]=new`; what is null is left out."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _form_pairs(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _form_pairs(inner, f"{name}[]")
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif value is not None:
        yield name, str(value)


_TYPES: Final = {
    BodyFormat.JSON: "application/json",
    BodyFormat.NDJSON: "application/x-ndjson",
    BodyFormat.FORM: "application/x-www-form-urlencoded",
    BodyFormat.XML: "application/xml; charset=utf-8",
}
_WRITERS: Final = {
    BodyFormat.JSON: RequestTemplate._json,
    BodyFormat.NDJSON: RequestTemplate._ndjson,
    BodyFormat.FORM: RequestTemplate._form,
    BodyFormat.XML: RequestTemplate._xml,
}


def _segment(name: str, value: object) -> str:
    """The value for a URL. Refused are values that would lead to another path than was meant."""
    text = "true" if value is True else "false" if value is False else str(value)
    if value is None or isinstance(value, (list, dict)) or text in ("", ".", ".."):
        shown = "empty" if value in (None, "") else f"{text[:50]!r}"
        raise _refused(f"The URL holds {{{name}}}, whose value is {shown} for this record.", "bad_url")
    return quote(text, safe="")


def _refused(message: str, code: str) -> RemoteError:
    return RemoteError(message, kind=Kind.PERMANENT, code=code)
