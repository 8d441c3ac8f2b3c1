"""A running hub with demo Odoo and demo shop for the whole session, and tabs of a browser on it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from demo.odoo import DemoOdoo
from demo.shop import DemoShop
from demo.site import Demo
from syncproject.processes import Processes
from tests.e2e.chromium import MISSING, chromium_path
from tests.e2e.hub import HOME, PASSWORD, Hub
from tests.e2e.pages import Admin

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--font-render-hinting=none", "--hide-scrollbars",
]  # fmt: skip
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

Open = Callable[..., Admin]


@pytest.fixture(scope="session")
def odoo() -> Iterator[DemoOdoo]:
    server = DemoOdoo(version=18, api_key=secrets.token_hex(20))
    server.start()
    server.seed_products(40)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def web_shop() -> Iterator[DemoShop]:
    server = DemoShop(token=secrets.token_urlsafe(24))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def demo(odoo: DemoOdoo, web_shop: DemoShop) -> Demo:
    """Where the other systems are, and how to show oneself to them."""
    return Demo(
        odoo_url=odoo.url,
        odoo_database=odoo.db,
        odoo_login=odoo.login,
        odoo_key=odoo.api_key,
        shop_url=web_shop.url,
        shop_token=web_shop.token,
        inbound_token=secrets.token_urlsafe(24),
    )


@pytest.fixture(scope="session")
def hub(demo: Demo) -> Iterator[Hub]:
    """Web server and worker, with the demo's connection and three syncs."""
    site = Hub()
    site.prepare()
    site.fill({"demo": asdict(demo), "password": PASSWORD})
    with (HOME / "processes.log").open("w") as output, Processes(output=output) as processes:
        site.start(processes)
        yield site


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        pytest.fail(MISSING)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def _states() -> dict[str, Any]:
    """Cookies of those who have logged in: everybody does so once."""
    return {}


@pytest.fixture
def open_admin(hub: Hub, browser: Browser, _states: dict[str, Any]) -> Iterator[Open]:
    """Opens a tab: `open_admin("viewer", theme="dark", phone=True)`; without a name, nobody is logged in."""
    contexts = []

    def opened(user: str = "", *, theme: str = "light", phone: bool = False) -> Admin:
        context = browser.new_context(
            viewport=PHONE if phone else DESKTOP,
            color_scheme="dark" if theme == "dark" else "light",
            locale="en-US",
            timezone_id="UTC",
            reduced_motion="reduce",
            storage_state=_states.get(user),
        )
        contexts.append(context)
        context.set_default_timeout(8_000)
        admin = Admin(context.new_page(), hub.url)
        if user and user not in _states:
            admin.log_in(user).says("Sync configs")
            _states[user] = context.storage_state()
        return admin

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def admin(open_admin: Open) -> Admin:
    """A tab of the administrator's."""
    return open_admin("admin")
