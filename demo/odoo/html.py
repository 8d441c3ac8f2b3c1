"""What Odoo makes of the text written to an html field: scripts gone, entities written out, a paragraph around.

Every html field here is sanitized as those of contacts, products and orders are; styles and classes stay.
"""

import re
from html.parser import HTMLParser

DROPPED = ("script", "style", "iframe", "object")
VOID = ("br", "hr", "img", "input", "meta", "link")


def sanitized(text: str) -> str:
    """The text as it is stored. A wrong tag is closed or left out; plain text becomes a paragraph."""
    if not text:
        return text
    parser = _Cleaner()
    parser.feed(text)
    parser.close()
    clean = "".join(parser.parts) + "".join(f"</{tag}>" for tag in reversed(parser.open))
    bare = re.fullmatch(r"<div>(.*)</div>", clean, flags=re.DOTALL)
    if bare and "<div" not in bare[1]:
        return f"<span>{bare[1]}</span>" if bare[1].startswith("<") else f"<p>{bare[1]}</p>"
    return clean.lstrip() if clean.lstrip().startswith("<") else f"<p>{clean}</p>"


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self.open: list[str] = []
        self._dropping: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._dropping is None and tag in DROPPED:
            self._dropping = tag
        if self._dropping is not None:
            return
        kept = "".join(f' {name}="{_safe(value)}"' for name, value in attrs if not name.startswith("on"))
        self.parts.append(f"<{tag}{kept}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._dropping is not None:
            self._dropping = None if tag == self._dropping else self._dropping
        elif tag in self.open:
            while self.open.pop() != tag:
                pass
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._dropping is None:
            self.parts.append(data.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))

    def handle_entityref(self, name: str) -> None:
        if self._dropping is None:
            self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        if self._dropping is None:
            self.parts.append(f"&#{name};")


def _safe(value: str | None) -> str:
    text = value or ""
    if text.strip().lower().startswith("javascript:"):
        return ""
    return text.replace("&", "&amp;").replace('"', "&quot;")
