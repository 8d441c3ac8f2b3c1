"""The settings, read as a new process reads them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from syncproject.env import BASE_DIR


def test_a_fresh_clone_needs_no_folder_before_its_first_command(tmp_path: Path) -> None:
    shutil.copytree(BASE_DIR / "syncproject", tmp_path / "syncproject")
    for package in ("clients", "inbound"):
        (tmp_path / package).symlink_to(BASE_DIR / package)
    left_out = ("DATABASE_URL", "SYNC_ENV_FILE")
    kept = {name: text for name, text in os.environ.items() if name not in left_out}
    command = [sys.executable, "-c", "import syncproject.settings as s; print(s.DATABASES['default']['NAME'])"]
    ran = subprocess.run(
        command, cwd=tmp_path, env={**kept, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert Path(ran.stdout.strip()).parent == tmp_path / "var"
    assert (tmp_path / "var").is_dir()
