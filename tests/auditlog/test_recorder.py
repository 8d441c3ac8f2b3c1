"""What the recorder stores, and that it never gets in the way."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from auditlog.models import ApiLog, Direction, Party
from auditlog.recorder import recording
from clients.errors import Kind, RemoteError
from clients.observe import Exchange, current_observer, observing

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


def exchange(**changes: Any) -> Exchange:
    values: dict[str, Any] = {
        "method": "POST",
        "url": "https://shop.example.com/api/products",
        "request_headers": {"Content-Type": "application/json", "Authorization": "Bearer tok-12345"},
        "request_body": b'{"name": "Chair"}',
        "status": 201,
        "response_headers": {"Content-Type": "application/json"},
        "response_body": b'{"id": 7}',
        "duration_ms": 12.4,
        "error": None,
        "started_at": NOW,
    }
    return Exchange(**{**values, **changes})


def add_inbound(rec: Any, **changes: Any) -> None:
    values: dict[str, Any] = {
        "method": "POST",
        "url": "/bj_api_sync/v1/orders",
        "headers": {"Content-Type": "application/json"},
        "body": b'{"name": "#1001"}',
        "status": 201,
        "response_headers": {},
        "response_body": '{"status": "success"}',
        "duration_ms": 3.6,
        "started_at": NOW,
    }
    rec.add_inbound(**{**values, **changes})


@pytest.mark.django_db
def test_an_exchange_with_an_external_system_is_stored_with_its_references() -> None:
    batch = uuid4()
    with recording(config=SimpleNamespace(pk=5), run_id=9, request_id="req-1") as rec:
        rec.observer(party=Party.API, delivery_id=3, batch=batch, record_ref="#1001")(exchange())
    row = ApiLog.objects.get()
    assert (row.direction, row.party, row.config_id, row.run_id) == (Direction.OUT, Party.API, 5, 9)
    assert (row.request_id, row.delivery_id, row.batch, row.record_ref) == ("req-1", 3, batch, "#1001")
    assert (row.method, row.status, row.duration_ms, row.created_at) == ("POST", 201, 12, NOW)
    assert row.request_headers == {"Content-Type": "application/json", "Authorization": "Bearer ***"}
    assert (row.request_body, row.response_body) == ('{"name": "Chair"}', '{"id": 7}')


@pytest.mark.django_db
def test_calls_of_odoo_clients_are_seen_without_asking_and_named_by_model_and_method() -> None:
    with recording() as rec:
        observer = current_observer.get()
        assert observer is not None
        observer(exchange(url="https://odoo.example.com/json/2/res.partner/create"))
        with observing(rec.observer()):
            outside = current_observer.get()
            assert outside is not None
            outside(exchange())
    assert list(ApiLog.objects.order_by("id").values_list("party", "summary")) == [
        ("odoo", "res.partner.create"),
        ("api", ""),
    ]


@pytest.mark.django_db
def test_the_config_and_the_request_id_may_become_known_while_recording() -> None:
    with recording() as rec:
        add_inbound(rec, headers={"X-Shop": "very-secret-value"})
        rec.config = SimpleNamespace(pk=11)
        rec.request_id = "later"
        rec.add_secrets(["very-secret-value", "", None])
    row = ApiLog.objects.get()
    assert (row.config_id, row.request_id, row.request_headers) == (11, "later", {"X-Shop": "***"})


@pytest.mark.django_db
def test_a_failure_below_http_is_stored_with_its_kind_and_without_a_status() -> None:
    error = RemoteError("shop.example.com did not answer in time.", kind=Kind.AMBIGUOUS, code="timeout")
    with recording() as rec:
        rec.observer()(exchange(status=None, response_headers={}, response_body=None, error=error))
    row = ApiLog.objects.get()
    assert (row.status, row.error, row.error_kind) == (None, "shop.example.com did not answer in time.", "ambiguous")


@pytest.mark.django_db
def test_an_odoo_fault_that_came_with_200_is_an_error_in_the_log() -> None:
    answer = {"jsonrpc": "2.0", "error": {"message": "Odoo Server Error", "data": {"message": "Invalid field 'x'"}}}
    with recording() as rec:
        call = exchange(url="http://odoo/jsonrpc", status=200, response_body=json.dumps(answer).encode())
        rec.observer(party=Party.ODOO)(call)
    assert ApiLog.objects.get().error == "Invalid field 'x'"


@pytest.mark.django_db
def test_everything_recorded_is_one_insert(django_assert_num_queries: Any) -> None:
    connection.ensure_connection()
    with django_assert_num_queries(3), recording() as rec:  # savepoint, insert, release
        for _ in range(30):
            rec.observer()(exchange())
    assert ApiLog.objects.count() == 30


@pytest.mark.django_db
def test_what_happened_before_an_exception_is_stored_and_the_exception_passes() -> None:
    def failing() -> None:
        with recording(request_id="boom") as rec:
            add_inbound(rec)
            raise RuntimeError("the caller's own")

    with pytest.raises(RuntimeError, match="the caller's own"):
        failing()
    assert ApiLog.objects.get().request_id == "boom"


@pytest.mark.django_db
def test_worker_threads_may_record_into_one_recording() -> None:
    with recording() as rec:
        observer = rec.observer()
        threads = [threading.Thread(target=lambda: [observer(exchange()) for _ in range(50)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert ApiLog.objects.count() == 200


@pytest.mark.django_db
def test_a_row_that_the_database_refuses_does_not_take_the_others_with_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL), recording() as rec:
        rec.observer(record_ref="first")(exchange())
        rec.observer(delivery_id=2**70)(exchange())  # no integer column holds it
        rec.observer(record_ref="last")(exchange())
    assert sorted(ApiLog.objects.values_list("record_ref", flat=True)) == ["first", "last"]


@pytest.mark.django_db
def test_a_database_that_fails_is_reported_and_breaks_neither_the_caller_nor_its_transaction(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction.atomic():
        with caplog.at_level(logging.ERROR, "auditlog.recorder"):
            with monkeypatch.context() as patch:
                patch.setattr(ApiLog._meta, "db_table", "no_such_table")
                with recording(request_id="lost") as rec:
                    add_inbound(rec, body=b'{"password": "hunter2-hunter2"}')
            assert "could not be stored" in caplog.text
            assert "hunter2" not in caplog.text
        # The transaction is still usable.
        with recording(request_id="kept") as rec:
            add_inbound(rec)
    assert list(ApiLog.objects.values_list("request_id", flat=True)) == ["kept"]


@pytest.mark.django_db
def test_a_long_body_is_cut_and_says_so(settings: Any) -> None:
    settings.SYNC_LOG_BODY_BYTES = 100
    with recording() as rec:
        add_inbound(rec, body="é" * 80, response_body="short")
    row = ApiLog.objects.get()
    assert row.request_body == "é" * 50 + "\n[cut: 160 bytes in all, the first 100 are kept]"
    assert row.response_body == "short"


@pytest.mark.django_db
def test_a_secret_across_the_cut_leaves_no_part_behind(settings: Any) -> None:
    settings.SYNC_LOG_BODY_BYTES = 100
    secret = "Zq9-Zq9-Zq9-Zq9-Zq9-Zq9"
    for start in range(70, 110):
        with recording(secrets=[secret]) as rec:
            add_inbound(rec, body="." * start + secret + "." * 40_000)
    bodies = ApiLog.objects.values_list("request_body", flat=True)
    assert len(bodies) == 40
    assert not [body for body in bodies if "Zq9" in body]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", {"Content-Type": "image/png"}),
        (b"\x1f\x8b\x08\x00abc", {"Content-Type": "application/json", "Content-Encoding": "gzip"}),
        (b"\xff\xfe\x00\x01", {}),
    ],
)
def test_binary_bodies_are_noted_and_not_stored(body: bytes, headers: dict[str, str]) -> None:
    with recording() as rec:
        add_inbound(rec, body=body, headers=headers)
    assert ApiLog.objects.get().request_body.startswith(f"[{len(body)} bytes, ")


@pytest.mark.django_db
def test_control_characters_and_lone_surrogates_reach_the_table_written_out() -> None:
    with recording(request_id="a\0b") as rec:
        add_inbound(rec, body=b'{"a": "x\x00y"}', headers={"X-Bad\0": "\ud800"}, error="line\nnext\x1b[0m", url="/x\0")
    row = ApiLog.objects.get()
    assert row.request_body == '{"a": "x\\x00y"}'
    assert row.request_headers == {"X-Bad\\x00": "\\ud800"}
    assert (row.error, row.url, row.request_id) == ("line\nnext\\x1b[0m", "/x\\x00", "a\\x00b")


@pytest.mark.django_db
def test_large_recordings_are_stored_in_parts_to_spare_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditlog.recorder.MAX_HELD_BYTES", 10_000)
    with recording() as rec:
        for _ in range(12):
            rec.observer()(exchange(response_body=b"x" * 1000))
        assert ApiLog.objects.count() == 10
    assert ApiLog.objects.count() == 12


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.send_header("Set-Cookie", "sid=abc")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.django_db
def test_a_real_call_through_the_client_is_recorded_redacted() -> None:
    from ipaddress import ip_network

    from clients.guard import AddressPolicy
    from clients.http import HttpClient

    server = HTTPServer(("127.0.0.1", 0), _Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = HttpClient(AddressPolicy(allowed_networks=(ip_network("127.0.0.0/8"),), allowed_hosts=frozenset()))
    try:
        with recording(secrets=["top-secret-7"]) as rec, observing(rec.observer(record_ref="A1")):
            url = f"http://127.0.0.1:{server.server_port}/items?api_key=k1&q=top-secret-7"
            client.request("GET", url, headers={"X-Shop-Token": "top-secret-7"})
    finally:
        client.close()
        server.shutdown()
        server.server_close()
    row = ApiLog.objects.get()
    assert row.url.endswith("/items?api_key=***&q=***")
    assert (row.status, row.request_headers["X-Shop-Token"], row.response_headers["Set-Cookie"]) == (200, "***", "***")


@pytest.mark.django_db
def test_what_a_preview_calls_is_marked() -> None:
    with recording(is_dry_run=True) as rec:
        rec.add_exchange(exchange(), party=Party.API, record_ref="dry")
    with recording() as rec:
        rec.add_exchange(exchange(), party=Party.API, record_ref="wet")
    assert ApiLog.objects.get(is_dry_run=True).record_ref == "dry"
    assert ApiLog.objects.get(is_dry_run=False).record_ref == "wet"
