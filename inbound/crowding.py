"""Keeps threads free while an Odoo is slow, or several are.

Each web process lets so many requests work with one connection's Odoo, and with all of them together one less than it
has threads. One more stands in line, in the order of coming, as long as Odoo answers: a burst is served, however many
wait for one record. Once Odoo is slow it is told to come back, and sooner where it would take the last thread, so that
endpoints of other connections, Odoo's own posts and the admin still find one.

Slow is measured by single answers of Odoo, not by whole requests: a long list takes long with a fast Odoo too. A place
that waits for a record which another request is creating counts from its last answer: it holds a thread as well, and
what it waits for is Odoo's answer to the other one.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median_low
from typing import Final

from django.conf import settings

from clients.observe import Exchange, current_observer, observing
from inbound.errors import ApiError, ErrorCode
from outbound.record_turns import turn_waited_since

SLOW_AFTER_S: Final = 3.0
"""Odoo is slow where none of those in the way has had an answer for so long, or half of the last ones took longer."""
LAST_THREAD_AFTER_S: Final = 1.5
"""The same for who stands in line with the last thread: behind it everybody waits, whatever they want."""
LONGEST_WAIT_S: Final = 10.0
"""In line, also while Odoo answers: those in front may be at work for long."""
RETRY_AFTER_S: Final = 5
_REMEMBERED: Final = 9


@dataclass(slots=True)
class _Crowd:
    """Who is at one connection's Odoo. `at_work`: thread -> when Odoo last answered it, or it began; `line`: who waits
    for a place; `took_s`: how long the last answers took."""

    at_work: dict[int, float] = field(default_factory=dict)
    line: deque[int] = field(default_factory=deque)
    took_s: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))


_turn = threading.Condition()
_crowds: dict[int, _Crowd] = {}
"""By connection id; a process knows few, and forgets none."""


@contextmanager
def room_at(connection_id: int) -> Iterator[None]:
    """Hold a place for the time of the block. Raises ApiError 503 where there is none, and will not be one soon."""
    me = threading.get_ident()
    with _turn:
        crowd = _crowds.setdefault(connection_id, _Crowd())
        _stand_in_line(crowd, me)
        crowd.at_work[me] = time.monotonic()
    try:
        with _timed(crowd, me):
            yield
    finally:
        with _turn:
            crowd.at_work.pop(me, None)
            if not crowd.at_work:
                # Tomorrow's burst is not to be refused for what was slow today.
                crowd.took_s.clear()
            _turn.notify_all()


@contextmanager
def _timed(crowd: _Crowd, me: int) -> Iterator[None]:
    """Note every answer of Odoo, besides whoever else watches."""
    watching = current_observer.get()

    def answered(exchange: Exchange) -> None:
        with _turn:
            crowd.at_work[me] = time.monotonic()
            crowd.took_s.append(exchange.duration_ms / 1000)
        if watching is not None:
            watching(exchange)

    with observing(answered):
        yield


def _stand_in_line(crowd: _Crowd, me: int) -> None:
    until = time.monotonic() + LONGEST_WAIT_S
    crowd.line.append(me)
    try:
        while in_the_way := _in_the_way(crowd, me):
            now = time.monotonic()
            slow_in_s = _slow_in_s(in_the_way, now, LAST_THREAD_AFTER_S if _is_last(crowd, me) else SLOW_AFTER_S)
            if slow_in_s <= 0:
                raise _come_back("Odoo is answering slowly, and other requests have been waiting for it for some time.")
            if now >= until:
                raise _come_back("Other requests keep this Odoo busy, and this one's turn has not come in time.")
            _turn.wait(min(until - now, slow_in_s))
    finally:
        crowd.line.remove(me)
        # Whoever stands behind may be the first now.
        _turn.notify_all()


def _in_the_way(crowd: _Crowd, me: int) -> list[_Crowd]:
    """Those whose work one more has to wait for; empty where there is room, and it is this one's turn."""
    threads = _threads()
    places: int = settings.SYNC_ODOO_CONCURRENCY or max(1, threads * 3 // 4)
    if len(crowd.at_work) >= places or (crowd.at_work and crowd.line[0] != me):
        return [crowd]
    busy = [each for each in _crowds.values() if each.at_work]
    return busy if sum(len(each.at_work) for each in busy) >= max(places, threads - 1) else []


def _threads() -> int:
    return int(os.environ.get("SYNC_WEB_THREADS", "8"))


def _is_last(crowd: _Crowd, me: int) -> bool:
    """Whether no thread is left besides those at work and in line, and this one came last."""
    taken = sum(len(each.at_work) + len(each.line) for each in _crowds.values())
    return taken >= _threads() and crowd.line[-1] == me


def _slow_in_s(crowds: list[_Crowd], now: float, slow_after_s: float) -> float:
    """In how many seconds nobody can expect a place soon any more, unless Odoo answers before; 0 or less: now."""
    if len(crowds) == 1 and crowds[0].took_s and median_low(crowds[0].took_s) > slow_after_s:
        # Otherwise all threads would always be taken, one answer after the other. Of several Odoos one may be fast.
        return 0
    ends = [_patience_ends(me, since, slow_after_s) for each in crowds for me, since in each.at_work.items()]
    return max(ends) - now


def _patience_ends(thread: int, since: float, slow_after_s: float) -> float:
    """Until when a thread at work says nothing against its Odoo. Where many write to one record each is kept by the
    others, in other processes too."""
    turn_since = turn_waited_since(thread)
    return since + slow_after_s if turn_since is None else turn_since + SLOW_AFTER_S


def _come_back(why: str) -> ApiError:
    return ApiError(
        503,
        ErrorCode.ODOO_UNAVAILABLE,
        f"{why} Nothing of this one was done. Send it again later.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )
