"""Which transport to take when the settings say `auto`.

The fastest that works: JSON-2 from Odoo 19 on with an API key, else JSON-RPC, else XML-RPC. A proxy may block any of
them; a password is refused by JSON-2 only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from clients.errors import RemoteError
from clients.http import HttpClient
from clients.odoo.json2 import Json2
from clients.odoo.jsonrpc import JsonRpc
from clients.odoo.settings import OdooSettings, OdooVersion, Protocol
from clients.odoo.transport import Transport
from clients.odoo.xmlrpc import XmlRpc

TRANSPORTS: Final[Mapping[str, type[Transport]]] = {
    Protocol.JSON2: Json2,
    Protocol.JSONRPC: JsonRpc,
    Protocol.XMLRPC: XmlRpc,
}
JSON2_SINCE: Final = 19
BLOCKED: Final = frozenset({"not_odoo", "not_json", "forbidden", "bad_header"})
"""Codes that say: not this way, perhaps another."""


def detect(settings: OdooSettings, http: HttpClient) -> tuple[Transport, OdooVersion | None]:
    """The transport to use, and the version if it was learnt on the way (a server that offers JSON-2 only tells none).

    Raises the RemoteError of JSON-RPC if nothing answers, `access_denied` if no transport takes the credentials.
    """
    rpc: Transport | None = None
    version: OdooVersion | None = None
    failure: RemoteError | None = None
    for kind in (JsonRpc, XmlRpc):
        transport = kind(settings, http)
        try:
            version = transport.version()
        except RemoteError as error:
            if error.code not in BLOCKED:
                raise
            failure = failure or error
        else:
            rpc = transport
            break
    if version is not None and version.major < JSON2_SINCE and rpc is not None:
        return rpc, version
    json2 = Json2(settings, http)
    try:
        json2.authenticate()
    except RemoteError as error:
        if rpc is None:
            raise (failure or error) if error.code in BLOCKED else error from None
        if error.code == "access_denied":
            rpc.authenticate()
        elif error.code not in BLOCKED:
            raise
        return rpc, version
    return json2, version
