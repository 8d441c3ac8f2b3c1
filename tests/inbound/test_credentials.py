"""Credentials beside the config's own: signatures, rotation, expiry, networks, and who guesses."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
import requests
from django.utils import timezone

from auditlog.models import ApiLog
from demo.odoo import DemoOdoo
from inbound import auth, guessing
from inbound.models import Credential
from inbound.signatures import Signing
from syncconfig.models import SyncConfig
from tests.inbound.conftest import CUSTOMER_LINES, Api, ConfigMaker

SECRET = "whsec_" + base64.b64encode(b"the signing secret of these tests").decode()
BODY = json.dumps({"code": "C1", "name": "Ann Ä"}).encode()


@pytest.fixture(autouse=True)
def _forget() -> None:
    auth._used.clear()
    guessing._failed.clear()


@pytest.fixture
def open_config(make_config: ConfigMaker) -> SyncConfig:
    """An endpoint without a credential of its own."""
    return make_config(CUSTOMER_LINES[:3], auth_type="none", auth_secret="")


def post(api: Api, body: bytes = BODY, **headers: str) -> requests.Response:
    return requests.post(
        f"{api.url}/bj_api_sync/v1/customers",
        data=body,
        headers={"Content-Type": "application/json", **headers},
        timeout=10,
    )


def digest(body: bytes, *, secret: bytes = SECRET.encode(), algorithm: str = "sha256") -> bytes:
    return hmac.new(secret, body, algorithm).digest()


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def standard(body: bytes, at: int) -> dict[str, str]:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signature = b64(digest(f"msg_1.{at}.".encode() + body, secret=key))
    return {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": f"v1,AAAA v1,{signature}"}


def stripe(body: bytes, at: int) -> dict[str, str]:
    signature = digest(f"{at}.".encode() + body).hex()
    return {"Stripe-Signature": f"t={at},v1={'0' * 64},v1={signature}"}


SCHEMES: dict[str, tuple[dict[str, Any], Callable[[bytes, int], dict[str, str]]]] = {
    "standard": ({}, standard),
    "stripe": ({}, stripe),
    "shopify": ({}, lambda body, at: {"X-Shopify-Hmac-Sha256": b64(digest(body))}),
    "woocommerce": ({}, lambda body, at: {"X-WC-Webhook-Signature": b64(digest(body))}),
    "github": ({}, lambda body, at: {"X-Hub-Signature-256": f"sha256={digest(body).hex()}"}),
    "custom": (
        {"header_name": "X-Sign", "algorithm": "sha512", "encoding": "hex"},
        lambda body, at: {"X-Sign": digest(body, algorithm="sha512").hex().upper()},
    ),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_right_signature_opens_and_a_wrong_one_does_not(open_config: SyncConfig, api: Api, scheme: str) -> None:
    options, sign = SCHEMES[scheme]
    Credential.objects.create(
        config=open_config, name="Shop", kind="signature", scheme=scheme, secret=SECRET, **options
    )
    headers = sign(BODY, int(time.time()))

    right = post(api, **headers)
    changed = post(api, BODY.replace(b"Ann", b"Eve"), **headers)
    missing = post(api)

    assert right.status_code == 201, right.text
    assert [changed.status_code, missing.status_code] == [401, 401]
    assert missing.json()["message"].startswith("Credentials are missing")
    assert "whsec_" not in str([vars(row) for row in ApiLog.objects.all()])


@pytest.mark.parametrize("scheme", ["standard", "stripe"])
@pytest.mark.parametrize("late_s", [-400, 400])
def test_a_signature_of_another_time_is_refused(open_config: SyncConfig, api: Api, scheme: str, late_s: int) -> None:
    Credential.objects.create(
        config=open_config, name="Shop", kind="signature", scheme=scheme, secret=SECRET, tolerance_s=300
    )

    answer = post(api, **SCHEMES[scheme][1](BODY, int(time.time()) + late_s))

    assert (answer.status_code, "too far from ours" in answer.json()["message"]) == (401, True)


def test_a_signed_message_that_comes_again_is_answered_again_and_done_once(
    demo_odoo: DemoOdoo, open_config: SyncConfig, api: Api
) -> None:
    """A sender tries a message again under its id; somebody may also have recorded it. Nobody can change the id."""
    Credential.objects.create(config=open_config, name="Shop", kind="signature", scheme="standard", secret=SECRET)
    headers = standard(BODY, int(time.time()))
    first = post(api, **headers)
    demo_odoo.calls.clear()

    again = post(api, **headers)
    other = post(api, **{**headers, "webhook-id": "msg_2"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 401)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["data"] == first.json()["data"]
    assert not demo_odoo.calls


def test_two_secrets_live_while_they_are_changed_over(open_config: SyncConfig, api: Api) -> None:
    credential = Credential.objects.create(
        config=open_config, name="Shop", kind="bearer", secret="old-token", next_secret="new-token"
    )

    both = [post(api, Authorization=f"Bearer {token}").status_code for token in ("old-token", "new-token")]
    credential.secret, credential.next_secret = "new-token", ""
    credential.save()
    after = [post(api, Authorization=f"Bearer {token}").status_code for token in ("old-token", "new-token")]

    assert both == [201, 200]
    assert after == [401, 200]


def test_an_expired_credential_says_so(open_config: SyncConfig, api: Api) -> None:
    Credential.objects.create(
        config=open_config, name="Shop", kind="bearer", secret="token", expires_at=timezone.now() - timedelta(seconds=1)
    )

    answer = post(api, Authorization="Bearer token")

    assert (answer.status_code, "expired" in answer.json()["message"]) == (401, True)


def test_the_last_use_is_shown(open_config: SyncConfig, api: Api) -> None:
    used = Credential.objects.create(config=open_config, name="Shop", kind="header", secret="k", header_name="X-Key")
    unused = Credential.objects.create(config=open_config, name="Other", kind="bearer", secret="token")

    assert post(api, **{"X-Key": "k"}).status_code == 201

    used.refresh_from_db()
    unused.refresh_from_db()
    assert used.last_used_at is not None
    assert unused.last_used_at is None


def test_credentials_that_are_all_switched_off_let_nobody_in(open_config: SyncConfig, api: Api) -> None:
    Credential.objects.create(config=open_config, name="Shop", kind="bearer", secret="token", active=False)

    assert post(api, Authorization="Bearer token").status_code == 503
    assert post(api).status_code == 503


@pytest.mark.parametrize(
    ("networks", "proxies", "forwarded", "status"),
    [
        ("203.0.113.0/24", [], "", 403),
        ("127.0.0.0/8", [], "", 201),
        ("203.0.113.0/24", [], "203.0.113.7", 403),
        ("203.0.113.0/24", ["127.0.0.1/32"], "203.0.113.7", 201),
        ("203.0.113.0/24", ["127.0.0.1/32"], "203.0.113.7, 198.51.100.1", 403),
        ("203.0.113.0/24", ["127.0.0.1/32", "198.51.100.0/24"], "203.0.113.7, 198.51.100.1", 201),
    ],
)
def test_calls_come_from_allowed_networks_as_far_as_trusted_proxies_tell(
    open_config: SyncConfig, api: Api, settings: Any, networks: str, proxies: list[str], forwarded: str, status: int
) -> None:
    settings.SYNC_TRUSTED_PROXIES = [ip_network(text) for text in proxies]
    Credential.objects.create(config=open_config, name="Shop", kind="bearer", secret="token", allowed_networks=networks)
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    answer = post(api, Authorization="Bearer token", **headers)

    assert answer.status_code == status, answer.text


def test_who_guesses_is_not_heard_any_more_even_with_the_right_token(
    open_config: SyncConfig, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guessing, "FAILURES_PER_MINUTE", 5)
    monkeypatch.setattr(guessing, "MINUTE_S", 60)
    Credential.objects.create(config=open_config, name="Shop", kind="bearer", secret="token")
    if int(time.time()) % 60 > 55:
        time.sleep(5.5)  # the minute is the clock's own

    guesses = [post(api, Authorization=f"Bearer {number}").status_code for number in range(6)]
    right = post(api, Authorization="Bearer token")

    assert guesses == [401] * 5 + [429]
    assert (right.status_code, right.json()["error"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert int(right.headers["Retry-After"]) >= 1


def test_a_signature_check_is_right_on_the_vectors_of_its_makers() -> None:
    """From the documentation of GitHub."""
    signing = Signing("github", "", "", "", 300)
    headers = {"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}

    assert signing.check(headers, b"Hello, World!", secrets=["It's a Secret to Everybody"], now_s=0) == ""
    assert signing.check(headers, b"Hello, World?", secrets=["It's a Secret to Everybody"], now_s=0) == "wrong"

    # From the specification of Standard Webhooks.
    signing = Signing("standard", "", "", "", 300)
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    assert signing.check(headers, b'{"test": 2432232314}', secrets=secrets, now_s=1614265331) == ""
    assert signing.check(headers, b'{"test": 2432232314}', secrets=secrets, now_s=1614265631) == "late"
