"""Hides the values under certain keys in texts that look like JSON, XML, forms or URLs, without parsing them.

A body may be cut short, broken, or hold JSON within JSON; a parser would refuse it, and the log would then have to
choose between storing it raw and losing it. So this looks for the words that secret keys are made of, and only where
one stands reads what is around it: is it within a key, and where does the value of that key end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Span = tuple[int, int, str]
"""From where to where something else is to stand, and what."""

_LONGEST_KEY = 100
# "key": or 'key': or, within a string of JSON, key\": ; and a leaf of an Odoo domain: ["key", "=", value]
_KEY = re.compile(r"""(["'])([^"'\\]{1,100})(\\*)\1\s*(?::|,\s*\\*["'][^"'\\]{1,10}\\*["']\s*,)\s*""")
_LITERAL = re.compile(r"""[^\s,}\]"'\\]+""")
_KEPT = frozenset({"null", "none", "true", "false"})
_STRING_END = {'"': re.compile(r'(?:[^"\\]|\\.)*("|$|\\$)', re.S), "'": re.compile(r"(?:[^'\\]|\\.)*('|$|\\$)", re.S)}
_BRACKETS_AND_QUOTES = re.compile(r"""["'\[\]{}]""")

_PAIR_REST = re.compile(r"""[^=&;?#\s"'<>,]{0,100}=""")
_PAIR_BOUNDS = frozenset("&;?# \t\r\n\"'<>,({")
_PAIR_VALUE = re.compile(r"[^&\s]*")
# Within a string of JSON or an attribute of XML a value ends with the string.
_QUOTED_PAIR_VALUE = re.compile(r""""[^"<]*"?|'[^'<]*'?|[^&#\s"'<>\\]*""")

_ELEMENT = re.compile(r"<([A-Za-z_][\w.:-]{0,100})(?:\s[^<>]*)?>")
_MEMBER = re.compile(r"<name>\s*([^<]{1,100}?)\s*</name>\s*<value\s*>")
_VALUE_TAG = re.compile(r"<(/?)value\s*(/?)>")


def hide_keyed(text: str, *, words: re.Pattern[str], is_secret: Callable[[str], bool], hidden: str) -> str:
    """`text` with `hidden` for the value of each key that `is_secret`; in every such key `words` must find something.

    `words` is matched against small letters. null, true, false and empty strings stay as they are.
    """
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters, such as İ, have a longer small one
        lowered = "".join(small if len(small := char.lower()) == 1 else char for char in text)
    is_form = text.lstrip()[:1] not in {"{", "[", "<", '"'}
    spans: set[Span] = set()
    for word in words.finditer(lowered):
        spans.update(_spans(text, word.start(), is_secret, hidden, is_form))
    if not spans:
        return text
    pieces: list[str] = []
    done = 0
    for start, end, shown in sorted(spans):
        if start >= done:
            pieces += [text[done:start], shown]
            done = end
    return "".join([*pieces, text[done:]])


def _spans(text: str, at: int, is_secret: Callable[[str], bool], hidden: str, is_form: bool) -> Iterator[Span]:
    before = max(0, at - _LONGEST_KEY)
    quote = max(text.rfind('"', before, at), text.rfind("'", before, at))
    if quote >= 0 and (key := _KEY.match(text, quote)) and is_secret(key[2]):
        mark = f"{key[3]}{key[1]}"
        end = _json_value_end(text, key.end(), key[3])
        value = text[key.end() : end]
        if value.strip("\\\"'") and value.lower() not in _KEPT:
            yield key.end(), end, f"{mark}{hidden}{mark}"
    if pair := _PAIR_REST.match(text, at):
        start = at
        while start > before and text[start - 1] not in _PAIR_BOUNDS:
            start -= 1
        # customer[password]=..., as PHP and Stripe write it
        name = text[start : pair.end() - 1].replace("%5B", "[").replace("%5D", "]")
        if is_secret(name.rstrip("]").rpartition("[")[2] or name):
            found = (_PAIR_VALUE if is_form else _QUOTED_PAIR_VALUE).match(text, pair.end())
            if found and found[0].strip("\"'"):
                mark = found[0][0] if found[0][0] in "\"'" else ""
                yield pair.end(), found.end(), f"{mark}{hidden}{mark}"
    opening = text.rfind("<", before, at)
    if opening >= 0 and (element := _ELEMENT.match(text, opening)):
        yield from _xml_spans(text, opening, element, is_secret, hidden)


def _json_value_end(text: str, start: int, backslashes: str) -> int:
    """Where the value that begins at `start` ends; the end of the text if it does not."""
    opening = text[start + len(backslashes) : start + len(backslashes) + 1]
    if opening in _STRING_END and text.startswith(backslashes, start):
        begin = start + len(backslashes) + 1
        if backslashes:
            close = re.compile(rf"(?<!\\){re.escape(backslashes)}{opening}").search(text, begin)
            return close.end() if close else len(text)
        found = _STRING_END[opening].match(text, begin)
        return found.end() if found else len(text)
    if text[start : start + 1] in {"[", "{"}:
        return _brackets_end(text, start)
    literal = _LITERAL.match(text, start)
    return literal.end() if literal else start


def _brackets_end(text: str, start: int) -> int:
    depth = 0
    position = start
    while found := _BRACKETS_AND_QUOTES.search(text, position):
        position = found.end()
        if found[0] in "[{":
            depth += 1
        elif found[0] in "]}":
            depth -= 1
            if depth == 0:
                return position
        else:
            string = _STRING_END[found[0]].match(text, position)
            position = string.end() if string else len(text)
    return len(text)


def _xml_spans(
    text: str, opening: int, element: re.Match[str], is_secret: Callable[[str], bool], hidden: str
) -> Iterator[Span]:
    if member := _MEMBER.match(text, opening):
        if is_secret(member[1]):
            yield member.end(), _value_tag_end(text, member.end()), f"<string>{hidden}</string>"
    elif is_secret(element[1].rpartition(":")[2]):
        end = text.find(f"</{element[1]}", element.end())
        yield element.end(), end if end >= 0 else len(text), hidden


def _value_tag_end(text: str, start: int) -> int:
    """Where the `</value>` begins that closes the value whose content begins at `start`."""
    depth = 1
    for tag in _VALUE_TAG.finditer(text, start):
        if tag[2]:
            continue
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.start()
    return len(text)
