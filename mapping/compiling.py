"""From the tree of lines to what the hot path runs: levels for the way in, hops and steps for the way out."""

from __future__ import annotations

from collections.abc import Callable

from mapping.calculations import Constant, Source
from mapping.inward import Level, Simple, Step
from mapping.outward import Hop, OutSimple, OutStep, Outward, Read, leaf_reader, many_reader, one_reader
from mapping.paths import SPREAD, Segment
from mapping.tree import Entry, Node, Tree


def compile_level(nodes: dict[str, Node], depth: int = 0) -> Level:
    """The level for these fields, which read at this depth of list elements."""
    constants: dict[str, object] = {}
    simple: list[Simple] = []
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
        elif fast is not None:
            simple.append(fast)
        else:
            children = None
            if calculation.takes_sub_lines and has_writers(node):
                children = compile_level(node.children, depth + 1 if line.is_x2many else depth)
            steps.append(calculation.step_in(children))
    return Level(constants=constants, simple=simple, steps=steps, whole_items=whole_items)


def has_writers(node: Node) -> bool:
    return any(child.writer is not None for child in node.children.values())


def check_rows(tree: Tree) -> None:
    """A list made from sub-lines must have some."""
    for entry in tree.entries:
        node = entry.node
        if node is None or not entry.is_in or node.writer is not entry or not node.is_many:
            continue
        makes_rows = entry.calculation.takes_sub_lines and entry.calculation.source_out() is None
        if makes_rows and not has_writers(node):
            tree.report(
                entry.line.position,
                f"has no sub-lines; add lines such as {node.dotted}.name, or a match_field to link existing records",
            )


def check_out(tree: Tree) -> None:
    """Settle which lines go out, and report keys that cannot all be written into one payload."""
    terminals: dict[tuple[Segment, ...], Entry] = {}
    kinds: dict[tuple[Segment, ...], tuple[str, Entry]] = {}
    lists: dict[tuple[Segment, ...], str] = {}
    for entry in tree.entries:
        if not entry.is_out:
            continue
        source, position = entry.calculation.source_out(), entry.line.position
        segments, spreads = entry.line.path.segments, entry.line.path.spreads
        chain = list(entry.node.chain()) if entry.node else []
        many = [node.dotted for node in chain if node.is_many]
        if entry.is_in and spreads < len([node for node in chain[:-1] if node.is_many]):
            # On the way in one value of the record serves every element; there is no one value to give back.
            entry.is_out = False
            tree.note(position, f"is used on the way in only: {entry.line.path} is one value for a whole list")
            continue
        if source is None:
            continue
        if spreads > len(many):
            tree.report(position, f"the key {entry.line.path} wants a list, but the field gives a single value")
            continue
        prefixes = [segments[:at] for at in range(1, len(segments) + 1)]
        for prefix in prefixes:
            if prefix in terminals:
                other = terminals[prefix]
                tree.report(
                    position,
                    f"the key {entry.line.path} collides with {other.line.path} of {other.spec.field or 'a constant'}; "
                    "let one of the lines be for in only",
                )
                break
        terminals.setdefault(segments, entry)
        _check_containers(tree, entry, kinds)
        at_spread = [prefix for prefix in prefixes if prefix[-1] is SPREAD]
        for prefix, dotted in zip(at_spread, many, strict=False):
            if lists.setdefault(prefix, dotted) != dotted:
                tree.report(position, f"the list of the key {entry.line.path} is already made from {lists[prefix]}")
    for segments, entry in terminals.items():
        if any(len(other) > len(segments) and other[: len(segments)] == segments for other in terminals):
            _report_longer(tree, segments, entry, terminals)


def _report_longer(
    tree: Tree, segments: tuple[Segment, ...], entry: Entry, terminals: dict[tuple[Segment, ...], Entry]
) -> None:
    """The shorter key came after the longer one, so that the check in order has not seen it."""
    for other_segments, other in terminals.items():
        is_inside = len(other_segments) > len(segments) and other_segments[: len(segments)] == segments
        if is_inside and other.line.position < entry.line.position:
            tree.report(
                entry.line.position,
                f"the key {entry.line.path} holds {other.line.path} of {other.spec.field}, so it cannot be a value",
            )


def _check_containers(tree: Tree, entry: Entry, kinds: dict[tuple[Segment, ...], tuple[str, Entry]]) -> None:
    """One place is an object, a list by index, or a list by []; never two of them."""
    segments = entry.line.path.segments
    for at, segment in enumerate(segments):
        kind = "an object" if isinstance(segment, str) else "a list by index" if segment is not SPREAD else "a list"
        known, other = kinds.setdefault(segments[:at], (kind, entry))
        if known != kind:
            tree.report(
                entry.line.position,
                f"the key {entry.line.path} makes {kind} where {other.line.path} makes {known}",
            )
            return


def compile_out(tree: Tree) -> tuple[Outward, tuple[str, ...]]:
    """The way out, and the fields that the page's own records must be read with."""
    sources = [
        (entry, source)
        for entry in tree.entries
        if entry.is_out and (source := entry.calculation.source_out()) is not None
    ]
    read_fields: dict[str, None] = {}
    for entry, source in sources:
        if entry.node is not None and (source.field is not None or entry.node.parent is not None):
            read_fields[next(entry.node.chain()).name] = None
    hops = _hops(sources)
    simple: list[OutSimple] = []
    steps: list[OutStep] = []
    for entry, source in sources:
        line, segments = entry.line, entry.line.path.segments
        is_own = entry.node is None or (entry.node.parent is None and source.then is None)
        if is_own and source.field is not None and len(segments) == 1 and isinstance(segments[0], str):
            strict = entry.spec.required or entry.spec.is_identifier
            simple.append(OutSimple(source.field, segments[0], source.convert, strict, line))
        else:
            steps.append(OutStep(_reader(entry, source, hops), line.path.write))
    return Outward(list(hops.values()), simple, steps), tuple(read_fields)


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
    read = leaf_reader(line, leaf, source.convert)
    last = relations[-1] if relations else None
    gives_list = line.is_x2many and source.then is None
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
