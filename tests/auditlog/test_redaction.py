"""Nothing secret gets through, and what is not secret stays readable."""

from __future__ import annotations

import base64
import json
import xmlrpc.client
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditlog.bodies import body_text, keep_body
from auditlog.odoo_calls import call_label, fault_text
from auditlog.redaction import Redactor, is_secret_header, is_secret_key, redactor

WIRE = Path(__file__).resolve().parents[3] / "shared" / "odoo-wire"
PLAIN = Redactor()


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "proxy-authorization",
        "Cookie",
        "Set-Cookie",
        "X-API-Key",
        "X-Shop-Token",
        "X-Hub-Secret",
        "apikey",
        "X-Auth",
        "X_Access_Token",
        "Session",
    ],
)  # fmt: skip
def test_headers_that_carry_credentials_are_known_by_name(name: str) -> None:
    assert is_secret_header(name)


@pytest.mark.parametrize(
    "name",
    ["Content-Type", "Idempotency-Key", "X-Request-ID", "User-Agent", "X-Odoo-Database", "Authority", "Keyboard"],
)
def test_headers_without_credentials_stay(name: str) -> None:
    assert not is_secret_header(name)


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "new_password",
        "Passwd",
        "clientSecret",
        "client-secret",
        "api_key",
        "apiKey",
        "access_token",
        "pin",
        "card_number",
        "cardNumber",
        "credit_card_number",
        "cvv",
        "PAN",
        "private_key",
        "webhook_secret",
    ],
)  # fmt: skip
def test_keys_of_credentials_and_cards_are_known(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize("key", ["name", "keyboard", "company", "shipping", "passenger", "order_number", "tokens_used"])
def test_keys_that_only_look_alike_are_not_secret(key: str) -> None:
    assert not is_secret_key(key)


def test_the_scheme_of_an_authorization_is_kept() -> None:
    shown = PLAIN.headers({"Authorization": "Bearer abc.def", "authorization": "abc", "X-Api-Key": "k"})
    assert shown == {"Authorization": "Bearer ***", "authorization": "***", "X-Api-Key": "***"}


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ('{"password": "a\\"b", "name": "x"}', '{"password": "***", "name": "x"}'),
        ('{"token": 12345, "n": 1}', '{"token": "***", "n": 1}'),
        ('{"token": null, "password": "", "secret": false}', '{"token": null, "password": "", "secret": false}'),
        ('{"api_key": {"a": ["}", 1]}, "n": 1}', '{"api_key": "***", "n": 1}'),
        ('{"a": "{\\"password\\": \\"x\\", \\"n\\": 1}"}', '{"a": "{\\"password\\": \\"***\\", \\"n\\": 1}"}'),
        ("KeyError: {'password': 'hunter2', 'n': 1}", "KeyError: {'password': '***', 'n': 1}"),
        ('[["api_key", "=", "abc"], ["n", "=", 1]]', '[["api_key", "=", "***"], ["n", "=", 1]]'),
        ('{"password": "cut sho', '{"password": "***"'),
        ("login=a&password=b%20c&x=1", "login=a&password=***&x=1"),
        ("user%5Bpassword%5D=b&user[token]=c", "user%5Bpassword%5D=***&user[token]=***"),
        ("<login><password>b</password><n>1</n></login>", "<login><password>***</password><n>1</n></login>"),
        ("<x><password><![CDATA[b]]></password></x>", "<x><password>***</password></x>"),
        ('<user token="abc" n="1"/>', '<user token="***" n="1"/>'),
        ("GET https://u:p@h.example/x?api_key=1&n=2 failed", "GET https://***@h.example/x?api_key=***&n=2 failed"),
        ('{"next": "https://h/x?n=2&access_token=abc"}', '{"next": "https://h/x?n=2&access_token=***"}'),
        ('{"İ": 1, "password": "x"}', '{"İ": 1, "password": "***"}'),
    ],
)
def test_values_under_secret_keys_are_hidden_in_every_format(given_text: str, shown: str) -> None:
    assert PLAIN.text(given_text) == shown


def test_members_of_xmlrpc_structs_are_hidden_by_name() -> None:
    body = xmlrpc.client.dumps(({"name": "x", "password": "b", "token": ["a", {"n": "c"}], "z": 1},), "write")
    shown = PLAIN.text(body)
    values, _method = xmlrpc.client.loads(shown)
    assert values == ({"name": "x", "password": "***", "token": "***", "z": 1},)


