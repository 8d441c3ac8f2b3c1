"""XML-RPC, `/xmlrpc/2/*`: the standard library's marshalling over the guarded way out, a hardened parser.

The parser is defusedxml's (no DTD, no entities: the plain one expands an entity bomb).
"""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape

from defusedxml.common import DefusedXmlException
from defusedxml.xmlrpc import DefusedExpatParser

from clients.errors import Kind, RemoteError
from clients.http import HttpResponse
from clients.odoo.answers import broken, not_an_answer
from clients.odoo.faults import NONE_FAULT, from_xmlrpc, remote_error
from clients.odoo.settings import OdooVersion, Protocol
from clients.odoo.transport import CONTROL, Transport, as_uid, as_version, by_place, check_names, unsendable

_HEADERS: Final = {"Content-Type": "text/xml"}


class XmlRpc(Transport):
    protocol = Protocol.XMLRPC

    def version(self) -> OdooVersion:
        return as_version(self._call("/xmlrpc/2/common", "version", (), safe=True))

    def _authenticate(self) -> int:
        settings = self.settings
        params: tuple[Any, ...] = (settings.database, settings.login, settings.secret, {})
        uid = self._call("/xmlrpc/2/common", "authenticate", params, safe=True)
        return as_uid(uid)

    def call(
        self,
        model: str,
        method: str,
        *,
        ids: Sequence[int] | None = None,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        safe: bool = False,
    ) -> Any:
        check_names(model, method)
        placed, named = by_place(method, args, kwargs or {})
        if ids is not None:
            placed.insert(0, list(ids))
        settings = self.settings
        params = (settings.database, self.authenticate(), settings.secret, model, method, placed, named)
        return self._call("/xmlrpc/2/object", "execute_kw", params, safe=safe, model=model, method=method)

    def _call(
        self,
        path: str,
        service_method: str,
        params: tuple[Any, ...],
        *,
        safe: bool,
        model: str | None = None,
        method: str | None = None,
    ) -> Any:
        response = self._post(
            path,
            _marshal(params, service_method),
            _HEADERS,
            safe=safe,
            redact=(escape(self.settings.secret).encode("utf-8", "replace"),),
        )
        try:
            return parse(response, safe=safe)
        except xmlrpc.client.Fault as fault:
            text = str(fault.faultString)
            if text.rstrip().endswith(NONE_FAULT):
                return None
            raise remote_error(from_xmlrpc(fault.faultCode, text), model=model, method=method) from None


def _marshal(params: tuple[Any, ...], service_method: str) -> bytes:
    """The request's body. Raises PERMANENT `bad_value` naming what cannot be sent."""
    cause: Exception | None = None
    try:
        text = xmlrpc.client.dumps(params, service_method, allow_none=True)
        if not CONTROL.search(text) and "dateTime.iso8601>" not in text:
            body = text.encode()
            if b"<double>nan</double>" not in body and b"inf</double>" not in body and b"<base64>" not in body:
                return body
    except (TypeError, OverflowError, UnicodeError, RecursionError) as error:
        cause = error
    refused = unsendable(params[5:] or params, xml=True)
    if refused is not None:
        raise refused from cause
    if cause is not None:
        raise RemoteError(
            f"The call cannot be written as XML-RPC ({cause}).", kind=Kind.PERMANENT, code="bad_value"
        ) from cause
    if CONTROL.search("".join(str(item) for item in params[:5])):
        raise RemoteError(
            "The database, login or secret contains a control character.", kind=Kind.PERMANENT, code="bad_value"
        )
    return text.encode()


def parse(response: HttpResponse, *, safe: bool) -> Any:
    """The single value of an XML-RPC answer. Raises xmlrpc.client.Fault, or RemoteError if it is no such answer."""
    head = response.body[:1024].lstrip()
    if response.status != 200 or not head.startswith(b"<") or b"<html" in head.lower():
        raise not_an_answer(response, expected="XML-RPC", safe=safe)
    unmarshaller = xmlrpc.client.Unmarshaller(use_builtin_types=True)
    parser = DefusedExpatParser(unmarshaller, forbid_dtd=True)
    try:
        parser.feed(response.body)
        parser.close()
        values = unmarshaller.close()
        return values[0]
    except xmlrpc.client.Fault:
        raise
    except DefusedXmlException as error:
        if b"<!doctype html" in head.lower():
            raise not_an_answer(response, expected="XML-RPC", safe=safe) from None
        raise RemoteError(
            "The XML-RPC answer declares a document type or entities, as an attack does; it was not read.",
            kind=Kind.PERMANENT,
            code="unsafe_answer",
            status=response.status,
        ) from error
    except (ExpatError, xmlrpc.client.Error, ValueError, LookupError, TypeError, AttributeError) as error:
        if b"<methodResponse" not in response.body[:1024]:
            raise not_an_answer(response, expected="XML-RPC", safe=safe) from None
        raise broken(response, expected="XML-RPC", safe=safe) from error
