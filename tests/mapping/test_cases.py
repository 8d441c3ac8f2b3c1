"""Each folder of cases/ holds a plan, an input and the exact result; what the input has of `in` and `out` is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mapping.engine import map_in, map_out
from mapping.plan import LineSpec, Plan, PlanSpec, compile_plan
from mapping.results import MappingResult, RelatedRecord
from tests.mapping.conftest import FakeOdoo
from tests.mapping.schema import FakeSchema

CASES = Path(__file__).parent / "cases"


def _ways() -> list[Any]:
    found = []
    for folder in sorted(CASES.iterdir()):
        given = json.loads((folder / "input.json").read_text())
        found.extend(pytest.param(folder, way, id=f"{folder.name}-{way}") for way in ("in", "out") if way in given)
    return found


@pytest.mark.parametrize(("folder", "way"), _ways())
def test_case_gives_exactly_the_expected_result(folder: Path, way: str) -> None:
    given = json.loads((folder / "input.json").read_text())
    expected = json.loads((folder / "expected.json").read_text())
    plan = _plan(json.loads((folder / "plan.json").read_text()))
    odoo = FakeOdoo(given.get("odoo"))
    if way == "in":
        results = map_in(plan, given["in"], lookup=odoo.lookup, related=odoo.related, **given.get("options", {}))
    else:
        results = map_out(plan, given["out"], related=odoo.related)
    assert [_plain_result(result) for result in results] == expected[way]
    assert [list(call) for call in odoo.calls] == expected[f"{way}_calls"]


def _plan(plain: dict[str, Any]) -> Plan:
    lines = tuple(LineSpec(**{"line_id": number, **line}) for number, line in enumerate(plain.pop("lines"), start=1))
    return compile_plan(PlanSpec(lines=lines, **plain), FakeSchema())


def _plain_result(result: MappingResult) -> dict[str, Any]:
    plain: dict[str, Any] = {"identifier": list(result.identifier) if result.identifier else None}
    if result.ok:
        return {**plain, "values": _plain(result.values)}
    errors = [[error.line_id, error.key, error.rule.value, error.message, error.value] for error in result.errors]
    return {**plain, "errors": errors}


def _plain(value: Any) -> Any:
    if isinstance(value, RelatedRecord):
        target = value.id if value.id is not None else f"{value.model} by {value.match_field}={value.match_value}"
        return {"$write": target, "values": _plain(value.values)}
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
