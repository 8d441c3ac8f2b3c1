"""Which Odoo method an exchange called, and what fault it brought, read from the bytes without a full parse."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

_HEAD = 4096
_JSON2 = re.compile(r"/json/2/([\w.]+)/(\w+)$")
# [database, uid, secret, model, method, ...]
_JSONRPC_OBJECT = re.compile(
    rb'"args"\s*:\s*\[\s*"[^"]*"\s*,\s*\d+\s*,\s*"(?:[^"\\]|\\.)*"\s*,\s*"([\w.]+)"\s*,\s*"(\w+)"'
)
_JSONRPC_COMMON = re.compile(rb'"method"\s*:\s*"(version|authenticate|login|about)"')
_XML_METHOD = re.compile(rb"<methodName>\s*(\w+)")
_XML_SCALAR = re.compile(rb"<value>\s*(?:<(?:string|int|i4)>)?([^<]*)<")
_XML_FAULT = re.compile(rb"<name>faultString</name>\s*<value>\s*(?:<string>)?([^<]*)<")


def call_label(url: str, body: bytes) -> str:
    """`res.partner.create`, `common.authenticate`, or empty where the request is no Odoo call that is known."""
    path = urlsplit(url).path
    json2 = _JSON2.search(path)
    if json2:
        return f"{json2[1]}.{json2[2]}"
    head = body[:_HEAD]
    if path.endswith("/jsonrpc"):
        found = _JSONRPC_OBJECT.search(head)
        if found:
            return f"{found[1].decode()}.{found[2].decode()}"
        common = _JSONRPC_COMMON.search(head)
        return f"common.{common[1].decode()}" if common else ""
    if "/xmlrpc/2/" in path:
        method = _XML_METHOD.search(head)
        if not method:
            return ""
        if path.endswith("/common"):
            return f"common.{method[1].decode()}"
        scalars = _XML_SCALAR.findall(head)
        return (
            f"{scalars[3].decode(errors='replace')}.{scalars[4].decode(errors='replace')}" if len(scalars) > 4 else ""
        )
    return ""


def fault_text(status: int | None, body: bytes) -> str:
    """The message of a JSON-RPC error or an XML-RPC fault, both of which come with status 200; otherwise empty."""
    if status != 200 or not body:
        return ""
    if body.startswith(b"{") and b'"error"' in body[:200]:
        try:
            error = json.loads(body).get("error")
        except ValueError:
            return ""
        if not isinstance(error, dict):
            return ""
        data = error.get("data")
        text = str((data.get("message") if isinstance(data, dict) else "") or error.get("message") or "")
    elif b"<fault>" in body[:300]:
        found = _XML_FAULT.search(body)
        text = found[1].decode("utf-8", "replace") if found else "Fault"
    else:
        return ""
    lines = text.strip().splitlines()
    # For an unforeseen exception Odoo sends the whole traceback; its last line is the message.
    return lines[-1] if lines and lines[0].startswith("Traceback") else text.strip()
