"""OAuth2, signatures and client certificates, over real sockets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.exceptions import ValidationError

from auditlog.models import ApiLog
from demo.httpserver import Request, Response
from outbound import out_auth
from outbound.models import Delivery, DeliveryState, OutAuth
from syncconfig.models import SyncConfig
from tests.outbound.conftest import MakeConfig, make_delivery, send
from tests.outbound.receiver import Receiver, answer

pytestmark = pytest.mark.django_db
NEW, OLD = (f"whsec_{base64.b64encode(letter * 24).decode()}" for letter in (b"n", b"o"))


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    out_auth._kept.clear()


class Api(Receiver):
    """Issues tokens at /token, and takes items with the token issued last; `life_s` None leaves the life unsaid."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = 0
        self.life_s: object = 3600
        self.takes_basic = True
        self.items = 0

    def respond(self, request: Request) -> Response:
        self.received.append(request)
        if request.path == "/token":
            return self._token(request)
        if request.headers["Authorization"] != f"Bearer token-{self.tokens}":
            return answer({"error": "invalid_token"}, status=401)
        self.items += 1
        return answer({})

    def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        basic = (
            request.headers.get("Authorization") == "Basic " + base64.b64encode(b"hub%3A1:s%2Fecret-secret").decode()
        )
        in_body = (form.get("client_id"), form.get("client_secret")) == ("hub:1", "s/ecret-secret")
        if form["grant_type"] != "client_credentials" or not ((basic and self.takes_basic) or in_body):
            return answer({"error": "invalid_client"}, status=401)
        self.tokens += 1
        life = {} if self.life_s is None else {"expires_in": self.life_s}
        return answer({"access_token": f"token-{self.tokens}", "token_type": "bearer", **life})


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        yield server


@pytest.fixture
def oauth(make_config: MakeConfig, api: Api) -> SyncConfig:
    config = make_config(url=f"{api.url}/items", auth_type="none", auth_secret="")
    made = OutAuth(
        config=config, kind="oauth2", token_url=f"{api.url}/token", client_id="hub:1", secret="s/ecret-secret"
    )
    made.full_clean()
    made.save()
    return config


def deliver(config: SyncConfig, count: int, first: int = 1) -> int:
    for record_id in range(first, first + count):
        make_delivery(config, record_id)
    return send(config).delivered


def test_one_token_serves_many_calls_and_tasks(oauth: SyncConfig, api: Api) -> None:
    assert deliver(oauth, 20) == 20
    assert deliver(oauth, 5, first=50) == 5
    assert (api.tokens, api.items) == (1, 25)


def test_a_token_is_fetched_anew_before_it_ends(oauth: SyncConfig, api: Api) -> None:
    api.life_s = 0
    assert deliver(oauth, 1) == 1
    assert deliver(oauth, 1, first=2) == 1
    assert api.tokens == 2


def test_a_token_that_is_withdrawn_costs_no_attempt(oauth: SyncConfig, api: Api) -> None:
    deliver(oauth, 1)
    api.tokens += 1
    assert deliver(oauth, 8, first=2) == 8
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}


def test_a_server_that_wants_the_secret_in_the_body_gets_it_there(oauth: SyncConfig, api: Api) -> None:
    api.takes_basic = False
    assert deliver(oauth, 3) == 3
    assert api.tokens == 1


def test_a_wrong_client_secret_is_said_and_calls_nobody_else(oauth: SyncConfig, api: Api) -> None:
    OutAuth.objects.update(secret="")
    further = OutAuth.objects.get()
    further.secret = "wrong-wrong"
    further.save()
    deliver(oauth, 1)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.last_status, api.items) == (DeliveryState.DEAD, 401, 0)
    assert "/token answered 401" in delivery.last_error


@pytest.mark.parametrize("body", ["<html>", {"access_token": 5}, {}, {"access_token": "a\nb"}])
def test_an_answer_without_a_token_is_said(oauth: SyncConfig, api: Api, body: object) -> None:
    api._token = lambda _request: answer(body)  # type: ignore[method-assign]
    deliver(oauth, 1)
    assert "The token endpoint's answer" in Delivery.objects.get().last_error


def test_neither_token_nor_client_secret_are_stored(oauth: SyncConfig, api: Api) -> None:
    api.takes_basic = False
    deliver(oauth, 2)
    assert ApiLog.objects.filter(url__endswith="/token").exists()
    for row in ApiLog.objects.all():
        text = f"{row.url} {row.request_headers} {row.request_body} {row.response_headers} {row.response_body}"
        assert "token-1" not in text
        assert "ecret-secret" not in text


