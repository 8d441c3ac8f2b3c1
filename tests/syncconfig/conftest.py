"""Connections and configs as staff would have them, and who looks at them."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Permission, User
from django.db import connection as database
from django.test import Client

from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine, SyncHeader

SECRETS = ("odoo-key-7Zq", "shop-token-8Yr", "header-value-9Xs")


@pytest.fixture
def unreachable(db: None) -> OdooConnection:
    """A connection to a port where nothing listens."""
    return OdooConnection.objects.create(
        name="Nowhere", url="http://127.0.0.1:9", database="d", login="l", secret=SECRETS[0], connect_timeout_s=0.5
    )


@pytest.fixture
def sync(unreachable: OdooConnection) -> SyncConfig:
    """An Out config with a line and a header; each of the three credentials is known."""
    config = SyncConfig.objects.create(
        name="Products out", request_type="out", connection=unreachable, model="product.product", method_put=True,
        url="https://shop.example.com/items/{sku}", auth_type="bearer", auth_secret=SECRETS[1],
    )  # fmt: skip
    SyncConfigLine.objects.create(config=config, field="default_code", key="sku", is_identifier=True)
    SyncHeader.objects.create(config=config, key="X-Shop", value=SECRETS[2])
    return config


@pytest.fixture
def viewer(db: None) -> Client:
    """Staff who may look at everything and change nothing."""
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def press() -> Any:
    """A function that submits a button's dialog, and gives the text of the page that it leads to."""

    def submit(client: Client, url: str, **values: Any) -> str:
        answer = client.post(url, {"_form_submitted": "on", **values})
        assert answer.status_code == 200
        return client.get(answer.headers["HX-Redirect"]).content.decode()

    return submit


@pytest.fixture
def lost_key() -> Any:
    """A function that makes the credential of a row unreadable, as if its key had been lost."""

    def lose(row: Any, name: str) -> None:
        token = Fernet(Fernet.generate_key()).encrypt(b"whatever").decode()
        table, column = row._meta.db_table, row._meta.get_field(name).column
        with database.cursor() as cursor:
            cursor.execute(f'UPDATE "{table}" SET "{column}" = %s WHERE id = %s', [token, row.pk])

    return lose
