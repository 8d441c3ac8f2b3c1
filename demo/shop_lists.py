"""The shop's customers, in every way in which APIs give their pages.

`GET /api/customers` as Shopify (Link header, `page_info`), `/wc/customers` as WooCommerce (a bare list, `page`),
`/api/customers/cursor` (a cursor in the body), `/api/customers/after` as Stripe (`starting_after`, `has_more`) and
`/api/customers/next` as Django REST framework (the next URL in the body). All take `since`, a time, and answer with
what was changed then or later, the oldest change first.
"""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from demo.httpserver import Request, Response

Customers = Sequence[dict[str, Any]]
MAX_LIMIT = 250


class BadPage(ValueError):
    """A parameter that makes no sense; the text is for people."""


def made_customers(count: int, *, first: int = 1) -> list[dict[str, Any]]:
    """Customers number `first` and following, changed a minute after one another."""
    return [
        {
            "id": number,
            "email": f"customer-{number:04}@example.com",
            "name": f"Customer {number:04}",
            "phone": f"+32 2 555 {number:04}",
            "address": {"street": f"Market {number}", "zip": "1000", "city": "Brussels", "country": "BE"},
            "updated_at": f"2026-01-{1 + number // 1440:02}T{number // 60 % 24:02}:{number % 60:02}:00Z",
        }
        for number in range(first, first + count)
    ]


def list_answer(request: Request, customers: Customers, base_url: str) -> Response | None:
    """The answer to a request for customers; None where there is no such list. Raises BadPage."""
    handler = _LISTS.get(request.path.rstrip("/"))
    if handler is None:
        return None
    since = request.query.get("since", "")
    if "page_info" in request.query:
        since = _opened(request.query["page_info"])[1]
    chosen = sorted((each for each in customers if each["updated_at"] >= since), key=lambda each: each["updated_at"])
    return handler(request, chosen, base_url)


def _number(request: Request, name: str, default: int) -> int:
    try:
        value = int(request.query.get(name, default))
    except ValueError:
        raise BadPage(f"{name} must be a whole number.") from None
    if value < 0:
        raise BadPage(f"{name} must not be negative.")
    return value


def _limit(request: Request, name: str = "limit") -> int:
    return max(1, min(_number(request, name, 50), MAX_LIMIT))


def _by_link(request: Request, customers: Customers, base_url: str) -> Response:
    start, since = 0, request.query.get("since", "")
    if "page_info" in request.query:
        if set(request.query) - {"page_info", "limit"}:
            raise BadPage("page_info takes no other parameter than limit.")
        start, since = _opened(request.query["page_info"])
    limit = _limit(request)
    headers = {}
    if start + limit < len(customers):
        query = urlencode({"limit": limit, "page_info": _closed(start + limit, since)})
        first = f'<{base_url}/api/customers?limit={limit}>; rel="first"'
        headers = {"Link": f'{first}, <{base_url}/api/customers?{query}>; rel="next"'}
    return _json({"customers": list(customers[start : start + limit])}, headers)


def _by_number(request: Request, customers: Customers, base_url: str) -> Response:
    size, number = _limit(request, "per_page"), _number(request, "page", 1)
    if number < 1:
        raise BadPage("page must be 1 or more.")
    start = (number - 1) * size
    return _json(list(customers[start : start + size]))


def _by_cursor(request: Request, customers: Customers, base_url: str) -> Response:
    start = _opened(request.query["cursor"])[0] if "cursor" in request.query else 0
    limit = _limit(request)
    following = _closed(start + limit, "") if start + limit < len(customers) else None
    return _json({"data": list(customers[start : start + limit]), "meta": {"next_cursor": following}})


def _by_last_item(request: Request, customers: Customers, base_url: str) -> Response:
    after, limit = _number(request, "starting_after", 0), _limit(request)
    ids = [each["id"] for each in customers]
    start = ids.index(after) + 1 if after in ids else 0
    return _json({"data": list(customers[start : start + limit]), "has_more": start + limit < len(customers)})


def _by_next_url(request: Request, customers: Customers, base_url: str) -> Response:
    offset, limit = _number(request, "offset", 0), _limit(request)
    following = None
    if offset + limit < len(customers):
        query = {**request.query, "limit": limit, "offset": offset + limit}
        following = f"{base_url}/api/customers/next?{urlencode(query)}"
    return _json({"count": len(customers), "next": following, "results": list(customers[offset : offset + limit])})


def _closed(start: int, since: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([start, since]).encode()).decode()


def _opened(text: str) -> tuple[int, str]:
    try:
        start, since = json.loads(base64.urlsafe_b64decode(text))
    except ValueError:
        raise BadPage("The cursor is none of ours.") from None
    return int(start), str(since)


def _json(content: object, headers: dict[str, str] | None = None) -> Response:
    return Response(200, json.dumps(content).encode(), headers=headers or {})


_LISTS: dict[str, Callable[[Request, Customers, str], Response]] = {
    "/api/customers": _by_link,
    "/wc/customers": _by_number,
    "/api/customers/cursor": _by_cursor,
    "/api/customers/after": _by_last_item,
    "/api/customers/next": _by_next_url,
}
