"""YAML, as much of it as a configuration needs: texts, numbers, true and false, lists and mappings with text keys.

Only the events of PyYAML's safe parser are used: nothing of a document ever becomes an object of its choosing.
Anchors, aliases, tags, merge keys and a second document are refused, and so are depth and size beyond what any
configuration has. Words follow YAML 1.2: `no` and `on` are texts, not false and true; times are texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from django.utils.translation import gettext as _

MAX_LENGTH: Final = 2_000_000
MAX_DEPTH: Final = 40
MAX_VALUES: Final = 200_000
"""Each is kept with its place: a million of them would be half a gigabyte."""
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
# Fewer than PyYAML's own writer takes for numbers, so that what it leaves bare as a text is read as a text.
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,30})")
_FLOAT: Final = re.compile(r"[-+]?[0-9]{1,30}\.[0-9]{0,30}([eE][-+][0-9]{1,3})?")
_ODD_BREAKS: Final = re.compile("[\x85\u2028\u2029]")
_PARSER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path = tuple[str | int, ...]


class DocumentError(Exception):
    """The text is no document that could be read; the message says why and where."""


@dataclass(slots=True)
class Loaded:
    """The values, and the line on which the value at each path begins."""

    value: Any
    lines: dict[Path, int] = field(default_factory=dict)


def load_yaml(text: str) -> Loaded:
    """The one document in `text`. Raises DocumentError."""
    if len(text) > MAX_LENGTH:
        raise DocumentError(_("The document has more than %(most)s characters.") % {"most": MAX_LENGTH})
    loaded = Loaded(None)
    try:
        events = _checked(yaml.parse(text, Loader=_PARSER))
        loaded.value = _node(next(events), events, (), loaded.lines)
        for event in events:
            raise _error(event, _("One document at a time: remove everything from the second --- on."))
    except StopIteration:
        raise DocumentError(_("The document is empty.")) from None
    except yaml.YAMLError as error:
        raise DocumentError(_("This is no YAML: %(error)s") % {"error": _flat(error)}) from None
    except (UnicodeError, ValueError) as error:
        raise DocumentError(_("This is no YAML: %(error)s") % {"error": error}) from None
    return loaded


def _flat(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).replace("\n", " ")
    return f"{problem} ({_('line')} {mark.line + 1})" if mark else str(problem)


def _checked(events: Any) -> Iterator[Any]:
    """The events that carry values, once they are seen to be harmless."""
    depth = count = 0
    for event in events:
        if isinstance(event, yaml.NodeEvent):
            count += 1
            if count > MAX_VALUES:
                raise _error(event, _("The document has more than %(most)s values.") % {"most": MAX_VALUES})
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _error(event, _("Anchors (&) and aliases (*) are not taken. Write the value out."))
        if (tag := getattr(event, "tag", None)) and tag != "!":
            raise _error(event, _("Tags such as %(tag)s are not taken.") % {"tag": tag[:40]})
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _error(event, _("Lists and mappings are nested too deeply."))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            yield event


def _node(event: Any, events: Iterator[Any], path: Path, lines: dict[Path, int]) -> Any:
    lines[path] = event.start_mark.line + 1
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event)
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Any] = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            items.append(_node(inner, events, (*path, len(items)), lines))
        return items
    found: dict[str, Any] = {}
    while not isinstance(inner := next(events), yaml.MappingEndEvent):
        key = _scalar(inner) if isinstance(inner, yaml.ScalarEvent) else None
        if not isinstance(key, str):
            raise _error(inner, _("The key of a mapping is a text. Write it in quotes."))
        if key in found:
            raise _error(inner, _("%(key)s stands here twice.") % {"key": key})
        found[key] = _node(next(events), events, (*path, key), lines)
    return found


def _scalar(event: Any) -> Any:
    text: str = event.value
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise _error(event, _("A text holds a character that cannot be stored."))
    if not event.implicit[0] or event.style:
        return text
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _error(event: Any, message: str) -> DocumentError:
    return DocumentError(_("Line %(line)s: %(message)s") % {"line": event.start_mark.line + 1, "message": message})


class Flow(dict[str, Any]):
    """A mapping that is written on one line: {env: NAME}."""


class _Writer(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)  # lists stand in from their key


def _text_node(writer: _Writer, text: str) -> yaml.ScalarNode:
    # Three signs that YAML 1.1 counts as line ends: read back from a bare text they would be something else.
    style = '"' if _ODD_BREAKS.search(text) else "|" if "\n" in text else None
    if style is None and text.startswith(("[", "{")) and "'" in text and '"' not in text and "\\" not in text:
        style = '"'  # a domain: without each of its own quotes doubled
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _flow_node(writer: _Writer, value: Flow) -> yaml.MappingNode:
    return writer.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)


_Writer.add_representer(str, _text_node)
_Writer.add_representer(Flow, _flow_node)


def dump_yaml(value: Any) -> str:
    """The value as `load_yaml` reads it: keys in their order, texts of several lines as blocks."""
    text: str = yaml.dump(
        value, Dumper=_Writer, sort_keys=False, allow_unicode=True, default_flow_style=False, width=100_000
    )
    return text
