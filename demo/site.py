"""The demo's own installation of the hub: fresh keys and a fresh SQLite database under `var/demo`, on free ports."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import requests

from syncproject.env import BASE_DIR
from syncproject.processes import Processes
from syncproject.serve import GUNICORN, MANAGE

LOGIN = "demo"
PASSWORD = "demo"


def free_port(wanted: int) -> int:
    """`wanted`, or any free port of loopback when something listens there."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


@dataclass(frozen=True)
class Demo:
    """Where the demo's systems are, and how to show oneself to them."""

    odoo_url: str
    odoo_database: str
    odoo_login: str
    odoo_key: str
    shop_url: str
    shop_token: str
    inbound_token: str


@dataclass
class Site:
    """One running hub. `env` is what its processes need to know. Without a `database_url` it has a SQLite file."""

    home: Path = BASE_DIR / "var" / "demo"
    database_url: str = ""
    port: int = field(default_factory=lambda: free_port(8000))
    env: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Throw away the last demo, and set this process and its children up for a new one."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        self.env = {
            "SYNC_ENV_FILE": "",
            "DJANGO_SETTINGS_MODULE": "syncproject.settings",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SYNC_SECRET_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "DATABASE_URL": self.database_url or f"sqlite:///{self.home / 'sync.sqlite3'}",
            "REDIS_URL": "",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "DEBUG": "False",
            "SYNC_HTTPS": "False",
            # The demo's Odoo and shop are on loopback, which the hub refuses to call unless it is told.
            "SYNC_ALLOWED_NETWORKS": "127.0.0.1/32",
            "SYNC_LOG_LEVEL": "WARNING",
            "SYNC_BIND": f"127.0.0.1:{self.port}",
            "PYTHONUNBUFFERED": "1",
        }
        os.environ.update(self.env)
        import django

        django.setup()
        from django.contrib.auth import get_user_model
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        get_user_model().objects.create_superuser(username=LOGIN, password=PASSWORD, email="demo@example.com")

    def start_web(self, processes: Processes) -> None:
        processes.start("web", GUNICORN, env=self.env)

    def start(self, processes: Processes) -> None:
        """Start web and worker, and return when the web server answers."""
        self.start_web(processes)
        processes.start("worker", [*MANAGE, "syncworker"], env=self.env)
        deadline = time.monotonic() + 60
        while True:
            ended = processes.dead()
            if ended:
                raise RuntimeError(f"{ended[0]} ended at once with exit code {ended[1]}; its output is above.")
            try:
                requests.get(f"{self.url}/admin/login/", timeout=5)
                return
            except requests.RequestException:
                if time.monotonic() > deadline:
                    raise RuntimeError("The web server did not answer within a minute.") from None
                time.sleep(0.1)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command as an operator would, and return what it printed."""
        return subprocess.run(
            [*MANAGE, *arguments],
            env={**os.environ, **self.env},
            text=True,
            capture_output=True,
            check=False,
            timeout=300,
        )
