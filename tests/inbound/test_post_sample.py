"""A sample is posted through the endpoint as a caller would, as a dry run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission, User
from django.test import Client

from auditlog.models import ApiLog
from demo.odoo import DemoOdoo
from inbound.models import Credential, EndpointPolicy
from syncconfig.models import SyncConfig

ANN = {"code": "C1", "name": "Ann"}


@pytest.fixture(autouse=True)
def _nothing_is_written(demo_odoo: DemoOdoo) -> Any:
    yield
    assert not {method for _model, method in demo_odoo.calls} & {"create", "write", "unlink"}


def post(client: Client, config: SyncConfig, body: Any = ANN) -> str:
    text = body if isinstance(body, str) else json.dumps(body)
    answer = client.post(f"/admin/syncconfig/syncconfig/{config.pk}/post-sample/", {"payload": text})
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser").get_text(" ", strip=True)


@pytest.mark.parametrize(
    "auth",
    [
        {"auth_type": "bearer"},
        {"auth_type": "basic", "auth_login": "shop"},
        {"auth_type": "header", "auth_header": "X-Key"},
        {"auth_type": "none"},
    ],
)
def test_the_answer_is_that_of_the_endpoint_with_its_own_credential(
    admin_client: Client, customers: SyncConfig, auth: dict[str, str]
) -> None:
    for name, value in {"auth_login": "", "auth_header": "", **auth}.items():
        setattr(customers, name, value)
    customers.auth_secret = "" if auth["auth_type"] == "none" else "the-secret-77"
    customers.save()
    page = post(admin_client, customers)
    assert "200 OK Would be created" in page
    assert '"effect": "create"' in page
    assert "the-secret-77" not in page
    row = ApiLog.objects.get(config=customers, direction="in")
    assert (row.is_dry_run, row.status) == (True, 200)


def test_what_the_endpoint_refuses_is_shown_as_the_caller_would_get_it(
    admin_client: Client, customers: SyncConfig
) -> None:
    assert "400" in post(admin_client, customers, "{")
    EndpointPolicy.objects.create(config=customers, allowed_networks="203.0.113.0/24")
    assert "403" in post(admin_client, customers)


def test_an_endpoint_that_wants_a_signature_is_called_without_one_and_that_is_said(
    admin_client: Client, customers: SyncConfig
) -> None:
    customers.auth_type = "none"
    customers.save()
    Credential.objects.create(config=customers, name="Shop", kind="signature", scheme="shopify", secret="s")
    page = post(admin_client, customers)
    assert "401" in page
    assert "cannot be shown from here" in page


def test_an_endpoint_that_is_switched_off_answers_404(admin_client: Client, customers: SyncConfig) -> None:
    customers.active = False
    customers.save()
    assert "404" in post(admin_client, customers)


def test_the_page_begins_with_a_body_that_has_every_key(admin_client: Client, customers: SyncConfig) -> None:
    page = admin_client.get(f"/admin/syncconfig/syncconfig/{customers.pk}/post-sample/").content.decode()
    assert "&quot;code&quot;" in page


def test_who_may_only_look_posts_nothing(db: None, customers: SyncConfig) -> None:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    assert client.post(f"/admin/syncconfig/syncconfig/{customers.pk}/post-sample/", {}).status_code == 403
