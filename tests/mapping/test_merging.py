from __future__ import annotations

import pytest

from mapping.merging import Winner, comparable, compare, decide
from mapping.paths import parse_path


@pytest.mark.parametrize(
    ("source", "target", "base", "group"),
    [
        ("a", "a", "a", "agreed"),
        ("b", "b", "a", "agreed"),
        ("b", "a", "a", "changed_here"),
        ("a", "b", "a", "changed_there"),
        ("b", "c", "a", "disputed"),
        (None, "c", "a", "disputed"),
        ("b", None, "a", "disputed"),
    ],
)
def test_who_differs_from_the_base_has_changed_the_field(
    source: str | None, target: str | None, base: str, group: str
) -> None:
    found = compare({"x": source}, {"x": target}, {"x": base})
    assert getattr(found, group) == ("x",)


@pytest.mark.parametrize(
    ("source", "target", "group"),
    [
        ("a", "a", "agreed"),
        ("a", "b", "disputed"),
        ("a", None, "changed_here"),
        (None, "b", "changed_there"),
        ([], ["b"], "changed_there"),
        (0, 5, "disputed"),
    ],
)
def test_what_was_never_agreed_on_is_disputed_unless_one_side_is_empty(
    source: object, target: object, group: str
) -> None:
    assert getattr(compare({"x": source}, {"x": target}, {}), group) == ("x",)


def test_what_cannot_be_read_there_is_written_when_it_changed() -> None:
    assert compare({"x": "a"}, {}, {"x": "a"}).agreed == ("x",)
    assert compare({"x": "b"}, {}, {"x": "a"}).changed_here == ("x",)
    assert compare({"x": "b"}, {}, {}).changed_here == ("x",)


SOURCE = {"same": 1, "here": "new", "there": "old", "both": "ours"}
TARGET = {"same": 1, "here": "old", "there": "new", "both": "theirs"}
BASE: dict[str, object] = {"same": 0, "here": "old", "there": "old", "both": "old", "gone": 1}


@pytest.mark.parametrize(
    ("winner", "overwrites", "write", "left", "base"),
    [
        (Winner.SOURCE, True, {"here", "there", "both"}, set(), {"here": "new", "there": "old", "both": "ours"}),
        (Winner.SOURCE, False, {"here", "both"}, {"there"}, {"here": "new", "there": "old", "both": "ours"}),
        # The base of what the target has won is the source's value: the other direction sees a change of the target.
        (Winner.TARGET, False, {"here"}, {"there", "both"}, {"here": "new", "there": "old", "both": "ours"}),
    ],
)
def test_a_decision_says_what_is_written_and_what_both_agree_on_then(
    winner: Winner, overwrites: bool, write: set[str], left: set[str], base: dict[str, object]
) -> None:
    found = decide(compare(SOURCE, TARGET, BASE), source=SOURCE, base=BASE, winner=winner, overwrites=overwrites)
    assert (set(found.write), set(found.left), found.asked) == (write, left, ())
    assert found.base == {"same": 1, **base}


def test_an_empty_source_erases_nothing_that_was_never_agreed_on() -> None:
    source, target = {"phone": None, "city": "Gent"}, {"phone": "1", "city": None}
    found = decide(compare(source, target, {}), source=source, base={}, winner=Winner.SOURCE, overwrites=True)
    assert (found.write, found.left, found.base) == (("city",), ("phone",), {"city": "Gent"})
    found = decide(
        compare(source, target, {"phone": None}),
        source=source,
        base={"phone": None},
        winner=Winner.SOURCE,
        overwrites=True,
    )
    assert found.write == ("city", "phone")


def test_where_staff_are_asked_nothing_of_the_record_is_written() -> None:
    found = decide(compare(SOURCE, TARGET, BASE), source=SOURCE, base=BASE, winner=Winner.ASK, overwrites=False)
    assert (found.write, found.asked, found.base) == ((), ("both",), BASE)


def test_without_a_dispute_nobody_is_asked() -> None:
    source = {"here": "new"}
    found = decide(
        compare(source, {"here": "old"}, {"here": "old"}),
        source=source,
        base={"here": "old"},
        winner=Winner.ASK,
        overwrites=False,
    )
    assert (found.write, found.asked) == (("here",), ())


def test_what_the_other_direction_finds_after_the_target_has_won_is_its_own_change() -> None:
    decided = decide(compare(SOURCE, TARGET, BASE), source=SOURCE, base=BASE, winner=Winner.TARGET, overwrites=False)
    after = {**TARGET, **{key: SOURCE[key] for key in decided.write}}
    back = compare(after, SOURCE, decided.base)
    assert (back.changed_here, back.changed_there, back.disputed) == (("there", "both"), (), ())


def test_values_are_compared_in_one_form() -> None:
    one = comparable({"a": 2.0, "b": "", "c": [{"x": 1, "y": None}, {"y": 2, "x": 0}], "d": 0.1 + 0.2, "e": True})
    other = comparable({"a": 2, "b": None, "c": [{"x": 0, "y": 2}, {"x": 1, "y": ""}], "d": 0.3, "e": True})
    assert one == other
    assert comparable({"e": True}) != comparable({"e": 1})


def test_a_picture_is_kept_as_a_hash() -> None:
    kept = comparable({"image": "x" * 100_000})
    assert len(str(kept["image"])) < 100
    assert kept == comparable({"image": "x" * 100_000}) != comparable({"image": "x" * 99_999 + "y"})


def test_parts_that_are_not_the_records_own_are_left_out() -> None:
    paths = [parse_path("partner.name"), parse_path("missing.name")]
    payload = {"partner": {"email": "a@b.c", "name": "Ann"}}
    assert comparable(payload, without=paths) == {"partner": {"email": "a@b.c"}}
    assert payload["partner"]["name"] == "Ann"
