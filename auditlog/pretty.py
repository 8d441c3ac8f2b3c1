"""Stored headers and bodies as staff read them. Plain text comes out; escaping is the template's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from xml.dom.minidom import Document, Node
from xml.parsers.expat import ExpatError

from defusedxml import DefusedXmlException
from defusedxml.minidom import parseString

MAX_XML: Final = 200_000
_HALF: Final = re.compile("[\ud800-\udfff]")


def pretty_body(text: str) -> str:
    """JSON and XML indented, everything else as it is; also what was cut short stays as it is."""
    stripped = text.strip()
    if stripped[:1] == "<" and len(stripped) <= MAX_XML:
        return _pretty_xml(stripped) or text
    if stripped[:1] not in {"{", "["}:
        return text
    try:
        pretty = json.dumps(json.loads(stripped), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
    return without_halves(pretty)


def without_halves(text: str) -> str:
    """With each half of a surrogate pair, which JSON can spell but no page can show, spelled again."""
    return _HALF.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _pretty_xml(text: str) -> str:
    """Empty for what is no XML, such as most HTML."""
    try:
        document: Document = parseString(text)
    except (ExpatError, DefusedXmlException, ValueError, RecursionError):
        return ""
    _strip(document)
    lines = document.toprettyxml(indent="  ").splitlines()
    return "\n".join(lines if text.startswith("<?xml") else lines[1:])


def _strip(node: Any) -> None:
    """Without the spaces between elements, which would be indented once more."""
    for child in list(node.childNodes):
        if child.nodeType == Node.TEXT_NODE and not child.data.strip() and len(node.childNodes) > 1:
            node.removeChild(child)
        else:
            _strip(child)


def pretty_headers(headers: Mapping[str, str]) -> str:
    """One header a line."""
    return "\n".join(f"{name}: {value}" for name, value in headers.items())
