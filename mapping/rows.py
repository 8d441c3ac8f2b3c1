"""Lists whose elements become records of their own on the way into Odoo, by sub-lines: replaced, added, or matched
with the records that are in the list already."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from mapping.inward import CREATE, UPDATE, Level, Mode, Run, Scope, Wanted
from mapping.lines import Line, is_blank
from mapping.paths import ABSENT, is_object
from mapping.results import RelatedRecord, Rule


class ListMode(StrEnum):
    """What becomes of the records that are in the list already."""

    REPLACE = "replace"
    ADD = "add"
    MATCH = "match"


class Unmatched(StrEnum):
    """What becomes of the records of a matched list that did not come."""

    REMOVE = "remove"
    KEEP = "keep"


class Rows:
    """An x2many whose elements become new records."""

    def __init__(self, line: Line, children: Level, mode: ListMode) -> None:
        self.line = line
        self.children = children
        self.list_mode = mode
        self.gathers = bool(children.gatherers)

    def gather(self, scope: Scope, wanted: Wanted) -> None:
        items = self.line.expected(scope)
        if isinstance(items, (list, tuple)):
            for item in items:
                self.children.gather((*scope, item), wanted)

    def apply(self, scope: Scope, values: dict[str, object], mode: Mode, run: Run) -> None:
        items = self.take_items(scope, mode, run)
        if items is None:
            return
        commands: list[object] = []
        if mode.existing and self.list_mode is ListMode.REPLACE:
            commands.append([5, 0, 0])
        indexes, owner = run.indexes, run.owner
        run.owner = None
        for index, item in items:
            run.indexes = (*indexes, index)
            commands.append([0, 0, self.children.fill((*scope, item), CREATE, run)])
        run.indexes, run.owner = indexes, owner
        values[self.line.name] = commands

    def take_items(self, scope: Scope, mode: Mode, run: Run) -> list[tuple[int, object]] | None:
        """The elements with their places; those that are no objects are refused. None when there is no list."""
        line = self.line
        items = line.take(scope, mode, run)
        if items is ABSENT:
            return None
        if items is None or items == "":
            items = []
        if not isinstance(items, (list, tuple)):
            line.refuse(run, Rule.TYPE, "a list of objects is expected here", items)
            return None
        if self.children.whole_items:
            return list(enumerate(items))
        taken: list[tuple[int, object]] = []
        for index, item in enumerate(items):
            if is_object(item):
                taken.append((index, item))
            else:
                line.refuse(run, Rule.TYPE, "an object is expected here", item, (index,))
        return taken


class MatchedRows(Rows):
    """An x2many whose elements are matched, by the field `key`, with the records that are in the list already.

    A record with the element's key is updated, with what changes besides the key; elements without one are created;
    records without an element are removed first, unless they are kept. Where several have the same key, they are
    paired in their order. `slots` are the places in `Run.current` of the records that hold the list (None: the page's
    own) and of those in it; without slots the list is that of a new record.
    """

    def __init__(
        self, line: Line, children: Level, *, key: str, unmatched: Unmatched, slots: tuple[int | None, int] | None
    ) -> None:
        super().__init__(line, children, ListMode.MATCH)
        self.key = key
        self.by_id = key == "id"
        self.key_level = children.only(key)
        self.removes = unmatched is Unmatched.REMOVE
        self.slots = slots
        # Deleting what may be linked elsewhere is not a list's business: a many2many only lets go of it.
        self.remove_code = 3 if line.field is not None and line.field.type == "many2many" else 2

    def apply(self, scope: Scope, values: dict[str, object], mode: Mode, run: Run) -> None:
        items = self.take_items(scope, mode, run)
        if items is None:
            return
        waiting = self._waiting(run)
        written: list[object] = []
        indexes, owner = run.indexes, run.owner
        for index, item in items:
            inner = (*scope, item)
            run.indexes = (*indexes, index)
            known, key = self._key_of(inner, run)
            if not known:
                # Whatever else is wrong with the element is to be said as well.
                self.children.fill(inner, UPDATE, run)
                continue
            same = waiting.get(key) if _is_key(key) else None
            run.owner = same.pop(0) if same else None
            if run.owner is None:
                if self.by_id and _is_key(key):
                    self.line.refuse(run, Rule.NO_MATCH, f"the list has no record with the id {key}", key, (index,))
                    continue
                row = self.children.fill(inner, CREATE, run)
                row.pop("id", None)
                written.append([0, 0, row])
                continue
            row = self.children.fill(inner, Mode(partial=mode.partial, existing=True), run)
            row.pop(self.key, None)
            if row:
                written.append([1, run.owner, row])
        run.indexes, run.owner = indexes, owner
        left = [each for ids in waiting.values() for each in ids] if self.removes else []
        values[self.line.name] = [*([self.remove_code, each, 0] for each in left), *written]

    def _waiting(self, run: Run) -> dict[object, list[int]]:
        """The ids that are in the list now, by key, in the list's order."""
        if self.slots is None or run.owner is None:
            return {}
        parent, own = self.slots
        holders = run.holders if parent is None else run.current[parent]
        ids = holders.get(run.owner, {}).get(self.line.name)
        records = run.current[own]
        waiting: dict[object, list[int]] = {}
        for record_id in ids if isinstance(ids, (list, tuple)) else ():
            record = records.get(record_id)
            if record is not None:
                waiting.setdefault(record_id if self.by_id else _key_in_odoo(record, self.key), []).append(record_id)
        return waiting

    def _key_of(self, scope: Scope, run: Run) -> tuple[bool, object]:
        """Whether the element's key could be mapped, and the key. An element without any is refused: it could never
        be recognised again."""
        known = len(run.errors)
        key = self.key_level.fill(scope, CREATE, run).get(self.key)
        if isinstance(key, RelatedRecord) and key.id is not None:
            key = key.id
        if len(run.errors) == known and not self.by_id and (is_blank(key) or key is False):
            message = f"is empty, and {self.line.spec.field} is matched by it"
            line = self._key_line()
            line.refuse(run, Rule.REQUIRED, message, key)
        return len(run.errors) == known, key

    def _key_line(self) -> Line:
        level = self.key_level
        lines = [each[-1] for each in level.simple] + [each[-1] for each in level.nested]
        return lines[0] if lines else level.steps[0].line


def _is_key(key: object) -> bool:
    """Whether a record in Odoo can have this key: no blank one, and no related record that is still to be made."""
    return not (is_blank(key) or key is False or isinstance(key, (list, dict, RelatedRecord)))


def _key_in_odoo(record: Mapping[str, object], name: str) -> object:
    """The key as `search_read` gives it, in the form in which it is written: a many2one as its id."""
    value = record.get(name)
    if isinstance(value, (list, tuple)):
        return value[0] if value else False
    return value
