"""Bodies by template: XML with `{path}` where a value of the record belongs, escaped, and one section per record of
a page. Pure.

`<products>{each}<product sku="{sku}"><price>{price}</price></product>{/each}</products>` gives one product for each
record; without `{each}` the template is the body of one record. `{{` and `}}` are braces.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _

from mapping.paths import ABSENT, parse_path

_PART: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_EACH: Final = re.compile(r"\{each\}(.*?)\{/each\}", re.DOTALL)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def render(template: str, records: Sequence[Mapping[str, object]]) -> str:
    """The body for the records. Raises ValueError where the template does not say how to hold several."""
    each = _EACH.search(template)
    if each is None:
        if len(records) != 1:
            raise ValueError(_("The body template holds one record. Put {each}...{/each} around what is repeated."))
        return _fill(template, records[0])
    before, after = template[: each.start()], template[each.end() :]
    first = records[0] if records else {}
    return _fill(before, first) + "".join(_fill(each[1], record) for record in records) + _fill(after, first)


def check_template(template: str) -> None:
    """Raises ValueError, for a human, where the template cannot give well-formed XML."""
    if not template.strip():
        return
    for part in _PART.finditer(_EACH.sub(lambda found: found[1], template)):
        if part[0] in {"{", "}"}:
            raise ValueError(_("Braces must come in pairs around a key, e.g. {sku}; write {{ for a brace itself."))
        if part[1] is not None:
            parse_path(part[1].strip())
    try:
        ElementTree.fromstring(render(template, [{}]))  # noqa: S314 - what staff wrote, without any value of others
    except ElementTree.ParseError as error:
        raise ValueError(_("The template is no well-formed XML: %(error)s") % {"error": error}) from None


def _fill(template: str, record: Mapping[str, object]) -> str:
    def value(part: re.Match[str]) -> str:
        if part[1] is None:
            return part[0][0]
        found = parse_path(part[1].strip()).read(record)
        return "" if found is ABSENT or found is None else escape(_text(found), {'"': "&quot;", "'": "&apos;"})

    return _PART.sub(value, template)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _CONTROLS.sub("", str(value))
