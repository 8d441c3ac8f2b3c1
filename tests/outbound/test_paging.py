"""Which page follows, and what is asked for the next time; without a network."""

from __future__ import annotations

from typing import Any

import pytest

from mapping.paths import parse_path
from outbound.paging import Answered, Paging, PagingError, Position, checked_url, next_position, page_params
from outbound.since import highest, with_overlap

HERE = "https://api.example.com/v1/orders?limit=50"


def answered(items: list[Any], content: Any = None, link: str = "", url: str = HERE) -> Answered:
    return Answered(items, content if content is not None else items, url, link)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://api.example.com/v1/orders?page=2", "https://api.example.com/v1/orders?page=2"),
        ("/v1/orders?page=2", "https://api.example.com/v1/orders?page=2"),
        ("?page=2#top", "https://api.example.com/v1/orders?page=2"),
        ("https://api.example.com:443/x", "https://api.example.com:443/x"),
        # Behind a proxy that ends TLS.
        ("http://api.example.com/v1/orders?page=2", "https://api.example.com/v1/orders?page=2"),
        ("https://user:pw@api.example.com/x", "https://api.example.com/x"),
        ("https://eu.example.com/x", "https://eu.example.com/x"),
    ],
)
def test_a_next_link_is_followed_to_the_same_place(link: str, url: str) -> None:
    paging = Paging(kind="link", other_hosts=frozenset({"eu.example.com"}))
    assert checked_url(paging, answered([]), link) == url


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example.net/x",
        "https://api.example.com:8443/x",
        "//evil.example.net/x",
        "https://api.example.com@evil.example.net/x",
        "http://eu.example.com/x",
        "ftp://api.example.com/x",
        "javascript:alert(1)",
        "https://[::1",
        f"https://api.example.com/{'x' * 5000}",
    ],
)
def test_a_next_link_that_leads_elsewhere_is_refused(link: str) -> None:
    paging = Paging(kind="link", other_hosts=frozenset({"eu.example.com"}))
    with pytest.raises(PagingError, match="link"):
        checked_url(paging, answered([]), link)


def test_an_offset_follows_what_came_and_not_what_was_asked_for() -> None:
    paging = Paging(kind="offset", position_param="skip", size_param="take", size=1000)
    first = Position()
    assert page_params(paging, first) == {"skip": "0", "take": "1000"}
    second = next_position(paging, first, answered([{"id": number} for number in range(250)]))
    assert second is not None
    assert page_params(paging, second)["skip"] == "250"
    assert next_position(paging, second, answered([])) is None


def test_pages_may_be_counted_from_0() -> None:
    paging = Paging(kind="page", position_param="p", first_page=0)
    assert page_params(paging, Position()) == {"p": "0"}
    second = next_position(paging, Position(), answered([1]))
    assert second is not None
    assert page_params(paging, second) == {"p": "1"}


def test_a_cursor_goes_on_over_an_empty_page() -> None:
    paging = Paging(kind="cursor", position_param="c", next_path=parse_path("meta.next"))
    second = next_position(paging, Position(), answered([], {"data": [], "meta": {"next": 17}}))
    assert second is not None
    assert page_params(paging, second) == {"c": "17"}
    for last in ({"meta": {"next": None}}, {"meta": {"next": ""}}, {"meta": {}}, {}):
        assert next_position(paging, second, answered([1], last)) is None


def test_what_the_host_says_of_more_ends_it() -> None:
    paging = Paging(kind="page", position_param="p", more_path=parse_path("more"))
    assert next_position(paging, Position(), answered([1], {"more": True})) is not None
    for last in ({"more": False}, {"more": None}, {}):
        assert next_position(paging, Position(), answered([1], last)) is None


@pytest.mark.parametrize("total", ["²", "9" * 30, True, None, -1])
def test_a_total_that_is_no_number_is_told(total: object) -> None:
    paging = Paging(kind="page", position_param="page", total_path=parse_path("total"))
    with pytest.raises(PagingError, match="no whole number at total"):
        next_position(paging, Position(), Answered([1], {"total": total}, "https://api.example.com/"))


def test_a_link_that_is_none_is_shown_without_the_key_in_it() -> None:
    paging = Paging(kind="link")
    page = Answered([1], [], "https://api.example.com/", "https://me:pass@[x/?api_key=geheim")
    with pytest.raises(PagingError, match="is no URL") as raised:
        next_position(paging, Position(), page)
    assert "geheim" not in str(raised.value)
    assert "pass" not in str(raised.value)


@pytest.mark.parametrize("length", [2, 3, 5, 8])
def test_every_circle_of_cursors_is_noticed(length: int) -> None:
    paging = Paging(kind="cursor", position_param="c", next_path=parse_path("next"))
    position: Position | None = Position()
    with pytest.raises(PagingError, match="leads back"):  # noqa: PT012 - the pages before it are part of the story
        for number in range(100):
            assert position is not None
            position = next_position(paging, position, answered([number], {"next": f"c{number % length}"}))


def test_a_place_outlives_being_stored() -> None:
    position = Position(number=7, value="abc", read=60, digest="d", mark="m")
    assert Position.from_json(position.as_json()) == position


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["2026-01-02T00:00:00Z", "2026-01-01T23:30:00-01:00"], "2026-01-01T23:30:00-01:00"),
        (["2026-01-02 10:00:00", "2026-01-02 09:59:59"], "2026-01-02 10:00:00"),
        ([9, 10, "8"], "10"),
        (["b", "a"], "b"),
        ([None, True, {}, "", "x" * 500], ""),
    ],
)
def test_the_highest_value_is_compared_as_what_it_is(values: list[object], found: str) -> None:
    seen = ""
    for value in values:
        seen = highest(seen, value)
    assert seen == found


@pytest.mark.parametrize(
    ("value", "earlier"),
    [
        ("2026-01-01T00:00:30Z", "2025-12-31T23:59:30Z"),
        ("2026-01-01T00:00:30.250+02:00", "2025-12-31T23:59:30.250+02:00"),
        ("2026-01-01 00:01:30", "2026-01-01 00:00:30"),
        ("2026-01-01", "2026-01-01"),
        ("1767225600", "1767225540"),
        ("1767225600000", "1767225540000"),
        ("4711", "4711"),
        ("abc", "abc"),
        ("", ""),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_the_overlap_is_written_as_the_host_writes_times(value: str, earlier: str) -> None:
    assert with_overlap(value, 60) == earlier
