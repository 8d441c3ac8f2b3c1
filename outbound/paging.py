"""How the pages of an external API follow one another. Pure: from a page's answer to the place of the next one.

Each kind is a function in `KINDS`. What an API says itself (no next link, no cursor, nothing more) ends it; where
pages are counted, an empty one does, since a short page may only mean that the host gives fewer than it was asked for.
A host that names the same place again, or gives the same page again, would be read for ever: PagingError says which
setting to look at.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from mapping.paths import ABSENT, Path

NONE, OFFSET, PAGE, CURSOR, AFTER, LINK, NEXT_URL = "none", "offset", "page", "cursor", "after", "link", "next_url"
MAX_VALUE: Final = 4000
"""Characters of a cursor or a next link."""
_PORTS: Final = {"http": 80, "https": 443}


class PagingError(ValueError):
    """The pages cannot be followed; the message names the setting to change."""


@dataclass(frozen=True, slots=True)
class Paging:
    """The settings of one config."""

    kind: str = NONE
    position_param: str = ""
    size_param: str = ""
    size: int = 100
    first_page: int = 1
    next_path: Path | None = None
    more_path: Path | None = None
    total_path: Path | None = None
    other_hosts: frozenset[str] = frozenset()

    @property
    def follows_links(self) -> bool:
        """Whether the host itself names the whole URL of the next page."""
        return self.kind in (LINK, NEXT_URL)


@dataclass(frozen=True, slots=True)
class Position:
    """Which page comes next: the `number`-th from 1, found by `value` (an offset, a page number, a cursor or a URL;
    None for the first one). `read` items came before it. `digest` is the last page's; `mark` is a value seen
    earlier, kept from page to page in such a way that every circle is noticed (Brent's algorithm)."""

    number: int = 1
    value: str | int | None = None
    read: int = 0
    digest: str = ""
    mark: str = ""

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Position:
        return cls(**{name: stored[name] for name in cls.__slots__ if name in stored})

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Answered:
    """A page as it came: its items, the whole answer, where it came from, and the next link of its header."""

    items: Sequence[Any]
    content: Any
    url: str
    link: str = ""


def page_params(paging: Paging, position: Position) -> dict[str, str]:
    """What the page's URL gets besides the config's own parameters; nothing where the host named the URL."""
    if paging.follows_links and position.value is not None:
        return {}
    params = {paging.size_param: str(paging.size)} if paging.size_param else {}
    value = position.value
    if paging.kind == PAGE and value is None:
        value = paging.first_page
    if paging.kind == OFFSET and value is None:
        value = 0
    if value is not None and paging.position_param:
        params[paging.position_param] = str(value)
    return params


def next_position(paging: Paging, position: Position, page: Answered) -> Position | None:
    """Where the next page is; None: this was the last one. Raises PagingError."""
    if paging.kind == NONE or _says_no_more(paging, position, page):
        return None
    value = KINDS[paging.kind](paging, position, page)
    if value is None:
        return None
    digest = _digest(page.items)
    if paging.kind in (OFFSET, PAGE) and digest == position.digest:
        raise PagingError(
            f"Page {position.number} holds the same items as page {position.number - 1}: the host does not follow the "
            f"parameter {paging.position_param!r}. Check “position parameter”, or set “pages” to none."
        )
    mark = position.mark
    if position.value is not None and position.number & (position.number - 1) == 0:
        mark = _digest(position.value)
    if paging.kind not in (OFFSET, PAGE) and (value == position.value or _digest(value) == mark):
        raise PagingError(
            f"Page {position.number} leads back to a page that was read already, so the pages would never end. Check "
            f"{_LOOP_SETTING[paging.kind]}."
        )
    return replace(
        position,
        number=position.number + 1,
        value=value,
        read=position.read + len(page.items),
        digest=digest,
        mark=mark,
    )


def seems_cut(paging: Paging, position: Position, page: Answered) -> str:
    """Why there may be more than what was read, although the host named nothing; empty where nothing hints at it.
    Only for a full first page: there, a wrong path looks just like the end."""
    if position.number > 1 or len(page.items) < paging.size or paging.more_path or paging.total_path:
        return ""
    if paging.kind in (CURSOR, NEXT_URL) and paging.next_path and paging.next_path.read(page.content) is ABSENT:
        return (
            f"The first page is full, and the answer holds nothing at {paging.next_path}. If there are more items, "
            "correct “next page in the answer”."
        )
    if paging.kind == LINK and not page.link:
        return (
            "The first page is full, and the answer has no Link header with rel=next. If there are more items, "
            "choose another kind of pages."
        )
    return ""


def _says_no_more(paging: Paging, position: Position, page: Answered) -> bool:
    if paging.more_path is not None:
        more = paging.more_path.read(page.content)
        if more is ABSENT or not more:
            return True
    if paging.total_path is not None:
        total = paging.total_path.read(page.content)
        text = "" if isinstance(total, bool) or not isinstance(total, int | str) else str(total)
        if not text.isdecimal() or len(text) > 18:
            raise PagingError(
                f"The answer holds no whole number at {paging.total_path}. Correct “total in the answer”, or clear it."
            )
        return position.read + len(page.items) >= int(text)
    return False


def _none(paging: Paging, position: Position, page: Answered) -> None:
    return None


def _offset(paging: Paging, position: Position, page: Answered) -> int | None:
    return int(position.value or 0) + len(page.items) if page.items else None


def _page(paging: Paging, position: Position, page: Answered) -> int | None:
    number = paging.first_page if position.value is None else int(position.value)
    return number + 1 if page.items else None


def _cursor(paging: Paging, position: Position, page: Answered) -> str | None:
    return _value(paging, page.content)


def _after(paging: Paging, position: Position, page: Answered) -> str | None:
    if not page.items:
        return None
    value = _value(paging, page.items[-1])
    if value is None:
        raise PagingError(
            f"The last item of page {position.number} holds nothing at {paging.next_path}, so what comes after it "
            "cannot be asked for. Correct “next page in the answer”."
        )
    return value


def _value(paging: Paging, content: Any) -> str | None:
    """The cursor or link at the config's path; None: there is none."""
    if paging.next_path is None:
        raise PagingError("Write where the answer says what comes next (“next page in the answer”).")
    found = paging.next_path.read(content) if isinstance(content, Mapping) else ABSENT
    if found is ABSENT or found is None or found is False or found == "":
        return None
    if isinstance(found, dict | list | bool) or len(str(found)) > MAX_VALUE:
        raise PagingError(
            f"The answer holds no text or number at {paging.next_path}. Correct “next page in the answer”."
        )
    return str(found)


def _link(paging: Paging, position: Position, page: Answered) -> str | None:
    return checked_url(paging, page, page.link) if page.link else None


def _next_url(paging: Paging, position: Position, page: Answered) -> str | None:
    found = _value(paging, page.content)
    return None if found is None else checked_url(paging, page, found)


KINDS: Final[dict[str, Callable[[Paging, Position, Answered], str | int | None]]] = {
    NONE: _none,
    OFFSET: _offset,
    PAGE: _page,
    CURSOR: _cursor,
    AFTER: _after,
    LINK: _link,
    NEXT_URL: _next_url,
}
_LOOP_SETTING: Final = {
    CURSOR: "“position parameter”, which the host seems not to follow, and “next page in the answer”",
    AFTER: "“position parameter”, which the host seems not to follow, and “next page in the answer”",
    LINK: "“pages”: the host's Link header cannot be followed",
    NEXT_URL: "“next page in the answer”",
}


def checked_url(paging: Paging, page: Answered, link: str) -> str:
    """The link as a URL, if it leads to the same place: credentials go with the request. Raises PagingError.

    Behind a proxy that ends TLS, hosts name themselves by http; the scheme that staff wrote holds.
    """
    here = urlsplit(page.url)
    try:
        there = urlsplit(urljoin(page.url, link.strip()))
        port, own_port = there.port or _PORTS.get(there.scheme), here.port or _PORTS.get(here.scheme)
    except ValueError:
        raise PagingError(f"The next page's link is no URL: {_shown(link)}.") from None
    if there.scheme == "http" and here.scheme == "https" and there.hostname == here.hostname and not there.port:
        there, port = there._replace(scheme="https"), own_port
    if there.scheme not in _PORTS or not there.hostname:
        raise PagingError(f"The next page's link is no URL: {_shown(link)}.")
    if (there.scheme, there.hostname, port) != (here.scheme, here.hostname, own_port):
        allowed = there.hostname in paging.other_hosts and not (here.scheme == "https" and there.scheme == "http")
        if not allowed:
            raise PagingError(
                f"The next page's link leads to {there.scheme}://{there.netloc.rpartition('@')[2]}, not to "
                f"{here.scheme}://{here.netloc.rpartition('@')[2]}. It is not followed, since the credentials would go "
                "with it. If it is right, name the host in “further hosts”."
            )
    if "@" in there.netloc:
        there = there._replace(netloc=there.netloc.rpartition("@")[2])
    url = there._replace(fragment="").geturl()
    if len(url) > MAX_VALUE:
        raise PagingError(f"The next page's link is longer than {MAX_VALUE} characters.")
    return url


def _shown(link: str) -> str:
    """Without its query, in which hosts repeat the key that they were asked with."""
    return repr(link.partition("?")[0].rpartition("@")[2][:100])


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