def test_the_leaf_of_a_secret_line_is_hidden_wherever_it_is_a_key() -> None:
    hide = redactor(frozenset(), frozenset({"customer.passport[0].number_id", "X-Shop"}))
    assert hide.text('{"number_id": "AB1", "number": 2}') == '{"number_id": "***", "number": 2}'
    assert hide.headers({"x-shop": "1"}) == {"x-shop": "***"}


def test_a_url_loses_credentials_and_keeps_the_rest() -> None:
    assert PLAIN.url("https://me:pw@h.example/a?n=1&token=t#f") == "https://***@h.example/a?n=1&token=***"


def test_short_secrets_are_hidden_as_words_and_do_not_eat_the_text() -> None:
    assert Redactor(["abc"]).text("abc abcd 'abc' x=abc") == "*** abcd '***' x=***"


def test_basic_credentials_are_hidden_in_base64_too() -> None:
    hide = Redactor(["Tr0ub4dor&3"])
    for login in ("a", "ab", "abc", "shop"):
        coded = base64.b64encode(f"{login}:Tr0ub4dor&3".encode()).decode()
        shown = hide.text(f"auth was {coded} there")
        assert coded not in shown
        assert "***" in shown


def spelled(secret: str) -> list[str]:
    """Where a secret may turn up in what two systems say to each other."""
    return [
        secret,
        json.dumps({"a": [f"x{secret}y"]}),
        json.dumps({"a": secret}, ensure_ascii=False),
        json.dumps({"a": json.dumps({"b": secret})}),
        repr({"a": secret}),
        f"?q={quote(secret, safe='')}",
        f"?q={quote_plus(secret)}",
        xmlrpc.client.dumps((secret,), "execute_kw"),
        f'<a b="{secret.replace("&", "&amp;").replace("<", "&lt;").replace(chr(34), "&quot;")}"/>',
    ]


SECRETS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_characters="*", exclude_categories=["Cc", "Cf"]),
    min_size=6,
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(secret=SECRETS, before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_known_secret_never_comes_through(secret: str, before: str, after: str) -> None:
    hide = Redactor([secret])
    for text in spelled(secret):
        shown = body_text(keep_body(before + text + after, max_bytes=10_000), redactor=hide, max_bytes=10_000)
        assert secret not in shown
        assert quote(secret, safe="") not in shown
        assert json.dumps(secret)[1:-1] not in shown


@settings(max_examples=150, deadline=None)
@given(
    secret=st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=8, max_size=40),
    at=st.integers(0, 200),
    limit=st.integers(1, 200),
)
def test_no_part_of_a_secret_is_left_by_the_cut(secret: str, at: int, limit: int) -> None:
    body = "-" * at + secret + "-" * 40_000
    shown = body_text(keep_body(body, max_bytes=limit), redactor=Redactor([secret]), max_bytes=limit)
    assert secret[:4] not in shown.partition("\n[cut")[0]


@pytest.mark.parametrize("version", ["18", "19"])
@pytest.mark.parametrize("transport", ["jsonrpc", "xmlrpc"])
def test_recorded_calls_of_odoo_are_named_and_lose_their_key(version: str, transport: str) -> None:
    path = WIRE / version / f"{transport}.json"
    if not path.exists():
        pytest.skip("the recorded exchanges are not here")
    hide = Redactor(["API_KEY"])
    labels = []
    for case in json.loads(path.read_text()):
        body = case["request"]["body"]
        assert "API_KEY" not in hide.text(body)
        labels.append(call_label(f"http://odoo{case['request'].get('path', '/jsonrpc')}", body.encode()))
    assert {"common.version", "common.authenticate", "res.partner.create", "res.partner.search_read"} <= set(labels)


def test_json2_calls_are_named_by_their_path() -> None:
    assert call_label("https://odoo.example/json/2/res.partner/search_read", b"{}") == "res.partner.search_read"


@pytest.mark.parametrize("transport", ["jsonrpc", "xmlrpc"])
def test_recorded_faults_give_their_message_and_answers_none(transport: str) -> None:
    path = WIRE / "18" / f"{transport}.json"
    if not path.exists():
        pytest.skip("the recorded exchanges are not here")
    for case in json.loads(path.read_text()):
        text = fault_text(case["response"]["status"], case["response"]["body"].encode())
        assert bool(text) == case["case"].startswith("error"), case["case"]
        assert "Traceback" not in text
