"""What an open page's script learns before it sends a form, and the pages of errors."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db


def test_who_is_logged_in_gets_a_token_that_is_valid_now() -> None:
    User.objects.create_superuser("ada", password="p")
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get())
    told = client.get("/admin/session/")
    assert told.json()["user"] == "ada"
    assert told["Cache-Control"] == "no-store"
    form = {"zone": "UTC", "csrfmiddlewaretoken": told.json()["csrf"]}
    assert client.post("/admin/time-zone/", form).status_code == 302


def test_nobody_and_who_is_no_staff_gets_no_token(client: Client) -> None:
    assert client.get("/admin/session/").json() == {"user": None, "login": "/admin/login/"}
    client.force_login(User.objects.create_user("no-staff"))
    assert client.get("/admin/session/").json()["user"] is None
    assert client.post("/admin/session/").status_code == 405


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/admin/nowhere/", 404, "Find a record"),
        ("/nowhere", 404, "There is nothing at this address"),
        ("/admin/auth/user/", 403, "You are logged in as viewer."),
    ],
)
def test_a_page_of_an_error_says_what_to_do(client: Client, path: str, status: int, text: str) -> None:
    client.force_login(User.objects.create_user("viewer", is_staff=True))
    answer = client.get(path)
    assert answer.status_code == status
    assert text in answer.content.decode()


def test_a_form_of_another_session_is_refused_in_words_for_people() -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "This form was not sent" in answer.content.decode()
    assert "CSRF_TRUSTED_ORIGINS" in answer.content.decode()


def test_a_page_that_fails_is_told_with_the_time_and_in_the_reader_s_language(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("for the test")

    monkeypatch.setattr("syncproject.home.attention_for", broken)
    admin_client.raise_request_exception = False
    answer = admin_client.get("/admin/")
    assert answer.status_code == 500
    assert "at what time it was" in answer.content.decode()
    assert "for the test" not in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "target"), [("/admin", "/admin/"), ("/favicon.ico", "/static/syncconfig/favicon.svg")]
)
def test_addresses_that_people_and_browsers_guess(client: Client, path: str, target: str) -> None:
    assert client.get(path)["Location"] == target
