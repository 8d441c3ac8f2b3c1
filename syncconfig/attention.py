"""What needs somebody's attention: asked by the home page of every app that has registered something to look for.

Imports point one way, so this app knows none of the others: each adds its own providers when it is ready. A provider
is asked at every look at the home page; it makes one or two indexed queries, however much there is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from django.db import DatabaseError
from django.http import HttpRequest

logger = logging.getLogger(__name__)

MOST_OF_A_KIND: Final = 5
"""Of one kind of trouble; the rest is told by its number, with the way to all of them."""


class Urgency(IntEnum):
    """The most urgent first."""

    STANDSTILL = 0
    """Nothing works."""
    BROKEN = 1
    """Something does not work, or is waiting for a person."""
    SOON = 2
    """It will break, or is not as it should be."""


@dataclass(frozen=True, slots=True)
class Attention:
    """`title` names what it is about, `text` says what is wrong, and `url` is where it is mended. Shown to those who
    have `permission`, such as `outbound.view_delivery`."""

    urgency: Urgency
    title: str
    text: str
    url: str
    permission: str


Provider = Callable[[datetime], Iterable[Attention]]

_providers: dict[str, Provider] = {}


def add_attention(provider: Provider) -> None:
    """Have `provider(now)` asked from now on; called when the apps are ready."""
    _providers[f"{provider.__module__}.{provider.__qualname__}"] = provider


def attention_for(request: HttpRequest, now: datetime) -> list[Attention]:
    """All that the user may see, the most urgent first; otherwise in the order of the providers."""
    found: list[Attention] = []
    for name, provider in _providers.items():
        try:
            found += provider(now)
        except DatabaseError:
            raise
        except Exception:  # one app's trouble must not hide what the others have to say
            logger.exception("%s could not tell what needs attention", name)
    allowed = [each for each in found if request.user.has_perm(each.permission)]
    return sorted(allowed, key=lambda each: each.urgency)
