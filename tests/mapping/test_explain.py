"""Where a value is found in the values for Odoo, and what is said where it was left as it is."""

from __future__ import annotations

import pytest

from mapping.explain import KEPT, field_at
from mapping.paths import ABSENT

NEW, CHANGED, KEY_KEPT = [0, 0, {"product_id": 7, "qty": 1}], [1, 5, {"product_id": 8, "qty": 2}], [1, 6, {"qty": 3}]


@pytest.mark.parametrize(
    ("commands", "field", "value"),
    [
        ([NEW, CHANGED], "product_id", [7, 8]),
        ([NEW, KEY_KEPT], "product_id", [7, KEPT]),
        ([KEY_KEPT, KEY_KEPT], "product_id", KEPT),
        ([NEW, KEY_KEPT], "qty", [1, 3]),
        ([NEW, CHANGED], "name", [None, KEPT]),
        ([[2, 9, 0]], "qty", ABSENT),
    ],
)
def test_an_element_that_is_there_keeps_what_is_not_written(commands: list[object], field: str, value: object) -> None:
    assert field_at({"lines": commands}, ["lines", field]) == value


def test_a_related_record_that_was_found_keeps_its_values() -> None:
    assert field_at({"partner_id": 7}, ["partner_id", "city"]) == KEPT
