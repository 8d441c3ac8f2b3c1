from __future__ import annotations

from typing import Any

import pytest

from mapping.results import Change, ChangeKind, MappingResult, RelatedRecord, diff, payload_hash, related_records


def test_the_hash_does_not_depend_on_the_order_of_keys() -> None:
    assert payload_hash({"a": 1, "b": {"c": [1, 2], "d": None}}) == payload_hash(
        {"b": {"d": None, "c": [1, 2]}, "a": 1}
    )


@pytest.mark.parametrize("other", [{"a": 2}, {"a": "1"}, {"a": True}, {"a": 1, "b": None}, {"a": [1]}, {}])
def test_the_hash_differs_where_the_payload_does(other: dict[str, Any]) -> None:
    assert payload_hash({"a": 1}) != payload_hash(other)


def test_the_hash_is_the_sha256_of_canonical_json() -> None:
    # printf '{"a":"\\u00e9","b":[1,null]}' | sha256sum
    assert (
        payload_hash({"b": [1, None], "a": "é"}) == "9b10bedce64e86a275540261fbe95bc6c195bfb10d5def7a5fc12eefcc7d0a87"
    )


def test_related_records_come_innermost_first_and_once() -> None:
    country = RelatedRecord("res.country", "code", "BE", {"name": "Belgium"})
    company = RelatedRecord("res.partner", "ref", "C", {"country_id": country})
    person = RelatedRecord("res.partner", "ref", "P", {"parent_id": company, "country_id": country})
    values = {"partner_id": person, "order_line": [[0, 0, {"tag_ids": [[6, 0, [1, company]]]}]]}
    assert list(related_records(values)) == [country, company, person]


def test_neither_results_nor_related_records_show_values_in_their_repr() -> None:
    related = RelatedRecord("res.partner", "email", "hunter2", {"name": "hunter2"})
    result = MappingResult({"password": "hunter2"}, identifier=("email", "hunter2"))
    assert "hunter2" not in repr(related) + repr(result)


def test_a_diff_names_every_field_that_differs_and_no_other() -> None:
    old = {"name": "A", "same": 1, "address": {"city": "Gent", "zip": "9000"}, "tags": [1, 2], "gone": 1}
    new = {"name": "B", "same": 1, "address": {"city": "Ghent", "zip": "9000"}, "tags": [2, 1], "new": None}
    assert diff(old, new) == (
        Change("name", ChangeKind.CHANGED, "A", "B"),
        Change("address.city", ChangeKind.CHANGED, "Gent", "Ghent"),
        Change("tags", ChangeKind.CHANGED, [1, 2], [2, 1]),
        Change("new", ChangeKind.ADDED, None, None),
        Change("gone", ChangeKind.REMOVED, 1, None),
    )


@pytest.mark.parametrize(("old", "new"), [(False, 0), (True, 1), ([True], [1]), ([{"a": False}], [{"a": 0}])])
def test_true_and_false_differ_from_one_and_zero(old: object, new: object) -> None:
    assert [change.field for change in diff({"x": old}, {"x": new})] == ["x"]


def test_whole_numbers_and_floats_of_one_value_are_the_same() -> None:
    assert diff({"x": 1, "y": [2.0]}, {"x": 1.0, "y": [2]}) == ()


def test_a_diff_hides_secret_fields_but_says_that_they_differ() -> None:
    changes = diff({"a": {"pin": "1"}, "key": "k"}, {"a": {"pin": "2"}, "key": "k"}, secret={"a.pin", "key"})
    assert changes == (Change("a.pin", ChangeKind.CHANGED, "***", "***"),)


def test_what_is_no_json_cannot_be_hashed() -> None:
    with pytest.raises(TypeError, match="a set is no JSON"):
        payload_hash({"a": {1}})
