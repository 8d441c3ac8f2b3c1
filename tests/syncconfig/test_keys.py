"""Keys: made, checked, rotated, and written into a first .env."""

from __future__ import annotations

import stat
import subprocess
import sys
from io import StringIO
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection as database

from syncconfig.models import OdooConnection, SyncConfig, SyncHeader
from syncconfig.secrets import SecretUnreadable
from syncproject.write_env import filled, main, write_env
from tests.syncconfig.conftest import SECRETS

ROOT = Path(__file__).resolve().parents[2]


def tokens() -> list[str]:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT secret FROM syncconfig_odooconnection UNION ALL SELECT auth_secret FROM syncconfig_syncconfig "
            "UNION ALL SELECT value FROM syncconfig_syncheader"
        )
        return [row[0] for row in cursor.fetchall()]


def stored() -> tuple[str, str, str]:
    return OdooConnection.objects.get().secret, SyncConfig.objects.get().auth_secret, SyncHeader.objects.get().value


def test_rotation_brings_everything_under_the_first_key(sync: SyncConfig, settings: Any) -> None:
    old, new = settings.SYNC_SECRET_KEYS[0], Fernet.generate_key().decode()
    settings.SYNC_SECRET_KEYS = [new, old]
    out = StringIO()
    call_command("rotate_secrets", stdout=out)
    assert "3 credentials are encrypted with the first key." in out.getvalue()
    assert "syncconfig.SyncHeader.value: 1" in out.getvalue()
    settings.SYNC_SECRET_KEYS = [new]
    assert stored() == SECRETS
    settings.SYNC_SECRET_KEYS = [old]
    with pytest.raises(SecretUnreadable, match="SYNC_SECRET_KEYS"):
        stored()


def test_a_rotation_that_cannot_read_everything_changes_nothing(sync: SyncConfig, settings: Any, lost_key: Any) -> None:
    lost_key(sync.headers.get(), "value")
    before = tokens()
    settings.SYNC_SECRET_KEYS = [Fernet.generate_key().decode(), *settings.SYNC_SECRET_KEYS]
    with pytest.raises(CommandError, match=r"header \d+, value: .*Nothing was changed"):
        call_command("rotate_secrets")
    assert tokens() == before


def test_generated_keys_are_good_and_differ() -> None:
    out = StringIO()
    call_command("generate_key", stdout=out)
    call_command("generate_key", stdout=out)
    keys = out.getvalue().split()
    assert len(set(keys)) == 2
    assert [Fernet(key) for key in keys]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"SYNC_SECRET_KEYS": ["short"]}, {"sync.E001"}),
        ({"SYNC_LOG_DAYS": 0}, {"sync.E002"}),
        ({"SYNC_ALLOWED_HOSTS": ["*"]}, {"sync.W001"}),
        ({"DEBUG": True, "SYNC_HTTPS": True}, {"sync.W002"}),
        ({"SYNC_ALLOWED_NETWORKS": [ip_network("0.0.0.0/0")]}, {"sync.W003"}),
        ({"SYNC_SECRET_KEYS": ["dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk="] * 2}, {"sync.W004"}),
        ({}, set()),
    ],
)
def test_the_checks_of_the_settings(settings: Any, changes: dict[str, Any], found: set[str]) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    messages = run_checks(tags=["sync"])
    assert {message.id for message in messages} == found
    assert "short" not in str(messages)


def test_a_first_env_has_fresh_keys_for_its_owner_only(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    write_env(one)
    write_env(other)
    assert stat.S_IMODE(one.stat().st_mode) == 0o600
    values = dict(line.split("=", 1) for line in one.read_text().splitlines() if line and not line.startswith("#"))
    assert len(values["SECRET_KEY"]) >= 50
    assert Fernet(values["SYNC_SECRET_KEYS"])
    assert one.read_text() != other.read_text()


def test_an_env_that_is_there_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / ".env"
    target.write_text("mine")
    assert main([str(target)]) == 1
    assert target.read_text() == "mine"
    assert "left as it is" in capsys.readouterr().err


def test_an_example_without_the_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="one line SECRET_KEY="):
        filled("SYNC_SECRET_KEYS=\n")


def test_the_env_is_written_by_a_bare_python_without_settings(tmp_path: Path) -> None:
    # -I -S: no site-packages, as before anything is installed; the file the settings need does not exist yet.
    code = "import sys; sys.path.insert(0, sys.argv[1]); from syncproject.write_env import main; main(sys.argv[2:])"
    target = tmp_path / ".env"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(ROOT), str(target)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "SYNC_SECRET_KEYS=" in target.read_text()
    assert target.read_text().split("SYNC_SECRET_KEYS=")[1].splitlines()[0] not in done.stdout
