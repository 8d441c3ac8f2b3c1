"""What a script's `env` may ask of Odoo: reading, with limits, under the rights of the connection's user."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient
from clients.odoo.read_only import ReadOnlyOdoo
from mapping.script_runs import Ask, AskRefused
from outbound.expressions import evaluate
from syncconfig.models import SyncConfig
from syncconfig.models.extras import ParamKind

MAX_RECORDS: Final = 1000
MAX_FIELDS: Final = 100


HOLDING_SECRETS: Final = frozenset(
    {
        "auth_totp.device", "fetchmail.server", "iap.account", "ir.config_parameter", "ir.mail_server",
        "payment.provider", "payment.token", "res.users.apikeys", "res.users.apikeys.description",
    }
)  # fmt: skip
"""Models that are kept for credentials: no record that is synced is one of theirs."""
AT_FAULT: Final = frozenset(
    {
        "access_error", "bad_value", "missing_record", "server_error", "unknown_field", "unknown_model",
        "unsearchable_field", "user_error", "validation",
    }
)  # fmt: skip
"""Errors of Odoo's that are about the question: another one would be answered."""


class EnvRefused(AskRefused):
    """A script asked for what it may not have, or in a way that makes no sense."""


def odoo_ask(client: OdooClient) -> Ask:
    """An `ask` for `map_in` and `map_out`. What it raises is EnvRefused or RemoteError."""
    reader = ReadOnlyOdoo(client)

    def ask(model: str, method: str, arguments: Mapping[str, object]) -> object:
        if model in HOLDING_SECRETS:
            raise EnvRefused(f"{model} holds credentials, and scripts do not read it")
        try:
            return _METHODS[method](reader, model, arguments)
        except RemoteError as error:
            if error.kind is Kind.PERMANENT and error.code in AT_FAULT:
                raise EnvRefused(f"Odoo says: {error.message}") from error
            raise

    return ask


def script_params(config: SyncConfig, *, now: datetime) -> dict[str, object]:
    """The variable `params` of a config's scripts: its query and path parameters by name, computed at `now`. One that
    cannot be computed is left out; the request says so."""
    params: dict[str, object] = {}
    for param in config.params.exclude(kind=ParamKind.FILTER):
        try:
            value = evaluate(param.value, now=now, tz=config.connection.timezone) if param.is_computed else param.value
        except ValueError:
            continue
        params[param.name] = value.isoformat() if isinstance(value, date) else value
    return params


def _search(reader: OdooClient, model: str, given: Mapping[str, object]) -> object:
    return reader.search(model, _domain(given), **_page(given))


def _search_count(reader: OdooClient, model: str, given: Mapping[str, object]) -> object:
    return reader.search_count(model, _domain(given))


def _search_read(reader: OdooClient, model: str, given: Mapping[str, object]) -> object:
    return reader.search_read(model, _domain(given), _fields(given), **_page(given))


def _read(reader: OdooClient, model: str, given: Mapping[str, object]) -> object:
    ids = given.get("ids")
    if isinstance(ids, int):
        ids = [ids]
    if not isinstance(ids, Sequence) or isinstance(ids, str) or not all(type(each) is int for each in ids):
        raise EnvRefused("read takes a list of ids")
    if len(ids) > MAX_RECORDS:
        raise EnvRefused(f"a script may read {MAX_RECORDS} records at once")
    return reader.read(model, list(ids), _fields(given))


_METHODS: Final[Mapping[str, Callable[[OdooClient, str, Mapping[str, object]], object]]] = {
    "search": _search,
    "search_count": _search_count,
    "search_read": _search_read,
    "read": _read,
}


def _domain(given: Mapping[str, object]) -> list[Any]:
    domain = given.get("domain")
    if not isinstance(domain, Sequence) or isinstance(domain, str):
        raise EnvRefused("a domain is a list of conditions, such as [('code', '=', 'BE')]")
    return list(domain)


def _fields(given: Mapping[str, object]) -> list[str]:
    fields = given.get("fields")
    if not isinstance(fields, Sequence) or isinstance(fields, str) or not all(isinstance(each, str) for each in fields):
        raise EnvRefused("name the fields to read in a list, such as ['name', 'code']")
    if not 0 < len(fields) <= MAX_FIELDS:
        raise EnvRefused(f"name at least one field, and at most {MAX_FIELDS}")
    return list(fields)


def _page(given: Mapping[str, object]) -> dict[str, Any]:
    limit, offset, order = given.get("limit"), given.get("offset"), given.get("order")
    if limit is None:
        limit = MAX_RECORDS
    if type(limit) is not int or not 0 < limit <= MAX_RECORDS:
        raise EnvRefused(f"limit is a whole number from 1 to {MAX_RECORDS}")
    if offset is not None and (type(offset) is not int or offset < 0):
        raise EnvRefused("offset is a whole number")
    if order is not None and not isinstance(order, str):
        raise EnvRefused("order is a text such as 'name desc'")
    return {"limit": limit, "offset": offset or 0, "order": order}
