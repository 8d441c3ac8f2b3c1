"""Plans from short descriptions, and an Odoo that counts what it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from mapping.plan import LineSpec, Plan, PlanSpec, compile_plan
from tests.mapping.schema import FakeSchema

Records = dict[str, dict[int, dict[str, Any]]]


class FakeOdoo:
    """Records by model and id. `calls` holds every question, in order."""

    def __init__(self, records: Mapping[str, Sequence[Mapping[str, Any]]] | None = None) -> None:
        self.records: Records = {
            model: {record["id"]: dict(record) for record in rows} for model, rows in (records or {}).items()
        }
        self.calls: list[tuple[Any, ...]] = []

    def lookup(self, model: str, field: str, values: Sequence[object]) -> dict[object, list[int]]:
        self.calls.append(("lookup", model, field, list(values)))
        found: dict[object, list[int]] = {}
        for record in self.records.get(model, {}).values():
            if record[field] in values:
                found.setdefault(record[field], []).append(record["id"])
        return found

    def related(self, model: str, ids: Sequence[int], fields: Sequence[str]) -> dict[int, dict[str, Any]]:
        self.calls.append(("related", model, list(ids), list(fields)))
        rows = self.records.get(model, {})
        return {each: {name: rows[each][name] for name in ("id", *fields)} for each in ids if each in rows}


@pytest.fixture
def make_odoo() -> Callable[..., FakeOdoo]:
    return FakeOdoo


@pytest.fixture
def make_plan() -> Callable[..., Plan]:
    """make_plan("res.partner", {"field": ..., "key": ...}, ...); line ids are 1, 2, ... unless given."""

    def make(model: str, *lines: Mapping[str, Any], **plan: Any) -> Plan:
        specs = tuple(LineSpec(**{"line_id": number, **line}) for number, line in enumerate(lines, start=1))
        return compile_plan(PlanSpec(model=model, lines=specs, **plan), FakeSchema())

    return make
