"""A hub as it is in production, for a browser to look at: gunicorn, a worker and a SQLite file of their own.

The tests speak to it as people and other systems do, and look up what came of it in the demo Odoo and the demo shop.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from demo.site import free_port
from syncproject.env import BASE_DIR
from syncproject.processes import Processes
from syncproject.serve import GUNICORN, MANAGE

HOME = BASE_DIR / "var" / "e2e"
PASSWORD = "correct horse battery staple"


@dataclass
class Hub:
    """One running hub; `env` is what its processes know."""

    home: Path = HOME
    port: int = field(default_factory=lambda: free_port(0))
    env: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """A fresh database and the collected static files, by the commands of an installation."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        self.env = {
            "SYNC_ENV_FILE": "",
            "DJANGO_SETTINGS_MODULE": "syncproject.settings",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SYNC_SECRET_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "DATABASE_URL": f"sqlite:///{self.home / 'sync.sqlite3'}",
            "REDIS_URL": "",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DEBUG": "False",
            "SYNC_ALLOWED_NETWORKS": "127.0.0.1/32",
            "SYNC_LOG_LEVEL": "WARNING",
            "SYNC_BIND": f"127.0.0.1:{self.port}",
            "PYTHONUNBUFFERED": "1",
            # Pages of several tests are fetched at once, and by one address.
            "SYNC_RATE_PER_MINUTE": "10000",
        }
        self.run([*MANAGE, "migrate", "--verbosity", "0"])
        self.run([*MANAGE, "collectstatic", "--noinput", "--verbosity", "0"])

    def run(self, command: list[str], *, given: Any = None) -> str:
        """Run a program with the hub's environment; `given` goes to its standard input as JSON."""
        done = subprocess.run(
            command,
            env={**os.environ, **self.env},
            cwd=BASE_DIR,
            input=json.dumps(given),
            text=True,
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def fill(self, wanted: Mapping[str, Any]) -> None:
        """Users, connection and syncs to begin with; see `tests.e2e.filling`."""
        self.run([sys.executable, "-m", "tests.e2e.filling"], given=wanted)

    def start(self, processes: Processes) -> None:
        """Start web and worker, and return when the web server answers."""
        processes.start("web", GUNICORN, env=self.env)
        processes.start("worker", [*MANAGE, "syncworker"], env=self.env)
        end_s = time.monotonic() + 60
        while True:
            ended = processes.dead()
            assert not ended, f"{ended} at once; its output is in {self.home}"
            try:
                requests.get(f"{self.url}/admin/login/", timeout=5)
                return
            except requests.RequestException:
                assert time.monotonic() < end_s, "the web server did not answer within a minute"
                time.sleep(0.1)
