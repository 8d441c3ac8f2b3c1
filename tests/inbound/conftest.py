"""The endpoints over real sockets: a served site, configs to call, and a caller."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection as database

from auditlog.models import ApiLog
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine

ROOT = Path(__file__).parent.parent.parent
TOKEN = "inbound-token-0123456789"

CUSTOMER_LINES: list[dict[str, Any]] = [
    {"field": "ref", "key": "code", "is_identifier": True, "required": True},
    {"field": "name", "key": "name", "required": True},
    {"field": "email", "key": "email"},
    {"field": "city", "key": "address.city"},
    {"field": "credit_limit", "key": "credit"},
    {"field": "color", "key": "color"},
    {"field": "is_company", "key": "company"},
    {"field": "country_id", "key": "country", "calculation": "relational", "match_field": "code"},
]

ORDER_LINES: list[dict[str, Any]] = [
    {"field": "client_order_ref", "key": "name", "is_identifier": True, "required": True},
    {"field": "date_order", "key": "created_at"},
    {
        "field": "partner_id",
        "key": "customer.email",
        "calculation": "relational",
        "match_field": "email",
        "on_missing": "create",
        "required": True,
    },
    {"field": "partner_id.name", "key": "billing_address.name"},
    {"field": "partner_id.city", "key": "customer.default_address.city"},
    {
        "field": "partner_id.country_id",
        "key": "customer.default_address.country_code",
        "calculation": "relational",
        "match_field": "code",
    },
    {"field": "order_line", "key": "line_items[]", "calculation": "relational", "required": True},
    {
        "field": "order_line.product_id",
        "key": "line_items[].sku",
        "calculation": "relational",
        "match_field": "default_code",
        "required": True,
    },
    {"field": "order_line.product_uom_qty", "key": "line_items[].quantity", "required": True},
    {"field": "order_line.price_unit", "key": "line_items[].price"},
    {"field": "state", "key": "state", "direction": "out"},
]


class Api:
    """A caller of the served site. `call` takes any JSON as `body`, or bytes as they are."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {TOKEN}"

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        headers = options.pop("headers", {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            headers = {"Content-Type": "application/json", **headers}
        return self.session.request(
            method, f"{self.url}/bj_api_sync/v1/{path}", data=body, headers=headers, timeout=60, **options
        )


@pytest.fixture
def api(live_server: Any) -> Iterator[Api]:
    caller = Api(live_server.url)
    yield caller
    caller.session.close()


ConfigMaker = Callable[..., SyncConfig]


@pytest.fixture
def make_config(transactional_db: None, connection: OdooConnection) -> ConfigMaker:
    """Store an In config with lines; all methods and a bearer token unless said otherwise."""

    def make(lines: list[dict[str, Any]] = CUSTOMER_LINES, **fields: Any) -> SyncConfig:
        values: dict[str, Any] = {
            "name": fields.get("endpoint", "customers"),
            "request_type": "in",
            "connection": connection,
            "model": "res.partner",
            "endpoint": "customers",
            "method_get": True,
            "method_post": True,
            "method_put": True,
            "method_delete": True,
            "auth_type": "bearer",
            "auth_secret": TOKEN,
            **fields,
        }
        config = SyncConfig.objects.create(**values)
        for position, line in enumerate(lines):
            SyncConfigLine.objects.create(config=config, position=position, **line)
        return SyncConfig.objects.select_related("connection").get(pk=config.pk)

    return make


@pytest.fixture
def customers(make_config: ConfigMaker) -> SyncConfig:
    return make_config()


@pytest.fixture
def orders(make_config: ConfigMaker) -> SyncConfig:
    return make_config(ORDER_LINES, endpoint="orders", model="sale.order")


def logged(answer: requests.Response) -> ApiLog:
    """The one row of the log that an answer's request left."""
    return ApiLog.objects.get(direction="in", request_id=answer.headers["X-Request-ID"])


@pytest.fixture
def gunicorn(transactional_db: None) -> Iterator[str]:
    """The site as it is served: gunicorn, two processes with threads, on the database of the tests. Its URL."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    name = str(database.settings_dict["NAME"])
    url = f"sqlite:///{name}" if database.vendor == "sqlite" else _postgres_url(name)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "syncproject.wsgi", "--bind", f"127.0.0.1:{port}"),
            *("--workers", "2", "--threads", "8", "--timeout", "60", "--log-level", "warning"),
        ],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": url},
    )
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _postgres_url(name: str) -> str:
    given = database.settings_dict
    user = given["USER"] + (f":{given['PASSWORD']}" if given["PASSWORD"] else "")
    return f"postgres://{user}@{given['HOST']}:{given['PORT'] or 5432}/{name}"


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "gunicorn ended before it served"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("gunicorn did not serve within 30 s")
