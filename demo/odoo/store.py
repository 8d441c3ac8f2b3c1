"""The rows of the demo Odoo: tables in memory, sequences, indexes, and a journal to undo a failed call.

A row is a dict that is never changed in place: a write puts a new dict. Sequences are not undone, as in
PostgreSQL, so a failed create uses up its id. Calls are serialized by the owner's lock; the store has none.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Row = dict[str, Any]


class Store:
    def __init__(self, indexed: Mapping[str, Iterable[str]]) -> None:
        """`indexed` names, for each model, the fields that are looked up by equality."""
        self._tables: dict[str, dict[int, Row]] = {model: {} for model in indexed}
        self._sequences: dict[str, int] = defaultdict(int)
        self._indexes: dict[str, dict[str, dict[Any, dict[int, None]]]] = {
            model: {name: {} for name in names} for model, names in indexed.items()
        }
        self._journal: list[tuple[str, int, Row | None]] = []

    def table(self, model: str) -> dict[int, Row]:
        return self._tables[model]

    def get(self, model: str, record_id: int) -> Row | None:
        return self._tables[model].get(record_id)

    def next_id(self, sequence: str) -> int:
        self._sequences[sequence] += 1
        return self._sequences[sequence]

    def reserve_id(self, sequence: str, record_id: int) -> None:
        """Let the sequence go on after `record_id`; for rows that are seeded with an id of their own."""
        self._sequences[sequence] = max(self._sequences[sequence], record_id)

    def put(self, model: str, row: Row) -> None:
        table = self._tables[model]
        old = table.get(row["id"])
        self._journal.append((model, row["id"], old))
        self._replace(model, row["id"], old, row)

    def remove(self, model: str, record_id: int) -> None:
        old = self._tables[model].get(record_id)
        if old is not None:
            self._journal.append((model, record_id, old))
            self._replace(model, record_id, old, None)

    def is_indexed(self, model: str, name: str) -> bool:
        return name in self._indexes[model]

    def find(self, model: str, name: str, value: Any) -> list[int]:
        """Ids of the rows whose indexed field has this value, oldest first."""
        return list(self._indexes[model][name].get(value, ()))

    def savepoint(self) -> int:
        return len(self._journal)

    def rollback(self, savepoint: int = 0) -> None:
        """Undo everything since the savepoint, or since the last commit."""
        while len(self._journal) > savepoint:
            model, record_id, old = self._journal.pop()
            self._replace(model, record_id, self._tables[model].get(record_id), old)

    def commit(self) -> None:
        self._journal.clear()

    def _replace(self, model: str, record_id: int, old: Row | None, new: Row | None) -> None:
        for name, index in self._indexes[model].items():
            before = None if old is None else old.get(name)
            after = None if new is None else new.get(name)
            if old is not None and (new is None or before != after):
                ids = index.get(before)
                if ids is not None:
                    ids.pop(record_id, None)
                    if not ids:
                        del index[before]
            if new is not None and (old is None or before != after):
                index.setdefault(after, {})[record_id] = None
        if new is None:
            self._tables[model].pop(record_id, None)
        else:
            self._tables[model][record_id] = new
