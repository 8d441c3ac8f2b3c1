"""Who acts: known to what records a change, wherever in the code the change is made.

A request of the admin acts for its user; a command or task that says nothing acts for the hub itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True, slots=True)
class Actor:
    """`user_id` is None where no person is logged in; `name` is what staff read; `source` is a `VersionSource`."""

    source: str = "hub"
    user_id: int | None = None
    name: str = ""
    note: str = ""


_request: ContextVar[HttpRequest | None] = ContextVar("acting_request", default=None)
_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


def actor_now() -> Actor:
    """Who acts at this moment."""
    if actor := _actor.get():
        return actor
    request = _request.get()
    if request is None:
        return Actor()
    return actor_of(getattr(request, "user", None), source="admin")


def actor_of(user: Any, *, source: str, note: str = "") -> Actor:
    """The user as an actor; None and an anonymous one are nobody."""
    if user is None or not user.is_authenticated:
        return Actor(source=source, note=note)
    return Actor(source=source, user_id=user.pk, name=user.get_username(), note=note)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Within, changes are this actor's."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


class ActingMiddleware:
    """Makes the request known. Its user is looked up only when something is changed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)
