"""Checks across lines, once each line is known to be right by itself."""

from __future__ import annotations

from collections.abc import Iterable

from mapping.compiling import has_writers
from mapping.matching import OnMatch
from mapping.paths import SPREAD, Segment
from mapping.relations import UNMATCHABLE_TYPES, Relational
from mapping.scripts import Scripted
from mapping.shapes import OutAs
from mapping.spec import Direction, FieldType
from mapping.tree import Entry, Tree


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


def check_matched(tree: Tree) -> None:
    """A list that is matched has a sub-line for its key, and is one of which Odoo can be asked what is in it."""
    for entry in tree.entries:
        node, calculation = entry.node, entry.calculation
        if node is None or node.writer is not entry or not isinstance(calculation, Relational):
            continue
        key = calculation.match_key
        if not key:
            continue
        child = node.children.get(key)
        position = entry.line.position
        if child is None or child.writer is None:
            tree.report(position, f"no line writes {node.dotted}.{key}, by which the list is matched; add one")
        elif child.field.type in UNMATCHABLE_TYPES or child.field.type == "boolean":
            tree.report(position, f"records cannot be matched by {key}, a {child.field.type}")
        for holder in list(node.chain())[:-1]:
            above = holder.writer.calculation if holder.writer else None
            if isinstance(above, Relational) and above.on_match is OnMatch.UPDATE:
                tree.report(position, f"cannot be matched within {holder.dotted}, which a match updates; replace it")


def check_scripts(tree: Tree) -> None:
    """What scripts name of the model exists; and each is told which fields it may write."""
    for entry in tree.entries:
        calculation = entry.calculation
        if not isinstance(calculation, Scripted):
            continue
        reads, writes = calculation.names("reads"), calculation.names("writes")
        for name in (*reads, *writes):
            if tree.schema.field(tree.spec.model, name) is None:
                tree.report(entry.line.position, f"{tree.spec.model} has no field {name!r}; mend reads or writes")
        calculation.writable = writable_fields(tree, writes)


def writable_fields(tree: Tree, more: Iterable[str]) -> dict[str, FieldType]:
    """The fields of the model that a script may write: those that lines write, and those that are named."""
    found = {name: node.field for name, node in tree.roots.items() if node.writer is not None and name != "id"}
    for name in more:
        field = tree.schema.field(tree.spec.model, name)
        if field is not None and name != "id":
            found.setdefault(name, field)
    return found


def _settle_objects(tree: Tree) -> None:
    """An object whose keys are sub-lines' keys is written by them; without such, its line writes id and name."""
    for entry in tree.entries:
        calculation, base = entry.calculation, entry.line.path.segments
        if isinstance(calculation, Relational) and calculation.out_as is OutAs.OBJECT:
            calculation.is_made_by_sub_lines = any(
                other.is_out
                and other.spec.field.startswith(entry.spec.field + ".")
                and other.line.path.segments[: len(base)] == base
                for other in tree.entries
            )


def check_out(tree: Tree) -> None:
    """Settle which lines go out, and report keys that cannot all be written into one payload.

    A line for both ways that cannot be reversed stays for the way in, with a note.
    """
    _settle_objects(tree)
    written: list[Entry] = []
    lists: dict[tuple[Segment, ...], str] = {}
    for entry in tree.entries:
        if not entry.is_out or not _is_reversible(tree, entry, written):
            entry.is_out = False
        elif entry.calculation.source_out() is not None:
            _check_lists(tree, entry, lists)
            _check_clashes(tree, entry, written)
            written.append(entry)


def _is_reversible(tree: Tree, entry: Entry, written: list[Entry]) -> bool:
    if not entry.is_in or entry.node is None:
        return True
    reason = None
    around = sum(node.is_many for node in entry.node.chain()) - entry.node.is_many
    if entry.line.path.spreads < around:
        # One value of the record serves every element; there is no one value to give back.
        reason = f"{entry.line.path} is one value for a whole list"
    elif entry.spec.direction == Direction.BOTH and not entry.spec.is_identifier:
        same = [other for other in written if other.line.path == entry.line.path]
        if same and entry.calculation.source_out() is not None:
            reason = f"{entry.line.path} is already given by {same[0].spec.field or 'a constant'}"
    if reason is not None:
        tree.note(entry.line.position, f"is used on the way in only: {reason}")
    return reason is None


def _check_lists(tree: Tree, entry: Entry, lists: dict[tuple[Segment, ...], str]) -> None:
    """Each [] of the key takes the records of one x2many, and one list is made from one x2many."""
    many = [node.dotted for node in entry.node.chain() if node.is_many] if entry.node else []
    path = entry.line.path
    if path.spreads > len(many):
        tree.report(entry.line.position, f"the key {path} wants a list, but the field gives a single value")
        return
    ends = [at + 1 for at, segment in enumerate(path.segments) if segment is SPREAD]
    for end, dotted in zip(ends, many, strict=False):
        known = lists.setdefault(path.segments[:end], dotted)
        if known != dotted:
            tree.report(entry.line.position, f"the list of the key {path} is already made from {known}")
            return


def _check_clashes(tree: Tree, entry: Entry, written: list[Entry]) -> None:
    for other in written:
        if _clash(entry.line.path.segments, other.line.path.segments):
            tree.report(
                entry.line.position,
                f"the keys {entry.line.path} and {other.line.path} (of {other.spec.field or 'a constant'}) cannot both "
                "be written; change one, or let one of the lines be for in only",
            )
            return


def _clash(one: tuple[Segment, ...], other: tuple[Segment, ...]) -> bool:
    """Whether one key lies within the other, or they part where one makes an object and the other a list."""
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            return type(mine) is not type(theirs)
    return True
