"""Staff log in, and who guesses is made to wait."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models import F
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ada() -> User:
    return User.objects.create_superuser("ada", password="correct horse")


def attempt(client: Client, password: str, *, name: str = "ada", address: str = "192.0.2.1", **extra: Any) -> Any:
    form = {"username": name, "password": password}
    return client.post(reverse("admin:login"), form, REMOTE_ADDR=address, **extra)


def guess(client: Client, times: int, **kwargs: Any) -> Any:
    for turn in range(times):
        answer = attempt(client, f"guess {turn}", **kwargs)
    return answer


def text(answer: Any) -> str:
    return " ".join(BeautifulSoup(answer.content, "html.parser").get_text(" ").split())


def test_the_right_password_is_enough(client: Client) -> None:
    assert attempt(client, "correct horse").status_code == 302


def test_a_few_lapses_are_forgiven(client: Client) -> None:
    assert guess(client, 9).status_code == 200
    assert attempt(client, "correct horse").status_code == 302
    client.logout()
    assert guess(client, 9).status_code == 200


def test_who_guesses_is_told_how_long_to_wait_where_one_looks(client: Client) -> None:
    answer = guess(client, 10)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    assert "Try again in 15 minutes" in text(answer)
    assert BeautifulSoup(answer.content, "html.parser").select_one("input[name=password]") is not None


def test_then_the_right_password_is_refused_too(client: Client) -> None:
    guess(client, 10)
    answer = attempt(client, "correct horse")
    assert answer.status_code == 429
    assert "Too many wrong passwords" in text(answer)


def test_staff_elsewhere_and_other_staff_go_on_working(client: Client) -> None:
    User.objects.create_superuser("bob", password="battery staple")
    guess(client, 10)
    assert attempt(client, "correct horse", address="192.0.2.2").status_code == 302
    client.logout()
    assert attempt(client, "battery staple", name="bob").status_code == 302


def test_a_header_that_nobody_vouches_for_makes_no_other_address(client: Client) -> None:
    for turn in range(10):
        answer = attempt(client, "guess", HTTP_X_FORWARDED_FOR=f"198.51.100.{turn}")
    assert answer.status_code == 429


def minutes_pass(count: int) -> None:
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=count))


def test_trying_too_early_makes_it_no_longer(client: Client) -> None:
    guess(client, 10)
    minutes_pass(10)
    assert attempt(client, "correct horse").status_code == 429
    minutes_pass(5)
    assert attempt(client, "correct horse").status_code == 302


def test_what_is_over_is_not_kept(client: Client) -> None:
    guess(client, 3, name="eve")
    minutes_pass(15)
    guess(client, 1)
    assert [kept.username for kept in AccessAttempt.objects.all()] == ["ada"]


def test_an_administrator_lets_a_person_in_at_once(client: Client) -> None:
    guess(client, 10)
    call_command("axes_reset_username", "ada")
    assert attempt(client, "correct horse").status_code == 302


def test_no_password_that_was_tried_is_stored(client: Client) -> None:
    guess(client, 2)
    (kept,) = AccessAttempt.objects.values()
    assert "guess" not in str(kept)


def test_without_a_limit_nobody_is_locked_out() -> None:
    ask = "import django; django.setup(); from axes.conf import settings; print(settings.AXES_ENABLED)"
    answered = subprocess.run(
        [sys.executable, "-c", ask],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "SYNC_LOGIN_FAILURES": "0"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert answered.stdout.strip() == "False"
