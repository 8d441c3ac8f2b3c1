"""Writes to one record take turns: among threads, and among processes by a row that all of them see."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import connection

from outbound import record_claims, record_turns
from outbound.models import RecordClaim
from outbound.record_turns import turn_at

pytestmark = pytest.mark.django_db(transaction=True)
SEVEN = record_claims.claim_key(place="here", model="res.partner", match_field="turn", value=7)


def turn(*ids: int) -> AbstractContextManager[None]:
    return turn_at(place="here", model="res.partner", ids=ids)


def in_thread(work: Callable[[], Any]) -> Any:
    """The work's result, after its thread has closed its connection to the database."""

    def whole() -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(whole).result()


def waited_s(*ids: int) -> float:
    began = time.monotonic()
    with turn(*ids):
        return time.monotonic() - began


def test_threads_write_one_after_the_other_and_leave_nothing() -> None:
    at_work, most = 0, 0
    guard = threading.Lock()

    def write(_number: int) -> None:
        nonlocal at_work, most
        with turn(7):
            with guard:
                at_work += 1
                most = max(most, at_work)
            time.sleep(0.01)
            with guard:
                at_work -= 1
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(16)))

    assert most == 1
    assert not RecordClaim.objects.exists()


def test_another_record_is_not_waited_for() -> None:
    with turn(7):
        assert in_thread(lambda: waited_s(8)) < 0.5


def test_another_process_is_waited_for() -> None:
    (theirs,) = record_claims.take([SEVEN], ttl_s=30).values()
    threading.Timer(0.3, lambda: in_thread(lambda: record_claims.release([theirs]))).start()

    assert 0.25 < waited_s(7) < 2
    assert not RecordClaim.objects.exists()


def test_a_process_that_was_killed_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_turns, "WAIT_S", 0.3)
    record_claims.take([SEVEN], ttl_s=30)

    assert 0.2 < waited_s(7) < 1
    # It is theirs, so it is not released here.
    assert RecordClaim.objects.filter(key=SEVEN).exists()


def test_a_list_does_not_wait_and_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_turns, "WAIT_S", 0.4)
    with turn(7):
        assert in_thread(lambda: waited_s(6, 7, 8)) < 0.2
    with turn(6, 7, 8):
        assert in_thread(lambda: waited_s(7)) > 0.3
    assert not RecordClaim.objects.exists()


def test_nothing_to_write_takes_no_turn() -> None:
    assert waited_s() < 0.2
