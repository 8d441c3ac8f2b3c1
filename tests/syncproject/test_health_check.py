"""What load balancers and monitors are told, and under which conditions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from outbound.models import Worker
from syncproject import health_check


@pytest.fixture(autouse=True)
def _not_asked_yet() -> Iterator[None]:
    health_check._is_migrated = False
    yield
    health_check._is_migrated = False


def worker(**fields: Any) -> Worker:
    now = timezone.now()
    return Worker.objects.create(**{"host": "h", "pid": 1, "started_at": now, "beat_at": now, **fields})


def test_alive_asks_no_database(client: Client) -> None:
    answer = client.get("/healthz/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_is_who_has_a_migrated_database(client: Client) -> None:
    answer = client.get("/healthz/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_a_database_of_an_older_version_is_not_ready(client: Client) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    recorder = MigrationRecorder.Migration.objects.filter(app="syncconfig").order_by("-name").first()
    assert recorder is not None
    recorder.delete()
    answer = client.get("/healthz/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "failed", "database": "failed"})


@pytest.mark.django_db
def test_after_it_was_ready_once_it_costs_one_statement(client: Client, django_assert_num_queries: Any) -> None:
    client.get("/healthz/ready")
    with django_assert_num_queries(1):
        client.get("/healthz/ready")


def test_without_a_database_it_says_so_and_nothing_more(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise DatabaseError("connection to server at 10.1.2.3 failed: password of user sync")

    monkeypatch.setattr(health_check.connection, "cursor", refuse)
    answer = client.get("/healthz/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "failed", "database": "failed"})


@pytest.mark.django_db
def test_a_worker_counts_while_it_gives_signs_of_life(client: Client) -> None:
    assert client.get("/healthz/worker").status_code == 503
    assert client.get("/healthz").json() == {"status": "failed", "database": "ok", "worker": "failed"}
    row = worker(beat_at=timezone.now() - timedelta(seconds=40))
    assert client.get("/healthz/worker").json() == {"status": "ok", "worker": "ok"}
    assert client.get("/healthz/").status_code == 200
    Worker.objects.filter(pk=row.pk).update(beat_at=timezone.now() - timedelta(seconds=70))
    assert client.get("/healthz").status_code == 503


@pytest.mark.django_db
def test_it_answers_by_address_and_without_tls(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/healthz/ready", headers={"host": "10.0.0.7:8000"})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/healthz/other", "/healthzz"])
def test_other_addresses_are_left_to_the_rest(path: str, client: Client) -> None:
    assert client.get(path).status_code == 404


def test_it_is_only_looked_at(client: Client) -> None:
    assert client.post("/healthz/live").status_code == 405
    assert client.head("/healthz/live").status_code == 200
