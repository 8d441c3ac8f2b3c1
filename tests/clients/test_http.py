from __future__ import annotations

import gzip
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from clients.errors import Kind, RemoteError
from clients.guard import AddressPolicy
from clients.http import Exchange, HttpClient, HttpResponse, Timeouts, observing, raise_for_status
from tests.clients.servers import Answer, raw_serving, read_request, serving

QUICK = Timeouts(connect_s=1.0, read_s=0.3)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def client() -> Iterator[HttpClient]:
    client = HttpClient(AddressPolicy(allow_private=True))
    yield client
    client.close()


def failing(client: HttpClient, method: str, url: str, **more: object) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        client.request(method, url, **{"timeouts": QUICK, **more})  # type: ignore[arg-type]
    return caught.value


def test_an_answer_of_any_status_comes_back_and_connections_are_reused(client: HttpClient) -> None:
    with serving(lambda r: Answer(418, r.body, {"X-Tea": "yes"})) as server:
        for _ in range(3):
            answer = client.request("POST", f"{server.url}/pot?a=1", params={"b": "ü"}, body=b"leaf")
            assert (answer.status, answer.body, answer.headers["x-tea"]) == (418, b"leaf", "yes")
        assert server.connections == 1
        assert server.received[0].path == "/pot?a=1&b=%C3%BC"