def test_a_receiver_can_check_the_signature_with_either_secret(make_config: MakeConfig, api: Api) -> None:
    config = make_config(url=f"{api.url}/items")
    OutAuth.objects.create(config=config, kind="webhook", secret=NEW, old_secret=OLD)
    delivery = make_delivery(config, 1)
    send(config)
    request = api.received[0]
    headers = request.headers
    assert headers["webhook-id"] == delivery.idempotency_key
    assert abs(datetime.now(UTC).timestamp() - int(headers["webhook-timestamp"])) < 10
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    expected = [
        "v1," + base64.b64encode(hmac.new(letter * 24, signed, hashlib.sha256).digest()).decode()
        for letter in (b"n", b"o")
    ]
    assert headers["webhook-signature"].split() == expected
    assert headers["Authorization"].startswith("Bearer ")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "oauth2", "secret": "x", "client_id": "x"}, "token_url"),
        ({"kind": "oauth2", "secret": "x", "token_url": "https://a.example"}, "client_id"),
        ({"kind": "oauth2", "client_id": "x", "token_url": "https://a.example"}, "secret"),
        ({"kind": "webhook"}, "secret"),
        ({"kind": "webhook", "secret": "whsec_c2hvcnQ="}, "secret"),
        ({"kind": "webhook", "secret": NEW, "old_secret": "no base64!"}, "old_secret"),
    ],
)
def test_what_is_incomplete_is_refused(config: SyncConfig, fields: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        OutAuth(config=config, **fields).full_clean()
    assert set(error.value.message_dict) == {field}


# --- client certificates ---


def _certificate(name: str, signer: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    issuer, issuer_key = (signer[0].subject, signer[1]) if signer else (subject, key)
    is_authority = signer is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        # What RFC 5280 asks for, and Python from 3.13 on with it.
        .add_extension(_usage(is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    return builder.sign(issuer_key, hashes.SHA256()), key


def _usage(is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: Any, key: Any = None) -> str:
    text = certificate.public_bytes(serialization.Encoding.PEM)
    if key is not None:
        text += key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    return text.decode()


@pytest.fixture
def strict_server(tmp_path: Path) -> Iterator[tuple[str, dict[str, str], list[str]]]:
    """A server that wants a certificate of its authority; its URL, the PEMs, and who called."""
    authority = _certificate("authority")
    server, client = _certificate("localhost", authority), _certificate("the hub", authority)
    (tmp_path / "server.pem").write_text(_pem(*server))
    callers: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            subject = dict(part[0] for part in self.connection.getpeercert()["subject"])  # type: ignore[attr-defined]
            callers.append(subject["commonName"])
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(json.dumps({}).encode())

        def log_message(self, *_args: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_args: object) -> None:
            """A handshake that fails is what one test wants."""

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=_pem(authority[0]))
    context.load_cert_chain(tmp_path / "server.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    httpd = Quiet(("127.0.0.1", 0), Handler)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield (
        f"https://localhost:{httpd.server_port}/items",
        {"own": _pem(*client), "authority": _pem(authority[0])},
        callers,
    )
    httpd.shutdown()
    httpd.server_close()


def test_a_certificate_of_the_config_opens_a_server_that_wants_one(
    make_config: MakeConfig, strict_server: tuple[str, dict[str, str], list[str]]
) -> None:
    url, pems, callers = strict_server
    config = make_config(url=url)
    OutAuth.objects.create(config=config, certificate=pems["own"], authorities=pems["authority"])
    assert deliver(config, 2) == 2
    assert callers == ["the hub", "the hub"]
    for client in out_auth._kept.values():
        client.close()


def test_without_it_the_door_stays_shut(
    make_config: MakeConfig, strict_server: tuple[str, dict[str, str], list[str]]
) -> None:
    url, pems, callers = strict_server
    config = make_config(url=url)
    OutAuth.objects.create(config=config, authorities=pems["authority"])
    assert deliver(config, 1) == 0
    assert callers == []
    for client in out_auth._kept.values():
        client.close()


def test_a_certificate_that_cannot_be_read_is_said(make_config: MakeConfig, api: Api) -> None:
    config = make_config(url="https://localhost:1/items")
    OutAuth.objects.create(config=config, certificate="nonsense")
    deliver(config, 1)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.last_error) == (
        DeliveryState.DEAD,
        "The certificates entered for this call cannot be read.",
    )
