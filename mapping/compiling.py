"""From the tree of lines to what the hot path runs: levels for the way in, hops and steps for the way out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mapping.calculations import Constant
from mapping.inward import Level, Nested, Simple, Step
from mapping.outward import Hop, OutScript, OutSimple, OutStep, Outward, Read, leaf_reader, many_reader, one_reader
from mapping.relations import Relational
from mapping.scripts import Scripted
from mapping.shapes import Source
from mapping.tree import Entry, Node, Tree


def compile_level(nodes: dict[str, Node], depth: int = 0, *, last: Sequence[Step] = ()) -> Level:
    """The level for these fields, which read at this depth of list elements; `last` are steps without a field."""
    constants: dict[str, object] = {}
    simple: list[Simple] = []
    nested: list[Nested] = []
    steps: list[Step] = []
    whole_items = False
    for node in nodes.values():
        entry = node.writer
        if entry is None:
            continue
        calculation, line = entry.calculation, entry.line
        whole_items = whole_items or (depth > 0 and line.depth == depth and not line.relative)
        fast = calculation.simple_in(depth)
        if isinstance(calculation, Constant) and calculation.shared_in:
            constants[node.name] = calculation.in_odoo
        elif isinstance(fast, Simple):
            simple.append(fast)
        elif fast is not None:
            nested.append(fast)
        else:
            children = None
            if calculation.takes_sub_lines and has_writers(node):
                children = compile_level(node.children, depth + 1 if line.is_x2many else depth)
            steps.append(calculation.step_in(children))
    return Level(constants=constants, simple=simple, nested=nested, steps=[*steps, *last], whole_items=whole_items)


def compile_in(tree: Tree) -> tuple[Level, tuple[Scripted, ...]]:
    """The way in, and its scripts in the order of the lines."""
    without_field = [entry.calculation.step_in(None) for entry in tree.entries if entry.is_in and entry.node is None]
    level = compile_level(tree.roots, last=without_field)
    found = (entry.calculation for entry in tree.entries if entry.is_in)
    return level, tuple(each for each in found if isinstance(each, Scripted))


def has_writers(node: Node) -> bool:
    return any(child.writer is not None for child in node.children.values())


class Matched(NamedTuple):
    """What must be read of Odoo so that lists can be matched: these fields of the page's own records, then the hops
    to the records in the lists."""

    fields: tuple[str, ...]
    hops: tuple[Hop, ...]


def compile_matched(tree: Tree) -> Matched:
    """To be called before `compile_level`: it tells each matched list where its records will be."""
    lists = {
        entry.node.dotted: (entry.node, entry.calculation)
        for entry in tree.entries
        if entry.node is not None and entry.node.writer is entry and isinstance(entry.calculation, Relational)
        if entry.calculation.match_key
    }
    hops: dict[str, Hop] = {}
    for dotted in sorted(lists, key=lambda dotted: dotted.count(".")):
        node, calculation = lists[dotted]
        if node.parent is not None and node.parent.dotted not in hops:
            # Within records that are new, so is the list.
            continue
        parent = hops[node.parent.dotted].slot if node.parent is not None else None
        inner = [each.name for each in node.children.values() if each.dotted in lists]
        fields = tuple(dict.fromkeys((calculation.match_key, *inner)))
        hops[dotted] = Hop(len(hops), parent, node.name, True, node.field.relation or "", fields)
        calculation.slots = parent, hops[dotted].slot
    own = tuple(hop.name for hop in hops.values() if hop.parent is None)
    return Matched(own, tuple(hops.values()))


def compile_out(tree: Tree) -> tuple[Outward, tuple[str, ...]]:
    """The way out, and the fields that the page's own records must be read with."""
    sources = [
        (entry, source)
        for entry in tree.entries
        if entry.is_out and (source := entry.calculation.source_out()) is not None
    ]
    read_fields: dict[str, None] = {}
    for entry in tree.entries:
        if isinstance(entry.calculation, Scripted) and entry.is_out:
            read_fields.update(dict.fromkeys(entry.calculation.names("reads")))
    for entry, source in sources:
        if entry.node is not None and (source.field is not None or entry.node.parent is not None):
            read_fields[next(entry.node.chain()).name] = None
    hops = _hops(sources)
    simple: list[OutSimple] = []
    steps: list[OutStep] = []
    for entry, source in sources:
        line, segments = entry.line, entry.line.path.segments
        if isinstance(entry.calculation, Scripted):
            continue
        is_own = entry.node is None or (entry.node.parent is None and source.then is None)
        if is_own and source.field is not None and len(segments) == 1 and isinstance(segments[0], str):
            strict = entry.spec.required or entry.spec.is_identifier
            simple.append(OutSimple(source.field, segments[0], source.convert, strict, line))
        else:
            steps.append(OutStep(_reader(entry, source, hops), line.path.write))
    scripts = [_out_script(entry, hops) for entry in tree.entries if entry.is_out]
    return Outward(list(hops.values()), simple, steps, [each for each in scripts if each]), tuple(read_fields)


def _out_script(entry: Entry, hops: dict[str, Hop]) -> OutScript | None:
    calculation, line = entry.calculation, entry.line
    if not isinstance(calculation, Scripted):
        return None
    source = calculation.source_out()
    if source is None:
        return OutScript(calculation, leaf_reader(line, None, lambda _: None, strict=False), None, 0)
    depth = sum(node.is_many for node in _way(entry, source)[0])
    return OutScript(calculation, _reader(entry, source, hops), line.path.write, depth)


def _way(entry: Entry, source: Source) -> tuple[list[Node], str | None]:
    """The relations a line reads through, and the field it reads at their end."""
    if entry.node is None:
        return [], None
    chain = list(entry.node.chain())
    return (chain, source.then) if source.then is not None else (chain[:-1], source.field)


def _hops(sources: list[tuple[Entry, Source]]) -> dict[str, Hop]:
    """The relations that must be fetched, by dotted name, outer ones first. One of which only ids are wanted is not."""
    nodes: dict[str, Node] = {}
    fields: dict[str, dict[str, None]] = {}
    for entry, source in sources:
        relations, leaf = _way(entry, source)
        for at, node in enumerate(relations):
            name = relations[at + 1].name if at + 1 < len(relations) else leaf
            nodes[node.dotted] = node
            wanted = fields.setdefault(node.dotted, {})
            if name is not None and name != "id":
                wanted[name] = None
    hops: dict[str, Hop] = {}
    for dotted in sorted(nodes, key=lambda dotted: dotted.count(".")):
        node = nodes[dotted]
        if fields[dotted]:
            parent = hops[node.parent.dotted].slot if node.parent else None
            model = node.field.relation or ""
            hops[dotted] = Hop(len(hops), parent, node.name, node.is_many, model, tuple(fields[dotted]))
    return hops


def _reader(entry: Entry, source: Source, hops: dict[str, Hop]) -> Read:
    relations, leaf = _way(entry, source)
    line = entry.line
    strict = False if isinstance(entry.calculation, Scripted) else None
    read = leaf_reader(line, leaf, source.convert, whole=source.whole, strict=strict)
    last = relations[-1] if relations else None
    gives_list = source.is_list or (line.is_x2many and source.then is None)
    for node in reversed(relations):
        slot = hops[node.dotted].slot if node.dotted in hops else None
        if node is last and leaf in (None, "id"):
            slot = None
        if node.is_many:
            read = many_reader(line, node.name, slot, read)
            gives_list = True
        else:
            empty: Callable[[], object] = list if gives_list else _none
            read = one_reader(line, node.name, slot, read, empty=empty)
    return read


def _none() -> object:
    return None
