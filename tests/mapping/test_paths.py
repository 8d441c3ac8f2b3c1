from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.paths import ABSENT, SPREAD, Path, PathError, parse_path

keys = st.text(max_size=6)
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
single_paths = st.builds(
    lambda first, rest: Path([first, *rest]), keys, st.lists(keys | st.integers(min_value=0, max_value=5), max_size=5)
)


@given(path=single_paths, value=scalars)
def test_what_is_written_to_a_path_is_read_from_it(path: Path, value: object) -> None:
    target: dict[str, object] = {}
    path.write(target, value)
    assert path.read(target) == value


@given(before=keys, after=st.lists(keys, max_size=2), values=st.lists(scalars, max_size=5))
def test_a_list_written_through_a_spread_is_read_back(before: str, after: list[str], values: list[object]) -> None:
    path = Path([before, SPREAD, *after])
    target: dict[str, object] = {}
    path.write(target, values)
    assert path.read(target) == values


@given(outer=st.lists(st.lists(scalars, max_size=3), max_size=3))
def test_lists_in_lists_written_through_two_spreads_are_read_back(outer: list[list[object]]) -> None:
    path = parse_path("lines[].taxes[].name")
    target: dict[str, object] = {}
    path.write(target, outer)
    assert path.read(target) == outer


@given(path=single_paths)
def test_a_path_spelled_out_parses_to_itself(path: Path) -> None:
    assert parse_path(str(path)) == path


@given(
    path=single_paths,
    record=st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)),
)
def test_reading_anything_never_raises_and_changes_nothing(path: Path, record: Any) -> None:
    before = repr(record)
    path.read(record)
    assert repr(record) == before


@given(text=st.text(alphabet='ab."\\[]0 ', max_size=12))
def test_any_text_is_a_path_or_an_error_with_a_position_inside_it(text: str) -> None:
    position, path = 0, None
    try:
        path = parse_path(text)
    except PathError as error:
        position = error.position
    assert 0 <= position <= len(text)
    assert path is None or parse_path(str(path)) == path


@pytest.mark.parametrize(
    ("text", "record", "expected"),
    [
        ("a.b", {"a": {"b": 1}}, 1),
        ("a.b", {"a": {"b": None}}, None),
        ("a.b", {"a": {}}, ABSENT),
        ("a.b", {"a": None}, ABSENT),
        ("a.b", {"a": "text"}, ABSENT),
        ("a.b", {"a": [{"b": 1}]}, ABSENT),
        ("a.b.c", {"a": {"b": {"c": 0}}}, 0),
        ("a[1].b", {"a": [{}, {"b": 2}]}, 2),
        ("a[2]", {"a": [1, 2]}, ABSENT),
        ("a[0]", {"a": "text"}, ABSENT),
        ("a[0]", {"a": {"0": 1}}, ABSENT),
        ('"a.b"', {"a.b": 3}, 3),
        ('a."x[0]"', {"a": {"x[0]": 4}}, 4),
        (r'"say \"hi\""', {'say "hi"': 5}, 5),
        ("a[].b", {"a": [{"b": 1}, {}, 3, {"b": None}]}, [1, None, None, None]),
        ("a[]", {"a": [1, 2]}, [1, 2]),
        ("a[].b", {"a": []}, []),
        ("a[].b", {"a": None}, None),
        ("a[].b", {"a": {"b": 1}}, ABSENT),
        ("a[].b", {}, ABSENT),
    ],
)
def test_reading_gives_the_value_or_absent(text: str, record: object, expected: object) -> None:
    assert parse_path(text).read(record) == expected


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("", "a name is missing", 0),
        ("a.", "a name is missing", 2),
        ("a..b", "a name is missing", 2),
        (".a", "a name is missing", 0),
        ("[0].a", "a key starts with a name", 0),
        ("a[x]", "write [0], [1], ... or []", 1),
        ("a[-1]", "write [0], [1], ... or []", 1),
        ("a[", "write [0], [1], ... or []", 1),
        ("a[0]b", "a dot is missing", 4),
        ("a]", "a dot is missing", 1),
        ('"a', "the quote is not closed", 0),
        ('"a"b', "a dot is missing", 3),
        ("a. b", "must be quoted", 2),
        ("a[1000]", "an index is at most 999", 2),
        ("a" * 501, "at most 500 characters", 500),
        (".".join("a" * 33), "at most 32 parts", 65),
    ],
)
def test_what_is_no_path_is_refused_with_reason_and_position(text: str, message: str, position: int) -> None:
    with pytest.raises(PathError) as caught:
        parse_path(text)
    assert message in str(caught.value)
    assert caught.value.position == position


def test_paths_into_the_same_elements_are_written_side_by_side() -> None:
    target: dict[str, object] = {}
    parse_path("lines[].sku").write(target, ["A", "B"])
    parse_path("lines[].price.amount").write(target, [1, 2])
    parse_path("lines[].price.currency").write(target, ["EUR", "USD"])
    assert target == {
        "lines": [
            {"sku": "A", "price": {"amount": 1, "currency": "EUR"}},
            {"sku": "B", "price": {"amount": 2, "currency": "USD"}},
        ]
    }


def test_null_through_a_spread_makes_an_empty_list() -> None:
    target: dict[str, object] = {}
    parse_path("customer.tags[].name").write(target, None)
    assert target == {"customer": {"tags": []}}


@pytest.mark.parametrize("text", ["a.b", "a[0]", "a[].b", "a.b.c"])
def test_writing_into_what_is_no_container_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be written|holds a value already"):
        parse_path(text).write({"a": 5}, ["x"])


@pytest.mark.parametrize(
    ("text", "indexes", "expected"),
    [
        ("lines[].sku", (1,), "lines[1].sku"),
        ("lines[].taxes[].name", (2,), "lines[2].taxes[].name"),
        ("tags", (3,), "tags[3]"),
        ('a[0]."b.c"', (), 'a[0]."b.c"'),
    ],
)
def test_rendering_puts_the_indexes_where_the_elements_were(text: str, indexes: tuple[int, ...], expected: str) -> None:
    assert parse_path(text).render(indexes) == expected
