"""What a receiver says besides its status, in words that staff can use: why it refuses, and what to look at then.

Pure. What it says may hold a value of the record, and is redacted by whoever asks, before it is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from clients.http import HttpResponse

MAX_SAID: Final = 300
SILENT: Final = frozenset({408, 425, 429, 502, 503, 504})
"""Answers of proxies and of hosts that are busy: what else they say changes with every call, and helps nobody."""

CURES: Final[dict[int, str]] = {
    401: "Check the authorization of this sync: the token may have ended.",
    403: "Check the authorization of this sync, and what its user may do there.",
    404: "Check the URL and its placeholders.",
    405: "Choose the HTTP method that is meant for this address.",
    410: "Nobody will answer at this address any more: correct the URL, or switch the sync off.",
    413: "It takes no request of this size: map fewer fields, or send fewer records at once.",
    415: "Choose another body format.",
}
_MESSAGES: Final = ("message", "error_description", "detail", "error", "errors", "title", "reason", "msg")
_REFUSING: Final = ("error", "errors")
_PAGES: Final = (b"<!doctype html", b"<html")


def refusal_words(response: HttpResponse) -> str:
    """The receiver's own words on why it refuses, at most MAX_SAID characters; empty where there are none, or it is a
    web page."""
    if response.status in SILENT or is_web_page(response):
        return ""
    return _in_words(_content(response))


def is_web_page(response: HttpResponse) -> bool:
    """By what it is: many a script calls its plain answer text/html."""
    return response.body[:200].lstrip().lower().startswith(_PAGES)


def error_words(content: object) -> str:
    """Of an answer that is a success by its status: what it says under `error` or `errors`, if anything."""
    if not isinstance(content, Mapping):
        return ""
    found = next((content[key] for key in _REFUSING if content.get(key)), None)
    return "" if found is None or found is True else _in_words(found)


def _content(response: HttpResponse) -> object:
    text = response.body[: 20 * MAX_SAID].decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _in_words(content: object) -> str:
    if isinstance(content, Mapping):
        content = next((content[key] for key in _MESSAGES if content.get(key)), content)
        if isinstance(content, Mapping) and isinstance(content.get("message"), str):
            content = content["message"]
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    text = " ".join(text.split())
    if not text or text in ("{}", "[]", "null"):
        return ""
    return text if len(text) <= MAX_SAID else f"{text[: MAX_SAID - 1]}…"
