"""Keeps the character NUL out of the queries that pages make of their addresses.

No text that is stored holds one: PostgreSQL refuses even to compare with it, which would be a failure of ours for a
slip in an address. A parameter means what it says without it, and an address with one in its path is none. Forms refuse
it by themselves, and the endpoints name the parameter (`inbound`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

_NUL: Final = "%00"


class NoNul:
    """Before whatever reads the query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path_info:
            raise Http404
        query = str(request.META.get("QUERY_STRING", ""))
        if _NUL in query:
            while _NUL in query:
                # What stood around one may spell another.
                query = query.replace(_NUL, "")
            request.META["QUERY_STRING"] = query
        return self._get_response(request)
