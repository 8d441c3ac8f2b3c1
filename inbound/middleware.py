"""Takes calls of the endpoints past what only pages need: sessions, languages, messages, CSRF, users.

It stands behind Django's SecurityMiddleware, which is for everybody. Whatever the views below do not answer
themselves, such as a wrong host name, ends in the handlers of `inbound.errors`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import get_resolver
from django.utils import translation

from inbound.errors import API_PREFIX

PAGES: Final = frozenset(f"{API_PREFIX}v1/{name}" for name in ("docs", "openapi.json", "postman.json"))
"""What people look at, and staff with the rights of their login."""


class ApiFirst:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if not path.startswith(API_PREFIX) or path in PAGES:
            return self._get_response(request)
        request.get_host()  # raises where the site is not served under this name
        # What an earlier request of this thread was answered in.
        translation.deactivate()
        match = get_resolver().resolve(path)
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return response
