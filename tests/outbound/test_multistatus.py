"""Which answers 207 are understood, and which are not."""

from __future__ import annotations

import pytest

from outbound.targets.multistatus import refusals


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([{"status": 201}, {"status": 422, "message": "bad price"}], {1: "bad price"}),
        ({"results": [{"ok": 1}, {"error": {"code": "x", "message": "no sku"}}]}, {1: "no sku"}),
        ({"total": 2, "items": [{"status": "error", "message": "m"}, {"status": "created"}]}, {0: "m"}),
        ([{"success": False}, {"success": True}], {0: "success is false"}),
        ([{"errors": ["a", "b"]}, {"errors": []}], {0: '["a", "b"]'}),
        ([{"status": True}, {"code": 400}], {1: "code 400"}),
        ([1, 2], {}),
    ],
)
def test_one_result_for_each_record_is_understood(answer: object, expected: dict[int, str]) -> None:
    assert refusals(answer, count=2) == expected


@pytest.mark.parametrize("answer", [[{}], {"a": [1, 2], "b": [3, 4]}, {"results": {}}, "ok", None, {}])
def test_anything_else_is_not_guessed_at(answer: object) -> None:
    assert refusals(answer, count=2) is None