def test_environment_proxies_are_ignored(client: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving(lambda r: Answer()) as server:
        assert client.request("GET", server.url).body == b"ok"


def test_no_cookie_is_sent_back(client: HttpClient) -> None:
    with serving(lambda r: Answer(headers={"Set-Cookie": "session=1; Path=/"})) as server:
        client.request("GET", server.url)
        client.request("GET", server.url)
        assert "Cookie" not in server.received[1].headers


def test_a_redirect_to_metadata_is_returned_and_not_followed(client: HttpClient) -> None:
    to = "http://169.254.169.254/latest/meta-data/?key=geheim"
    with serving(lambda r: Answer(302, b"x", {"Location": to})) as server:
        answer = client.request("GET", server.url)
    assert answer.status == 302
    with pytest.raises(RemoteError, match=r"to http://169\.254\.169\.254/latest/meta-data/\. Redirects") as caught:
        raise_for_status(answer)
    assert (caught.value.kind, caught.value.code) == (Kind.BLOCKED, "redirect")
    assert "geheim" not in str(caught.value)


def test_a_refused_connection_may_be_tried_again_even_for_a_post(client: HttpClient) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = failing(client, "POST", f"http://127.0.0.1:{port}/", body=b"x")
    assert (error.kind, error.code) == (Kind.RETRYABLE, "connection_refused")


def test_a_connect_timeout_may_be_tried_again(client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        # A full backlog leaves further connects unanswered.
        filling = [socket.socket() for _ in range(4)]
        for sock in filling:
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        time.sleep(0.05)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        error = failing(client, "POST", url, body=b"x", timeouts=Timeouts(0.2, 0.2))
        for sock in filling:
            sock.close()
    assert (error.kind, error.code) == (Kind.RETRYABLE, "connect_timeout")


@pytest.mark.parametrize(
    ("method", "safe", "kind"),
    [
        ("GET", None, Kind.RETRYABLE),
        ("HEAD", None, Kind.RETRYABLE),
        ("POST", None, Kind.AMBIGUOUS),
        ("PATCH", None, Kind.AMBIGUOUS),
        ("PUT", None, Kind.AMBIGUOUS),
        ("DELETE", None, Kind.AMBIGUOUS),
        ("POST", True, Kind.RETRYABLE),
    ],
)
def test_an_answer_that_never_comes_is_in_doubt_unless_the_call_is_safe(
    client: HttpClient, method: str, safe: bool | None, kind: Kind
) -> None:
    def hang(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.recv(1)

    with raw_serving(hang) as url:
        error = failing(client, method, url, body=b"x", safe=safe, timeouts=Timeouts(1, 0.1))
    assert (error.kind, error.code) == (kind, "timeout")


@pytest.mark.parametrize("part", ["body", "headers", "chunk size"])
def test_a_dripping_server_is_given_up_at_the_total_deadline(client: HttpClient, part: str) -> None:
    heads = {
        "body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        "headers": b"HTTP/1.1 200 OK\r\nX-Long: ",
        "chunk size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0000",
    }

    def drip(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(heads[part])
        for _ in range(100):
            time.sleep(0.05)
            connection.sendall(b"0")

    with raw_serving(drip) as url:
        started = time.monotonic()
        error = failing(client, "POST", url, body=b"x", timeouts=Timeouts(1, 0.3, total_s=0.5))
        assert time.monotonic() - started < 1.5
    assert (error.kind, error.code) == (Kind.AMBIGUOUS, "timeout")


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly this",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n",
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_a_truncated_answer_is_in_doubt_for_writes_and_retryable_for_reads(client: HttpClient, response: bytes) -> None:
    def cut(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(response)

    with raw_serving(cut) as url:
        assert failing(client, "POST", url, body=b"x").kind is Kind.AMBIGUOUS
        assert failing(client, "GET", url).kind is Kind.RETRYABLE


def _drop_after_first(requests: list[bytes]):  # type: ignore[no-untyped-def]
    def behave(connection: socket.socket, number: int) -> None:
        requests.append(read_request(connection))
        connection.sendall(OK)
        if number == 0:
            # The second request on this connection is read and never answered: a drop the client cannot foresee.
            requests.append(read_request(connection))
        else:
            read_request(connection)

    return behave


def test_a_dropped_keep_alive_is_retried_once_for_reads(client: HttpClient) -> None:
    requests: list[bytes] = []
    with raw_serving(_drop_after_first(requests)) as url:
        assert client.request("POST", url, body=b"a", safe=True).body == b"ok"
        assert client.request("POST", url, body=b"b", safe=True).body == b"ok"
    assert [r[-1:] for r in requests] == [b"a", b"b", b"b"]


def test_a_dropped_keep_alive_is_never_retried_for_writes(client: HttpClient) -> None:
    requests: list[bytes] = []
    with raw_serving(_drop_after_first(requests)) as url:
        client.request("POST", url, body=b"a")
        error = failing(client, "POST", url, body=b"b")
    assert (error.kind, error.code) == (Kind.AMBIGUOUS, "connection_lost")
    assert [r[-1:] for r in requests] == [b"a", b"b"]


def test_a_fresh_connection_that_drops_is_not_retried(client: HttpClient) -> None:
    seen: list[int] = []

    def drop(connection: socket.socket, number: int) -> None:
        read_request(connection)
        seen.append(number)

    with raw_serving(drop) as url:
        assert failing(client, "GET", url).code == "connection_lost"
    assert seen == [0]


def test_a_body_over_the_limit_is_refused_by_its_declared_length(client: HttpClient) -> None:
    def huge(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n" + b"x" * 100)

    with raw_serving(huge) as url:
        error = failing(client, "GET", url)
    assert (error.kind, error.code) == (Kind.PERMANENT, "response_too_large")


def test_an_endless_body_is_cut_at_the_limit(client: HttpClient) -> None:
    sent = 0

    def endless(connection: socket.socket, _number: int) -> None:
        nonlocal sent
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            sent += connection.send(b"x" * 65536)

    with raw_serving(endless) as url:
        error = failing(client, "GET", url, max_response_bytes=200_000)
    assert error.code == "response_too_large"
    assert sent < 20_000_000


def test_a_gzip_bomb_is_cut_at_its_unpacked_size(client: HttpClient) -> None:
    bomb = gzip.compress(b"\0" * 100_000_000, 9)
    assert len(bomb) < 200_000
    with serving(lambda r: Answer(body=bomb, headers={"Content-Encoding": "gzip"})) as server:
        error = failing(client, "GET", server.url, max_response_bytes=1_000_000, timeouts=Timeouts())
        fine = client.request("GET", server.url, max_response_bytes=100_000_000, timeouts=Timeouts())
    assert (error.kind, error.code) == (Kind.PERMANENT, "response_too_large")
    assert len(fine.body) == 100_000_000


def test_a_body_that_is_not_gzip_as_declared_is_an_error(client: HttpClient) -> None:
    with serving(lambda r: Answer(body=b"plain", headers={"Content-Encoding": "gzip"})) as server:
        error = failing(client, "GET", server.url)
    assert (error.kind, error.code) == (Kind.PERMANENT, "bad_answer")


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, Kind.PERMANENT, "bad_request"),
        (404, Kind.PERMANENT, "not_found"),
        (410, Kind.PERMANENT, "gone"),
        (408, Kind.RETRYABLE, "rejected"),
        (425, Kind.RETRYABLE, "rejected"),
        (429, Kind.RETRYABLE, "rate_limited"),
        (500, Kind.RETRYABLE, "server_error"),
        (502, Kind.RETRYABLE, "server_error"),
        (503, Kind.RETRYABLE, "unavailable"),
        (599, Kind.RETRYABLE, "server_error"),
    ],
)
def test_statuses_say_whether_to_try_again(client: HttpClient, status: int, kind: Kind, code: str) -> None:
    with serving(lambda r: Answer(status, b"<html>no</html>")) as server:
        answer = client.request("GET", f"{server.url}/x?key=geheim")
    with pytest.raises(RemoteError, match=f"/x answered {status}") as caught:
        raise_for_status(answer)
    assert (caught.value.kind, caught.value.code, caught.value.status) == (kind, code, status)
    assert "geheim" not in str(caught.value)


NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("Thu, 01 Jan 2026 12:01:30 GMT", 90.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(header: str, seconds: float | None) -> None:
    answer = HttpResponse(429, {"Retry-After": header}, b"", 1.0, "http://x/")
    with pytest.raises(RemoteError, match="429 Too Many Requests") as caught:
        raise_for_status(answer, now=NOW)
    assert caught.value.retry_after_s == seconds


def test_success_raises_nothing() -> None:
    for status in (200, 201, 204, 299):
        raise_for_status(HttpResponse(status, {}, b"", 1.0, "http://x/"))


def test_observers_see_their_own_exchanges_only(client: HttpClient) -> None:
    seen: dict[str, list[Exchange]] = {"a": [], "b": []}
    with serving(lambda r: Answer(201, b"made")) as server:

        def work(name: str) -> None:
            with observing(seen[name].append):
                for _ in range(5):
                    client.request("POST", f"{server.url}/{name}", body=b"key=geheim", redact=(b"geheim",))

        threads = [threading.Thread(target=work, args=(name,)) for name in seen]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.request("GET", server.url)
        assert b"geheim" in server.received[0].body
    for name, exchanges in seen.items():
        assert [exchange.url.rpartition("/")[2] for exchange in exchanges] == [name] * 5
    exchange = seen["a"][0]
    assert (exchange.status, exchange.response_body, exchange.request_body) == (201, b"made", b"key=***")
    assert exchange.error is None
    assert exchange.duration_ms > 0
    assert "key=" not in repr(exchange)


def test_a_failed_exchange_is_observed_with_its_error(client: HttpClient) -> None:
    seen: list[Exchange] = []
    with observing(seen.append), pytest.raises(RemoteError, match="blocked"):
        client.request("GET", "http://169.254.169.254/")
    assert seen[0].error is not None
    assert (seen[0].status, seen[0].error.code) == (None, "address_blocked")


def test_errors_do_not_carry_the_query(client: HttpClient) -> None:
    with raw_serving(lambda connection, _number: None) as url:
        error = failing(client, "GET", f"{url}/?key=geheim")
    chain = f"{error!r} {error.__cause__!r}"
    assert "geheim" not in chain


def test_illegal_header_is_refused(client: HttpClient) -> None:
    error = failing(client, "GET", "http://127.0.0.1:9/", headers={"X-A": "a\r\nX-B: b"})
    assert (error.kind, error.code) == (Kind.PERMANENT, "bad_header")


def test_a_header_that_latin1_cannot_carry_is_refused(client: HttpClient) -> None:
    error = failing(client, "GET", "http://127.0.0.1:9/", headers={"X-A": "\u20ac"})
    assert (error.kind, error.code) == (Kind.PERMANENT, "bad_header")


def test_a_forked_child_opens_its_own_connections(client: HttpClient) -> None:
    with serving(lambda r: Answer()) as server:
        client.request("GET", server.url)
        assert server.connections == 1
        before = dict(client._sessions)
        client._pid = os.getpid() + 1  # as a child finds it: the pid of whoever made the sessions
        client.request("GET", server.url)
        assert server.connections == 2
        for session in before.values():
            session.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A self-signed certificate for localhost; the path of its key and certificate."""
    from datetime import timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(encoded + made.public_bytes(serialization.Encoding.PEM))
    return str(path)


def _tls(certificate: str, drip: bool = False):  # type: ignore[no-untyped-def]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def behave(connection: socket.socket, _number: int) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            while read_request(secure):
                if drip:
                    secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
                    for _ in range(50):
                        time.sleep(0.05)
                        secure.sendall(b"x")
                secure.sendall(OK)

    return behave


def test_an_unknown_authority_is_said_so(client: HttpClient, certificate: str) -> None:
    with raw_serving(_tls(certificate)) as url:
        error = failing(client, "POST", url.replace("http://127.0.0.1", "https://localhost"), body=b"x")
    assert (error.kind, error.code) == (Kind.PERMANENT, "certificate")
    assert "The certificate of localhost" in error.message
    assert "is not valid" in error.message


def test_a_certificate_for_another_name_is_refused(certificate: str) -> None:
    client = HttpClient(AddressPolicy(allow_private=True), verify=certificate)
    with raw_serving(_tls(certificate)) as url:
        right = url.replace("http://127.0.0.1", "https://localhost")
        assert client.request("GET", right, timeouts=QUICK).body == b"ok"
        error = failing(client, "GET", url.replace("http:", "https:"))
        client.close()
    assert error.code == "certificate"


def test_verification_can_be_turned_off(certificate: str) -> None:
    client = HttpClient(AddressPolicy(allow_private=True), verify=False)
    with raw_serving(_tls(certificate)) as url:
        assert client.request("GET", url.replace("http:", "https:"), timeouts=QUICK).body == b"ok"
        client.close()


def test_the_deadline_holds_over_tls(certificate: str) -> None:
    client = HttpClient(AddressPolicy(allow_private=True), verify=False)
    with raw_serving(_tls(certificate, drip=True)) as url:
        started = time.monotonic()
        error = failing(client, "GET", url.replace("http:", "https:"), timeouts=Timeouts(1, 0.3, total_s=0.5))
        assert time.monotonic() - started < 1.5
    assert error.code == "timeout"


def test_https_to_a_plain_server_is_said_so(client: HttpClient) -> None:
    with serving(lambda r: Answer()) as server:
        error = failing(client, "GET", server.url.replace("http:", "https:"))
    assert (error.kind, error.code) == (Kind.PERMANENT, "tls")


def test_a_missing_certificate_bundle_is_said_so() -> None:
    client = HttpClient(AddressPolicy(allow_private=True), verify="/nowhere/ca.pem")
    assert failing(client, "GET", "https://127.0.0.1:9/").code == "certificate"
