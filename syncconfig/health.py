"""How a connection is, in words: from what its last test found, and the time that has passed since. Asks nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from syncconfig.key_ends import KeyEnd
from syncconfig.models import OdooConnection
from syncconfig.models.connection import Protocol

KEY_SOON_DAYS = 14
PROTOCOL_NAMES = {Protocol.JSON2: "JSON-2", Protocol.JSONRPC: "JSON-RPC", Protocol.XMLRPC: "XML-RPC"}


class State(StrEnum):
    UNTESTED = "untested"
    FAILED = "failed"
    WARNING = "warning"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Health:
    """`badge` is a word or two, `sentence` why it is so; `warnings` are for reading on the form."""

    state: State
    badge: str
    sentence: str
    warnings: tuple[str, ...] = ()


def health_of(connection: OdooConnection, *, now: datetime) -> Health:
    """The connection's health at `now`."""
    if connection.checked_at is None:
        return Health(State.UNTESTED, _("Never tested"), "")
    if connection.check_error:
        return Health(State.FAILED, _("Error"), connection.check_error)
    days = _days_left(connection, now)
    urgent = [*_key_warnings(connection, now), *_rights_warnings(connection), *_login_warnings(connection)]
    if days is not None and days < 0:
        return Health(State.FAILED, _("Key has ended"), urgent[0], tuple(urgent))
    later = _odoo_22_warnings(connection)
    if days is not None and days <= KEY_SOON_DAYS:
        badge = _("Key ends in %(days)s days") % {"days": days}
        return Health(State.WARNING, badge, urgent[0], (*urgent, *later))
    if urgent:
        return Health(State.WARNING, _("Rights missing"), urgent[0], (*urgent, *later))
    version = connection.detected_version.partition("-")[0]
    return Health(State.OK, f"Odoo {version}", "", tuple(later))


def key_sentence(connection: OdooConnection, *, now: datetime) -> str:
    """Until when the credential works, as far as that is known."""
    key = connection.findings.get("key", {})
    end = key.get("end", KeyEnd.UNKNOWN)
    if end == KeyEnd.PASSWORD:
        return _("A password, which does not end.")
    if end == KeyEnd.NEVER:
        return _("The API key does not end.")
    days = _days_left(connection, now)
    if end == KeyEnd.ENDS and connection.key_ends_at is not None and days is not None:
        date = connection.key_ends_at.strftime("%Y-%m-%d")
        if days < 0:
            return _("The API key ended on %(date)s.") % {"date": date}
        if key.get("count", 1) > 1:
            return _(
                "The user has %(count)s keys, and Odoo does not tell which one is used here. The first of them ends "
                "on %(date)s, in %(days)s days."
            ) % {"count": key["count"], "date": date, "days": days}
        return _("The API key ends on %(date)s, in %(days)s days.") % {"date": date, "days": days}
    return _("Not known: this Odoo does not tell when the API key ends.")


def _days_left(connection: OdooConnection, now: datetime) -> int | None:
    if connection.key_ends_at is None:
        return None
    seconds = (connection.key_ends_at - now).total_seconds()
    return int(seconds // 86400)


def _key_warnings(connection: OdooConnection, now: datetime) -> list[str]:
    days = _days_left(connection, now)
    if days is None or days > KEY_SOON_DAYS:
        return []
    cure = _("Make a new key in Odoo (Preferences, Account Security, New API Key) and enter it here.")
    return [f"{key_sentence(connection, now=now)} {cure}"]


def _rights_warnings(connection: OdooConnection) -> list[str]:
    found = []
    for rights in connection.findings.get("rights", []):
        if rights["error"]:
            found.append(f"{rights['model']}: {rights['error']}")
        for operation, names in rights["missing"].items():
            found.append(
                _(
                    "%(login)s may not %(operation)s %(model)s, which %(names)s needs. Give the user in Odoo a group "
                    "with that right."
                )
                % {
                    "login": connection.login,
                    "operation": operation,
                    "model": rights["model"],
                    "names": ", ".join(names),
                }
            )
    return found


def _login_warnings(connection: OdooConnection) -> list[str]:
    login = connection.findings.get("login")
    if not login or login == connection.login:
        return []
    return [
        _("The key belongs to %(other)s, not to %(login)s: what is done is done with the rights of %(other)s.")
        % {"other": login, "login": connection.login}
    ]


def _odoo_22_warnings(connection: OdooConnection) -> list[str]:
    """XML-RPC and JSON-RPC are scheduled for removal in Odoo 22, and in Odoo Online 21.1."""
    if connection.detected_protocol == Protocol.JSON2:
        return []
    findings: dict[str, Any] = connection.findings
    name = PROTOCOL_NAMES.get(Protocol(connection.detected_protocol or Protocol.JSONRPC), "")
    found = _(
        "%(protocol)s is to be removed in Odoo 22 (fall 2028), on Odoo Online with 21.1; "
        "this connection will fail there."
    ) % {"protocol": name}
    if not findings.get("secret_is_key"):
        cure = _("JSON-2, which stays, takes API keys only: enter one instead of the password.")
    elif connection.protocol != Protocol.AUTO:
        cure = _("Set the protocol to Automatic, which takes JSON-2 as soon as Odoo has it (19 and later).")
    elif findings.get("major", 0) >= 19:
        cure = _("Odoo has JSON-2, but it did not answer: let the proxy before Odoo pass /json/2/.")
    else:
        cure = _("Nothing is to be done: from Odoo 19 on, Automatic takes JSON-2.")
    return [f"{found} {cure}"]
