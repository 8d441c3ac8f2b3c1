"""Whoever guesses passwords is slowed down, and nobody else is."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import User
from django.test import Client

from syncproject.logins import PER_HOUR, PER_MINUTE

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time at the login and its counter, as a list of one: no test may begin at the end of a minute."""
    now = [3_600_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password="right", is_staff=True)


def log_in(password: str, *, address: str = "10.1.1.1") -> str:
    """The page that comes back; empty where the login led on."""
    answer = Client(REMOTE_ADDR=address).post(LOGIN, {"username": "ada", "password": password})
    return "" if answer.status_code == 302 else answer.content.decode()


def test_after_some_wrong_passwords_even_the_right_one_waits_for_the_next_minute(ada: User, clock: list[float]) -> None:
    for _ in range(PER_MINUTE):
        assert "Please enter the correct" in log_in("wrong")
    assert "Too many wrong passwords came from your address." in log_in("right")
    assert log_in("right", address="10.1.1.2") == ""
    clock[0] += 60
    assert log_in("right") == ""


def test_who_guesses_slowly_is_held_up_for_the_hour(ada: User, clock: list[float]) -> None:
    for number in range(PER_HOUR):
        assert "Please enter the correct" in log_in("wrong")
        clock[0] += 20 if number % 2 else 0
    clock[0] += 60
    assert "Too many wrong passwords" in log_in("right")
    clock[0] += 3600
    assert log_in("right") == ""


def test_right_passwords_are_not_counted(ada: User) -> None:
    assert [log_in("right") for _ in range(PER_MINUTE + 5)] == [""] * (PER_MINUTE + 5)
