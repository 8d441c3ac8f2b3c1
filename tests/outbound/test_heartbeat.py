"""A worker gives signs of life that the web server can see, and takes its row with it when it ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from outbound import heartbeat
from outbound.heartbeat import BEAT_S, Heartbeat, workers_alive
from outbound.models import Worker
from outbound.needs import worker_needs
from tests.outbound.worker import running_worker, wait_for


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time that the heartbeat sees: the last of the list."""
    times = [timezone.now()]
    monkeypatch.setattr(heartbeat.timezone, "now", lambda: times[-1])
    return times


@pytest.mark.django_db
def test_it_beats_now_and_then_however_often_it_is_asked(clock: list[datetime]) -> None:
    sign = Heartbeat()
    sign.beat(waiting=4)
    first = Worker.objects.get()
    assert (first.beat_at, first.waiting, first.restarts) == (clock[0], 4, 0)
    clock.append(clock[0] + timedelta(seconds=BEAT_S - 1))
    sign.beat(waiting=9)
    assert Worker.objects.get().beat_at == clock[0]
    clock.append(clock[0] + timedelta(seconds=BEAT_S))
    sign.restarted()
    sign.beat(waiting=9)
    row = Worker.objects.get()
    assert (row.pk, row.beat_at, row.waiting, row.restarts) == (first.pk, clock[-1], 9, 1)
    assert row.restarted_at == clock[-1]


@pytest.mark.django_db
def test_it_is_alive_for_a_minute_after_its_last_sign(clock: list[datetime]) -> None:
    Heartbeat().beat(waiting=0)
    assert workers_alive(clock[0] + timedelta(seconds=59)).exists()
    assert not workers_alive(clock[0] + timedelta(seconds=61)).exists()


@pytest.mark.django_db
def test_who_ends_is_no_longer_expected(clock: list[datetime]) -> None:
    sign = Heartbeat()
    sign.beat(waiting=0)
    sign.end()
    assert not Worker.objects.exists()


@pytest.mark.django_db
def test_a_row_that_was_forgotten_is_made_anew_and_old_ones_go(clock: list[datetime]) -> None:
    sign = Heartbeat()
    sign.beat(waiting=0)
    Worker.objects.all().delete()
    Worker.objects.create(host="long-gone", pid=1, started_at=clock[0], beat_at=clock[0] - timedelta(days=2))
    clock.append(clock[0] + timedelta(seconds=BEAT_S))
    sign.beat(waiting=0)
    assert Worker.objects.get().beat_at == clock[-1]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_is_seen_and_ends_without_a_trace(tmp_path: Path) -> None:
    with running_worker(tmp_path / "log") as worker:
        wait_for(lambda: workers_alive(timezone.now()).filter(pid=worker.pid).exists(), "a sign of life")
    assert worker.returncode == 0
    assert not Worker.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("ahead_s", "is_told"), [(2, False), (40, True)])
def test_a_clock_that_is_ahead_is_told_of(clock: list[datetime], ahead_s: int, is_told: bool) -> None:
    Heartbeat().beat(waiting=0)
    told = [need.text for need in worker_needs(clock[0] - timedelta(seconds=ahead_s))]
    assert [text.startswith("Its clock and this machine's are 40 s apart") for text in told] == [True] * is_told
